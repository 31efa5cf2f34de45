"""What the widgets say: every message of the front end, in the past tense. The screen decides what follows from one: what a
drawing has drawn last may be older than what the reader did since."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from sockviz.tui.view import Focus


class Clicked(Message):
    """The reader clicked something on the stage that can be pointed at."""

    def __init__(self, focus: Focus) -> None:
        super().__init__()
        self.focus = focus


class PointMoved(Message):
    """The reader went ``step`` things further down (up, where it is negative) among the `points` of a drawing. ``lowest`` is
    where whoever pointed at none of them comes to from below."""

    def __init__(self, points: Sequence[Focus], step: int, lowest: Focus) -> None:
        super().__init__()
        self.points, self.step, self.lowest = points, step, lowest

    def there(self, here: Focus) -> Focus:
        """What is pointed at then, from `here`."""
        if here not in self.points:
            return self.points[0] if self.step > 0 else self.lowest
        at = self.points.index(here) + self.step
        return self.points[min(max(at, 0), len(self.points) - 1)]


class MomentChosen(Message):
    """The reader pointed at a moment of the timeline (after so many events)."""

    def __init__(self, event: int) -> None:
        super().__init__()
        self.event = event


class TaskChosen(Message):
    """The reader clicked a row of tasks that are at the same call."""

    def __init__(self, row: Sequence[str]) -> None:
        super().__init__()
        self.row = row
