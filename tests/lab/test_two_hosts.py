"""Two network stacks and a wire that is ours: what TCP does when its packets are held, lost, late or doubled."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import pytest

from sockviz.lab import shell
from sockviz.lab.directory import open_labs
from sockviz.lab.hearing import LabLost
from sockviz.lab.supervisor import LabRefused
from sockviz.lab.two_hosts import open_two_hosts
from sockviz.model.segments import Packet
from tests.lab import refusing
from tests.lab.conftest import descriptors
from tests.lab.driver import run, until
from tests.lab.linked import ROOT, Linked, two_hosts
from tests.lab.test_endings import still_alive
from tests.required import unavailable

MSS = 1448  # of 1460 bytes twelve are for the timestamps

# --- the hosts ----------------------------------------------------------------------------------------------------------


def test_each_host_has_its_own_sockets_counters_and_processes() -> None:
    async def body() -> None:
        async with two_hosts("server", "server2", "client") as lab:
            await lab.listening()
            await lab.connected()
            await lab.do("client", "mine = socket.socket()")
            assert (
                await lab.call("client", 'mine.bind(("0.0.0.0", PORT))')
            ).error is None  # free on this host
            await lab.until_states("client", "ESTABLISHED")
            await lab.until_states("server", "ESTABLISHED", "LISTEN")
            processes = {look.host: sorted(row.process for row in look.processes) for look in lab.lab.look()}
            assert processes == {"client": ["client"], "server": ["server", "server2"]}
            names = ("Tcp.ActiveOpens", "Tcp.PassiveOpens")
            assert [lab.counter("client", name) for name in names] == [1, 0]
            assert [lab.counter("server", name) for name in names] == [0, 1]
            (end,) = (row for row in lab.rows_of("client") if not row.bound_only)
            assert end.peer == ("10.0.0.2", 8080)
            assert isinstance(end.local, tuple)
            assert end.local[0] == "10.0.0.1"
            with pytest.raises(LabRefused, match="no host"):
                await lab.lab.start("router", "router", privileged=False)

    run(body())


def test_a_private_network_of_two_and_nothing_else() -> None:
    async def body() -> None:
        async with two_hosts("server", "client") as lab:
            with socket.create_server(("127.0.0.1", 0)) as outside:
                port = outside.getsockname()[1]
                for process in ("client", "server"):
                    await lab.do(process, "s = socket.socket()")
                    assert (
                        await lab.call(process, f"s.connect(('127.0.0.1', {port}))")
                    ).error == "ECONNREFUSED"
                    assert (await lab.call(process, "s.connect(('192.0.2.1', 80))")).error == "ENETUNREACH"
            outer = os.readlink("/proc/self/ns/net")
            spaces = {os.readlink(f"/proc/{pid}/ns/net") for pid in lab.alive()}
            assert len(spaces) == 3  # the hosts', and the wire's and the first process's
            assert outer not in spaces

    run(body())


def test_lesson_processes_may_do_nothing_to_the_lab() -> None:
    async def body() -> None:
        async with two_hosts("server", "client") as lab:
            for process in ("client", "server"):
                begun = lab.lab.begun(process)
                assert begun is not None
                status = dict(
                    line.split(":\t", 1)
                    for line in Path(f"/proc/{begun.outer_pid}/status").read_text().splitlines()
                )
                held = {name: int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")}
                assert held == dict.fromkeys(held, 0)
                assert status["NoNewPrivs"] == "1"
                raw = await lab.call(process, "r = socket.socket(socket.AF_INET, socket.SOCK_RAW, 6)")
                assert raw.error == "EPERM"
                low = await lab.do(process, "t = socket.socket()")
                assert low.open_fds == {"t": 3}
                assert (await lab.call(process, "t.bind(('0.0.0.0', 80))")).error == "EACCES"

    run(body())


def test_sysctls_are_in_force_on_both_hosts_and_said() -> None:
    if shutil.which("nsenter") is None:
        unavailable("nsenter (util-linux) is not installed")

    async def body() -> None:
        async with two_hosts() as lab:
            assert lab.lab.facts.sysctls["net.ipv4.tcp_syn_retries"] == "127"
            assert lab.lab.facts.sysctls["net.ipv4.tcp_synack_retries"] == "255"
            assert lab.lab.facts.sysctls["net.ipv4.tcp_orphan_retries"] == "255"
            for pid in lab.anchors.values():
                for name, value in lab.lab.facts.sysctls.items():
                    path = "/proc/sys/" + name.replace(".", "/")
                    command = ["nsenter", "-t", str(pid), "-U", "-n", "--preserve-credentials", "cat", path]
                    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                    assert said.strip() == value

    run(body())


def test_nothing_speaks_ipv6_on_the_link() -> None:
    async def body() -> None:
        async with two_hosts() as lab:
            for pid in (*lab.anchors.values(), lab.wire_pid):
                devices = {
                    line.split()[-1] for line in Path(f"/proc/{pid}/net/if_inet6").read_text().splitlines()
                }
                assert devices <= {"lo"}

    run(body())


# --- the frames -----------------------------------------------------------------------------------------------------------


def ones_sum(data: bytes) -> int:
    """The internet checksum over data that contains one: 0xFFFF where it is right."""
    padded = data + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def assert_valid(packet: Packet) -> None:
    """Lengths and checksums of an IPv4 TCP segment are those that a cable would carry."""
    ip = packet.raw[14:]
    header = (ip[0] & 0x0F) * 4
    total = int.from_bytes(ip[2:4], "big")
    assert len(ip) == total
    assert ones_sum(ip[:header]) == 0xFFFF
    pseudo = ip[12:20] + struct.pack("!HH", 6, total - header)
    assert ones_sum(pseudo + ip[header:]) == 0xFFFF


def test_a_megabyte_crosses_in_segments_as_a_cable_would_carry_them() -> None:
    async def body() -> None:
        async with two_hosts() as lab:
            await lab.traffic("bulk", 1 << 20)
            await until(lambda: {"client FIN+ACK", "server FIN+ACK"} <= set(lab.sent()), "both ends")
            await lab.until_held()
            data = [packet for host, packet in lab.packets if host == "client" and packet.length]
            assert max(packet.length for packet in data) == MSS
            assert sum({packet.tcp.seq: packet.length for packet in data if packet.tcp}.values()) == 1 << 20
            for _, packet in lab.packets:
                assert_valid(packet)
            # Every frame that crossed was TCP's: no ARP, no neighbour discovery, none lost.
            assert sorted(lab.frames) == list(range(1, len(lab.packets) + 1))
            assert lab.lost == 0

    run(body())


def test_stamps_are_the_kernels_so_a_call_returns_after_its_packets() -> None:
    """The ACK that completes the handshake is sent before connect returns, however late the wire takes it up."""

    async def body() -> None:
        async with two_hosts("server", "client") as lab:
            await lab.listening()
            for _ in range(20):
                await lab.do("client", "c = socket.socket()")
                connected = await lab.call("client", "c.connect((HOST, PORT))")
                await lab.do("server", "conn, peer = s.accept()")
                await until(lambda: lab.sent()[-1:] == ["client ACK"], "the handshake")
                assert lab.packets[-1][1].at < connected.at
                await lab.do("client", "c.close()")
                await until(lambda: "client FIN+ACK" in lab.sent()[-3:] and not lab.listen().held, "the FIN")
                await lab.do("server", "conn.close()")
                await until(lambda: lab.sent()[-2:] == ["server FIN+ACK", "client ACK"], "the end")

    run(body())


# --- holding --------------------------------------------------------------------------------------------------------------


def test_the_handshake_in_four_steps_is_what_ss_prints_on_each_host() -> None:
    if shutil.which("ss") is None or shutil.which("nsenter") is None:
        unavailable("ss (iproute2) or nsenter (util-linux) is not installed")

    async def body() -> None:
        async with two_hosts("server", "client") as lab:
            await lab.listening()
            accepting = await lab.hand("server", "conn, peer = s.accept()")
            await lab.asleep_in("server", "accept4")
            await lab.order("hold")
            await lab.do("client", "c = socket.socket()")
            await lab.enter("client", "c.connect((HOST, PORT))")
            for held, client, server in (
                ("client SYN", ["SYN-SENT"], ["LISTEN"]),
                ("server SYN+ACK", ["SYN-SENT"], ["LISTEN", "SYN-RECEIVED"]),
                ("client ACK", ["ESTABLISHED"], ["LISTEN", "SYN-RECEIVED"]),
                (None, ["ESTABLISHED"], ["ESTABLISHED", "LISTEN"]),
            ):
                if held:
                    await lab.until_among_held(held)
                await lab.until_states("client", *client)
                await lab.until_states("server", *server)
                if not held:  # until accept has taken it, it is in the queue
                    assert not (await lab.finished("server", accepting)).error
                for host in ("client", "server"):
                    assert by_us(lab, host) == lab.by_ss(host)
                if held:
                    await lab.order("deliver", held)

    run(body())


SS_NAMES = {"ESTABLISHED": "ESTAB", "SYN-RECEIVED": "SYN-RECV"}


def by_us(lab: Linked, host: str) -> set[tuple[str, ...]]:
    """Our rows of a host as ss would print them."""

    def text(address: object) -> str:
        return f"{address[0]}:{address[1]}" if isinstance(address, tuple) else "0.0.0.0:*"

    return {
        (SS_NAMES.get(row.state.value, row.state.value), str(row.recv_q), str(row.send_q), text(row.local), text(row.peer))
        for row in lab.rows_of(host) if row.protocol == "TCP" and not row.bound_only
    }  # fmt: skip


def test_held_past_its_timeout_a_syn_is_one_entry_with_its_copies_counted() -> None:
    async def body() -> None:
        async with two_hosts("server", "client") as lab:
            await lab.listening()
            await lab.order("hold")
            await lab.do("client", "c = socket.socket()")
            await lab.enter("client", "c.connect((HOST, PORT))")
            await until(lambda: sum(f.copies for f in lab.listen().held) >= 3, "two retransmissions")
            (flight,) = lab.state.held
            assert (lab.said(flight.packet), len(flight.frames)) == ("client SYN", flight.copies)
            first, *copies = (lab.packets[lab.frames[frame]][1] for frame in flight.frames)
            assert first.tcp is not None
            assert all(copy.tcp is not None and copy.tcp.seq == first.tcp.seq for copy in copies)
            (row,) = lab.rows_of("client")
            assert (row.state.value, row.retransmits) == ("SYN-SENT", len(copies))
            assert lab.states("server") == ["LISTEN"]
            await lab.order("deliver")
            await lab.until_states("server", "LISTEN", "SYN-RECEIVED")
            await lab.order("release")
            await lab.until_states("client", "ESTABLISHED")
            await lab.until_states("server", "ESTABLISHED", "LISTEN")
            await until(lambda: not lab.listen().held, "an empty link")
            assert lab.listen().holding == ()
            # Nothing but TCP was on the link in all that time.
            assert len(lab.frames) == max(lab.frames)

    run(body())


def test_a_lost_syn_ack_is_sent_again_by_the_servers_own_timer() -> None:
    async def body() -> None:
        async with two_hosts("server", "client") as lab:
            await lab.listening()
            await lab.order("hold")
            await lab.do("client", "c = socket.socket()")
            await lab.enter("client", "c.connect((HOST, PORT))")
            await lab.until_held("client SYN")
            await lab.order("deliver")
            await lab.until_held("server SYN+ACK")
            await lab.order("drop")
            # Whatever the client repeats in the meantime stays on the link: only the server's timer can bring it.
            await lab.until_among_held("server SYN+ACK")
            (half_open,) = (row for row in lab.rows_of("server") if row.state.value == "SYN-RECEIVED")
            assert half_open.retransmits >= 1
            assert lab.dropped() == ["server SYN+ACK"]
            await lab.order("deliver", "SYN+ACK")
            await lab.until_states("client", "ESTABLISHED")
            await lab.order("deliver", "client ACK")
            await lab.until_states("server", "ESTABLISHED", "LISTEN")

    run(body())


def test_an_order_that_waits_can_be_taken_back() -> None:
    async def body() -> None:
        async with two_hosts("server", "client") as lab:
            await lab.order("hold")
            waiting = asyncio.ensure_future(lab.order("deliver", "client SYN"))
            await asyncio.wait({waiting}, timeout=0.05)
            assert not waiting.done()
            waiting.cancel()
            await asyncio.wait({waiting})
            await lab.listening()
            await lab.do("client", "c = socket.socket()")
            await lab.enter("client", "c.connect((HOST, PORT))")
            await lab.until_held("client SYN")
            waiting = asyncio.ensure_future(lab.order("drop", "RST"))
            await asyncio.wait({waiting}, timeout=0.05)
            await lab.order("release")
            await waiting  # everything flows: there is nothing left to wait for
            await lab.until_states("client", "ESTABLISHED")

    run(body())


# --- losing each segment in turn --------------------------------------------------------------------------------------------

Step = Callable[[Linked], Awaitable[object]]


async def connect(lab: Linked) -> None:
    await lab.do("client", "c = socket.socket()")
    assert (await lab.call("client", "c.connect((HOST, PORT))")).error is None
    await lab.until_states("server", "ESTABLISHED", "LISTEN")
    assert (await lab.call("server", "conn, peer = s.accept()")).error is None


async def send(lab: Linked) -> None:
    assert (await lab.call("client", "c.send(b'hello')")).value == 5
    assert (await lab.call("server", "conn.recv(100)")).value == b"hello"
    await until(lambda: all(row.send_q == 0 for row in lab.rows_of("client")), "the acknowledgement")


async def close_client(lab: Linked) -> None:
    await lab.do("client", "c.close()")
    await lab.until_states("server", "CLOSE-WAIT", "LISTEN")
    await lab.until_states("client", "FIN-WAIT-2")
    assert (await lab.call("server", "conn.recv(100)")).value == b""


async def close_server(lab: Linked) -> None:
    await lab.do("server", "conn.close()")
    await lab.until_states("server", "LISTEN")
    await lab.until_states("client", "TIME-WAIT")


CONNECTION: tuple[Step, ...] = (connect, send, close_client, close_server)
#: Each segment of the connection: the step that sends it, and what that step sends, in order, when the segment is lost.
LOSSES = {
    "client SYN": (connect, ["client SYN", "client SYN", "server SYN+ACK", "client ACK"]),
    "server SYN+ACK": (connect, None),  # two timers of one second run side by side: whichever is first
    "client ACK": (connect, ["client SYN", "server SYN+ACK", "client ACK", "server SYN+ACK", "client ACK"]),
    "client PSH+ACK": (send, ["client PSH+ACK", "client PSH+ACK", "server ACK"]),
    "server ACK": (send, ["client PSH+ACK", "server ACK", "client PSH+ACK", "server ACK"]),
    "client FIN+ACK": (close_client, ["client FIN+ACK", "client FIN+ACK", "server ACK"]),
    "server ACK of FIN": (close_client, ["client FIN+ACK", "server ACK", "client FIN+ACK", "server ACK"]),
    "server FIN+ACK": (close_server, ["server FIN+ACK", "server FIN+ACK", "client ACK"]),
    "client ACK of FIN": (close_server, ["server FIN+ACK", "client ACK", "server FIN+ACK", "client ACK"]),
}


@pytest.mark.parametrize("lost", LOSSES)
def test_whichever_segment_is_lost_tcp_ends_as_it_should(lost: str) -> None:
    step, expected = LOSSES[lost]
    pattern = lost.removesuffix(" of FIN")

    async def body() -> None:
        async with two_hosts("server", "client") as lab:
            await lab.listening()
            for each in CONNECTION[: CONNECTION.index(step)]:
                await each(lab)
            before = len(lab.sent())
            await lab.order("drop", pattern)
            await step(lab)
            await until(lambda: not lab.listen().held, "that all has arrived")
            assert lab.dropped() == [pattern]
            if expected is not None:
                await until(
                    lambda: lab.sent()[before:] == expected or None, f"{expected}, not {lab.sent()[before:]}"
                )
            assert [number for number in range(before, len(lab.packets)) if repeats(lab, number)]
            for each in CONNECTION[CONNECTION.index(step) + 1 :]:
                await each(lab)
            retransmitted = sum(lab.counter(host, "Tcp.RetransSegs") for host in ("client", "server"))
            assert retransmitted >= 1
            assert lab.lost == 0

    run(body())


def repeats(lab: Linked, number: int) -> bool:
    """Whether a packet has the sequence number and the length of one before."""
    host, packet = lab.packets[number]
    assert packet.tcp is not None
    takes_room = packet.length or {"SYN", "FIN"} & set(packet.tcp.flags)
    return bool(takes_room) and any(
        before.tcp is not None and (sender, before.tcp.seq, before.length) == (host, packet.tcp.seq, packet.length)
        and {"SYN", "FIN"} & set(before.tcp.flags) == {"SYN", "FIN"} & set(packet.tcp.flags)
        for sender, before in lab.packets[:number]
    )  # fmt: skip


# --- duplicating, reordering, delaying ----------------------------------------------------------------------------------------


def test_duplicated_data_is_received_once() -> None:
    async def body() -> None:
        async with two_hosts("server", "client") as lab:
            await lab.listening()
            await lab.connected()
            await lab.order("duplicate", "client PSH+ACK")
            await lab.do("client", "c.send(b'once')")
            assert (await lab.call("server", "conn.recv(100)")).value == b"once"
            # The second copy is acknowledged at once, and says so (RFC 2883).
            await until(
                lambda: lab.counter("server", "TcpExt.TCPDSACKOldSent"), "a duplicate acknowledgement"
            )
            await lab.do("client", "c.close()")
            assert (await lab.call("server", "conn.recv(100)")).value == b""
            assert [lab.said(number) for number in lab.listen().delivered].count("client PSH+ACK") == 2
            assert lab.sent().count("client PSH+ACK") == 1

    run(body())


def test_reordered_data_waits_for_what_is_missing() -> None:
    async def body() -> None:
        async with two_hosts("server", "client") as lab:
            await lab.listening()
            await lab.connected()
            await lab.do("client", "c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)")
            await lab.order("hold", "client")
            await lab.do("client", "c.send(b'first.')")
            await lab.do("client", "c.send(b'second.')")
            await lab.until_held("client PSH+ACK", "client PSH+ACK")
            second = lab.state.held[1].frames[0]
            await lab.order("deliver", frame=second)
            await until(lambda: lab.counter("server", "TcpExt.TCPOFOQueue"), "a segment out of order")
            (end,) = (row for row in lab.rows_of("server") if row.state.value == "ESTABLISHED")
            assert end.recv_q == 0  # nothing to read, although seven bytes are there
            await lab.order("release")
            await until(
                lambda: [row.recv_q for row in lab.rows_of("server") if row.peer == end.peer] == [13], "both"
            )
            assert (await lab.call("server", "conn.recv(100)")).value == b"first.second."

    run(body())


def test_a_delayed_packet_comes_late_and_others_pass_it() -> None:
    async def body() -> None:
        async with two_hosts("server", "client") as lab:
            await lab.do("server", "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
            await lab.do("server", "u.bind((HOST, PORT))")
            await lab.do("client", "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
            await lab.order("delay", "client UDP", seconds=0.15)
            await lab.do("client", "u.sendto(b'late', (HOST, PORT))")
            await lab.do("client", "u.sendto(b'early', (HOST, PORT))")
            assert (await lab.call("server", "u.recv(10)")).value == b"early"
            await lab.until_held("client UDP")
            late = await lab.call("server", "u.recv(10)")
            assert late.value == b"late"
            assert late.at - lab.packets[0][1].at >= 0.15
            await lab.until_held()

    run(body())


def test_a_large_datagram_is_one_packet_to_the_link_and_arrives_whole() -> None:
    async def body() -> None:
        async with two_hosts("server", "client") as lab:
            await lab.do("server", "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
            await lab.do("server", "u.bind((HOST, PORT))")
            await lab.order("hold")
            await lab.do("client", "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
            await lab.do("client", "u.sendto(b'x' * 4000, (HOST, PORT))")
            await lab.until_held("client UDP")
            await lab.order("deliver")
            assert (await lab.call("server", "u.recv(5000)")).value == b"x" * 4000
            await lab.until_held()

    run(body())


def inhabitants(pids: Iterable[int]) -> set[int]:
    """Every process of this machine that is in the network of one of `pids`."""
    spaces = {os.readlink(f"/proc/{pid}/ns/net") for pid in pids}
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # gone since it was listed, or another user's
                if os.readlink(entry / "ns/net") in spaces:
                    found.add(int(entry.name))
    return found


# --- endings --------------------------------------------------------------------------------------------------------------


def test_closing_leaves_nothing_not_even_with_packets_held() -> None:
    before = descriptors()

    async def body() -> None:
        async with two_hosts("server", "client") as lab:
            for pid in inhabitants(lab.alive()):
                lab.track(pid)
            await lab.listening()
            await lab.order("hold")
            await lab.do("client", "c = socket.socket()")
            await lab.enter("client", "c.connect((HOST, PORT))")
            await lab.until_held("client SYN")
            taken_back, waiting = (asyncio.ensure_future(lab.order("drop", "RST")) for _ in range(2))
            await asyncio.wait({taken_back, waiting}, timeout=0.01)
            assert lab.directory in open_labs()
            taken_back.cancel()
            await lab.lab.close()
            with pytest.raises(LabRefused, match="link"):  # and does not wait for ever
                await waiting
            assert not lab.alive()
            assert not lab.directory.exists()
            lab.forget()

    run(body())
    assert descriptors() == before


def test_twenty_labs_one_after_the_other_leak_nothing() -> None:
    async def body() -> None:
        async with two_hosts("server"):
            pass
        before = descriptors()
        for _ in range(20):
            async with two_hosts("client") as lab:
                assert (await lab.do("client", "s = socket.socket()")).open_fds == {"s": 3}
        assert descriptors() == before

    run(body(), 60)


def test_a_killed_sockviz_takes_everything_along_with_packets_held(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.holder_of_two_hosts"], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    pidfds: dict[int, int] = {}
    try:
        assert holder.stdout is not None
        line = holder.stdout.readline()
        if not line and holder.wait() == 0:
            unavailable("this machine allows no two hosts")
        told = json.loads(line)
        assert len(told["pids"]) == 7  # the first process, two anchors, the wire, server, client, client2
        pidfds = {pid: os.pidfd_open(pid) for pid in inhabitants(told["pids"])}
        assert len(pidfds) == 8  # and who started the first process
        holder.kill()
        assert still_alive(pidfds, 1.0) == []
        holder.wait()
        assert Path(told["directory"]).exists()  # no one was there to remove it
        assert open_labs() == []
    finally:
        holder.kill()
        holder.wait()
        if holder.stdout is not None:
            holder.stdout.close()
        for pidfd in pidfds.values():
            os.close(pidfd)

    async def next_start() -> None:
        async with two_hosts():
            pass

    run(next_start())
    assert not Path(told["directory"]).exists()


def test_the_lab_says_so_when_its_wire_is_killed() -> None:
    async def body() -> None:
        async with two_hosts("server", "client") as lab:
            await lab.listening()
            await lab.order("hold")
            await lab.do("client", "c = socket.socket()")
            await lab.enter("client", "c.connect((HOST, PORT))")
            await lab.until_held("client SYN")
            waiting = asyncio.ensure_future(lab.order("deliver", "RST"))
            await asyncio.wait({waiting}, timeout=0.01)
            os.kill(lab.wire_pid, signal.SIGKILL)
            lost = await lab.hear(lambda message: isinstance(message, LabLost), "that the link is gone")
            assert isinstance(lost, LabLost)
            assert "link" in lost.reason
            for order in (waiting, lab.order("release")):
                with pytest.raises(LabRefused, match="the link's process ended"):
                    await order

    run(body())


@pytest.mark.parametrize(
    ("rule", "step", "number"),
    [
        ("unshare:EPERM", "unshare(CLONE_NEWUSER)", 1),
        ("ioctl[1]=0x8946:EPERM", "switching offloads off", 1),
        ("socket[0]=17:EPERM", "the wire's packet sockets", 1),
        ("/proc/sys/net/ipv6/conf/.*:EROFS", "switching IPv6 off on the link", 30),
    ],
)
def test_a_refused_step_is_named_and_leaves_nothing(
    rule: str, step: str, number: int, tmp_path: Path
) -> None:
    if not refusing.is_supported():
        unavailable("refusing.py does not know this machine's system calls")
    script = """
