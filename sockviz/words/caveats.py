"""What of a watched program is out of sight, or goes otherwise than without sockviz, and why."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.language import N_, _
from sockviz.model.events import Caveat
from sockviz.model.limits import MOST_CALLS, MOST_CHANGES, MOST_PACKETS
from sockviz.words.elsewhere import elsewhere, is_elsewhere

#: The code of who runs on, and makes no call (`sockviz.player.practised`).
COMPUTES = "computes"
#: The code of who has set a timer whose signal comes by itself: no table of the kernel's tells of it.
ALARM = "alarm"
#: With this begins the code of why a run was given up before its end (`sockviz.practice.bounds`).
GIVEN_UP = "given up: "
#: By the tracer's code (`sockviz.lab.tracer.caveats`), or by that.
_SENTENCES: Mapping[str, str] = {
    "filter": N_(
        "{process} sets a filter of its own (seccomp): calls that it refuses, or has somebody else decide, are not seen"
    ),
    "io_uring": N_("{process} sets up io_uring: what is asked for through it is not seen"),
    "aio": N_(
        "{process} sets up asynchronous input and output (io_setup): what is asked for by io_submit is not seen"
    ),
    "hidden": N_(
        "{process} lets nobody look at it (PR_SET_DUMPABLE, or a program that may not be read): which descriptors it holds is "
        "not seen from here on"
    ),
    "32-bit": N_("{process} is a 32-bit program: its calls are not seen"),
    "32-bit calls": N_("{process} makes calls of 32 bits on sockets (int 0x80, say): these are not seen"),
    "untraced": N_(
        "{process} makes a process that may not be traced (CLONE_UNTRACED): it is not seen, and its calls on sockets "
        "fail with ENOSYS"
    ),
    "traced": N_(
        "{process} wants to trace, or to be traced (ptrace): sockviz does that already, and no program can be by two (EPERM)"
    ),
    "no lines": N_(
        "{process} runs a Python that sockviz does not know (3.11 to 3.13 it does): which of its lines makes a call is not seen"
    ),
    "tables": N_(
        "a thread of {process} has descriptors of its own (CLONE_FILES): what its numbers refer to is not seen, and is told as "
        "of the others"
    ),
    "full": N_(
        "{process} and whatever else runs go on unseen from here on: a run tells of {most} calls, and of no more than their ends"
    ),
    "packets": N_("of the wire no more is told than {most} packets: those that come now are only counted"),
    "looks": N_(
        "the kernel is looked at less and less often from here on: {most} changes in its tables have been told of already"
    ),
    "stopped": N_(
        "{process} waits at its next call, and so does whatever else is watched: the process sockviz-tracer is stopped "
        "(SIGSTOP), until it is sent SIGCONT"
    ),
    "privileges": N_(
        "{process} runs a program that has another user's rights, or more than its user (setuid): here it has not, since "
        "whoever is watched gets no new privileges"
    ),
    ALARM: N_("{process} sets a timer (alarm or the like): its signal may come whenever that runs out"),
    COMPUTES: N_(
        "{process} computes without end: it makes no call, and its CPU time (/proc/PID/schedstat) grows as fast as time goes by"
    ),
    "given up: line": N_("the run ends here: the line of {process} waited in vain, and was given up"),
    "given up: lab": N_("the run ends here: its lab could not go on"),
    "given up: calls": N_(
        "the run ends here: the program makes calls, or the like, without end, and was ended"
    ),
    "given up: processes": N_("the run ends here: the program makes processes without end, and was ended"),
    "given up: memory": N_("the run ends here: the program takes more memory than it may, and was ended"),
    "given up: descriptors": N_(
        "the run ends here: the program holds more descriptors than it may, and was ended"
    ),
    "given up: time": N_("the run ends here: it takes longer than it may, and was ended"),
}


def caveat(event: Caveat) -> str:
    """One sentence without a full stop."""
    if is_elsewhere(event.what):
        return elsewhere(event.process, event.what)
    sentence = _SENTENCES.get(event.what)
    if sentence is None:
        return f"{event.process}: {event.what}"
    most = {"packets": MOST_PACKETS, "looks": MOST_CHANGES}.get(event.what, MOST_CALLS)
    return _(sentence).format(process=event.process, most=most)
