"""The reader, against a scripted kernel: the other end of a datagram pair that has its answers ready."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
from collections.abc import Iterator

import pytest

from sockviz.kernel.errors import BadMessage, DumpInterrupted, KernelRefused
from sockviz.kernel.inet_diag import TCPDIAG_GETSOCK, tcp_request
from sockviz.kernel.netlink import dump_request
from sockviz.kernel.sock_diag import SockDiag, open_sock_diag, read_sockets, read_tcp

ROW, DONE, ERROR = 20, 3, 2


def message(kind: int, sequence: int, body: bytes = b"", flags: int = 2) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 0) + body


def code(number: int) -> bytes:
    return struct.pack("=i", number)


class Kernel:
    def __init__(self) -> None:
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.diag = SockDiag(theirs)

    def will_say(self, *blocks: bytes) -> None:
        for block in blocks:
            self.ours.send(block)

    def was_asked(self) -> list[int]:
        """The sequence numbers of the requests so far."""
        numbers = []
        self.ours.setblocking(False)
        try:
            while True:
                numbers.append(struct.unpack_from("=IHHI", self.ours.recv(1000))[3])
        except BlockingIOError:
            return numbers


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    scripted = Kernel()
    yield scripted
    scripted.ours.close()
    scripted.diag.close()


def test_blocks_are_joined_up_to_the_end(kernel: Kernel) -> None:
    kernel.will_say(message(ROW, 1, b"one "), message(ROW, 1, b"two ") + message(DONE, 1, code(0)))
    assert kernel.diag.dump(20, b"", "a test") == [b"one ", b"two "]


def test_an_interrupted_dump_is_asked_for_again(kernel: Kernel) -> None:
    kernel.will_say(
        message(ROW, 1, b"torn") + message(DONE, 1, code(0), flags=0x12),
        message(ROW, 2, b"good") + message(DONE, 2, code(0)),
    )
    assert kernel.diag.dump(20, b"", "a test") == [b"good"]
    assert kernel.was_asked() == [1, 2]


def test_a_dump_that_is_always_interrupted_is_given_up(kernel: Kernel) -> None:
    kernel.will_say(*(message(DONE, n, code(0), flags=0x12) for n in range(1, 9)))
    with pytest.raises(DumpInterrupted, match="4 attempts"):
        kernel.diag.dump(20, b"", "a test")
    assert len(kernel.was_asked()) == 4


def test_a_busy_socket_is_read_out_and_asked_again(kernel: Kernel) -> None:
    """EBUSY: an earlier dump was left half-read. Its rows must not be taken for ours."""
    kernel.diag._sequence = 4
    kernel.will_say(
        message(ROW, 4, b"old "), message(ERROR, 5, code(-errno.EBUSY)), message(DONE, 4, code(0))
    )
    with pytest.raises(
        BadMessage, match="stopped before its end"
    ):  # the second request finds the script at its end
        kernel.diag.dump(20, b"", "a test")
    assert kernel.was_asked() == [5, 6]


def test_an_answer_without_end_is_an_error_and_not_a_wait(kernel: Kernel) -> None:
    kernel.will_say(message(ROW, 1, b"row "))
    with pytest.raises(BadMessage, match="stopped before its end"):
        kernel.diag.dump(20, b"", "a test")


def test_what_a_kernel_cannot_list_is_asked_once(kernel: Kernel) -> None:
    kernel.will_say(*(
        message(DONE, n, code(0 if n in (1, 2, 3, 6) else -errno.ENOENT)) for n in range(1, 7)
    ))  # fmt: skip
    assert read_sockets(kernel.diag, now=0.0) == []
    assert set(kernel.diag.refused) == {"RAW AF_INET", "RAW AF_INET6"}
    asked = len(kernel.was_asked())
    kernel.will_say(*(message(DONE, n, code(0)) for n in range(7, 11)))
    assert read_sockets(kernel.diag, now=0.0) == []
    assert (asked, len(kernel.was_asked())) == (6, 4)


def test_what_it_did_not_list_once_is_asked_for_again(kernel: Kernel) -> None:
    """ENOBUFS: more answers than a buffer held. That look has them of /proc/net (`observe`), the next one again of sock_diag."""
    kernel.will_say(*(message(DONE, n, code(0 if n < 6 else -errno.ENOBUFS)) for n in range(1, 7)))
    assert read_sockets(kernel.diag, now=0.0) == []
    assert (kernel.diag.missed, kernel.diag.refused) == ({"UNIX"}, {})
    asked = len(kernel.was_asked())
    kernel.will_say(*(message(DONE, n, code(0)) for n in range(7, 13)))
    assert read_sockets(kernel.diag, now=0.0) == []
    assert (asked, len(kernel.was_asked()), kernel.diag.missed) == (6, 6, set())


def test_where_there_were_none_and_nobody_has_run_there_are_none(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def dump(_kind: int, _body: bytes, operation: str) -> list[bytes]:
        asked.append(operation.removeprefix("sock_diag "))
        return [bytes(100)] if operation == "sock_diag some" else []

    monkeypatch.setattr(kernel.diag, "dump", dump)
    for what in ("none", "some"):
        for still in (True, False, True):
            kernel.diag.rows(what, 20, b"", lambda _: [], still)
    assert asked == ["none", "none", "some", "some", "some"], "the first time in any case"
    asked.clear()
    for still in (False, True):
        assert read_sockets(kernel.diag, now=0.0, still=still) == []
    assert asked.count("TCP") == 2, "a timer may have run out"
    assert asked.count("UNIX") == asked.count("UDP AF_INET6") == 1


def test_tcp_falls_back_to_a_dump_of_each_family(kernel: Kernel) -> None:
    kernel.will_say(
        message(ERROR, 1, code(-errno.EINVAL)), message(DONE, 2, code(0)), message(DONE, 3, code(0))
    )  # fmt: skip
    assert read_tcp(kernel.diag, now=0.0) == []
    assert kernel.diag.refused["TCP"].name == "EINVAL"


def test_tcp_refused_altogether_is_said(kernel: Kernel) -> None:
    kernel.will_say(*(message(ERROR, n, code(-errno.EPERM)) for n in (1, 2)))
    with pytest.raises(KernelRefused, match="sock_diag TCP AF_INET: EPERM"):
        read_sockets(kernel.diag, now=0.0)


def test_a_closed_socket_is_a_refusal() -> None:
    diag = SockDiag(open_sock_diag())
    diag.close()
    with pytest.raises(KernelRefused, match="EBADF"):
        read_sockets(diag, now=0.0)


def test_a_thousand_rows_after_a_dump_that_nobody_read() -> None:
    """Many blocks. The kernel refuses a second dump (EBUSY) until the first is read out."""
    with contextlib.ExitStack() as held, open_sock_diag() as sock:
        listener = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1000))
        clients = [held.enter_context(socket.create_connection(listener.getsockname())) for _ in range(700)]
        sock.send(dump_request(TCPDIAG_GETSOCK, tcp_request(), 9999))
        rows = {row.cookie: row for row in read_tcp(SockDiag(sock), now=0.0)}
        by_inode = {row.inode: row for row in rows.values()}
        assert all(by_inode[os.fstat(each.fileno()).st_ino].local == each.getsockname() for each in clients)
        waiting = {row.peer for row in rows.values() if row.local == listener.getsockname() and row.peer}
        assert waiting == {each.getsockname() for each in clients}
        listener.close()  # resets them all: no TIME-WAIT is left behind
