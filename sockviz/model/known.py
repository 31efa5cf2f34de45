"""A socket as the world knows it, whatever the kernel's tables say of it now."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.dataclass import dataclass
from sockviz.model.sockets import SocketRow
from sockviz.model.values import Address


@dataclass(frozen=True, slots=True)
class KnownSocket:
    """A socket of which there was evidence, and the connection it had, kept after it is closed.

    ``creator`` is the process that was first known to have it; None where none was yet. ``family``, ``type`` and ``protocol``
    are empty and 0 while nobody has said them. ``told``: a process reported it; else the kernel alone was seen to have it.
    ``peer_inode``: of AF_UNIX, the other end's, also when that is closed. ``heir``: who was the last to have a descriptor of it,
    where that was not its creator: a child that had inherited it, or whom it was passed to.
    ``dissolved``: connect to no address has taken ``peer`` away.
    """

    inode: int
    host: str
    creator: str | None
    family: str = ""
    type: str = ""
    protocol: int = 0
    cookie: int = 0
    local: Address | None = None
    peer: Address | None = None
    told: bool = False
    peer_inode: int = 0
    heir: str | None = None
    dissolved: bool = False


def owner_among(holders: Sequence[str], creator: str | None, heir: str | None = None) -> str | None:
    """Whose a socket is: its creator's, while that has a descriptor of it; else the first holder's, who inherited it or got it by
    SCM_RIGHTS. Where nobody has one, its heir's, or its creator's again."""
    if creator in holders:
        return creator
    return holders[0] if holders else heir or creator


@dataclass(frozen=True, slots=True)
class GoneRow:
    """What the kernel last said of a socket before it had no row of it any more, and when that was seen."""

    at: float
    row: SocketRow
