"""A multicast group that a host takes packets for."""

from __future__ import annotations

from sockviz.dataclass import dataclass

#: Options that have a host join a group.
JOINING = frozenset({
    "IP_ADD_MEMBERSHIP", "IP_ADD_SOURCE_MEMBERSHIP", "MCAST_JOIN_GROUP", "IPV6_JOIN_GROUP", "IPV6_ADD_MEMBERSHIP",
})  # fmt: skip
#: Groups that every host is in (RFC 1112, RFC 4291).
ALL_HOSTS = frozenset({"224.0.0.1", "ff01::1", "ff02::1"})


@dataclass(frozen=True, slots=True)
class JoinedGroup:
    """That ``users`` sockets of a host have joined ``group`` on ``interface``, as its kernel says."""

    interface: str
    group: str
    users: int
