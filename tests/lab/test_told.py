"""What a lesson's process tells beside its calls: an option before and after it is set, what a poll object waits for, numbers
that its Python lacks; and what the kernel tells of an epoll's list."""

from __future__ import annotations

import os
import select
import struct

from sockviz.calls.constants import brought_along
from sockviz.kernel.procfs import parse_watched
from sockviz.lab.lab import Job
from sockviz.model.sockets import MOST_WATCHED, Watched
from sockviz.model.values import Json, SocketValue
from tests.lab.driver import Driver, a_lab, job, run


def test_an_option_is_told_before_and_after_it_is_set(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            await lab.do("server", "s = socket.socket()")
            first = await lab.call("server", "s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20000)")
            assert isinstance(first.option_was, int)
            assert first.option_is == 40000  # net/core/sock.c, __sock_set_rcvbuf: twice what is asked for
            again = await lab.call("server", "s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 30000)")
            assert (again.option_was, again.option_is) == (40000, 60000)
            linger = struct.pack("ii", 1, 5)
            told = await lab.call("server", f"s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, {linger!r})")
            assert (told.option_was, told.option_is) == (bytes(8), linger)
            failed = await lab.call("server", "s.setsockopt(socket.SOL_SOCKET, 10001, 1)")
            assert (failed.error, failed.option_was, failed.option_is) == ("ENOPROTOOPT", None, None)

    run(body())


def test_to_ask_takes_no_error_away() -> None:
    async def body() -> None:
        async with a_lab("isolated", "client") as lab:
            await lab.do("client", "c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
            await lab.call("client", "c.connect((HOST, PORT2))")
            await lab.call("client", "c.send(b'to nobody')")
            await lab.do("client", "r = select.select([c], [], [], 5)")  # an ICMP message has come
            await lab.call("client", "c.setsockopt(socket.SOL_SOCKET, socket.SO_ERROR, 1)")
            assert await lab.value("client", "c.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)") == 111

    run(body())


def test_names_that_python_lacks_are_numbers_in_a_lessons_lines(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            await lab.do("server", "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
            line = job("s.setsockopt(socket.SOL_IP, socket.IP_RECVERR, 1)")
            assert brought_along(line.value) == {"socket.IP_RECVERR": 11}
            assert (
                await lab.call("server", "s.setsockopt(socket.SOL_IP, socket.IP_RECVERR, 1)")
            ).error is None
            assert await lab.value("server", "s.getsockopt(socket.SOL_IP, socket.IP_RECVERR)") == 1
            refused = await lab.do("server", "s.setsockopt(socket.SOL_IP, socket.IP_XFRM_POLICY, 1)")
            assert refused.error
            refused = await lab.do("server", "s.getsockopt(socket.SOL_IP, socket.IP_PKTOPTIONS)")
            assert "IP_PKTOPTIONS (9 of level 0) is not an option that a lesson may name" in refused.message

    run(body())


def test_what_a_poll_object_waits_for_is_told(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            await lab.do("server", "p = select.poll()")
            await lab.do("server", "s = socket.socket()")
            await lab.do("server", "p.register(s, select.POLLIN)")
            await lab.do("server", "p.register(77)")
            await lab.do("server", "p.modify(s, select.POLLOUT)")
            entered = await lab.enter("server", "r = p.poll(0)")
            assert entered.watched == (
                (3, select.POLLOUT),
                (77, select.POLLIN | select.POLLPRI | select.POLLOUT),
            )
            await lab.do("server", "p.unregister(77)")
            assert (await lab.enter("server", "r = p.poll(0)")).watched == ((3, select.POLLOUT),)
            assert (await lab.enter("server", "s2 = socket.socket()")).watched == ()

    run(body())


async def register(lab: Driver, epoll: str, name: str, events: int) -> None:
    """The driver takes `register` for a poll object's."""
    lab.lines += 1
    call: Json = [
        "call",
        "select.epoll.register",
        ["name", epoll],
        [["name", name], ["value", events]],
        {},
        True,
    ]
    await lab.lab.perform("server", Job(lab.lines, call, [], unpacks=False))
    assert not (await lab.finished("server", lab.lines)).error


def test_epolls_list_is_observed(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            s = (await lab.do("server", "s = socket.socket()")).bound["s"]
            assert isinstance(s, SocketValue)
            await lab.do("server", "e = select.epoll()")
            (entry,) = (entry for entry in lab.process("server").fds if entry.is_epoll)
            assert entry.watched == ()
            await register(lab, "e", "s", select.EPOLLIN | select.EPOLLET)
            (entry,) = (entry for entry in lab.process("server").fds if entry.is_epoll)
            always = select.EPOLLERR | select.EPOLLHUP
            assert entry.watched == (Watched(3, select.EPOLLIN | select.EPOLLET | always, 3, s.inode),)
            await lab.do("server", "d = s.dup()")
            await lab.do("server", "s.close()")
            (entry,) = (entry for entry in lab.process("server").fds if entry.is_epoll)
            assert [(watched.fd, watched.inode) for watched in entry.watched] == [(3, s.inode)]
            await lab.do("server", "d.close()")
            (entry,) = (entry for entry in lab.process("server").fds if entry.is_epoll)
            assert entry.watched == ()

    run(body())


def test_a_list_of_any_length() -> None:
    reader, writer = os.pipe()
    epoll = select.epoll()
    copies = [os.dup(reader) for _ in range(MOST_WATCHED + 9)]
    try:
        for fd in copies:
            epoll.register(fd, select.EPOLLIN)
        with open(f"/proc/self/fdinfo/{epoll.fileno()}", "rb") as info:
            text = info.read()
        watched, more = parse_watched(text)
        assert [each.fd for each in watched] == copies[:MOST_WATCHED]
        assert {each.inode for each in watched} == {os.fstat(reader).st_ino}
        assert more == 9
    finally:
        epoll.close()
        for fd in (reader, writer, *copies):
            os.close(fd)
    # Before Linux 4.13 it did not say which file is watched; whatever is cut off is not there.
    assert parse_watched(b"flags:\t02\ntfd:        3 events: 80000019 data:                3\n") == (
        (Watched(3, 0x80000019, 3),),
        0,
    )
    for end in range(len(text)):
        assert parse_watched(text[:end])
