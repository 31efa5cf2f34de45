"""When an application under test has done all that there is to do: its event loop is asked, not the processor's clock.

Textual's pilot sleeps for 20 ms again and again until hardly any processor time passes meanwhile: three times for each key. Here
the same moment is a condition.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import textual.app
import textual.pilot

#: Seconds: timers that are due so soon are waited for. What the run does by itself is drawn 1/30 s after what was drawn last.
SOON = 1 / 20


async def settled(_min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Waits until the loop has nothing to do but wait, for a descriptor or for a timer that was due later than `SOON`."""
    loop = cast("Any", asyncio.get_running_loop())
    began = loop.time()
    while loop.time() < began + max_sleep:
        await asyncio.sleep(0)
        if loop._ready:
            continue  # what was made ready in this turn runs in the next
        due = min(
            (handle.when() for handle in loop._scheduled if not handle.cancelled()), default=began + 2 * SOON
        )
        if due > began + SOON:
            return
        await asyncio.sleep(max(0.0, due - loop.time()))


def instead_of_sleeping() -> None:
    """From here on the pilot waits so."""
    for module in (textual.app, textual.pilot):
        assert hasattr(module, "wait_for_idle"), "the pilot waits in another way"
        module.wait_for_idle = settled  # type: ignore[attr-defined]