import asyncio, json
from sockviz.lab.supervisor import LabRefused
from sockviz.lab.two_hosts import open_two_hosts
async def work():
    try:
        lab = await open_two_hosts()
        await lab.close()
    except LabRefused as refusal:
        print(json.dumps([refusal.step, refusal.number]))
asyncio.run(work())
"""
    done = subprocess.run(
        [*refusing.command(rule), sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.stderr == ""
    said = json.loads(done.stdout)
    if said[0].startswith(("unshare", "/proc/self")) and rule != "unshare:EPERM":
        unavailable(f"this machine allows no two hosts: {said}")
    assert (re.match(re.escape(step), said[0]) is not None, said[1]) == (True, number), said
    assert list(tmp_path.iterdir()) == []


def test_in_a_full_temporary_directory_there_is_no_lab(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    before = descriptors()
    with pytest.raises(LabRefused, match="making a temporary directory"):
        run(open_two_hosts())
    assert descriptors() == before


# --- a second terminal --------------------------------------------------------------------------------------------------------


def test_sockviz_shell_names_a_way_into_each_host() -> None:
    if shutil.which("ss") is None:
        unavailable("ss (iproute2) is not installed")

    async def body() -> None:
        async with two_hosts("server", "client") as lab:
            await lab.listening()
            out = io.StringIO()
            assert shell.run(out=out, err=out) == 0
            said = [line.strip() for line in out.getvalue().splitlines()]
            assert "two hosts and a link" in said[0]
            for host, listeners in (("client", []), ("server", ["10.0.0.2:8080"])):
                at = next(
                    n for n, line in enumerate(said) if line.startswith(f"a second terminal on the {host}")
                )
                done = await asyncio.create_subprocess_shell(
                    f"{said[at + 1]} sh -c 'ss -Htln; cat /proc/net/dev'",
                    stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
                )  # fmt: skip
                printed = (await done.communicate())[0].decode()
                assert [
                    line.split()[3] for line in printed.splitlines() if line.startswith("LISTEN")
                ] == listeners
                assert "eth0:" in printed
            assert sum("-i eth0" in line for line in said) == 2

    run(body())


# --- the same for a user who may do nothing ---------------------------------------------------------------------------------

AS_A_USER = (
    "own_sockets or private_network or do_nothing or megabyte or four_steps or past_its_timeout or own_timer "
    "or not_even or killed or refused or shell"
)


def test_as_an_ordinary_user(ordinary_user: tuple[str, ...]) -> None:
    if not ordinary_user:
        pytest.skip("it is an ordinary user who runs the tests")
    done = subprocess.run(
        [*ordinary_user, sys.executable, "-m", "pytest", "-rs", "--tb=short", "-k", AS_A_USER, "tests/lab/test_two_hosts.py"],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "HOME": "/nonexistent"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    if skipped := re.findall(r"SKIPPED.*", done.stdout):
        unavailable("; ".join(skipped))
