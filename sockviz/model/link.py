"""What the link between two hosts keeps, and what became of each frame: part of the world."""

from __future__ import annotations

from dataclasses import field, replace

from sockviz.dataclass import dataclass
from sockviz.model.events import LinkActed, LinkSet, PacketCaptured
from sockviz.model.log import Log

#: What a link does with a frame (`LinkActed`).
ACTS = frozenset({"deliver", "drop", "duplicate"})


@dataclass(frozen=True, slots=True)
class Flight:
    """A segment that the link keeps. ``packet`` is its number in the world's packets; ``frames`` are the copies that wait
    (the kernel sends a segment again while nobody answers), oldest first; ``copies`` counts all that were sent so far.

    Of a datagram that was cut up it is all that waits: ``later`` are those of its frames that are later fragments, and
    ``packet`` is its first fragment where that is among them. ``thrown`` are frames that were thrown away already, while the
    others are about to be. ``kept``: the link was told to keep what its host sends; else it passes, and is here only until that
    is told of, or a delay is over."""

    entry: int
    packet: int
    frames: tuple[int, ...]
    since: float
    copies: int = 1
    later: tuple[int, ...] = ()
    thrown: tuple[int, ...] = ()
    kept: bool = False

    @property
    def is_rest(self) -> bool:
        """Whether it has nothing but later fragments: the first has passed before, or is still to come."""
        return bool(self.frames) and set(self.frames) == set(self.later)

    def joined_by(self, event: PacketCaptured, packet: int) -> Flight:
        """With one more: a copy, or a fragment of the same datagram."""
        assert event.frame is not None
        frames = (*self.frames, event.frame)
        if event.packet.is_later_fragment:
            return replace(self, frames=frames, later=(*self.later, event.frame))
        if self.is_rest:
            return replace(self, frames=frames, packet=packet)
        return replace(self, frames=frames, copies=self.copies + 1)

    def without(self, frame: int) -> Flight:
        """What still waits when `frame` waits no more."""
        return replace(
            self,
            frames=tuple(each for each in self.frames if each != frame),
            later=tuple(each for each in self.later if each != frame),
        )


@dataclass(frozen=True, slots=True)
class HandAct:
    """What the reader did to the link by hand: on which page (from 0), and to which packet (by number)."""

    at: float
    page: int
    verb: str
    packet: int | None = None


@dataclass(frozen=True, slots=True)
class LinkState:
    """The link after an event. ``delivered`` and ``dropped`` hold numbers of packets, in order; ``doubled`` those of which the
    link itself let through one more than was sent. A datagram that was cut up stands in each by its first fragment."""

    holding: tuple[str, ...] = ()
    held: tuple[Flight, ...] = ()
    delivered: Log[int] = field(default_factory=Log)
    dropped: Log[int] = field(default_factory=Log)
    doubled: Log[int] = field(default_factory=Log)

    @property
    def keeps(self) -> bool:
        """Whether anything waits for a hand: what only passes does not."""
        return any(flight.kept for flight in self.held)

    def flight_of(self, frame: int) -> Flight | None:
        """The segment that waits and has `frame` among its copies."""
        return next((flight for flight in self.held if frame in flight.frames), None)


def arrived(link: LinkState, event: PacketCaptured, packet: int) -> LinkState:
    """A host sent a frame: it is on the link until something is done with it."""
    if event.frame is None or event.entry is None:
        return link
    for place, flight in enumerate(link.held):
        if flight.entry == event.entry:
            return replace(
                link,
                held=(*link.held[:place], flight.joined_by(event, packet), *link.held[place + 1 :]),
            )
    later = (event.frame,) if event.packet.is_later_fragment else ()
    kept = event.host in link.holding
    flight = Flight(event.entry, packet, (event.frame,), event.at, later=later, kept=kept)
    return replace(link, held=(*link.held, flight))


def acted(link: LinkState, event: LinkActed) -> LinkState:
    """The link let a frame through, once or twice, or threw it away."""
    flight = link.flight_of(event.frame)
    if flight is None:
        return link
    follows = event.frame in flight.later  # a datagram is counted when its first fragment passes
    if event.verb == "duplicate":
        return (
            link
            if follows
            else replace(
                link,
                delivered=link.delivered.append(flight.packet),
                doubled=link.doubled.append(flight.packet),
            )
        )
    left = flight.without(event.frame)
    if event.verb == "drop":
        left = replace(left, thrown=(*left.thrown, event.frame))
    others = tuple(each for each in link.held if each is not flight)
    if left.frames:
        place = link.held.index(flight)
        others = (*link.held[:place], left, *link.held[place + 1 :])
    if event.verb == "deliver":
        delivered = link.delivered if follows else link.delivered.append(flight.packet)
        return replace(link, held=others, delivered=delivered)
    # All waiting copies of a segment, and all fragments of a datagram, are dropped together: it is one that is lost.
    dropped = link.dropped if left.frames else link.dropped.append(flight.packet)
    return replace(link, held=others, dropped=dropped)


def set_holding(link: LinkState, event: LinkSet) -> LinkState:
    """The link was told what to keep from now on."""
    return replace(link, holding=event.holding)
