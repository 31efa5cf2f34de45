"""Segments that nobody captured, and what gives each away: facts with their arguments, in no language.

`sockviz.model.inference` finds them; `sockviz.words.crossings` puts them into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import TypeAlias

from sockviz.dataclass import dataclass
from sockviz.model.segments import Endpoint, IcmpHeader
from sockviz.model.sockets import State


@dataclass(frozen=True, slots=True)
class InState:
    """The process's socket is in a state that only such a segment leads to. ``retransmits``: it was sent again that often."""

    process: str
    state: State
    retransmits: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """A handshake is over: the socket's state says so, and the segments that it counts (None where no count was told)."""

    process: str
    state: State
    counted: tuple[int | None, int | None] | None  # segs_out, segs_in


@dataclass(frozen=True, slots=True)
class BytesCounted:
    """The process's socket counts so many received bytes."""

    process: str
    received: int


@dataclass(frozen=True, slots=True)
class FinPassed:
    """The process's socket is in a state that it reaches by a FIN: its peer's, or its own where it is ``sent``."""

    process: str
    state: State
    sent: bool


@dataclass(frozen=True, slots=True)
class ConnectRefused:
    """connect failed with ECONNREFUSED."""


@dataclass(frozen=True, slots=True)
class ConnectionReset:
    """A call failed with ECONNRESET."""

    call: str


@dataclass(frozen=True, slots=True)
class DatagramSent:
    """A call returned how much of a datagram it sent, and where to."""

    call: str
    length: int
    to: Endpoint


@dataclass(frozen=True, slots=True)
class DatagramRefused:
    """A call on a UDP socket failed with ECONNREFUSED."""

    call: str


Reason: TypeAlias = (
    InState
    | Answered
    | BytesCounted
    | FinPassed
    | ConnectRefused
    | ConnectionReset
    | DatagramSent
    | DatagramRefused
)


@dataclass(frozen=True, slots=True)
class InferredSegment:
    """A segment that must have crossed, and the observation that says so. ``label`` is what a captured one would have."""

    at: float
    sender: str
    receiver: str
    label: str
    length: int
    source: Endpoint
    destination: Endpoint
    because: Reason
    icmp: IcmpHeader | None = None


@dataclass(frozen=True, slots=True)
class InferredTally:
    """What has been inferred between two ends: by sender's end and label, how many segments, and how many bytes in them."""

    counted: Mapping[tuple[Endpoint, str], tuple[int, int]] = field(default_factory=dict)

    def segments(self, source: Endpoint, label: str) -> int:
        """How many of `label` that end has sent."""
        return self.counted.get((source, label), (0, 0))[0]

    def bytes(self, source: Endpoint, label: str) -> int:
        """How many bytes it has sent in them."""
        return self.counted.get((source, label), (0, 0))[1]

    def after(self, segments: Iterable[InferredSegment]) -> InferredTally:
        """The tally with these `segments`, too."""
        counted = dict(self.counted)
        for segment in segments:
            number, length = counted.get((segment.source, segment.label), (0, 0))
            counted[segment.source, segment.label] = number + 1, length + segment.length
        return InferredTally(counted)
