"""Programs of the user's own on a lesson's screen, where they run beside its lines: what they do and their text, what went wrong,
and, below, what they print."""

from __future__ import annotations

from textual.screen import Screen

from sockviz.language import N_, _
from sockviz.model.tasks import held
from sockviz.tui.cursor import Cursor
from sockviz.tui.mistakes import Mistakes
from sockviz.tui.stage.held_pane import ChosenTask, HeldPane
from sockviz.tui.stage.output_pane import OutputPane
from sockviz.tui.view import Mode, View
from sockviz.words.mistakes.beside import RulesBeside

_LETS_GO = N_("Enter on an empty line lets it go, go NAME another; run has all run, hold each wait again.")
#: The lines of what programs print, at most, by the terminal's height.
_PRINTED = {0: 2, 32: 4, 44: 7}


class ProgramsBeside:
    """Shows them on `screen`. ``since`` are the events before what the reader did last; ``task`` and ``text`` are what they have
    chosen."""

    def __init__(self, screen: Screen[tuple[str, ...]], cursor: Cursor) -> None:
        self._screen, self._cursor = screen, cursor
        self._mistakes = Mistakes(RulesBeside())
        self.since = 0
        self.task: str | None = None
        self.text: int | None = None

    def show(self, known: View, view: View) -> bool:
        """All of it; returns whether what went wrong is known by now, or there is more to judge."""
        _new, all_judged = self._mistakes.judge(self._cursor, known.cursor)
        start = self.since if known.mode is Mode.LIVE else known.before.events
        for pane in self._screen.query(HeldPane):
            is_held = bool(held(known.world))
            hint = _(_LETS_GO) if is_held and known.mode is Mode.LIVE else ""
            mistake = self._mistakes.at(start, known.cursor)
            pane.chosen = ChosenTask(self.task, self.text, hint, mistake, holds=is_held)
            pane.show(known)
        self.show_printed(view)
        return all_judged

    @property
    def is_held(self) -> bool:
        """Whether the task that was chosen is held, and not in the past."""
        live = self._cursor.mode is Mode.LIVE
        return live and any(each.name == self.task for each in held(self._cursor.world))

    def show_next_text(self, known: View) -> bool:
        """The text of another program; False after the last of them."""
        later = [each for each in sorted(known.world.texts) if self.text is None or each > self.text]
        self.text = later[0] if later else None
        return bool(later)

    def show_printed(self, view: View) -> None:
        """What they print. They begin after the first picture."""
        there = self._screen.query(OutputPane)
        if not there:
            self._screen.mount(OutputPane(), after="#body")
            return
        pane = there.first()
        most = max(lines for height, lines in _PRINTED.items() if height <= self._screen.size.height)
        had = pane.styles.height.value if pane.styles.height is not None else 1
        # It does not shrink while the past is looked at.
        rows = min(max(pane.rows_wanted(view), int(had)), most)
        if rows != had:
            pane.styles.height = rows
        pane.show(view)
