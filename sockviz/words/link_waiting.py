"""What a line of the link waits for, and why nothing that is on the link will do."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.segments import LATER_FRAGMENT
from sockviz.model.world import World


def kept(world: World) -> str:
    """``client SYN, server UDP``: what the link keeps, each kind once, the oldest first; empty where it keeps nothing."""
    link = world.link
    texts = (world.packet_text(flight.packet) for flight in link.held) if link is not None else ()
    return ", ".join(dict.fromkeys(texts))


def waits_for_a_packet(line: str, about: str | None, world: World) -> str:
    """That the `line`, which is about such packets (None: any), waits, and what is there instead."""
    held = kept(world)
    if about is None or not held:
        return _("{line} waits for a packet, and none has come.").format(line=line)
    told = _("{line} waits for {packet}, and what the link keeps is another: {kept}.").format(
        line=line, packet=about, kept=held
    )
    if about.endswith(LATER_FRAGMENT) and any(
        flight.later and not flight.is_rest for flight in (world.link.held if world.link else ())
    ):
        told += " " + _("Later fragments go with their datagram until its first one has passed.")
    return told
