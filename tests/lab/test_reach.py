"""The first wall: what a lesson's process may name, and the sentence it hears otherwise. Nothing is sent, and nobody asked."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sockviz.lab import reach
from sockviz.lab.bounds import Refused
from sockviz.lab.reach import BESIDE, Reach, asks_nobody, listed, packed, resolvable
from tests.lab.driver import a_lab, run
from tests.lab.test_limits import refused

HOME = Reach("sockviz-1-", home=True, bindable=(9001, 9002), below=1024)
PRIVATE = Reach()


@contextmanager
def sockets() -> Iterator[dict[str, socket.socket]]:
    """One of each kind, by name."""
    made = {
        "tcp": socket.socket(), "udp": socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "tcp6": socket.socket(socket.AF_INET6), "unix": socket.socket(socket.AF_UNIX),
    }  # fmt: skip
    try:
        yield made
    finally:
        for each in made.values():
            each.close()


# --- families and options -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", range(64))
def test_a_family_is_one_of_three_or_nobody_s(family: int) -> None:
    if family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_PACKET):
        PRIVATE.family(family)
    elif family in reach.NOBODYS_FAMILIES:
        with pytest.raises(OSError, match="not supported"):  # which the kernel itself says
            socket.socket(family, socket.SOCK_STREAM)
        PRIVATE.family(family)
    else:
        with pytest.raises(Refused, match="AF_INET"):
            PRIVATE.family(family)


@pytest.mark.parametrize(
    "kind", [socket.SOCK_STREAM, socket.SOCK_RDM, socket.SOCK_STREAM | socket.SOCK_NONBLOCK, -1, 15]
)
def test_types(kind: int) -> None:
    PRIVATE.family(socket.AF_INET, kind)
    with pytest.raises(Refused):
        PRIVATE.family(socket.AF_INET, 10)  # SOCK_PACKET: a packet socket by another name
    with pytest.raises(Refused):
        PRIVATE.family(socket.AF_INET, 10 | socket.SOCK_CLOEXEC)


@pytest.mark.parametrize("protocol", [115, 132, 33, 256])  # L2TP, SCTP, DCCP, SMC
def test_protocols_that_load_modules(protocol: int) -> None:
    with pytest.raises(Refused, match="protocol"):
        PRIVATE.family(socket.AF_INET, socket.SOCK_STREAM, protocol)


@pytest.mark.parametrize(
    ("level", "option"),
    [(1, 25), (1, 62), (0, 32), (0, 35), (0, 36), (0, 39), (0, 49), (41, 17), (41, 20), (41, 29)],
    ids=["SO_BINDTODEVICE", "SO_BINDTOIFINDEX", "IP_MULTICAST_IF", "IP_ADD_MEMBERSHIP", "IP_DROP_MEMBERSHIP",
         "IP_ADD_SOURCE_MEMBERSHIP", "IP_MULTICAST_ALL", "IPV6_MULTICAST_IF", "IPV6_JOIN_GROUP", "IPV6_MULTICAST_ALL"],
)  # fmt: skip
def test_what_reaches_other_interfaces_is_for_private_networks(level: int, option: int) -> None:
    with pytest.raises(Refused, match="option"):
        HOME.option(level, option)
    if option != 39:
        PRIVATE.option(level, option)


@pytest.mark.parametrize(
    ("level", "option"),
    [(1, 26), (1, 27), (1, 44), (1, 50), (0, 4), (0, 19), (0, 17), (6, 31), (6, 19), (17, 100), (41, 1), (270, 1),
     (0, 64)],
    ids=["SO_ATTACH_FILTER", "SO_DETACH_FILTER", "SO_LOCK_FILTER", "SO_ATTACH_BPF", "IP_OPTIONS", "IP_TRANSPARENT",
         "IP_XFRM_POLICY", "TCP_ULP", "TCP_REPAIR", "UDP_ENCAP", "IPV6_ADDRFORM", "SOL_NETLINK", "IPT_SO_SET_REPLACE"],
)  # fmt: skip
def test_options_that_no_lesson_needs(level: int, option: int) -> None:
    for each in (HOME, PRIVATE):
        with pytest.raises(Refused, match="option"):
            each.option(level, option)


@pytest.mark.parametrize(("level", "option"), [(1, 99999), (999, 1), (1, -1), (-1, 1)])
def test_a_number_that_is_no_option_is_the_kernel_s_to_refuse(level: int, option: int) -> None:
    HOME.option(level, option)
    with sockets() as held, pytest.raises(OSError, match=r"not available|not supported"):
        held["tcp"].setsockopt(level, option, 1)


def test_what_the_kernel_refuses_without_capabilities_may_be_tried() -> None:
    """AF_PACKET, SO_MARK, SO_RCVBUFFORCE: EPERM."""

    async def body() -> None:
        async with a_lab("host", "server") as lab:
            assert (
                await lab.call("server", "p = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)")
            ).error == "EPERM"
            await lab.do("server", "s = socket.socket()")
            for option in (33, 36):
                assert (await lab.call("server", f"s.setsockopt(1, {option}, 1)")).error == "EPERM"

    run(body())


# --- beside data --------------------------------------------------------------------------------------------------


def test_descriptors_are_found_in_every_spelling() -> None:
    three = struct.pack("3i", 5, -1, 1001)
    for payload in (three, bytearray(three), three + b"\x01"):
        for ancillary in (
            {(1, 1, bytes(payload)): 0},
            [(1, 1, payload)],
            ([1, 1, payload],),
            [(1, 2, bytes(12)), (True, 1, payload)],
        ):
            assert list(HOME.beside(ancillary)) == [5, -1, 1001]


@pytest.mark.parametrize("kind", [(0, 8), (41, 50), (1, 37), (1, 61), (0, 7)])
def test_nothing_beside_data_chooses_the_interface_or_more(kind: tuple[int, int]) -> None:
    assert kind not in BESIDE
    with pytest.raises(Refused, match="beside data"):
        list(HOME.beside([(*kind, b"")]))


# --- addresses and names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [b"8.8.8.8", bytearray(b"8.8.8.8"), "8.8.8.8", "134744072", "0x8080808", "8.8.2056", "224.0.0.1", "<broadcast>",
     "255.255.255.255",
     "10.0.0.1", "::ffff:8.8.8.8", "::8.8.8.8", "fe80::1%lo", "ff02::1", "64:ff9b::808:808"],
)  # fmt: skip
def test_another_machine_has_many_spellings(host: str | bytes | bytearray) -> None:
    with sockets() as held:
        for each in (held["udp"], held["tcp6"]):
            for binds in (False, True):
                with pytest.raises(Refused, match=r"127\.0\.0\.1"):
                    HOME.address(each, (host, 9001), binds=binds)


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "localhost.example.com",
        "localhost ",
        "localhost.",
        "ⓛocalhost",
        "127.0.0.1.nip.io",
        "1.2.3.4.5",
        "::g",
        b"dns",
    ],
)
def test_a_name_is_asked_of_nobody(host: str | bytes) -> None:
    """Also in a lab without a network: a name service may listen on a socket of the file system."""
    with sockets() as held:
        for each in (HOME, PRIVATE):
            with pytest.raises(Refused, match="no name service"):
                each.address(held["tcp"], (host, 9001), binds=False)


def test_localhost_is_a_name_where_the_machine_s_own_list_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = tmp_path / "hosts"
    monkeypatch.setattr(reach, "HOSTS_FILE", str(hosts))
    with pytest.raises(Refused):
        resolvable("localhost")  # no list at all
    hosts.write_text("# localhost\n127.0.0.1 here localhost # and there\n")
    for name in ("localhost", "LOCALHOST"):
        resolvable(name)
    with pytest.raises(Refused):
        resolvable("ip6-localhost")  # not in this one
    assert listed("localhost", socket.AF_INET)
    assert not listed("localhost", socket.AF_INET6)
    asks_nobody("127.0.0.1", 0)
    with pytest.raises(Refused, match="NI_NUMERICHOST"):
        asks_nobody("127.0.0.2", 0)
    asks_nobody("127.0.0.2", socket.NI_NUMERICHOST)


@pytest.mark.parametrize("host", ["127.0.0.1 evil.example", "127.0.0.1\tx", "1 2"])
def test_a_number_with_more_behind_it_is_none(host: str) -> None:
    assert packed(host) is None


def test_ports_are_the_lesson_s_own() -> None:
    with sockets() as held:
        tcp, udp = held["tcp"], held["udp"]
        HOME.ports = {"TCP": frozenset({9001, 40000}), "UDP": frozenset({9001})}
        for port in (0, 9001, 40000):
            HOME.address(tcp, ("127.0.0.1", port), binds=False)
        for sock, port in ((tcp, 22), (tcp, 5432), (udp, 40000), (udp, 53), (tcp, 9002)):
            with pytest.raises(Refused, match="its own ports only"):
                HOME.address(sock, ("127.0.0.1", port), binds=False)
        for port in (0, 9001, 9002, 80):  # 80: EACCES, by the kernel
            HOME.address(tcp, ("", port), binds=True)
        for port in (5432, 1024, 65535):
            with pytest.raises(Refused, match="its own ports only"):
                HOME.address(tcp, ("", port), binds=True)
        for no_port in (-1, 65536, "80", None, 80.0):
            HOME.address(tcp, ("", no_port), binds=True)  # Python says what is wrong with it
        PRIVATE.address(tcp, ("10.0.0.2", 22), binds=False)


def test_a_port_of_a_socket_that_this_process_holds_is_its_own() -> None:
    with sockets() as held:
        held["udp"].bind(("127.0.0.1", 0))
        port = held["udp"].getsockname()[1]
        mine = Reach("p", home=True)
        mine.held = held.values()
        mine.address(held["udp"], ("127.0.0.1", port), binds=False)
        with pytest.raises(Refused):
            mine.address(held["tcp"], ("127.0.0.1", port), binds=False)


# --- in a lab -----------------------------------------------------------------------------------------------------


def test_what_a_descriptor_is_now_counts_and_not_what_its_object_was_made_as() -> None:
    with sockets() as held, socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        port = stranger.getsockname()[1]
        # A UNIX object over an Internet socket, and the other way round.
        os.dup2(held["tcp"].fileno(), held["unix"].fileno())
        with pytest.raises(Refused, match="its own ports only"):
            HOME.address(held["unix"], ("127.0.0.1", port), binds=False)
        os.dup2(held["unix"].fileno(), held["udp"].fileno())  # a stream now
        mine = Reach("p", home=True)
        mine.ports = {"UDP": frozenset({port})}
        with pytest.raises(Refused, match="its own ports only"):
            mine.address(held["udp"], ("127.0.0.1", port), binds=False)


def test_a_unix_name_is_no_port() -> None:
    with sockets() as held:
        held["unix"].bind(b"\x005000")  # its second byte is 53
        os.dup2(held["unix"].fileno(), held["udp"].fileno())
        mine = Reach("p", home=True)
        mine.held = held.values()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, pytest.raises(Refused):
            mine.address(udp, ("127.0.0.1", 53), binds=False)


def test_its_own_number_at_another_address_is_somebody_else_s() -> None:
    with sockets() as held:
        held["udp"].bind(("127.0.0.2", 0))
        port = held["udp"].getsockname()[1]
        mine = Reach("p", home=True)
        mine.held = held.values()
        mine.address(held["udp"], ("127.0.0.2", port), binds=False)
        with pytest.raises(Refused):
            mine.address(held["udp"], ("127.0.0.1", port), binds=False)


def test_a_wildcard_answers_for_its_own_family() -> None:
    with (
        socket.socket() as four,
        socket.socket(socket.AF_INET6) as six,
        socket.socket(socket.AF_INET6) as only_six,
    ):
        only_six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        four.bind(("0.0.0.0", 0))
        six.bind(("::", 0))
        only_six.bind(("::", 0))
        there = {four: ("127.0.0.1", "127.9.9.9", ""), six: ("127.0.0.1", "::1"), only_six: ("::1",)}
        for held, hosts in there.items():
            for host in ("127.0.0.1", "127.9.9.9", "", "::1"):
                if host in hosts or held is six:
                    assert reach.answers(held, socket.SOCK_STREAM, host, held.getsockname()[1]), (held, host)
                else:
                    assert not reach.answers(held, socket.SOCK_STREAM, host, held.getsockname()[1]), (
                        held,
                        host,
                    )


def test_a_stranger_s_port_is_not_its_own_though_it_shares_the_number() -> None:
    with sockets() as held:
        held["udp"].bind(("127.0.0.1", 0))
        port = held["udp"].getsockname()[1]
        mine = Reach("p", home=True)
        mine.held = held.values()
        mine.strangers = {"UDP": frozenset({port})}
        with pytest.raises(Refused):
            mine.address(held["udp"], ("127.0.0.1", port), binds=False)


@pytest.mark.parametrize("option", [socket.SO_REUSEADDR, socket.SO_REUSEPORT])
def test_a_socket_that_shares_its_port_is_given_none_by_the_kernel(option: int) -> None:
    with sockets() as held:
        udp, tcp = held["udp"], held["tcp"]
        for each in (udp, tcp):
            each.setsockopt(socket.SOL_SOCKET, option, 1)
        HOME.address(udp, ("127.0.0.1", 9001), binds=True)
        for binds in (True, False):  # bind to port 0, and the port that connect and sendto choose
            with pytest.raises(Refused, match="shares its port"):
                HOME.address(udp, ("127.0.0.1", 0 if binds else 9001), binds=binds)
        if option == socket.SO_REUSEADDR:  # of a stream it shares with TIME-WAIT only
            HOME.address(tcp, ("127.0.0.1", 0), binds=True)


@pytest.mark.parametrize("size", [(1 << 20) + 1, struct.pack("i", 1 << 30)])
def test_the_kernel_s_memory_is_bounded_too(size: int | bytes) -> None:
    async def body() -> None:
        async with a_lab("isolated", "server") as lab:
            await lab.do("server", "s = socket.socket()")
            for option in ("SO_SNDBUF", "SO_RCVBUF"):
                assert "at most" in await refused(
                    lab, f"s.setsockopt(socket.SOL_SOCKET, socket.{option}, {size!r})"
                )
                assert (await lab.call("server", f"s.setsockopt(1, socket.{option}, 4096)")).error is None

    run(body())


def test_a_service_of_the_machine_is_out_of_reach_on_its_own_loopback() -> None:
    with socket.socket() as service:
        service.bind(("127.0.0.1", 0))
        service.listen()
        port = service.getsockname()[1]

        async def body() -> None:
            async with a_lab("host", "server") as lab:
                await lab.do("server", "s = socket.socket()")
                for source in (
                    f's.connect(("127.0.0.1", {port}))',
                    f's.connect_ex(("", {port}))',
                    f's.connect(("127.9.9.9", {port}))',
                ):
                    assert "its own ports only" in await refused(lab, source)

        run(body())
        service.setblocking(False)
        with pytest.raises(BlockingIOError):
            service.accept()


def test_a_service_that_takes_one_of_the_lesson_s_ports_is_no_longer_its_own() -> None:
    async def body() -> None:
        async with a_lab("host", "server", "client") as lab:
            port = lab.lab.facts.ports[1]
            lab.lab.look()
            await lab.do("client", "c = socket.socket()")
            assert (await lab.call("client", f'c.connect(("127.0.0.1", {port}))')).error == "ECONNREFUSED"
            with socket.socket() as service:
                service.bind(("127.0.0.1", port))
                service.listen()
                lab.lab.look()
                assert "its own ports only" in await refused(
                    lab, f'c.connect(("127.0.0.1", {port}))', "client"
                )

    run(body())


def test_a_socket_on_the_machine_s_own_network_is_tied_to_lo() -> None:
    async def body() -> None:
        async with a_lab("host", "server") as lab:
            await lab.do("server", "s = socket.socket()")
            await lab.do("server", 's.bind(("0.0.0.0", PORT))')
            await lab.do("server", "s.listen(5)")
            begun = lab.lab.begun("server")
            assert begun is not None
            port = lab.lab.facts.ports[0]
            with socket.socket() as inside:
                inside.connect(("127.0.0.1", port))
            own = own_address()
            if own is not None:  # which is not an address of lo's, whichever way the packet goes
                with socket.socket() as outside, pytest.raises(ConnectionRefusedError):
                    outside.connect((own, port))
            assert "SO_BINDTODEVICE" in await refused(lab, 's.setsockopt(1, 25, b"eth0")')

    run(body())


def own_address() -> str | None:
    """An address of this machine beside loopback's, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent
        except OSError:
            return None
        address: str = probe.getsockname()[0]
        return None if address.startswith("127.") else address


