"""A lesson being opened: its lab takes a moment, and may be refused by this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.events import ScreenResume
from textual.screen import Screen
from textual.widgets import Static

from sockviz.language import N_, _
from sockviz.player.refusals import CannotPerform
from sockviz.tui.entry import CourseEntry
from sockviz.tui.lettering import BREAK, plain, styled
from sockviz.tui.options import OpenRun
from sockviz.tui.screens.leaving import Leaving
from sockviz.tui.screens.styled_once import StyledOnce
from sockviz.tui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from sockviz.player.run import LessonRun


#: The thread that writes has written within this what was painted: nothing holds it up, as imports do (seconds).
_WRITTEN = 0.001
#: A screen that is covered before it is painted has not to be (seconds).
_NOT_PAINTED = 0.1


class OpeningScreen(StyledOnce, Leaving, Screen["LessonRun | None"]):
    """Awaits the run of one lesson. Its result is the run, or None where there is none. The lowest screen, which cannot be taken
    away, calls `opened` with the result, and nothing of it is seen any more."""

    CSS_PATH = "being_opened.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "q,escape,enter,space",
            "give_up",
            N_("back"),
            key_display="q",
            id="opening.back",
            tooltip=N_("Go back"),
        ),
    ]

    def __init__(
        self, entry: CourseEntry, open_run: OpenRun, opened: Callable[[LessonRun | None], None] | None = None
    ) -> None:
        super().__init__()
        self.entry = entry
        self._open_run, self._opened = open_run, opened
        self._failed = self._has_gone = self._is_painted = self._has_begun = False

    def compose(self) -> ComposeResult:
        """The lesson's name, and what happens."""
        yield Static(styled(self.entry.name, "bold"), id="name")
        yield Static(plain(_("One moment: it is being opened…")), id="state")
        yield KeyBar()

    def on_mount(self) -> None:
        """Opens it, once its name is painted: what a lesson needs is imported only then."""
        self.set_timer(_NOT_PAINTED, self._begin)

    def _compositor_refresh(self) -> None:
        # Of what Textual calls when a screen is painted this alone comes after it, while a screen is new.
        super()._compositor_refresh()
        if not self._is_painted and self.is_current and any(part.size for part in self.children):
            self._is_painted = True
            self.set_timer(_WRITTEN, self._begin)

    def _begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            self.run_worker(self._open(), name="open")

    async def _open(self) -> None:
        try:
            run = await self._open_run(self.entry)
        except CannotPerform as error:
            self._failed = True
            state = self.query_one("#state", Static)
            state.update(BREAK.join(map(plain, error.lines)))
            state.add_class("-failed")
        else:
            self.dismiss(run)

    def dismiss(self, result: LessonRun | None = None) -> AwaitComplete:
        """Takes it away, or all that it shows."""
        opened = self._opened
        if opened is None:
            return super().dismiss(result)

        def leave() -> None:
            self._has_gone = True
            self.app.call_next(opened, result)

        self.when_topmost(leave)
        return AwaitComplete()

    @on(ScreenResume)
    def _uncovered(self) -> None:
        """What was opened over it has gone too: there is nothing left to be seen."""
        if self._has_gone:
            for part in self.children:
                part.display = False

    def action_give_up(self) -> None:
        """Goes back, once it is known that nothing was started."""
        if self._failed:
            self.dismiss(None)
