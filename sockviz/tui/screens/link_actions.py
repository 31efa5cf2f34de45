"""Taking over the wire: what the reader's hand does to the packets that the link keeps."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.link import Flight
from sockviz.player.refusals import CannotGoOn
from sockviz.player.run import Run
from sockviz.tui import hints
from sockviz.tui.by_hand import ByHand
from sockviz.tui.reading import Reading
from sockviz.tui.view import Mode, View

#: The verbs that need a packet to be kept.
ON_A_PACKET = ("deliver", "drop", "duplicate")


def chosen(view: View) -> Flight | None:
    """The held packet that the reader points at, else the one that has waited longest."""
    link = view.world.link
    if link is None or not link.held:
        return None
    number = view.focus.packet
    pointed = (
        view.world.packets[number].event.frame
        if number is not None and number < len(view.world.packets)
        else None
    )
    return (link.flight_of(pointed) if pointed is not None else None) or link.held[0]


async def act(run: Run, reading: Reading, view: View, verb: str) -> str:
    """Does `verb` by hand, of which `reading` takes note. Returns the word to show for it."""
    if view.mode is not Mode.LIVE:
        return _(hints.LINK_IS_PAST)
    link = view.world.link
    if verb == "hold" and link is not None and link.holding:
        verb = "release"
    frame = packet = None
    word = _(hints.LINK_HELD if verb == "hold" else hints.LINK_RELEASED)
    if verb in ON_A_PACKET:
        flight = chosen(view)
        if flight is None:
            return _(hints.LINK_EMPTY)
        frame, packet = flight.frames[0], view.world.packets[flight.packet].text
        word = hints.link_did(verb, packet)
    done = ByHand(run.timeline.world.at, view.page.index, verb, packet or "")
    try:
        await run.order(verb, frame)
    except CannotGoOn as refusal:
        return str(refusal)
    reading.by_hand.append(done)
    return word
