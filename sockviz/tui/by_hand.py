"""What the reader did to the wire by hand, and that it may be why a check does not hold."""

from __future__ import annotations

from collections.abc import Iterable

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.lesson.document import Page
from sockviz.lesson.link_statements import link_order
from sockviz.model.hosts import LINK
from sockviz.model.world import World
from sockviz.words.by_hand import did_by_hand


@dataclass(frozen=True, slots=True)
class ByHand:
    """One act: when (as the last event before it), on which page (from 0), the verb, and the packet that it was done to."""

    at: float
    page: int
    verb: str
    packet: str = ""


def acts_by_hand(world: World) -> tuple[ByHand, ...]:
    """All that `world` knows of."""
    return tuple(ByHand(it.at, it.page, it.verb, world.packet_text(it.packet)) for it in world.by_hand)


def perhaps_why(page: Page, acts: Iterable[ByHand], until: float, live: bool = True) -> str:
    """What the reader did by hand before the instant `until`, and what `page` expected instead; or nothing. How to do it
    otherwise is said where that can be done: in a `live` run."""
    done = [act for act in acts if act.at <= until and act.page <= page.index]
    here = [act for act in done if act.page == page.index]
    if not done:
        return ""
    act = (here or done)[-1]
    did = did_by_hand(act.verb, act.packet)
    if (own := _own_line(page, act)) is not None:
        expected = _("the lesson expected its own line to do that: {line}").format(line=own)
    elif here:
        expected = _("the lesson expected the wire to be left to its own lines")
    else:
        expected = _(
            "that was on page {number}, and the lesson expected the wire to be left to its own lines"
        ).format(number=act.page + 1)
    told = f"{did[:1].upper()}{did[1:]}; {expected}."
    return told + " " + _("r performs this page anew.") if live else told


def _own_line(page: Page, act: ByHand) -> str | None:
    """The line of `page` that was to do what the reader did."""
    for statement in page.statements:
        if statement.process == LINK:
            verb, about, _seconds = link_order(statement)
            if verb == act.verb and about in (None, act.packet, act.packet.partition(" ")[2]):
                return statement.source
    return None
