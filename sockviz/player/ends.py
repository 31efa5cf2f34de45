"""What is remembered of sockets for the packets that are theirs: an end of a connection, a port."""

from __future__ import annotations

from typing import TypeAlias

from sockviz.dataclass import dataclass
from sockviz.model.segments import Endpoint

#: Of a connection: protocol, here, there.
OneEnd: TypeAlias = "tuple[str, Endpoint, Endpoint]"
#: Host, protocol, port.
PortOf: TypeAlias = "tuple[str, str, int]"


@dataclass(frozen=True, slots=True)
class Taker:
    """A socket that has a port: at one address, or at all."""

    address: str
    owner: str
    inode: int


@dataclass(slots=True)
class End:
    """Whose one end of a connection is. ``before``: until when it was another's. ``seen``: the kernel had a row of it.
    ``listener``: the inode of the one socket at which it can wait to be accepted, else 0."""

    owner: str
    seen: bool = False
    before: tuple[float, str] | None = None
    listener: int = 0

    def at(self, when: float) -> str:
        """Whose it was then."""
        return self.before[1] if self.before is not None and when < self.before[0] else self.owner
