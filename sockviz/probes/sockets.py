"""Probes of what the kernel says of sockets, packets and counters on the machine's own network. Linux only."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Sequence

from sockviz.kernel import capture, sock_diag
from sockviz.kernel.counters import read_counters
from sockviz.kernel.errors import KernelError, KernelRefused
from sockviz.kernel.proc_net import read_tables
from sockviz.model.sockets import SocketRow, State
from sockviz.probes.advice import Settings
from sockviz.probes.probe import VIEW, Probe, failed, not_reached, passed, refused

_PATIENCE = 2.0

_TCP, _NETLINK, _TABLES = "TCP loopback", "NETLINK_SOCK_DIAG socket", "/proc/net tables"
_COUNTERS, _CAPTURE, _IPV6 = "counters", "packet capture on lo", "IPv6 loopback"
_DIAG = ("sock_diag TCP", "sock_diag UDP", "sock_diag UNIX", "sock_diag RAW", "bound-only TCP sockets")
_COSTS = {
    "sock_diag TCP": "rows come from /proc/net/tcp: no backlog, no socket cookie, no TCP_INFO, no bound-only sockets",
    "sock_diag UDP": "rows come from /proc/net/udp: no socket cookie",
    "sock_diag UNIX": "rows come from /proc/net/unix: no queues, no backlog, no peers",
    "sock_diag RAW": "rows come from /proc/net/raw: no socket cookie",
    "bound-only TCP sockets": "a TCP socket between bind and listen has no row; its fd and getsockname still tell of it",
}
_MODULES = ("inet_diag", "tcp_diag", "udp_diag", "unix_diag", "raw_diag")


def probe_sockets(settings: Settings) -> list[Probe]:
    """Everything that is read of a network's sockets, tried on sockets made for it."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=_PATIENCE).close()
    except OSError as error:
        # ENETUNREACH, EADDRNOTAVAIL: lo is down. EPERM, EACCES: a sandbox without a network. None: our own patience.
        enable = "sudo ip link set lo up, or a sandbox that allows sockets"
        costs = "lessons cannot be performed on the host's loopback"
        rest = (_NETLINK, *_DIAG, _TABLES, _COUNTERS, _CAPTURE, _IPV6)
        if error.errno is None:
            slow = f"connecting to 127.0.0.1 took more than {_PATIENCE:.0f} s: packets are dropped, or this machine is too slow"
            first = failed(VIEW, _TCP, slow, costs, enable)
        else:
            first = refused(VIEW, _TCP, error.errno, costs, enable)
        return [first, *(not_reached(VIEW, name) for name in rest)]
    probes = [passed(VIEW, _TCP, "connected to 127.0.0.1"), *_sock_diag(settings)]
    probes.append(_tables(settings))
    probes.append(_counters())
    probes.append(_capture(settings))
    probes.append(_ipv6(settings))
    return probes


def _sock_diag(settings: Settings) -> list[Probe]:
    name = _NETLINK
    try:
        sock = sock_diag.open_sock_diag()
    except KernelRefused as refusal:
        costs = "sockets are read from /proc/net instead, which says less: " + _COSTS["sock_diag TCP"]
        first = refused(VIEW, name, refusal.number, costs, settings.for_netlink(refusal.number, _MODULES))
        return [first, *(not_reached(VIEW, each) for each in _DIAG)]
    diag = sock_diag.SockDiag(sock)
    with contextlib.closing(diag):
        try:
            return [passed(VIEW, name, "opened"), *_dumps(diag, settings)]
        except OSError as error:  # a sandbox that lets no UDP or UNIX socket be made
            first = refused(VIEW, _DIAG[0], error.errno or 0, "nothing can be looked for")
            return [passed(VIEW, name, "opened"), first, *(not_reached(VIEW, each) for each in _DIAG[1:])]


def _dumps(diag: sock_diag.SockDiag, settings: Settings) -> list[Probe]:
    with contextlib.ExitStack() as held:
        listener = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        listener.bind(("127.0.0.1", 0))
        listener.listen(7)
        bound = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        bound.bind(("127.0.0.1", 0))
        datagram = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        datagram.bind(("127.0.0.1", 0))
        local = held.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        local.bind("")  # the kernel chooses an abstract name
        try:
            rows = sock_diag.read_sockets(diag, now=time.time())
        except KernelRefused as refusal:
            advice = settings.for_netlink(refusal.number, _MODULES)
            first = refused(VIEW, _DIAG[0], refusal.number, _COSTS[_DIAG[0]], advice)
            return [first, *(not_reached(VIEW, each) for each in _DIAG[1:])]
        except KernelError as error:
            first = failed(VIEW, _DIAG[0], str(error), _COSTS[_DIAG[0]])
            return [first, *(not_reached(VIEW, each) for each in _DIAG[1:])]
        backlog = [row.send_q for row in _of(rows, "TCP", listener) if row.state is State.LISTEN]
        probes = [
            _judged("sock_diag TCP", backlog == [7], "a listener's backlog as listen() was told it"),
            _dumped(diag, settings, "UDP", rows, datagram),
            _dumped(diag, settings, "UNIX", rows, local),
        ]
        raw = diag.refused.get("RAW AF_INET")
        if raw is None:
            probes.append(passed(VIEW, "sock_diag RAW", "answered"))
        else:
            advice = settings.for_netlink(raw.number, ("raw_diag",))
            probes.append(refused(VIEW, "sock_diag RAW", raw.number, _COSTS["sock_diag RAW"], advice))
        probes.append(_bound_only(diag, bound))
        return probes


