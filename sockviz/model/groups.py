"""A multicast group that a host takes packets for."""

from __future__ import annotations

from sockviz.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class JoinedGroup:
    """That ``users`` sockets of a host have joined ``group`` on ``interface``, as its kernel says."""

    interface: str
    group: str
    users: int
