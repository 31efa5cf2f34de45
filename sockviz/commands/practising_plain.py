"""``practice --plain``: the task, a verdict for each time that the file is saved, hints and a solution by a letter."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
from collections.abc import Callable, Iterator

from sockviz import door, terminal
from sockviz.language import _, ngettext, said_by_system
from sockviz.practice.printed import printed
from sockviz.practice.report import as_lines
from sockviz.practice.sitting import Sitting
from sockviz.practice.task import task_text, treatment
from sockviz.spoken import spoken
from sockviz.typed_ahead import TypedAhead
from sockviz.visible import quoted
from sockviz.words.programs import STREAMS
from sockviz.wrapping import wrapped

#: What is said of a verdict stands so far in; no line has more characters.
_INDENT, _WIDEST = " " * 4, 100
#: With these begins the line of a verdict.
_MARKS = ("✓ ", "✗ ", "· ")
#: So many lines of what the program has printed are told.
_PRINTED = 12


async def until_passed(sitting: Sitting) -> None:
    """Returns once the exercise was passed, or the student leaves. Raises `CannotAttempt`."""
    try:
        with contextlib.suppress(terminal.Left):
            await _until_passed(sitting)
    finally:
        await sitting.close()


async def _until_passed(sitting: Sitting) -> None:
    say = door.out().say
    say(*spoken(task_text(sitting.lesson), _width()))
    for rule in treatment(sitting.exercise):
        say("", *wrapped(rule, _width()))
    typed = TypedAhead() if terminal.is_one(sys.stdin) else None
    how = _("{file}: judged each time that you save it (Ctrl-C leaves)")
    say("", *wrapped(how.format(file=quoted(str(sitting.file))), _width()))
    while sitting.last is None or not sitting.last.passed:
        if typed is not None:
            left = sitting.hints_left
            hints = ngettext("h a hint ({count} left)", "h a hint ({count} left)", left).format(count=left)
            keys_told = _("{hints}, s a solution, r judge again, q leave: and Enter").format(hints=hints)
            say(*wrapped(keys_told, _width()))
        word = await _saved_or_typed(sitting, typed)
        if word in ("h", "s"):
            say(*(_hint(sitting) if word == "h" else _solution(sitting)))
        elif word in ("", "r"):
            judging = _judge(sitting, say)
            await (typed.beside(judging) if typed is not None else judging)


async def _saved_or_typed(sitting: Sitting, typed: TypedAhead | None) -> str:
    """What was typed, or "" once the file is saved. Raises `sockviz.terminal.Left`."""
    saved = asyncio.ensure_future(sitting.saved())
    line = asyncio.ensure_future(typed.line()) if typed is not None else None
    both = [saved, *([line] if line is not None else [])]
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        return line.result().casefold() or "?" if line is not None and line.done() else ""
    finally:
        for each in both:
            each.cancel()
        await asyncio.gather(*both, return_exceptions=True)


async def _judge(sitting: Sitting, say: Callable[..., None]) -> None:
    try:
        attempt = await sitting.attempt()
    except OSError as error:
        say(sitting.why_unread(error))
        return
    say(*(part for line in as_lines(attempt) for part in _wrapped(line)))
    output = printed(attempt, _PRINTED)
    if output.lines:
        say(_("it printed") + ":")
        if output.before:
            more = ngettext("{count} line before these", "{count} lines before these", output.before)
            say("  " + more.format(count=output.before))
        say(*(f"  {STREAMS.get(stream, stream)}  {text}" for stream, text in output.lines))


def _wrapped(line: str) -> list[str]:
    """What is said of a verdict, in lines. Bytes and what a compiler says stay as they are."""
    bytes_of = tuple(
        _INDENT + _(text).format(shown="") for text in ("expected: {shown}", "received: {shown}")
    )
    if line.startswith(bytes_of):
        return [line]
    if not line.startswith(_INDENT):
        return wrapped(line, _width(), "", "  ") if line.startswith(_MARKS) else [line]
    return wrapped(line.strip(), _width(), _INDENT, _INDENT + "  ")


def _width() -> int:
    """As wide as the terminal is, while lines can be read."""
    return min(shutil.get_terminal_size((80, 24)).columns, _WIDEST)


def _hint(sitting: Sitting) -> Iterator[str]:
    text = sitting.hint()
    if text is None:
        yield _("There are no more hints.")
        return
    yield _("hint {number}").format(number=len(sitting.hints)) + ":"
    yield from spoken(text, _width())


def _solution(sitting: Sitting) -> Iterator[str]:
    try:
        text = sitting.solution()
    except OSError as error:
        yield f"{error.filename}: {said_by_system(error)}"
        return
    if text is None:
        yield _("You have not passed yet. Press s once more to read a solution all the same.")
    else:
        yield from (_("a solution") + ":", *(f"    {line}" for line in text.splitlines()))
