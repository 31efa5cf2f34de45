"""How a process tells what happened: now, or kept while it performs lines together."""

from __future__ import annotations

import json
import select
import signal
import socket
from collections.abc import Iterator

import pytest

from sockviz.lab.seal import KEY, SEAL, Seal
from sockviz.lab.telling import HEADER, MOST_KEPT, SMALL, Teller, returns_at_once

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def channel() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def told(ours: socket.socket, seal: Seal) -> list[object]:
    """What has come by now, each under its seal."""
    messages: list[object] = []
    while select.select([ours], [], [], 0)[0]:
        (length,) = HEADER.unpack(ours.recv(HEADER.size, socket.MSG_WAITALL))
        sealed = ours.recv(SEAL, socket.MSG_WAITALL)
        body = ours.recv(length, socket.MSG_WAITALL)
        assert seal.next(body) == sealed
        messages.append(json.loads(body)["n"])
    return messages


def test_what_is_kept_is_told_later_and_in_order(channel: Pair) -> None:
    ours, theirs = channel
    key = bytes(KEY)
    seal, teller = Seal(key), Teller(theirs, Seal(key))
    teller.tell(n=1)
    assert told(ours, seal) == [1]
    teller.keep()
    teller.tell(n=2)
    teller.tell(n=3)
    assert told(ours, seal) == []
    teller.tell_kept()
    assert told(ours, seal) == [2, 3]
    teller.tell(n=4)
    assert (told(ours, seal), teller.is_keeping) == ([], True)
    teller.keep_no_more()
    teller.tell(n=5)
    assert (told(ours, seal), teller.is_keeping) == ([4, 5], False)


def test_no_more_is_kept_than_has_room(channel: Pair) -> None:
    ours, theirs = channel
    key = bytes(KEY)
    seal, teller = Seal(key), Teller(theirs, Seal(key))
    teller.keep()
    for number in range(MOST_KEPT + 1):
        teller.tell(n=number)
    assert told(ours, seal) == list(range(MOST_KEPT))


@pytest.fixture
def connected() -> Iterator[Pair]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        with socket.create_connection(listener.getsockname()) as client:
            accepted, _ = listener.accept()
            with accepted:
                yield client, accepted


def test_a_call_returns_at_once_where_poll_says_so(connected: Pair) -> None:
    client, accepted = connected
    assert returns_at_once("send", client, [b"x"])
    assert not returns_at_once("send", client, [b"x" * (SMALL + 1)])
    assert not returns_at_once("sendall", client, [b"x"])
    assert not returns_at_once("recv", accepted, [100])
    client.send(b"x")
    assert select.select([accepted], [], [], 10)[0]
    assert returns_at_once("recv", accepted, [100])
    assert not returns_at_once("recv", accepted, [100, socket.MSG_WAITALL])
    assert not returns_at_once("recv_into", accepted, [bytearray(300), 256, socket.MSG_WAITALL])
    accepted.recv(1)
    accepted.setblocking(False)
    assert returns_at_once("recv", accepted, [100])
    assert not returns_at_once("connect", client, [("127.0.0.1", 1)])
    assert not returns_at_once("read", 3, [100])
    client.close()
    assert not returns_at_once("send", client, [b"x"])


def test_what_may_kill_does_not_return(connected: Pair) -> None:
    before = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        assert not returns_at_once("send", connected[0], [b"x"])
    finally:
        signal.signal(signal.SIGPIPE, before)


def test_unix_sockets_are_not_asked(channel: Pair) -> None:
    assert not returns_at_once("send", channel[0], [b"x"])
