"""What the wire keeps: segments with their copies, datagrams with all their fragments; and its orders for them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.lab.wire_frames import LATER_FRAGMENT, FragmentPart, Frame

#: A verb waits so long for the fragments of its datagram that have not come yet (seconds). A host sends them all in one go.
GATHERING = 0.05


@dataclass(slots=True)
class LinkOrder:
    """A verb that waits for its match. ``number`` is answered when it is done; None where that has been said already."""

    number: int | None
    verb: str
    pattern: str | None
    seconds: float = 0.0

    @property
    def is_for_one_fragment(self) -> bool:
        """Whether it means a later fragment by itself, and not its datagram."""
        return self.pattern is not None and self.pattern.endswith(LATER_FRAGMENT)


@dataclass(slots=True)
class Gathered:
    """Which bytes of a datagram have come so far."""

    parts: dict[int, int] = field(default_factory=dict)  # where each begins and ends
    length: int | None = None  # of the datagram, once its last fragment has come

    def has(self, part: FragmentPart) -> bool:
        """Whether a part that begins there has come already: another of the same name is another datagram's."""
        return part.offset in self.parts

    def add(self, part: FragmentPart) -> None:
        """One more has come."""
        self.parts[part.offset] = part.end
        if not part.more:
            self.length = part.end

    @property
    def is_whole(self) -> bool:
        """Whether none is to come any more."""
        reached = 0
        for offset, end in sorted(self.parts.items()):
            if offset > reached:
                return False
            reached = max(reached, end)
        return self.length is not None and reached >= self.length


@dataclass(slots=True)
class HeldFrame:
    """A segment that is held, with its copies: the kernel sends it again while it waits. Of a datagram that was cut up, all
    fragments. ``number`` is the first one's, and stays so when that has been let through and copies of it still wait."""

    number: int
    frames: list[Frame]
    due: float | None = None  # when a delay ends
    order: LinkOrder | None = None  # what is done to it once all fragments are there
    gathered_by: float = 0.0  # or then at the latest

    @property
    def head(self) -> Frame:
        """What says what it is: of the copy that has waited longest, the first fragment, where that has come."""
        return next((frame for frame in self.frames if not frame.is_later_fragment), self.frames[0])

    @property
    def oldest(self) -> list[Frame]:
        """The copy that has waited longest, with all its fragments, as they came."""
        first = self.frames[0]
        if first.part is None:
            return [first]
        datagram = first.part.datagram
        return [frame for frame in self.frames if frame.part is not None and frame.part.datagram == datagram]

    @property
    def is_whole(self) -> bool:
        """Whether no fragment of that is still to come."""
        return self.frames[0].part is None or _gathered(self.oldest).is_whole

    def lacks(self, frame: Frame) -> bool:
        """Whether `frame` is a fragment of a datagram that is here, and is not here itself."""
        part = frame.part
        if part is None:
            return False
        mates = [f for f in self.frames if f.part is not None and f.part.datagram == part.datagram]
        return bool(mates) and not _gathered(mates).has(part)


def _gathered(frames: Iterable[Frame]) -> Gathered:
    gathered = Gathered()
    for frame in frames:
        if frame.part is not None:
            gathered.add(frame.part)
    return gathered
