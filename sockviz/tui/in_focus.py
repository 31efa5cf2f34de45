"""What the manual is asked about: the error and the call that the reader points at."""

from __future__ import annotations

from sockviz.tui.stage.errno_card import call_in_focus, failed_call, failed_on
from sockviz.tui.view import View


def words_in_focus(view: View, card_is_open: bool) -> tuple[str, ...]:
    """The error of the card that is open, or of the line or call in focus, and its call; of a line without one its calls.

    Calls are rows of the table of calls by their keys. Nothing in focus: nothing.
    """
    line = view.focus.line
    failed = failed_call(view) if card_is_open else failed_on(view.world, line) if line is not None else None
    if failed is not None and failed.error is not None:
        return failed.error, failed.function
    called = call_in_focus(view)
    if called is not None:
        return (called.error, called.function) if called.error is not None else (called.function,)
    statement = view.script.statement_at(line) if line is not None else None
    # The outermost is made last, and is what the line is about.
    return tuple(dict.fromkeys(reversed(statement.calls))) if statement is not None else ()


def last_call(view: View) -> str | None:
    """The row of the call that was made last, for the list to begin at."""
    calls = [process.calls[-1] for process in view.world.processes.values() if process.calls]
    last = max(calls, key=lambda call: call.entered, default=None)
    return last.function if last is not None else None
