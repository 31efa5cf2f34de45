"""Traffic between two hosts, from inside: ``python -m tests.benchmarks.traffic SERVER_PID CLIENT_PID WHAT COUNT``.

Enters the networks of two processes, exchanges datagrams or bytes between 10.0.0.1 and 10.0.0.2, and prints what it took: for
``udp`` and ``tcp`` a JSON list of round trips in microseconds, for ``bulk`` the seconds that COUNT bytes took.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sys
import time
from collections.abc import Callable

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SERVER = ("10.0.0.2", 9000)
PAYLOAD = bytes(64)


def enter(pid: int) -> None:
    """Moves this process into the user and network namespace of `pid`."""
    pidfd = os.pidfd_open(pid)
    libc = ctypes.CDLL(None, use_errno=True)
    # EINVAL: already in that user namespace.
    if libc.setns(pidfd, CLONE_NEWUSER | CLONE_NEWNET) == -1 and libc.setns(pidfd, CLONE_NEWNET) == -1:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(pidfd)


def echo(kind: socket.SocketKind, ready: Callable[[], None]) -> None:
    """Answers until killed."""
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(SERVER)
        if kind == socket.SOCK_DGRAM:
            ready()
            while True:
                data, peer = sock.recvfrom(2048)
                sock.sendto(data, peer)
        sock.listen(1)
        ready()
        conn, _ = sock.accept()
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := conn.recv(1 << 18):
            conn.sendall(data)


def sink(size: int, ready: Callable[[], None]) -> None:
    """Takes `size` bytes and says when it has them."""
    with socket.create_server(SERVER) as listener:
        ready()
        conn, _ = listener.accept()
        while size:
            size -= len(conn.recv(1 << 20))
        conn.sendall(b".")


def round_trips(kind: socket.SocketKind, count: int) -> list[float]:
    """Microseconds of each exchange; the first tenth is left out."""
    spans = []
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.settimeout(10)
        sock.connect(SERVER)
        if kind == socket.SOCK_STREAM:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            begin = time.perf_counter()
            sock.send(PAYLOAD)
            sock.recv(2048)
            spans.append((time.perf_counter() - begin) * 1e6)
    return spans[count // 10 :]


def bulk(size: int) -> float:
    """Seconds until `size` bytes have arrived."""
    with socket.create_connection(SERVER) as sock:
        begin = time.perf_counter()
        sock.sendall(bytes(size))
        sock.recv(1)
        return time.perf_counter() - begin


def main() -> None:
    """See the module's docstring."""
    server_pid, client_pid, what, count = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    kind = socket.SOCK_DGRAM if what == "udp" else socket.SOCK_STREAM
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            # Its own death is certain: the parent kills it, and it dies with the namespace's last process otherwise.
            enter(server_pid)
            said: Callable[[], None] = lambda: os.write(writing, b".") and None  # noqa: E731
            sink(count, said) if what == "bulk" else echo(kind, said)
        finally:
            os._exit(0)
    os.close(writing)
    os.read(reading, 1)
    try:
        enter(client_pid)
        print(json.dumps(bulk(count) if what == "bulk" else round_trips(kind, count)))
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
