"""Traffic between two hosts, from inside: ``python -m tests.lab.traffic SERVER_PID CLIENT_PID WHAT COUNT``.

Enters the networks of two processes and has 10.0.0.1 and 10.0.0.2 exchange datagrams (``udp``), bytes (``tcp``), COUNT bytes
(``bulk``) or COUNT connections (``connections``), a byte each. Prints, as JSON, round trips in microseconds, or seconds.
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
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
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


def greet(count: int, ready: Callable[[], None]) -> None:
    """Takes `count` connections one after the other, and a byte from each."""
    with socket.create_server(SERVER) as listener:
        ready()
        for _ in range(count):
            conn, _ = listener.accept()
            with conn:
                conn.recv(1)
                conn.recv(1)  # end-of-file: the client closes first


def connections(count: int) -> float:
    """Seconds that so many connections take, each opened, used and closed."""
    begin = time.perf_counter()
    for _ in range(count):
        with socket.create_connection(SERVER) as sock:
            sock.send(b".")
    return time.perf_counter() - begin


SERVE: dict[str, Callable[[int, Callable[[], None]], None]] = {
    "udp": lambda _count, ready: echo(socket.SOCK_DGRAM, ready),
    "tcp": lambda _count, ready: echo(socket.SOCK_STREAM, ready),
    "bulk": sink,
    "connections": greet,
}
ASK: dict[str, Callable[[int], object]] = {
    "udp": lambda count: round_trips(socket.SOCK_DGRAM, count),
    "tcp": lambda count: round_trips(socket.SOCK_STREAM, count),
    "bulk": bulk,
    "connections": connections,
}


def main() -> None:
    """See the module's docstring."""
    server_pid, client_pid, what, count = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            enter(server_pid)
            SERVE[what](count, lambda: os.close(writing))
        finally:
            os._exit(0)
    os.close(writing)
    os.read(reading, 1)  # end-of-file: it is ready
    try:
        enter(client_pid)
        print(json.dumps(ASK[what](count)))
    finally:
        if what in ("udp", "tcp"):  # they never end by themselves
            os.kill(child, 9)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
