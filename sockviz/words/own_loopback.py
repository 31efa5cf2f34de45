"""What one of two hosts sends to itself: it takes that host's own loopback, crosses no link, and is not captured."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import Call
from sockviz.model.hosts import ADDRESSES, ADDRESSES6
from sockviz.model.segments import endpoint, wire_end
from sockviz.model.world import World
from sockviz.words.situation import Situation


def with_itself(call: Call, world: World) -> str:
    """Of a call that has connected or sent: that it was to its own host, as a clause; empty where the link is on the way."""
    s = Situation(call, world)
    there = s.end if s.address is not None else endpoint(s.peer)
    if (
        len(world.captured) < 2 or s.host not in world.captured or there is None
    ):  # of one host its loopback is
        return ""
    host, _port = wire_end(there) or there
    if host not in (ADDRESSES.get(s.host), ADDRESSES6.get(s.host), "::1") and not host.startswith("127."):
        return ""
    return _("{host} speaks with itself, which crosses no link: its own loopback is not captured").format(
        host=s.host
    )
