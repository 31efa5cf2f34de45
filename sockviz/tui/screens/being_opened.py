"""A lesson being opened: its lab takes a moment, and may be refused by this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from sockviz.language import N_, _
from sockviz.player.refusals import CannotPerform
from sockviz.tui.entry import CourseEntry
from sockviz.tui.lettering import BREAK, plain, styled
from sockviz.tui.options import OpenRun
from sockviz.tui.screens.leaving import Leaving
from sockviz.tui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from sockviz.player.run import Run  # noqa: F401  # named in a string


class OpeningScreen(Leaving, Screen["Run | None"]):
    """Awaits the run of one lesson. Its result is the run, or None where there is none."""

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

    def __init__(self, entry: CourseEntry, open_run: OpenRun) -> None:
        super().__init__()
        self.entry = entry
        self._open_run = open_run
        self._failed = False

    def compose(self) -> ComposeResult:
        """The lesson's name, and what happens."""
        yield Static(styled(self.entry.name, "bold"), id="name")
        yield Static(plain(_("Starting its processes…")), id="state")
        yield KeyBar()

    def on_mount(self) -> None:
        """Opens it, once its name is painted: what a lesson needs is imported only then."""
        # Textual paints at its next tick of 1/60 s. A callback after refresh comes before that, while a screen is new.
        self.set_timer(1 / 60, self._begin)

    def _begin(self) -> None:
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

    def action_give_up(self) -> None:
        """Goes back, once it is known that nothing was started."""
        if self._failed:
            self.dismiss(None)
