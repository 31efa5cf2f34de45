"""A socket as the world knows it, whatever the kernel's tables say of it now."""

from __future__ import annotations

from dataclasses import dataclass

from sockviz.model.values import Address


@dataclass(frozen=True, slots=True)
class KnownSocket:
    """A socket that some process of the lesson has held, and the connection it had, kept after it is closed."""

    inode: int
    host: str
    creator: str
    family: str
    type: str
    protocol: int
    cookie: int = 0
    local: Address | None = None
    peer: Address | None = None
