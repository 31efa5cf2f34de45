"""What a program does that makes no call on a socket, as sentences: in which other call it sleeps, or that it computes."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.language import N_, _

#: With this begins the code of who sleeps in calls, which follow (`sockviz.player.elsewhere`); and that of who computes.
SLEEPS, COMPUTES = "elsewhere: ", "elsewhere: computes"

_SIGNAL = N_("{process} makes no call on a socket now: it sleeps in {call} until a signal comes")
_TIME = N_("{process} makes no call on a socket now: it sleeps in {call} for as long as it has asked for")
_WOKEN = N_(
    "{process} makes no call on a socket now: it sleeps in {call} until somebody wakes it, as a rule another of its threads"
)
_CHILD = N_(
    "{process} makes no call on a socket now: it sleeps in {call} until a process that it has made ends"
)
_OTHERS = N_("{process} makes no call on a socket now: it sleeps in {call}, at what is no socket")
_INPUT = N_(
    "{process} makes no call on a socket now: it sleeps in {call} until something comes at descriptor {fd}"
)
_ROOM = N_(
    "{process} makes no call on a socket now: it sleeps in {call} until there is room at descriptor {fd}"
)
#: By the calls' names.
_SENTENCES: Mapping[str, str] = {
    **dict.fromkeys(("pause", "rt_sigsuspend", "rt_sigtimedwait"), _SIGNAL),
    **dict.fromkeys(("nanosleep", "clock_nanosleep"), _TIME),
    **dict.fromkeys(("futex", "futex_waitv", "futex_wait"), _WOKEN),
    **dict.fromkeys(("wait4", "waitid"), _CHILD),
    **dict.fromkeys(("poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2"), _OTHERS),
    **dict.fromkeys(("read", "readv"), _INPUT),
    **dict.fromkeys(("write", "writev"), _ROOM),
}  # fmt: skip


def is_elsewhere(code: str) -> bool:
    """Whether a caveat's code says what a program does elsewhere."""
    return code.startswith(SLEEPS)


def elsewhere(process: str, code: str) -> str:
    """One sentence without a full stop."""
    if code == COMPUTES:
        told = _("{process} makes no call on a socket now: it computes (its CPU time grows)")
        return told.format(process=process)
    calls = code.removeprefix(SLEEPS)
    name, _blank, fd = calls.partition(" ")
    if not calls:
        return _("{process} makes no call on a socket now: it sleeps").format(process=process)
    if "," in calls:
        told = _("{process} makes no call on a socket now: its threads sleep in {calls}")
        return told.format(process=process, calls=calls)
    sentence = _SENTENCES.get(name)
    if sentence is None:
        told = _("{process} makes no call on a socket now: it sleeps in {call}")
        return told.format(process=process, call=name)
    return _(sentence).format(process=process, call=name, fd=fd)
