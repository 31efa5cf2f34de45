"""Whose call is made next: what the reader has chosen, who is let go, and why nobody is."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING

from textual.screen import Screen

from sockviz.language import _
from sockviz.model.tasks import AtWork, at_work
from sockviz.player.refusals import CannotGoOn
from sockviz.tui import hints
from sockviz.tui.cursor import Cursor
from sockviz.tui.motion import GATHER
from sockviz.tui.screens.watch_picture import WatchPicture
from sockviz.tui.stage.held_pane import chosen_in, rows
from sockviz.tui.view import Mode
from sockviz.tui.widgets.overlay import OverlayKind
from sockviz.words.wording import call_name

if TYPE_CHECKING:
    from sockviz.player.traced import Traced

#: The picture of a step that is not over is drawn after so long (seconds).
_PATIENCE = 0.1


class LettingGo:
    """Lets tasks of `live` go; where that is None, in a recording, nobody. ``over``: every program has ended."""

    def __init__(
        self, screen: Screen[tuple[str, ...]], live: Traced | None, cursor: Cursor, picture: WatchPicture
    ) -> None:
        self._screen, self._live, self._cursor, self._picture = screen, live, cursor, picture
        self._holds = live is not None and live.holds
        self.over = False
        picture.hurrying = live is not None and not self._holds

    @property
    def now(self) -> Traced | None:
        """What can be let go: nothing while the past is looked at."""
        return self._live if self._cursor.mode is Mode.LIVE else None

    @property
    def chosen(self) -> AtWork | None:
        """The task that the reader has chosen; else who has been held longest."""
        return chosen_in(rows(self._cursor.world), self._picture.task)

    def state(self) -> str:
        """What is the matter where nobody is held."""
        match self._cursor.mode:
            case Mode.RECORDED:
                return "" if self._cursor.is_past else _("this is the end of the recording; q leaves")
            case Mode.REVIEW | Mode.FOLLOWING:
                return ""
        if self.over:
            return _("every program has ended; b looks back, q leaves")
        tasks = at_work(self._cursor.world)
        if stopped := next((task for task in tasks if task.stopped is not None), None):
            return _("{process} is stopped by {signal}, until somebody sends it SIGCONT").format(
                process=stopped.process, signal=stopped.stopped
            )
        if not self._holds:
            return _("all run; p holds each at its next call")
        world = self._cursor.world
        if not all(each.is_asleep for each in tasks):
            return _("whoever is not asleep is on its way")
        if world.link is not None and world.link.keeps:
            return _("all sleep, and the link keeps packets: d delivers the oldest, h lets all go")
        return _("all sleep in their calls")

    # -- choosing

    def choose(self, task: str) -> None:
        """A task, by its name."""
        self._picture.task, self._picture.text = task, None
        self._picture.let_go = False

    def choose_next(self, step: int) -> None:
        """The task that is listed so many further down."""
        listed = rows(self._cursor.world)
        at = self.chosen
        if listed:
            here = next((number for number, row in enumerate(listed) if at in row), -1 if step > 0 else 0)
            self.choose(listed[(here + step) % len(listed)][0].name)

    def show_other_text(self) -> None:
        """The text of the next program; after the last, the chosen task's again."""
        texts = sorted(self._cursor.world.texts)
        shown = self._picture.text
        later = [text for text in texts if shown is None or text > shown]
        self._picture.text = later[0] if later else None
        if not texts:
            self._picture.hint = _("No line of any program's text has made a call yet.")

    # -- letting go

    def go(self, task: str | None) -> None:
        """A task makes its call; None: who has waited longest. Where the past is looked at, on to its next resting place."""
        picture, live = self._picture, self.now
        picture.overlays.shut(OverlayKind.ERRNO)
        if live is None:
            if not self._cursor.forward() and self._cursor.mode is Mode.RECORDED:
                picture.hint = _("This is the end of the recording: b looks back, q leaves.")
            elif self._cursor.mode is Mode.FOLLOWING:
                picture.hint = _(hints.COMES_BY_ITSELF)
            picture.draw()
            return
        pending = live.pending
        task = task or next(iter(pending), None)
        if task is not None and task in pending:
            self._order(live.go(task), is_step=True)
        else:
            picture.hint = self.why_not(task)
            picture.draw()

    def go_on(self) -> None:
        """The chosen task makes its call, and stays chosen: until it sleeps, whoever else has waited longer."""
        chosen = self.chosen
        if self.now is not None and chosen is not None and chosen.is_held:
            self._picture.task = chosen.name
        self.go(chosen.name if chosen is not None else None)

    def together(self, process: str | None) -> None:
        """All tasks of a process make their calls; of all, where none is named."""
        live = self.now
        if live is None or not live.pending:
            self._picture.hint = self.why_not(None)
            self._picture.draw()
        else:
            self._order(live.go_all(process))

    def until(self, task: str, call: str) -> None:
        """A task goes on until its next `call`, by name."""
        if (live := self.now) is not None:
            self._order(live.go_until(task, call))

    def run_or_hold(self) -> None:
        """All run; again: each is held at its next call."""
        if (live := self.now) is not None:
            self._holds = not self._holds
            self._picture.hurrying = not self._holds
            self._order(live.hold(self._holds))

    def why_not(self, task: str | None) -> str:
        """Why nobody is let go."""
        if self.now is None:
            return _("This is the past: End returns to LIVE, where tasks can be let go.")
        chosen = self.chosen
        if task is None or chosen is None or chosen.name != task:
            return self.state()
        if chosen.call is not None and chosen.is_asleep:
            return _("{task} sleeps in {call}: it is not held. Tab chooses another.").format(
                task=task, call=call_name(chosen.call)
            )
        return _("{task} is not held.").format(task=task)

    def _order(self, order: Coroutine[object, object, None], *, is_step: bool = False) -> None:
        """Nothing is drawn now: what the key itself has changed is drawn with the first that comes of it. A step is over with
        its order, of which more may come else."""
        picture = self._picture
        picture.since = len(self._cursor.timeline)
        picture.let_go = True
        picture.step_begun(_PATIENCE if is_step else GATHER)
        self._screen.run_worker(self._ordered(order, is_step), name="go")

    async def _ordered(self, order: Coroutine[object, object, None], is_step: bool) -> None:
        picture = self._picture
        try:
            await order
        except CannotGoOn as cannot:
            picture.hint = str(cannot)
            picture.draw()
        if is_step:
            picture.frames.step_over()
