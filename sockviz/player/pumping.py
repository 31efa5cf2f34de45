"""The task of a pump: whoever waits for what it appends hears of it where it fails, and its lab is closed all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sockviz.lab.lab import Lab
from sockviz.language import _
from sockviz.player.pump import Pump


class Pumping:
    """Runs `pump` from now on. That it failed, of a fault of sockviz's own, is its `problem`. `changed` is called at its end."""

    def __init__(self, pump: Pump, changed: Callable[[], None]) -> None:
        self._pump = pump
        self._changed = changed
        self._task = asyncio.ensure_future(pump.run())
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Future[None]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._pump.problem = _("sockviz failed while it watched the lab ({error})").format(
                error=f"{type(error).__name__}: {error}"
            )
        self._changed()

    async def close(self, lab: Lab) -> tuple[str, ...]:
        """Ends the pump, then `lab`. Returns what that has left behind. Raises what the pump failed of, once both are closed."""
        self._task.cancel()
        try:
            await asyncio.wait({self._task})  # and not `await`: who closes may be cancelled, too
        finally:
            left = await lab.close()
        if not self._task.cancelled():
            self._task.result()
        return left
