"""What a run and its notes say to each other: JSON, an object a line, each line of a length that is bounded."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
from collections.abc import Mapping
from typing import Any

from sockviz.dataclass import dataclass
from sockviz.model.limits import MOST_VOTES

#: Of what is said here. Whoever hears another says so, and no more.
VERSION = 2
#: The longest line (bytes) that a run takes from notes, and that notes take from a run: a lesson's text is one.
LONGEST_ORDER, LONGEST_TOLD = 4 << 10, 8 << 20
ONWARD, BACK, PAGE, BLANK, VOTE = ORDERS = ("onward", "back", "page", "blank", "vote")

#: What the next press of a run does that is none of `sockviz.player.next.Do`: the next segment of a step is shown.
TELL = "tell"


class NotSaid(ValueError):
    """A line that none of ours says."""


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What a run is to do. ``page`` is from 0, with `PAGE`; ``counts`` are the votes for each choice of the question at ``line``,
    with `VOTE`."""

    do: str
    page: int = 0
    line: int = 0
    counts: tuple[int, ...] = ()

    def body(self) -> dict[str, Any]:
        """What is said of it."""
        votes = {"line": self.line, "counts": list(self.counts)} if self.do == VOTE else {}
        return {"do": self.do, "page": self.page, **votes}


def said(body: Mapping[str, Any]) -> bytes:
    """A line of it."""
    return json.dumps(body, separators=(",", ":")).encode() + b"\n"


def heard(line: bytes) -> dict[str, Any]:
    """What a line says. Raises `NotSaid`."""
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        raise NotSaid("no JSON") from None
    if not isinstance(body, dict):
        raise NotSaid("no object")
    return body


def order_of(octets: bytes) -> RunOrder:
    """The order in a line. Raises `NotSaid`."""
    body = heard(octets)
    do, page, line, counts = body.get("do"), body.get("page", 0), body.get("line", 0), body.get("counts", [])
    if do not in ORDERS or not _is_number(page, 1 << 20) or not _is_number(line, 1 << 20):
        raise NotSaid("no order")
    if not isinstance(counts, list) or not all(_is_number(count, MOST_VOTES + 1) for count in counts):
        raise NotSaid("no votes")
    return RunOrder(do, page, line, tuple(counts))


def _is_number(value: object, below: int) -> bool:
    return type(value) is int and 0 <= value < below


async def closed(writer: asyncio.StreamWriter) -> None:
    """Ends a conversation, whatever the other end does."""
    writer.close()
    with contextlib.suppress(OSError, asyncio.CancelledError):
        await writer.wait_closed()


def is_ours(end: socket.socket) -> bool:
    """Whether the process at the other end of a UNIX socket is of the same user (unix(7), SO_PEERCRED)."""
    if not hasattr(socket, "SO_PEERCRED"):
        return False  # nobody can know there
    try:
        _pid, uid, _gid = struct.unpack("3i", end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    except OSError:
        return False
    return bool(uid == os.geteuid())
