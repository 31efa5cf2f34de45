"""The wire's end of a host's veth pair: what the host sends is received here, what is sent here the host receives.

Frames are received through a ring that is shared with the kernel (PACKET_RX_RING): a socket's own buffer is cut at
net.core.rmem_max, which on most machines has room for less than one TCP connection may have under way, and what it has no room
for the link would lose. The ring also has the kernel's stamp of each frame, made when it arrived.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import socket
import struct

from sockviz.lab.at_the_side import begin
from sockviz.lab.confinement import libc

ETH_P_ALL, SOL_PACKET = 3, 263
PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION, PACKET_IGNORE_OUTGOING = 5, 6, 10, 23
TPACKET_V2 = 1
#: linux/if_packet.h, struct tpacket2_hdr: status, length, captured length, offset of the frame, of its payload, stamp.
HEADER = struct.Struct("=IIIHHII")
STATUS = struct.Struct("=I")
OURS = 1  # TP_STATUS_USER; 0 gives a slot back to the kernel
#: A slot holds a frame of an Ethernet device's usual 1500 bytes and what the kernel puts before it.
SLOT, BLOCK, SLOTS = 2048, 1 << 16, 4096


class Port:
    """The packet socket of a device, once that is there (`open`).

    The kernel gives a packet socket its ring, and lets one go, only when nobody can be reading its lists of them any more: some
    ticks of its clock each time (net/packet/af_packet.c, packet_set_ring and packet_release: synchronize_net). Making one
    begins at once, at the side.
    """

    def __init__(self) -> None:
        self._socket: socket.socket
        self._ring: mmap.mmap
        self._next = 0
        self._made = begin(self._make)

    def _make(self) -> None:
        # Protocol 0 receives nothing until bind, so no frame comes in before all is set up.
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        self._socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self._socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        size = SLOT * SLOTS
        ring = struct.pack("=4I", BLOCK, size // BLOCK, SLOT, SLOTS)
        # The C function: Python's own lets no other thread go on meanwhile.
        if libc.setsockopt(self._socket.fileno(), SOL_PACKET, PACKET_RX_RING, ring, len(ring)) == -1:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        self._ring = mmap.mmap(self._socket.fileno(), size)

    def open(self, device: str) -> None:
        """Begins to receive. Raises OSError where the kernel refuses one of its parts."""
        self._made()
        self._socket.bind((device, ETH_P_ALL))

    def close(self) -> None:
        """Closes it: nothing that maps the ring may hold the socket."""
        self._ring.close()
        self._socket.close()

    def fileno(self) -> int:
        """For poll: readable where a frame waits."""
        return self._socket.fileno()

    def receive(self) -> tuple[bytes, float] | None:
        """The next frame that waits, and when it arrived (CLOCK_REALTIME); None where there is none."""
        at = self._next
        status, _, length, offset, _, seconds, nanoseconds = HEADER.unpack_from(self._ring, at)
        if not status & OURS:
            return None
        frame = self._ring[at + offset : at + offset + length]
        STATUS.pack_into(self._ring, at, 0)
        self._next = (at + SLOT) % (SLOT * SLOTS)
        return frame, seconds + nanoseconds / 1e9

    def send(self, frame: bytes) -> None:
        """Puts a frame on the device. Raises OSError."""
        self._socket.send(frame)

    def clear_error(self) -> None:
        """Takes note of an error, or poll would speak of it for ever. ENETDOWN: said once when the device goes down."""
        self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def lost(self) -> int:
        """How many frames the kernel had no room for since this was last asked: it counts from 0 again."""
        return int(struct.unpack("=2I", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1])
