"""What the link between two hosts keeps, and what became of each frame: part of the world."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sockviz.model.events import LinkActed, LinkSet, PacketCaptured
from sockviz.model.log import Log


@dataclass(frozen=True, slots=True)
class Flight:
    """A segment that the link keeps. ``packet`` is its number in the world's packets; ``frames`` are the copies that wait
    (the kernel sends a segment again while nobody answers), oldest first; ``copies`` counts all that were sent so far."""

    entry: int
    packet: int
    frames: tuple[int, ...]
    since: float
    copies: int = 1


@dataclass(frozen=True, slots=True)
class LinkState:
    """The link after an event. ``delivered`` and ``dropped`` hold numbers of packets, in order; ``doubled`` those of which the
    link itself let through one more than was sent."""

    holding: tuple[str, ...] = ()
    held: tuple[Flight, ...] = ()
    delivered: Log[int] = field(default_factory=Log)
    dropped: Log[int] = field(default_factory=Log)
    doubled: Log[int] = field(default_factory=Log)

    def flight_of(self, frame: int) -> Flight | None:
        """The segment that waits and has `frame` among its copies."""
        return next((flight for flight in self.held if frame in flight.frames), None)


def arrived(link: LinkState, event: PacketCaptured, packet: int) -> LinkState:
    """A host sent a frame: it is on the link until something is done with it."""
    if event.frame is None or event.entry is None:
        return link
    for place, flight in enumerate(link.held):
        if flight.entry == event.entry:
            with_copy = replace(flight, frames=(*flight.frames, event.frame), copies=flight.copies + 1)
            return replace(link, held=(*link.held[:place], with_copy, *link.held[place + 1 :]))
    flight = Flight(event.entry, packet, (event.frame,), event.at)
    return replace(link, held=(*link.held, flight))


def acted(link: LinkState, event: LinkActed) -> LinkState:
    """The link let a frame through, once or twice, or threw it away."""
    flight = link.flight_of(event.frame)
    if flight is None:
        return link
    if event.verb == "duplicate":
        return replace(
            link,
            delivered=link.delivered.append(flight.packet),
            doubled=link.doubled.append(flight.packet),
        )
    left = tuple(frame for frame in flight.frames if frame != event.frame)
    others = tuple(each for each in link.held if each is not flight)
    if left:
        place = link.held.index(flight)
        others = (*link.held[:place], replace(flight, frames=left), *link.held[place + 1 :])
    if event.verb == "deliver":
        return replace(link, held=others, delivered=link.delivered.append(flight.packet))
    # All waiting copies of a segment are dropped together: it is one segment that is lost.
    dropped = link.dropped if left else link.dropped.append(flight.packet)
    return replace(link, held=others, dropped=dropped)


def set_holding(link: LinkState, event: LinkSet) -> LinkState:
    """The link was told what to keep from now on."""
    return replace(link, holding=event.holding)
