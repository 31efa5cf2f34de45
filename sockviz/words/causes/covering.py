"""Whether a name that a socket was given covers an end."""

from __future__ import annotations

from sockviz.model.segments import EVERY_ADDRESS, Endpoint, endpoint, wire_end


def plain_end(name: object) -> Endpoint | None:
    """The host and port of an IP address, of IPv4 as such also where a socket of IPv6 has it."""
    return wire_end(endpoint(name))


def covers(name: object, end: Endpoint | None) -> bool:
    """Whether a local name is that one, or covers it, or is covered by it."""
    local, end = plain_end(name), plain_end(end)
    if end is None or local is None or local[1] != end[1]:
        return False
    return local[0] == end[0] or local[0] in _EVERY or end[0] in _EVERY


#: Local addresses that stand for all, and the name that a lesson may give for this machine.
_EVERY = (*EVERY_ADDRESS, "", "localhost")
