"""C's connect, by ctypes: to no address at all, whatever a line that came past the grammar says."""

from __future__ import annotations

import socket
import sys

import pytest

from sockviz.lab.c_library import CLibrary
from sockviz.model.sockets import SocketRow
from tests.lab.driver import a_lab, run
from tests.lab.test_limits import refused

#: Struct sockaddr_in of 127.0.0.1 port 9, in bytes.
SOMEBODY = r"b'\x02\0\0\x09\x7f\0\0\x01' + bytes(8)"


@pytest.mark.parametrize(
    "source",
    [
        f"libc.connect(s.fileno(), {SOMEBODY}, 16)", "libc.connect(s.fileno(), b'\\0' * 15 + b'\\x01', 16)",
        "libc.connect(s.fileno(), bytes(15), 15)", "libc.connect(s.fileno(), bytes(15), 16)",
        "libc.connect(s.fileno(), bytes(17), 16)", "libc.connect(s.fileno(), bytes(16), 2)",
        "libc.connect(s.fileno(), bytes(16), 128)", "libc.connect(s.fileno(), bytes(16), -1)",
        "libc.connect(s.fileno(), bytes(16), True)", "libc.connect(s.fileno(), bytes(16), 16.0)",
        "libc.connect(s.fileno(), bytearray(16), 16)", "libc.connect(s.fileno(), '\\0' * 16, 16)",
        "libc.connect(s.fileno(), None, 16)", "libc.connect(s.fileno(), 0, 16)", "libc.connect(s, bytes(16), 16)",
        "libc.connect(True, bytes(16), 16)", "libc.connect(s.fileno(), bytes(16))", "libc.connect()",
        "libc.connect(s.fileno(), bytes(16), 16, 0)", "libc.connect(s.fileno(), bytes(16), length=16)",
        "libc.connect([s.fileno()], bytes(16), 16)",
    ],
)  # fmt: skip
def test_nobody_is_all_that_it_connects_to(source: str) -> None:
    async def body() -> None:
        async with a_lab("isolated", "server") as lab:
            await lab.do("server", "s = socket.socket()")
            await lab.do("server", "libc = ctypes.CDLL(None)")
            assert "no address at all" in await refused(lab, source)

    run(body())


def test_it_is_one_function_of_one_library() -> None:
    async def body() -> None:
        async with a_lab("isolated", "server") as lab:
            for source in (
                'ctypes.CDLL("libc.so.6")', 'ctypes.CDLL("")', "ctypes.CDLL(0)", "ctypes.CDLL()", "ctypes.CDLL(None, True, 1)",
                "ctypes.CDLL(None, mode=0)", 'ctypes.CDLL(name="x")',
            ):  # fmt: skip
                assert "ctypes.CDLL(None)" in await refused(lab, source)
            await lab.do("server", "libc = ctypes.CDLL(None, use_errno=True)")
            for source in (
                'libc.system("true")',
                "libc.getpid()",
                "libc.error_()",
                "libc.syscall(39)",
                "ctypes.PyDLL(None)",
            ):
                finished = await lab.do("server", source)
                assert finished.error == "AttributeError", finished
            for source in ("libc._connect(3, bytes(16), 16)", "x = libc._ctypes", "x = libc.connect"):
                assert (await lab.do("server", source)).error == "Refused"
            assert {name for name in dir(CLibrary) if not name.startswith("_")} == {"connect", "error"}

    run(body())


def test_sockviz_s_own_descriptors_keep_their_peers() -> None:
    async def body() -> None:
        async with a_lab("isolated", "server") as lab:
            await lab.do("server", "libc = ctypes.CDLL(None)")
            for fd in (1023, 1024, 1025, 1 << 40):
                if fd >= 1024:
                    assert "sockviz's own" in await refused(lab, f"libc.connect({fd}, bytes(16), 16)")
            for fd, error in ((-1, "EBADF"), (900, "EBADF"), (0, "ENOTSOCK")):
                assert (await lab.call("server", f"libc.connect({fd}, bytes(16), 16)")).error == error

    run(body())


def test_what_it_does_to_each_kind_of_socket() -> None:
    async def body() -> None:
        async with a_lab("isolated", "server") as lab:
            for line in (
                "libc = ctypes.CDLL(None)", "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)", "u.connect((HOST, PORT))",
                "one, other = socket.socketpair()", "d, e = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
            ):  # fmt: skip
                assert not (await lab.do("server", line)).error
            assert (await lab.call("server", "libc.connect(u.fileno(), bytes(16), 16)")).value == 0
            assert (await lab.call("server", "u.getpeername()")).error == "ENOTCONN"
            assert await lab.value("server", "u.getsockname()") == ("0.0.0.0", 0)
            assert (await lab.call("server", "d.send(b'x')")).error is None
            assert (await lab.call("server", "libc.connect(d.fileno(), bytes(16), 16)")).error is None
            assert (await lab.call("server", "d.send(b'x')")).error == "ENOTCONN"
            finished = await lab.do("server", "n = libc.connect(one.fileno(), bytes(16), 16)")
            assert (finished.error, finished.bound) == (None, {"n": -1})
            assert (await lab.call("server", "one.send(b'x')")).error is None  # the pair stands

    run(body())


def is_tied(row: SocketRow) -> bool:
    """Whether a row of sock_diag's names lo (include/uapi/linux/inet_diag.h: idiag_if)."""
    assert isinstance(row.raw, bytes)
    return int.from_bytes(row.raw[40:44], sys.byteorder) == socket.if_nametoindex("lo")


@pytest.mark.parametrize(("family", "host"), [("AF_INET", "127.0.0.1"), ("AF_INET6", "::1")])
def test_on_the_host_a_socket_stays_tied_to_lo(family: str, host: str) -> None:
    """__udp_disconnect unties it: it is tied again, and is not let go where it is bound to every address."""

    async def body() -> None:
        async with a_lab("host", "server") as lab:
            for line in (
                "libc = ctypes.CDLL(None)", f"s = socket.socket(socket.{family}, socket.SOCK_DGRAM)",
                f"s.bind(({host!r}, PORT))", f"s.connect(({host!r}, PORT2))", "libc.connect(s.fileno(), bytes(16), 16)",
            ):  # fmt: skip
                assert not (await lab.do("server", line)).error
            (row,) = lab.rows()
            assert row.peer is None
            assert is_tied(row)
            for line in (
                f"w = socket.socket(socket.{family}, socket.SOCK_DGRAM)", 'w.bind(("", PORT3))', f"w.connect(({host!r}, PORT2))",
            ):  # fmt: skip
                assert not (await lab.do("server", line)).error
            assert "every address" in await refused(lab, "libc.connect(w.fileno(), bytes(16), 16)")
            await lab.do("server", "held = [s]")
            await lab.do("server", "s = None")
            assert "no name" in await refused(lab, "libc.connect(held[0].fileno(), bytes(16), 16)")

    run(body())