def _of(rows: Sequence[SocketRow], protocol: str, sock: socket.socket) -> list[SocketRow]:
    return [row for row in rows if row.protocol == protocol and row.local == sock.getsockname()]


def _dumped(
    diag: sock_diag.SockDiag,
    settings: Settings,
    protocol: str,
    rows: Sequence[SocketRow],
    sock: socket.socket,
) -> Probe:
    name = f"sock_diag {protocol}"
    refusal = diag.refused.get("UNIX" if protocol == "UNIX" else f"{protocol} AF_INET")
    if refusal is not None:
        advice = settings.for_netlink(refusal.number, (f"{protocol.lower()}_diag",))
        return refused(VIEW, name, refusal.number, _COSTS[name], advice)
    return _judged(name, bool(_of(rows, protocol, sock)), "a socket made for this has its row")


def _judged(name: str, ok: bool, found: str) -> Probe:
    if ok:
        return passed(VIEW, name, found)
    return failed(
        VIEW, name, "answered, without the row of a socket made for this", _COSTS[name], "a newer kernel"
    )


def _bound_only(diag: sock_diag.SockDiag, bound: socket.socket) -> Probe:
    name = "bound-only TCP sockets"
    try:
        rows = sock_diag.read_bound_only(diag, now=time.time())
    except KernelError as error:
        return failed(VIEW, name, str(error), _COSTS[name], "Linux 6.8 or later")
    if _of(rows, "TCP", bound):
        return passed(VIEW, name, "listed under sock_diag's state bit 13")
    return failed(VIEW, name, "this kernel does not list them", _COSTS[name], "Linux 6.8 or later")


def _tables(settings: Settings) -> Probe:
    name, costs = _TABLES, "nothing, as long as sock_diag answers: they are what is read without it"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        try:
            rows = read_tables("/proc/net", now=time.time())
        except KernelRefused as refusal:
            return refused(VIEW, name, refusal.number, costs, settings.for_process(refusal.number, "net"))
        except KernelError as error:
            return failed(VIEW, name, str(error), costs)
        if _of(rows, "TCP", listener):
            return passed(VIEW, name, "readable (the fallback)")
        return failed(VIEW, name, "without the row of a socket made for this", costs)


def _counters() -> Probe:
    name, costs = _COUNTERS, "lessons that read counters (ListenOverflows …) are skipped"
    try:
        return passed(VIEW, name, f"{len(read_counters())} in /proc/net/netstat, snmp and snmp6")
    except KernelRefused as refusal:
        return refused(VIEW, name, refusal.number, costs, "/proc/net/netstat and snmp readable")
    except KernelError as error:
        return failed(VIEW, name, str(error), costs)


def _capture(settings: Settings) -> Probe:
    name = _CAPTURE
    costs = "in the host lab the wire's segments are inferred instead of captured; lessons that need packets are skipped there"
    try:
        sock = capture.open_capture("lo")
    except KernelRefused as refusal:
        return refused(VIEW, name, refusal.number, costs, settings.for_capture(refusal.number))
    with sock, socket.create_server(("127.0.0.1", 0)) as own:
        socket.create_connection(own.getsockname(), timeout=_PATIENCE).close()
        deadline = time.monotonic() + _PATIENCE
        try:
            while select.select([sock], [], [], max(0.0, deadline - time.monotonic()))[0]:
                # lo may be busy with others' packets: ours is the one with this port.
                packets = capture.read_packets(sock, "lo")
                if any(packet.destination == own.getsockname() for packet in packets):
                    return passed(VIEW, name, "the segments of a connection made for this were captured")
        except KernelRefused as refusal:
            return refused(VIEW, name, refusal.number, costs)
    return failed(VIEW, name, "opened, but a connection made for this was not captured", costs)


def _ipv6(settings: Settings) -> Probe:
    name, costs = _IPV6, "lessons that need IPv6 are skipped"
    try:
        with (
            socket.create_server(("::1", 0), family=socket.AF_INET6) as listener,
            socket.create_connection(listener.getsockname()[:2], timeout=_PATIENCE),
        ):
            return passed(VIEW, name, "connected to ::1")
    except OSError as error:
        off = settings.sysctl("net.ipv6.conf.lo.disable_ipv6") == "1"
        enable = (
            "sudo sysctl net.ipv6.conf.lo.disable_ipv6=0 (now 1)"
            if off
            else "a kernel, or container, with IPv6"
        )
        return refused(VIEW, name, error.errno or 0, costs, enable)
