"""Reads the sockets of a network namespace over NETLINK_SOCK_DIAG.

The socket belongs to the namespace it was opened in, so one that a lab opened and passed over keeps
telling of the lab: nothing here opens one by itself.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterator
from functools import partial

from sockviz.kernel.errors import BadMessage, DumpInterrupted, KernelRefused
from sockviz.kernel.inet_diag import (
    ALL_STATES,
    BOUND_ONLY,
    SOCK_DIAG_BY_FAMILY,
    TCPDIAG_GETSOCK,
    parse_inet_row,
    raw_request,
    tcp_family_request,
    tcp_request,
    udp_request,
)
from sockviz.kernel.known_rows import KnownRows
from sockviz.kernel.netlink import dump_request, parse_part
from sockviz.kernel.unix_diag import parse_unix_row, unix_request, with_peers
from sockviz.model.sockets import SocketRow

NETLINK_SOCK_DIAG = 4

#: net/netlink/af_netlink.c, netlink_recvmsg: a dump's blocks are at most 32 KiB whatever the reader offers.
_BLOCK = 1 << 16
_ATTEMPTS = 4
#: As plain numbers: an enum's own `&` costs as much as a short system call.
_DONTWAIT, _TRUNC = int(socket.MSG_DONTWAIT), int(socket.MSG_TRUNC)
_FAMILIES = (socket.AF_INET, socket.AF_INET6)
#: Under what it is noted that TCP is listed in no way.
NO_TCP = "every TCP request"
#: ENOENT, EOPNOTSUPP: no such module. EPERM, EACCES: a security module. What is transient is asked for again.
_FOR_GOOD = frozenset({errno.ENOENT, errno.EOPNOTSUPP, errno.EPERM, errno.EACCES})


def open_sock_diag() -> socket.socket:
    """A NETLINK_SOCK_DIAG socket of the calling thread's network namespace. Raises `KernelRefused`."""
    try:
        return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG)
    except OSError as error:
        # EPROTONOSUPPORT: a kernel without sock_diag. EPERM, EACCES, EAFNOSUPPORT: a seccomp filter or security module.
        raise KernelRefused(
            error.errno or errno.EIO,
            "socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG)",
            "/proc/net is read instead",
        ) from None


