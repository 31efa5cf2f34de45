"""Text that a program has printed, and that is not what was expected: what it had done right before it printed that."""

from __future__ import annotations

import ast

from sockviz.language import _
from sockviz.model.events import Event, OutputWritten
from sockviz.practice.causes.case import Advice, Case
from sockviz.practice.causes.endings import said_on_error
from sockviz.practice.differing import first_difference
from sockviz.words.wording import outcome

_OUTPUT_STREAM = 1
_SHOWN = 24


def wrong_output(case: Case) -> Advice | None:
    """Where the expectation compares what was printed, or looks for something in it."""
    if not case.asks_for("output"):
        return None
    if case.sides is None:
        return _lacking(case)
    came, expected = case.sides
    differs = first_difference(came, expected)
    wanted = expected[differs : differs + _SHOWN].decode("utf-8", "backslashreplace")
    printed = 0
    for number, event in enumerate(case.timeline.events):
        if not isinstance(event, OutputWritten) or not _is_output(event, case):
            continue
        printed += len(event.data) if isinstance(event.data, bytes) else 0
        if printed > differs:
            return _printed_after(case, number, wanted)
    if not came:
        return _nothing(case, wanted)
    return Advice(_("it has printed nothing after that"), _("print {text} there").format(text=repr(wanted)))


def _nothing(case: Case, wanted: str) -> Advice:
    """Where nothing at all has come on the standard output."""
    if any(said_on_error(case.timeline, name) for name in case.own):
        return Advice(
            _(
                "it has printed nothing on its standard output; what it has written went to its standard error"
            ),
            _("print {text} on the standard output").format(text=repr(wanted)),
        )
    return Advice(
        _("nothing of what it may have printed has come out"),
        _(
            "print {text}, and end by exit, or return from main: what still waits in the program's buffer is lost by _exit or a "
            "signal (fflush and flush write it at once)"
        ).format(text=repr(wanted)),
    )


def _is_output(event: Event, case: Case) -> bool:
    return isinstance(event, OutputWritten) and event.stream == _OUTPUT_STREAM and event.process in case.own


def _printed_after(case: Case, number: int, wanted: str) -> Advice | None:
    then = case.timeline.world_at(number)
    calls = [process.last for process in then.processes.values() if process.name in case.own and process.last]
    last = max(calls, key=lambda call: call.returned or 0.0, default=None)
    cause = (
        _("it was printed after {call} {outcome}").format(call=case.made(last), outcome=outcome(last))
        if last is not None
        else _("it was printed before any call on a socket")
    )
    if not wanted:
        return Advice(cause, _("nothing more is expected there: print what the task says, and no more"))
    return Advice(cause, _("print {text} there").format(text=repr(wanted)))


def _lacking(case: Case) -> Advice | None:
    """Of ``"text" in you.output``."""
    for node in case.nodes:
        match node:
            case ast.Compare(left=ast.Constant(value=str(text)), ops=[ast.In()]):
                if not any(_is_output(event, case) for event in case.timeline.events):
                    return _nothing(case, text[: _SHOWN * 2])
                return Advice(
                    _("nowhere in what it has printed is {text}").format(text=repr(text[: _SHOWN * 2])),
                    _("print {text} as it came").format(text=repr(text[: _SHOWN * 2])),
                )
    return None
