"""The screen of `sockviz watch`: programs of the user's own, held call by call; or a recording of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.screen import Screen

from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.options import Options
from sockviz.tui.runs import no_lesson
from sockviz.tui.session import run
from sockviz.tui.themes import MONOCHROME

if TYPE_CHECKING:
    from sockviz.model.programs import Programs
    from sockviz.player.sourced import Sourced

#: Opens a lab and starts the programs in it, or opens a recording; what is not as usual is told by the function given.
Begin = Callable[[Callable[[str], None]], Awaitable["Sourced[Programs]"]]


#: Is given what leaves the screen.
WhenOpened = Callable[[Callable[[], None]], None]


def nothing(_leave: Callable[[], None]) -> None:
    """Nobody leaves it but its reader."""


class WatchApp(SockvizApp):
    """sockviz with one screen. ``failure`` is why nothing could be begun."""

    def __init__(
        self,
        begin: Begin,
        seconds: float | None,
        options: Options,
        opened: WhenOpened = nothing,
    ) -> None:
        super().__init__((), no_lesson, ProgressStore(), options)
        self._opened_with = opened
        self.failure: Exception | None = None
        self._begin_programs, self._seconds = begin, seconds
        self._watched: Sourced[Programs] | None = None
        self.dress()

    def get_default_screen(self) -> Screen[None]:
        """Nothing, until the programs have started."""
        return Screen()

    def on_mount(self) -> None:
        """Starts them."""
        super().on_mount()
        self.run_worker(self._begin_watching(), name="begin")

    async def _begin_watching(self) -> None:
        from sockviz.tui.screens.watching import WatchScreen
        from sockviz.tui.view import Look

        try:
            self._watched = await self._begin_programs(partial(self.notify, severity="warning"))
        except Exception as error:  # said once the terminal is given back
            self.failure = error
            self.exit(1)
            return
        self._opened_with(self.exit)
        look = Look(ascii=self.ascii, colour=self.theme != MONOCHROME, animate=self.animation_level != "none")
        self.push_screen(WatchScreen(self._watched, look, self._seconds, self.options.manual), self._left)

    def _left(self, left: tuple[str, ...] | None) -> None:
        self.left += left or ()
        self.exit()

    async def close_runs(self) -> None:
        """Ends the programs, however the application ends."""
        if self._watched is not None:
            self.left += await self._watched.close()


def start(
    begin: Begin, seconds: float | None, *, theme: str | None, ascii_only: bool, mouse: bool,
    opened: WhenOpened = nothing,
) -> int:  # fmt: skip
    """Runs the screen to its end and returns the exit status. Raises what `begin` raised. Once that is done `opened` is
    called, with what leaves the screen."""
    app = WatchApp(begin, seconds, Options(theme=theme, ascii=ascii_only or None, mouse=mouse), opened)
    status = run(app)
    if app.failure is not None:
        raise app.failure
    return status
