"""The line in which a room's votes are counted: which choice, the figure so far, and below it what the keys do."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.lectern.counting import Counting, Key
from sockviz.lesson.document import Predict
from sockviz.spoken import spoken_inline
from sockviz.tui.lettering import assemble, lines, plain, styled

_KEYS = {
    "enter": Key.NEXT, "space": Key.NEXT, "down": Key.NEXT, "up": Key.BEFORE, "backspace": Key.ERASE, "escape": Key.LEAVE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counted:
    """How far the counting of a question is: its line, the counts, the choice at hand (None: it is over). ``is_new``: one of the
    counts has just been typed."""

    line: int
    counts: tuple[int, ...]
    at: int | None
    is_new: bool = False


class VoteKey(Message):
    """A key that changed something: `counted` says what."""

    def __init__(self, counted: Counted) -> None:
        super().__init__()
        self.counted = counted


class AnotherQuestion(Message):
    """The question after the one that is voted on, or before it."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step


class VoteLine(Widget, can_focus=True):
    """Two lines high. It has the keys as long as it is there."""

    def __init__(self) -> None:
        super().__init__(id="votes")
        self._question: Predict | None = None
        self._counting = Counting(0)

    def ask(self, question: Predict, counts: tuple[int, ...]) -> None:
        """Counts the votes on `question`, which has `counts` already."""
        self._question, self._counting = question, Counting(len(question.choices), counts)
        self.refresh()
        self.focus()

    def told(self, line: int, counts: tuple[int, ...]) -> None:
        """Votes on that question were counted elsewhere."""
        if self._question is not None and self._question.line == line:
            self._counting.counts = list(counts)
            self.refresh()

    def on_key(self, event: events.Key) -> None:
        """All keys are its own."""
        event.stop()
        event.prevent_default()
        it = self._counting
        if it.over:
            return
        if event.key in ("tab", "shift+tab"):
            self.post_message(AnotherQuestion(1 if event.key == "tab" else -1))
        elif event.character is not None and event.character in "0123456789":
            it.digit(event.character)
        elif event.key in _KEYS:
            is_new = it.key(_KEYS[event.key])
            line = self._question.line if self._question is not None else 0
            self.post_message(VoteKey(Counted(line, tuple(it.counts), None if it.over else it.at, is_new)))
        self.refresh()

    def render(self) -> Content:
        """Which choice, its figure; what the keys do."""
        question, it = self._question, self._counting
        if question is None or it.over:
            return plain()
        who = _("votes for {number} of {choices}").format(number=it.at + 1, choices=len(question.choices))
        now = it.typed or f"({it.counts[it.at]})" * bool(it.counts[it.at])
        typed = assemble((f" {who}> ", "bold $accent"), (f"{now}", "bold"), ("▌", "$accent"))
        choice = styled("  " + spoken_inline(question.choices[it.at]), "$quiet")
        keys = _("Enter next choice · ↑ before · Tab another question · esc ends")
        width = max(self.size.width - 1, 10)
        rows = (typed + choice, styled(f" {keys}", "$quiet"))
        return lines(row.truncate(width, ellipsis=True) for row in rows)
