"""When an application under test has done all that there is to do: its event loop is asked, not the processor's clock.

Textual's pilot sleeps for 20 ms again and again until hardly any processor time passes meanwhile: three times for each key. Here
the same moment is a condition. A screen without a terminal draws every frame and throws it away: here it draws those at which it
comes to rest. And style sheets, which each application reads anew, are read once for all of them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import textual.app
import textual.pilot
from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.screen import Screen

#: Seconds: timers that are due so soon are waited for. What the run does by itself is drawn 1/30 s after what was drawn last.
SOON = 1 / 20

#: The applications that draw when they are at rest, and of each whether what is on its screen has not been drawn yet.
_owing: dict[App[Any], bool] = {}
#: How many frames of each have been drawn since it was `drawn_at_rest` first: where none has, its screen is as it was.
drawn_often: Counter[App[Any]] = Counter()
_sheets: dict[tuple[object, ...], list[RuleSet]] = {}
_read_rules, _refresh = Stylesheet._parse_rules, Screen._compositor_refresh


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
            if not draw_what_is_owed():
                return
            continue
        await asyncio.sleep(max(0.0, due - loop.time()))


def draw_what_is_owed() -> bool:
    """Draws the frames that are owed. False where there were none."""
    owing = [app for app, owes in _owing.items() if owes and app.screen_stack]
    for app in owing:
        _owing[app] = False
        drawn_often[app] += 1
        _refresh(app.screen)
    return bool(owing)


@contextmanager
def drawn_at_rest(app: App[Any]) -> Iterator[None]:
    """`app` draws when it has come to rest."""
    _owing[app] = False
    try:
        yield
    finally:
        del _owing[app], drawn_often[app]


def _refreshed(screen: Screen[Any]) -> None:
    app = screen.app
    if app not in _owing or screen is not app.screen:
        _refresh(screen)
        return
    _owing[app] = True  # its compositor keeps which regions are to be drawn
    screen._dirty_widgets.clear()
    app._update_mouse_over(screen)


def _rules_of(sheet: Stylesheet, css: str, *where: Any, **given: Any) -> list[RuleSet]:
    of = (css, where, *sorted(given.items()), *sorted(sheet._variables.items()))
    if (found := _sheets.get(of)) is None:
        found = _sheets[of] = _read_rules(sheet, css, *where, **given)
    return found


def instead_of_sleeping() -> None:
    """From here on the pilot waits so."""
    for module in (textual.app, textual.pilot):
        assert hasattr(module, "wait_for_idle"), "the pilot waits in another way"
        module.wait_for_idle = settled  # type: ignore[attr-defined]
    Stylesheet._parse_rules = _rules_of  # type: ignore[method-assign,assignment]
    Screen._compositor_refresh = _refreshed  # type: ignore[method-assign,assignment]
