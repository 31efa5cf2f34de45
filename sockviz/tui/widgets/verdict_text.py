"""What became of a student's program: a line for each verdict, and of the one that decided it all that is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from textual.content import Content

from sockviz.language import _, ngettext
from sockviz.pattern import pattern
from sockviz.practice.attempt import Attempt
from sockviz.practice.differing import Difference
from sockviz.practice.printed import PrintedEnd, printed
from sockviz.practice.verdicts import Verdict
from sockviz.tui.lettering import assemble, plain, styled
from sockviz.tui.widgets.markdown import hang, inline_text
from sockviz.tui.widgets.tall_text import TallText
from sockviz.words.programs import STREAMS

#: So many lines of what the program has printed are told.
_PRINTED = 12
#: A line of a compiler's that shows one of the source, or points into it.
_QUOTES_SOURCE = pattern(r" +(\d+ )?\|| {4}")


class VerdictText(TallText):
    """As high as it needs to be."""

    def __init__(self) -> None:
        super().__init__()
        self._attempt: Attempt | None = None
        self._now = ""
        self._is_of_before = False
        self._printed = PrintedEnd()
        self._folder = ""
        self._onward: Sequence[tuple[str, str, str]] = ()

    def show(
        self, attempt: Attempt | None, now: str, folder: str,
        onward: Sequence[tuple[str, str, str]] = (), *, is_of_before: bool = False,
    ) -> None:  # fmt: skip
        """Shows another state of things: `now` is what goes on, `is_of_before` whether the attempt is not of the file as it is.
        `folder` has the file. `onward` is where one can go on to: the key, what it leads to, its name."""
        self._folder, self._onward = folder, onward
        if attempt is not self._attempt:
            self._printed = printed(attempt, _PRINTED)
        self._attempt, self._now, self._is_of_before = attempt, now, is_of_before
        self.refresh(layout=True)

    def lines(self, width: int) -> list[Content]:
        """All of them."""
        lines = list(hang(styled(self._now, "$quiet"), plain(), plain(), width)) if self._now else []
        if self._attempt is not None and self._is_of_before:
            older = styled(_("below: of the file as it was before"), "$warning")
            lines += hang(older, plain(), plain(), width)
        elif lines:
            lines.append(plain())
        if self._attempt is not None:
            lines += _told(self._attempt, width, self._folder)
            lines += _onward(self._onward, width)
            lines += _output(self._printed, width)
        return [row for line in lines for row in line.split(allow_blank=True)]


def _brief(said: str, folder: str) -> str:
    """What a compiler says, without the path to the student's file, which stands above it all the time."""
    return said.replace(f"{folder}/", "") if folder else said


def _told(attempt: Attempt, width: int, folder: str) -> Iterator[Content]:
    if attempt.said:
        style = "$code" if attempt.built else "$error"
        for said in _brief(attempt.said, folder).split("\n"):
            is_drawn = _QUOTES_SOURCE.match(said) is not None
            yield from hang(styled(said, style), plain(), plain("  "), width, code=is_drawn)
        yield plain()
    if not attempt.built:
        yield from hang(plain(_("It could not be built, and was not judged.")), plain(), plain(), width)
        return
    decided = next((verdict for verdict in attempt.verdicts if not verdict.ok), None)
    for verdict in attempt.verdicts:
        mark, ink = _mark(verdict)
        title = inline_text(verdict.title)
        yield from hang(title if verdict.event is not None else title.stylize("$quiet"),
                        styled(f"{mark} ", ink), plain("  "), width)  # fmt: skip
        if verdict is decided:
            yield from _why(verdict, width)
    yield plain()
    held = sum(verdict.ok for verdict in attempt.verdicts)
    if attempt.passed:
        yield styled(_("passed: all {count} hold").format(count=held), "bold $success")
    else:
        told = _("not passed: {held} of {count} hold").format(held=held, count=len(attempt.verdicts))
        yield styled(told, "bold")


def _onward(onward: Sequence[tuple[str, str, str]], width: int) -> Iterator[Content]:
    if onward:
        yield plain()
    for key, what, name in onward:
        told = assemble((f"{what} ", "$quiet"), (name, "bold"))
        yield from hang(told, assemble("  ", (key, "bold $primary"), "  "), plain(" " * 5), width)


def _output(output: PrintedEnd, width: int) -> Iterator[Content]:
    """What the program has printed, the last of it."""
    if not output.lines:
        return
    yield plain()
    yield styled(_("it printed"), "bold $accent")
    if output.before:
        more = ngettext("{count} line before these", "{count} lines before these", output.before)
        yield styled("  " + more.format(count=output.before), "$quiet")
    for stream, text in output.lines:
        first = styled(f"  {STREAMS.get(stream, str(stream))}  ", "$quiet")
        yield from hang(styled(text, "$code"), first, plain(" " * first.cell_length), width, code=True)
    if output.unkept:
        yield styled("  " + _("and more, of which nothing was kept"), "$quiet")


def _mark(verdict: Verdict) -> tuple[str, str]:
    if verdict.ok:
        return "✓", "$success"
    return ("✗", "$error") if verdict.event is not None else ("○", "$quiet")


def _why(verdict: Verdict, width: int) -> Iterator[Content]:
    """Observed, likely cause, next step; the bytes side by side."""
    for name, said in (
        (_("observed"), verdict.observed),
        (_("likely cause"), verdict.cause),
        (_("next step"), verdict.next),
    ):
        if said:
            yield plain()
            yield styled(f"  {name}", "bold $accent")
            yield from hang(plain(said), plain("  "), plain("  "), width)
        if said is verdict.observed and verdict.difference is not None:
            yield from _side_by_side(verdict.difference, width)
    yield plain()


def _side_by_side(differs: Difference, width: int) -> Iterator[Content]:
    """One below the other, in as many pairs of lines as it takes at `width`; an arrow below where they begin to differ."""
    names = (_("expected"), _("received"))
    column = max(map(cell_len, names)) + 2
    room = max(width - 2 - column, 8)
    for start in range(0, max(len(differs.expected), len(differs.received)), room):
        yield plain()
        for name, shown in zip(names, (differs.expected, differs.received), strict=True):
            label = name if not start else ""
            gap = " " * (column - cell_len(label))
            yield styled(f"  {label}{gap}", "$quiet") + styled(shown[start : start + room], "$code")
        if start <= differs.mark < start + room:
            yield plain(" " * (2 + column + differs.mark - start)) + styled("▲", "$error")
