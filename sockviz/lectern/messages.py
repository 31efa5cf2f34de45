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

#: Of what is said here. Whoever hears another says so, and no more.
VERSION = 1
#: The longest line (bytes) that a run takes from notes, and that notes take from a run: a lesson's text is one.
LONGEST_ORDER, LONGEST_TOLD = 4 << 10, 8 << 20
ONWARD, BACK, PAGE, BLANK = ORDERS = ("onward", "back", "page", "blank")


class NotSaid(ValueError):
    """A line that none of ours says."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is to do. ``page`` is from 0, with `PAGE`."""

    do: str
    page: int = 0


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


def order_of(line: bytes) -> Order:
    """The order in a line. Raises `NotSaid`."""
    body = heard(line)
    do, page = body.get("do"), body.get("page", 0)
    if do not in ORDERS or type(page) is not int or not 0 <= page < 1 << 20:
        raise NotSaid("no order")
    return Order(do, page)


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
