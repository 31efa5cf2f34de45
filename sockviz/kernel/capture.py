"""Takes packets off an interface through an AF_PACKET socket, with the kernel's own receive stamps."""

from __future__ import annotations

import errno
import socket
from struct import Struct, error

from sockviz.kernel.errors import KernelRefused
from sockviz.kernel.stamps import wait_for_stamps
from sockviz.model.segments import Packet

#: As much of each frame as is kept: all headers and the beginning of the payload.
SNAP_LENGTH = 256

_ETH_P_ALL = 0x0003
_SOL_PACKET = 263  # linux/socket.h
_PACKET_STATISTICS = 6  # linux/if_packet.h
_PACKET_AUXDATA = 8
_PACKET_IGNORE_OUTGOING = 23  # Linux 4.20
_SO_RCVBUFFORCE = 33
_SO_TIMESTAMPNS = 35  # SCM_TIMESTAMPNS is the same number

_RECEIVE_BUFFER = 16 << 20
_STAMP = Struct("@ll")  # struct timespec
_AUXDATA = Struct("=3I4H")  # status, length on the wire, captured length, offsets, VLAN
_STATISTICS = Struct("=2I")  # packets, drops
_CONTROL = socket.CMSG_SPACE(_STAMP.size) + socket.CMSG_SPACE(_AUXDATA.size)


def open_capture(interface: str) -> socket.socket:
    """A non-blocking capture of `interface`, packets that it receives only: on loopback each would appear twice otherwise.

    Needs CAP_NET_RAW in the network namespace. Raises `KernelRefused`.
    """
    try:
        # Protocol 0 receives nothing until bind, so no packet comes in before the socket is set up.
        sock = socket.socket(
            socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, 0
        )
    except OSError as failure:
        # EPERM: no CAP_NET_RAW here. EAFNOSUPPORT: a kernel without packet sockets, or a seccomp filter.
        raise KernelRefused(
            failure.errno or errno.EIO,
            "socket(AF_PACKET, SOCK_RAW)",
            "packets are inferred instead of captured",
        ) from None
    return prepare_capture(sock, interface)


def prepare_capture(sock: socket.socket, interface: str) -> socket.socket:
    """Sets up an AF_PACKET socket, made with protocol 0 perhaps in another network namespace, and starts it on `interface`.

    Returns `sock`; closes it and raises `KernelRefused` where that fails.
    """
    try:
        sock.setblocking(False)
        try:
            sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
        except PermissionError:
            # EPERM: asks for CAP_NET_ADMIN in the first user namespace. SO_RCVBUF is cut at net.core.rmem_max.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        sock.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        sock.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        wait_for_stamps()
        sock.bind((interface, _ETH_P_ALL))
    except OSError as failure:
        # ENODEV: no such interface. ENETDOWN: it is not up.
        sock.close()
        raise KernelRefused(failure.errno or errno.EIO, f"capture on {interface}") from None
    return sock


def read_packets(sock: socket.socket, interface: str, *, limit: int = 4096) -> list[Packet]:
    """The packets that wait in the capture, at most `limit` frames, in order of arrival. Raises `KernelRefused`."""
    packets: list[Packet] = []
    for _ in range(limit):
        try:
            # Without MSG_TRUNC the result is cut to the buffer; the full length comes with PACKET_AUXDATA.
            frame, control, _, _ = sock.recvmsg(SNAP_LENGTH, _CONTROL, socket.MSG_DONTWAIT)
        except BlockingIOError:
            break  # all read
        except OSError as failure:
            # ENETDOWN: the interface went down, or its namespace ended. Said once; the next read goes on.
            raise KernelRefused(failure.errno or errno.EIO, f"capture on {interface}") from None
        at, wire_length = parse_control(control, len(frame))
        from sockviz.kernel.packets import parse_frame  # with the first frame, not before

        packet = parse_frame(frame, at=at, wire_length=wire_length, interface=interface)
        if packet is not None:
            packets.append(packet)
    return packets


def parse_control(control: list[tuple[int, int, bytes]], captured: int) -> tuple[float, int]:
    """The stamp (CLOCK_REALTIME seconds) and the length on the wire that came with a frame of `captured` bytes."""
    at, wire_length = 0.0, captured
    for level, kind, value in control:
        try:
            if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
                seconds, nanoseconds = _STAMP.unpack_from(value)
                at = seconds + nanoseconds / 1e9
            elif (level, kind) == (_SOL_PACKET, _PACKET_AUXDATA):
                wire_length = _AUXDATA.unpack_from(value)[1]
        except error:
            continue  # control data that did not fit its buffer is cut
    return at, wire_length


def lost_packets(sock: socket.socket) -> int:
    """How many packets the capture had no room for since this was last asked (the kernel counts from 0 again)."""
    try:
        data = sock.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, _STATISTICS.size)
    except OSError as failure:
        # EBADF: the capture was closed.
        raise KernelRefused(failure.errno or errno.EIO, "getsockopt(PACKET_STATISTICS)") from None
    drops: int = _STATISTICS.unpack(data)[1]
    return drops
