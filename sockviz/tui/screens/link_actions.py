"""Taking over the wire: what the reader's hand does to the packets that the link keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sockviz.language import N_, _
from sockviz.model.world import World
from sockviz.player.refusals import CannotGoOn
from sockviz.tui import hints
from sockviz.tui.view import Mode, View

#: The verbs that need a packet to be kept.
ON_A_PACKET = ("deliver", "drop", "duplicate")
#: What `h` does while the link holds.
_RELEASES = {"link('hold')": N_("free")}
#: They have no place in the line of keys while none is.
_NOTHING_KEPT = {f"link('{verb}')": "" for verb in ON_A_PACKET}


class Ordered(Protocol):
    """What takes orders for the wire: a run, or a source."""

    async def order(self, verb: str, frame: int | None = None) -> None:
        """See `sockviz.player.run.LessonRun.order`."""


def can_act(world: World, mode: Mode) -> bool:
    """Whether a packet waits for a hand."""
    return mode is Mode.LIVE and world.link is not None and world.link.keeps


def keys_renamed(view: View) -> Mapping[str, str]:
    """What the wire's keys do now, by their actions, where it is something else than their bindings say; nothing: empty."""
    link = view.world.link
    releases = _RELEASES if link is not None and link.holding else {}
    return {**releases, **({} if can_act(view.world, view.mode) else _NOTHING_KEPT)}


async def act(run: Ordered, view: View, verb: str) -> str:
    """Does `verb` by hand. Returns the word to show for it."""
    if view.mode is not Mode.LIVE:
        return _(hints.LINK_IS_PAST)
    link = view.world.link
    if verb == "hold" and link is not None and link.holding:
        verb = "release"
    frame = packet = None
    word = _(hints.LINK_HELD if verb == "hold" else hints.LINK_RELEASED)
    if verb in ON_A_PACKET:
        from sockviz.tui.stage.crossings import chosen  # on demand, as what draws them

        flight = chosen(view)
        if flight is None:
            return _(hints.LINK_WAITS if link is not None and link.holding else hints.LINK_EMPTY)
        frame, packet = flight.frames[0], view.world.packets[flight.packet].text
        word = hints.link_did(verb, packet)
    try:
        await run.order(verb, frame)
    except CannotGoOn as refusal:
        return str(refusal)
    return word
