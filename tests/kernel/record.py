"""Writes tests/kernel/fixtures anew from this machine's kernel: ``python -m tests.kernel.record``.

What the tests expect of the fixtures stands in the tests; look at the difference before keeping new ones.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import tempfile

from sockviz.kernel.capture import read_packets
from sockviz.kernel.inet_diag import SOCK_DIAG_BY_FAMILY, TCPDIAG_GETSOCK, tcp_request, udp_request
from sockviz.kernel.netlink import dump_request
from sockviz.kernel.unix_diag import unix_request
from tests.kernel.conftest import FIXTURES, theatre

SEQUENCE = 1
TEXTS = ("tcp", "tcp6", "udp", "udp6", "raw", "unix", "netstat", "snmp", "snmp6")


def blocks(sock: socket.socket, kind: int, body: bytes) -> bytes:
    """The kernel's whole answer, block after block."""
    sock.send(dump_request(kind, body, SEQUENCE))
    answer = b""
    with contextlib.suppress(BlockingIOError):
        while True:
            answer += sock.recv(1 << 16, socket.MSG_DONTWAIT)
    return answer


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        for stage in theatre(False, directory):
            dumps = {
                "tcp": blocks(stage.diag.sock, TCPDIAG_GETSOCK, tcp_request()),
                "udp4": blocks(stage.diag.sock, SOCK_DIAG_BY_FAMILY, udp_request(socket.AF_INET)),
                "udp6": blocks(stage.diag.sock, SOCK_DIAG_BY_FAMILY, udp_request(socket.AF_INET6)),
                "unix": blocks(stage.diag.sock, SOCK_DIAG_BY_FAMILY, unix_request()),
            }
            for name, data in dumps.items():
                (FIXTURES / f"{name}.bin").write_bytes(data)
            for name in TEXTS:
                (FIXTURES / f"{name}.txt").write_text(stage.run("cat", f"/proc/net/{name}"))
            with open(FIXTURES / "lo.pcap", "wb") as file:
                file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 256, 1))
                for packet in read_packets(stage.capture, "lo"):
                    whole, part = int(packet.at), round(packet.at % 1 * 1e9)
                    file.write(
                        struct.pack("<4I", whole, part, len(packet.raw), packet.wire_length) + packet.raw
                    )


if __name__ == "__main__":
    main()