class SockDiag:
    """One open sock_diag socket, and what was learned of the kernel behind it."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.refused: dict[str, KernelRefused] = {}  # by what was asked; not asked again
        self.missed: set[str] = set()  # what was asked for last, and not told; asked for again
        self.known = KnownRows()
        self._rows: dict[str, tuple[list[bytes], list[SocketRow]]] = {}
        self._sequence = 0
        self._buffer = bytearray(_BLOCK)

    def fileno(self) -> int:
        """The descriptor of the netlink socket."""
        return self.sock.fileno()

    def close(self) -> None:
        """Closes the netlink socket."""
        self.sock.close()

    def dump(self, kind: int, body: bytes, operation: str) -> list[bytes]:
        """All messages that answer the request. Raises `KernelRefused`, `BadMessage` or `DumpInterrupted`."""
        for _ in range(_ATTEMPTS):
            try:
                payloads, interrupted = self._dump_once(kind, body, operation)
            except KernelRefused as refusal:
                if refusal.number != errno.EBUSY:
                    raise
                # An earlier dump on this socket was given up half-way, by an exception say: read it to its end.
                self._drain()
                continue
            if not interrupted:
                return payloads
        raise DumpInterrupted(f"{operation}: no whole list in {_ATTEMPTS} attempts")

    def rows(
        self, what: str, kind: int, body: bytes, parse: Callable[[list[bytes]], list[SocketRow]], still: bool
    ) -> list[SocketRow]:
        """The rows of a dump without timers, parsed only where it differs from the last of its name. Raises as `dump`.

        ``still``: no process has run since the last one. Only processes make sockets: where there were none, there are none."""
        known = self._rows.get(what)
        if still and known is not None and not known[0]:
            return known[1]
        payloads = self.dump(kind, body, f"sock_diag {what}")
        if known is None or known[0] != payloads:
            known = self._rows[what] = payloads, parse(payloads)
        return known[1]

    def _dump_once(self, kind: int, body: bytes, operation: str) -> tuple[list[bytes], bool]:
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        try:
            self.sock.send(dump_request(kind, body, self._sequence))
        except OSError as error:
            # EPERM, EACCES: a security module forbids the message. EBADF: the socket was closed under us.
            raise KernelRefused(error.errno or errno.EIO, operation) from None
        payloads: list[bytes] = []
        interrupted = False
        for block in self._blocks(operation):
            part = parse_part(block, self._sequence, operation)
            payloads += part.payloads
            interrupted = interrupted or part.interrupted
            if part.finished:
                return payloads, interrupted
        raise BadMessage(f"{operation}: the answer stopped before its end")

    def _blocks(self, operation: str) -> Iterator[bytes]:
        """Received blocks until none waits. The kernel fills the next one before a read returns, so none is waited for."""
        while True:
            try:
                size, _, flags, _ = self.sock.recvmsg_into([self._buffer], 0, _DONTWAIT)
            except BlockingIOError:
                return
            except OSError as error:
                # ENOBUFS: more answers than the socket's buffer holds; the dump is incomplete.
                raise KernelRefused(error.errno or errno.EIO, operation) from None
            if flags & _TRUNC:
                raise BadMessage(f"{operation}: a block larger than {_BLOCK} bytes was cut")
            yield bytes(memoryview(self._buffer)[:size])

    def _drain(self) -> None:
        for _ in self._blocks("reading an earlier dump to its end"):
            pass


def read_sockets(
    diag: SockDiag, *, now: float, states: int = ALL_STATES, still: bool = False
) -> list[SocketRow]:
    """Every TCP, UDP, raw and UNIX socket of the namespace; `now` is CLOCK_REALTIME in seconds, `states` TCP's only.
    ``still``: no process there has run since the last time.

    A family that this kernel cannot list is left out and stands in ``diag.refused``, one that it did not list now in
    ``diag.missed``.
    Raises `KernelRefused` only where the kernel will not list TCP at all.
    """
    diag.missed.clear()
    rows = read_tcp(diag, now=now, states=states)
    for family in _FAMILIES:
        rows += _optional(diag, udp_request(family), f"UDP {family.name}", _UDP_ROWS, still)
    for family in _FAMILIES:
        rows += _optional(diag, raw_request(family), f"RAW {family.name}", _RAW_ROWS, still)
    return rows + _optional(diag, unix_request(), "UNIX", _unix_rows, still)


def _untimed_rows(protocol: int, payloads: list[bytes]) -> list[SocketRow]:
    return [parse_inet_row(data, protocol, 0.0) for data in payloads]


def _unix_rows(payloads: list[bytes]) -> list[SocketRow]:
    return with_peers(map(parse_unix_row, payloads))


_UDP_ROWS = partial(_untimed_rows, socket.IPPROTO_UDP)
_RAW_ROWS = partial(_untimed_rows, socket.IPPROTO_RAW)


def read_tcp(diag: SockDiag, *, now: float, states: int = ALL_STATES) -> list[SocketRow]:
    """The TCP sockets of both families in the given states, bound-only ones included where the kernel lists them."""
    return diag.known.rows(_tcp_messages(diag, states), now)


def read_bound_only(diag: SockDiag, *, now: float) -> list[SocketRow]:
    """The TCP sockets that have a port and no more. A table of its own, of all ports taken on the machine: the kernel
    walks it in addition to that of connections. Empty on kernels before 6.8."""
    rows = [parse_inet_row(data, socket.IPPROTO_TCP, now) for data in _tcp_messages(diag, BOUND_ONLY)]
    return [row for row in rows if row.bound_only]


def _tcp_messages(diag: SockDiag, states: int) -> list[bytes]:
    try:
        if "TCP" not in diag.refused:
            return diag.dump(TCPDIAG_GETSOCK, tcp_request(states), "sock_diag TCP")
    except KernelRefused as refusal:
        # EPERM, EACCES: a filter that lets only the newer request through. EINVAL, ENOENT: a kernel that gave the old one up.
        diag.refused["TCP"] = refusal
    if NO_TCP in diag.refused:
        raise diag.refused[NO_TCP]
    messages: list[bytes] = []
    for family in _FAMILIES:
        request = tcp_family_request(family, states)
        try:
            messages += diag.dump(SOCK_DIAG_BY_FAMILY, request, f"sock_diag TCP {family.name}")
        except KernelRefused as refusal:
            if refusal.number in _FOR_GOOD:
                diag.refused[NO_TCP] = refusal  # as in `_optional`
            raise
    return messages


def _optional(
    diag: SockDiag, body: bytes, what: str, parse: Callable[[list[bytes]], list[SocketRow]], still: bool
) -> list[SocketRow]:
    if what in diag.refused:
        return []
    try:
        return diag.rows(what, SOCK_DIAG_BY_FAMILY, body, parse, still)
    except KernelRefused as refusal:
        # ENOENT: built without udp_diag, raw_diag or unix_diag, or the module is not there. Asking again would make
        # the kernel look for the module again (net/core/sock_diag.c, sock_load_diag_module).
        if refusal.number in _FOR_GOOD:
            diag.refused[what] = refusal
        else:
            diag.missed.add(what)  # ENOBUFS, ENOMEM
        return []
