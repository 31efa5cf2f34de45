"""Which options the socket that accept gives has from its listener: `sockviz.model.set_options` says what the kernel does."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

import pytest

from sockviz.model.call import Call, Stage
from sockviz.model.linux.names import numbers
from sockviz.model.linux.options import every_option
from sockviz.model.linux.sockets import LEVELS
from sockviz.model.set_options import options_after
from sockviz.model.values import SocketValue, Value

LEVEL = {option.name: LEVELS[option.level] for option in every_option()}
NUMBER = numbers("socket")
#: Each with a value that it does not have by itself.
TCP: list[tuple[str, int | bytes]] = [
    ("SO_REUSEADDR", 1), ("SO_KEEPALIVE", 1), ("SO_OOBINLINE", 1), ("SO_RCVBUF", 20000), ("SO_SNDBUF", 20000),
    ("SO_RCVLOWAT", 5), ("SO_LINGER", struct.pack("ii", 1, 7)), ("SO_RCVTIMEO", struct.pack("ll", 3, 0)),
    ("SO_SNDTIMEO", struct.pack("ll", 3, 0)), ("IP_TTL", 9), ("IP_TOS", 0x20), ("IP_RECVERR", 1), ("TCP_NODELAY", 1),
    ("TCP_CORK", 1), ("TCP_KEEPIDLE", 99), ("TCP_KEEPINTVL", 9), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 900),
    ("TCP_LINGER2", 7), ("TCP_SYNCNT", 3), ("TCP_DEFER_ACCEPT", 1), ("TCP_FASTOPEN", 5),
]  # fmt: skip
UNIX: list[tuple[str, int | bytes]] = [
    ("SO_PASSCRED", 1), ("SO_RCVBUF", 20000), ("SO_KEEPALIVE", 1), ("SO_RCVTIMEO", struct.pack("ll", 3, 0)), ("SO_PRIORITY", 3),
]  # fmt: skip


def value_of(held: socket.socket, name: str, like: int | bytes) -> int | bytes:
    if isinstance(like, bytes):
        return held.getsockopt(LEVEL[name], NUMBER[name], 16)
    return held.getsockopt(LEVEL[name], NUMBER[name])


def says_inherited(family: str, name: str, value: int | bytes) -> bool:
    """Whether the fold takes the option over at accept."""

    def call(number: int, function: str, *arguments: Value, gave: Value = None) -> Call:
        return Call(
            "p", number, None, function, function, arguments, {}, 0.0, stage=Stage.RETURNED, value=gave
        )

    listener, made = (SocketValue(inode, inode, family, "SOCK_STREAM", 0) for inode in (7, 8))
    level, number = LEVEL[name], NUMBER[name]
    known = options_after(call(1, "setsockopt", listener, level, number, value), 0, 1, {})
    accepted = options_after(call(2, "accept", listener, gave=(made, ("127.0.0.1", 1))), None, None, known)
    return (level, number, b"") in accepted.get(made.inode, {})


@pytest.mark.parametrize(("name", "value"), TCP, ids=[name for name, _ in TCP])
def test_of_tcp(name: str, value: int | bytes) -> None:
    with socket.socket() as listener, socket.socket() as client:
        before = value_of(listener, name, value)
        listener.setsockopt(LEVEL[name], NUMBER[name], value)
        listening = value_of(listener, name, value)
        assert listening != before
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        client.connect(listener.getsockname())
        client.send(b"for TCP_DEFER_ACCEPT")
        conn, _ = listener.accept()
        with conn:
            assert (value_of(conn, name, value) == listening) == says_inherited("AF_INET", name, value)


@pytest.mark.parametrize(("name", "value"), UNIX, ids=[name for name, _ in UNIX])
def test_of_unix(tmp_path: Path, name: str, value: int | bytes) -> None:
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.setsockopt(LEVEL[name], NUMBER[name], value)
        listening = value_of(listener, name, value)
        listener.bind(str(tmp_path / "s"))
        listener.listen(1)
        client.connect(str(tmp_path / "s"))
        conn, _ = listener.accept()
        with conn:
            assert (value_of(conn, name, value) == listening) == says_inherited("AF_UNIX", name, value)
