"""Of a verdict that no rule knows a cause of: what the program did last, which is where to look."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import Stage
from sockviz.model.values import sockets_in
from sockviz.practice.causes.case import Advice, Case
from sockviz.practice.causes.endings import goes_on
from sockviz.practice.causes.flows import READS, received
from sockviz.words.wording import outcome

#: Whoever has come to a line so often does not rest: which of its calls was the last hangs on when it was ended.
_WITHOUT_END = 1000
#: Who has received nothing so often, one time after the other, does not look for the end.
_AGAIN = 20


def last_done(case: Case) -> Advice:
    """Of whichever of its processes made a call last."""
    look = _(
        "go through the run call by call (Enter on the screen, `sockviz replay` of a recording): "
        "where does it first do other than the task says?"
    )
    programs = case.programs
    if not programs:
        return Advice(_("{process} was not started").format(process=case.exercise.you), look)
    calls = [call for process in programs for call in (*process.calls[-1:], *process.under_way)]
    last = max(calls, key=lambda call: call.entered, default=None)
    if last is None:
        return Advice(_("{process} has made no call on a socket").format(process=programs[0].name), look)
    if last.stage is Stage.ASLEEP:
        return Advice(
            _("{process} sleeps in {call}: what it waits for does not come").format(
                process=last.process, call=case.made(last)
            ),
            look,
        )
    process = case.world.processes[last.process]
    if told := goes_on(case, process, _WITHOUT_END):
        if 2 * sum(call.error == "EAGAIN" for call in process.calls) > len(process.calls):
            look = _(
                "a socket that does not block says EAGAIN at once: wait in poll, select or epoll until one is ready, and "
                "only then call it"
            )
        return Advice(told, look)
    return Advice(
        _("no call of {process} tells of it by an error; its last one was {call} {outcome}").format(
            process=last.process, call=case.made(last), outcome=outcome(last)
        ),
        look,
    )


def reads_past_the_end(case: Case) -> Advice | None:
    """That it receives again and again from a stream that has come to its end."""
    for process in case.programs:
        calls = process.calls[-_AGAIN:]
        if not process.alive or len(calls) < _AGAIN:
            continue
        if all(
            call.name in READS and received(call) == b"" and call.receiver == calls[0].receiver
            and call.receiver is not None and call.receiver.type == "SOCK_STREAM" for call in calls
        ):  # fmt: skip
            return Advice(
                _("{call} of {process} gives 0 bytes again and again: its peer has sent all, and nothing more comes").format(
                    call=case.made(calls[-1]), process=process.name
                ),
                _("0 bytes are the end of the stream: look for it after each call, leave the loop there, then close it"),
            )  # fmt: skip
    return None


def computes(case: Case) -> Advice | None:
    """That it computes without end."""
    process = next((each for each in case.programs if each.name in case.computing), None)
    if process is None:
        return None
    last = next((call for call in reversed(process.calls) if call.origin is not None), None)
    cause = (
        _("{process} computes without end: since {call} it makes no call, and does not end").format(
            process=process.name, call=case.made(last)
        )
        if last is not None
        else _("{process} computes without end, and has made no call on a socket").format(
            process=process.name
        )
    )
    return Advice(
        cause,
        _(
            "look for the loop that it is in by then, and what should end it; whoever waits for bytes, a connection or time "
            "waits in a call (recv, accept, poll)"
        ),
    )


def stopped(case: Case) -> Advice | None:
    """That a signal has stopped the program, which nobody lets go on."""
    process = next((each for each in case.programs if each.alive and each.stopped is not None), None)
    if process is None:
        return None
    return Advice(
        _("{process} is stopped by {signal}, and does nothing more: nobody sends it SIGCONT").format(
            process=process.name, signal=process.stopped
        ),
        _("stop no process of the program: whoever waits sleeps in a call (recv, accept, poll)"),
    )


def no_calls(case: Case) -> Advice | None:
    """That the program has not come to any call on a socket."""
    programs = case.programs
    calls = [call for process in programs for call in (*process.calls, *process.under_way)]
    if (
        not programs
        or case.computing
        or any(call.receiver is not None or any(sockets_in(call.value)) for call in calls)
    ):
        return None
    told = (
        _("{process} has made no call on a socket, and has not ended")
        if any(process.alive for process in programs)
        else _("{process} has made no call on a socket, and has ended")
    )
    return Advice(
        told.format(process=programs[0].name),
        _("begin with what the task asks for first: a socket, and what is done with it"),
    )
