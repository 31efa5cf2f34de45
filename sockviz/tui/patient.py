"""An application that waits for its screens: keys, and what changes the screens, reach one that is mounted whole."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import App, ScreenStackError
from textual.await_complete import AwaitComplete

if TYPE_CHECKING:
    from rich.console import RenderableType

#: What a person does at the terminal: none of it may reach a screen that is still being mounted.
_INPUT = (events.InputEvent, events.Paste, events.AppFocus, events.AppBlur)
#: How much of that is kept for a screen that is being mounted, and seconds between two looks whether it is.
_MOST_HELD, _LOOK_AGAIN = 64, 1 / 60


class PatientApp(App[int]):
    """Keys, clicks and pastes wait for the topmost screen, in their order; so does whatever takes a screen away."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._held: deque[events.Event] = deque()
        self._ending = False

    async def on_event(self, event: events.Event) -> None:
        """What a person does reaches a screen that is mounted whole, or waits until it is.

        Also what comes back from a screen that had no use for it: by now another one may have taken its place.
        """
        if not isinstance(event, _INPUT):
            await super().on_event(event)
        elif self._ending:
            pass
        elif isinstance(event, events.Key) and event.key == "ctrl+q":
            self.exit()  # whatever there is on the screen
        elif not self._is_whole() or (self._held and not event.is_forwarded):
            self._hold(event)
        else:
            await super().on_event(event)

    def _is_whole(self) -> bool:
        try:
            return self.screen.is_mounted
        except ScreenStackError:  # there is none yet
            return False

    def when_whole(self, change: Callable[[], object]) -> None:
        """Changes the screens now or, while the topmost is being mounted, once it is whole: taken away before, or with another
        below it than it was opened over (which the palette looks for only then), it breaks."""
        if self._is_whole() or not self.is_running:
            change()
        else:  # by the loop's own timer: a signal's answer is called outside of Textual's contexts
            asyncio.get_running_loop().call_later(_LOOK_AGAIN, self.when_whole, change)

    def pop_screen(self) -> AwaitComplete:
        """Takes the topmost screen away, its workers at once: Textual ends them only after the widgets that they look for."""
        self.workers.cancel_node(self.screen)
        return super().pop_screen()

    def _hold(self, event: events.Event) -> None:
        if isinstance(event, events.MouseMove) or len(self._held) >= _MOST_HELD:
            return
        if not self._held:
            self.set_timer(_LOOK_AGAIN, self._let_in)
        self._held.append(event)

    async def _let_in(self) -> None:
        """Lets in what waits, in its order, as far as the screens go that it leads to."""
        while self._held and self._is_whole() and not self._ending:
            await super().on_event(self._held.popleft())
        if self._held:
            self.set_timer(_LOOK_AGAIN, self._let_in)

    def exit(
        self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None
    ) -> None:
        """Ends the application once its screen is whole."""
        self._ending = True
        self.when_whole(partial(super().exit, result, return_code, message))