def test_sockviz_s_own_descriptors_are_known_by_what_they_are(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            await lab.do("server", "a, b = socket.socketpair()")
            await lab.do("server", "p = select.poll()")
            for fd in (1024, 1025):
                packed_fd = f'struct.pack("i", {fd})'
                for source in (
                    f"a.sendmsg([b'x'], [(1, 1, {packed_fd})])",
                    f"a.sendmsg([b'x'], [[socket.SOL_SOCKET, socket.SCM_RIGHTS, {packed_fd} + b'1']])",
                    f"a.sendmsg([b'x'], ((1, 1, struct.pack('2i', 3, {fd})),))",
                    f"select.select([{fd}], [], [], 0)", f"select.select([], ({fd},), [], 0)",
                    f"select.select([], {{{fd}: 1}}, [], 0)", f"p.register({fd})",
                    f"fcntl.ioctl({fd}, 0x541B, b'0000')", f"os.lseek({fd}, 0, 0)", f"os.dup2(1, {fd})",
                ):  # fmt: skip
                    assert "sockviz's own" in await refused(lab, source)
            assert (
                await lab.call("server", 'a.sendmsg([b"x"], [(1, 1, struct.pack("i", 0))])')
            ).error is None

    run(body())


def test_no_object_of_a_lesson_comes_to_name_a_channel(kind: str) -> None:
    """A number that it had, closed behind its back, is nobody's of sockviz's when the next channel comes."""

    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            for number in range(3, 8):
                assert (await lab.do("server", f"s{number} = socket.socket()")).open_fds[
                    f"s{number}"
                ] == number
            for number in range(3, 8):
                await lab.do("server", f"os.close({number})")
            await lab.fork("server", "worker")
            for number in range(3, 8):
                assert (await lab.call("worker", f"s{number}.setblocking(False)")).error == "EBADF"
            assert "its own" not in str(
                (await lab.do("worker", "resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))")).error
            )
            assert "descriptors at most" in await refused(
                lab, "resource.setrlimit(resource.RLIMIT_NOFILE, (2000, 4096))"
            )
            await lab.fork("server", "another")

    run(body())


def test_a_lesson_s_own_descriptors_may_have_any_number_and_are_shown() -> None:
    async def body() -> None:
        async with a_lab("isolated", "server") as lab:
            await lab.do("server", "s = socket.socket()")
            assert await lab.value("server", "os.dup2(3, 950)") == 950
            assert [entry.fd for entry in lab.process("server").fds if entry.is_socket] == [3, 950]
            assert (await lab.call("server", "os.close(950)")).error is None

    run(body())


def test_a_process_runs_behind_the_second_wall(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            begun = lab.lab.begun("server")
            assert begun is not None
            status = Path(f"/proc/{begun.outer_pid}/status").read_text()
            assert "Seccomp:\t2" in status
            assert "NoNewPrivs:\t1" in status
            assert os.readlink(f"/proc/{begun.outer_pid}/cwd").endswith("/files")

    run(body())
