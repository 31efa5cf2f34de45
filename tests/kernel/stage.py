"""Runs in a process of its own: makes sockets in every state that can be reached, in a private network namespace.

Started with the number of a SOCK_SEQPACKET descriptor. Over it goes first one message, what the sockets' own calls say of
them, with a sock_diag socket and a capture of the namespace's loopback; then it answers requests until the other end closes.
"""

from __future__ import annotations

import array
import ctypes
import errno
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable

from sockviz.kernel.capture import open_capture
from sockviz.kernel.sock_diag import open_sock_diag
from sockviz.model.values import encode

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP, IFF_RUNNING = 0x8914, 0x8916, 0x1, 0x40
SO_COOKIE, SO_ATTACH_FILTER, SO_DETACH_FILTER = 57, 26, 27
DEADLINE = 10.0

#: /include/net/tcp_states.h
(
    ESTABLISHED,
    SYN_SENT,
    SYN_RECV,
    FIN_WAIT1,
    FIN_WAIT2,
    TIME_WAIT,
    CLOSE,
    CLOSE_WAIT,
    LAST_ACK,
    LISTEN,
    CLOSING,
) = range(1, 12)


def enter_namespaces() -> None:
    """User and network namespaces of our own, with the same user number, and loopback up."""
    uid, gid = os.getuid(), os.getgid()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER | CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    bring_up_loopback()


def bring_up_loopback() -> None:
    """Loopback with an IPv6 link-local address beside its usual two."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP | IFF_RUNNING))
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        link_local = socket.inet_pton(socket.AF_INET6, "fe80::1")
        fcntl.ioctl(sock, SIOCSIFADDR, struct.pack("=16sIi", link_local, 64, socket.if_nametoindex("lo")))


def wait_until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        os.sched_yield()


def state_of(sock: socket.socket) -> int:
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]


def in_state(sock: socket.socket, state: int) -> socket.socket:
    wait_until(lambda: state_of(sock) == state, f"state {state}, not {state_of(sock)}")
    return sock


def lose_everything(sock: socket.socket) -> None:
    """From now on `sock` drops every segment that arrives for it: a classic BPF program that returns 0."""
    program = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(program)))


def hear_again(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)


class Stage:
    """The sockets, by the name of the situation each is in; all stay open until the process ends."""

    def __init__(self) -> None:
        self.sockets: dict[str, socket.socket] = {}
        self.said: dict[str, dict[str, object]] = {}

    def add(self, name: str, sock: socket.socket) -> socket.socket:
        self.sockets[name] = sock
        return sock

    def listener(self, name: str, port: int, backlog: int = 8, host: str = "127.0.0.1") -> socket.socket:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(backlog)
        return self.add(name, sock)

    def pair(self, name: str, listener: socket.socket) -> tuple[socket.socket, socket.socket]:
        client = socket.create_connection(listener.getsockname()[:2])
        server, _ = listener.accept()
        return self.add(f"{name} client", client), self.add(f"{name} server", server)

    def tcp(self) -> None:
        full = self.listener("full listener", 8080, 1)
        for n in (1, 2):
            self.add(f"waiting {n}", socket.create_connection(full.getsockname())).send(b"early" * n)
        late = self.add("one too many", socket.socket())
        late.setblocking(False)
        if late.connect_ex(full.getsockname()) != errno.EINPROGRESS:
            raise RuntimeError("the connection over the backlog was not left waiting")
        in_state(late, SYN_SENT)

        deferring = self.listener("deferring listener", 8081)
        deferring.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)
        self.add("half open client", socket.create_connection(deferring.getsockname()))

        listener = self.listener("listener", 8082)
        self.pair("idle", listener)
        client, server = self.pair("unread", listener)
        client.send(b"x" * 1000)
        wait_until(lambda: len(server.recv(4096, socket.MSG_PEEK)) == 1000, "the bytes in the receive queue")
        client, server = self.pair("stuffed", listener)
        client.setblocking(False)
        sent = 0
        try:
            while True:
                sent += client.send(b"y" * 65536)
        except BlockingIOError:
            pass
        client, _ = self.pair("kept alive", listener)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

        client, server = self.pair("half closed", listener)
        client.shutdown(socket.SHUT_WR)
        in_state(server, CLOSE_WAIT), in_state(client, FIN_WAIT2)
        client, server = self.pair("orphaned", listener)
        client.close()
        in_state(server, CLOSE_WAIT)
        client, server = self.pair("over", listener)
        client.close()
        in_state(server, CLOSE_WAIT)
        server.close()

        client, server = self.pair("unheard", listener)
        lose_everything(server)
        client.shutdown(socket.SHUT_WR)
        in_state(client, FIN_WAIT1)
        client, server = self.pair("last", listener)
        client.shutdown(socket.SHUT_WR)
        in_state(server, CLOSE_WAIT), in_state(client, FIN_WAIT2)
        lose_everything(client)
        server.shutdown(socket.SHUT_RDWR)
        in_state(server, LAST_ACK)
        client, server = self.pair("crossed", listener)
        for end in (client, server):
            lose_everything(end)
        for end in (client, server):
            end.shutdown(socket.SHUT_WR)
        in_state(client, FIN_WAIT1), in_state(server, FIN_WAIT1)
        hear_again(server)
        in_state(server, CLOSING)

        for name, family, address in (
            ("bound", socket.AF_INET, ("127.0.0.1", 8083)),
            ("bound to all", socket.AF_INET, ("", 8084)),
            ("bound 6", socket.AF_INET6, ("::1", 8083)),
        ):
            self.add(name, socket.socket(family)).bind(address)
        self.add("fresh", socket.socket())

        dual = self.listener("dual listener", 8085, 4, "::")
        self.add("mapped client", socket.create_connection(("127.0.0.1", 8085)))
        self.add("mapped server", dual.accept()[0])
        self.add("six client", socket.create_connection(("::1", 8085)))
        self.add("six server", dual.accept()[0])
        scope = socket.if_nametoindex("lo")
        near = self.add("link-local client", socket.socket(socket.AF_INET6))
        near.connect(("fe80::1", 8085, 0, scope))
        self.add("link-local server", dual.accept()[0])

    def udp(self) -> None:
        inbox = self.add("inbox", socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        inbox.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
        inbox.bind(("127.0.0.1", 9090))
        sender = self.add("sender", socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sender.connect(inbox.getsockname())
        for _ in range(20):
            sender.send(b"d" * 600)
        six = self.add("inbox 6", socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        six.bind(("::1", 9091))
        six_sender = self.add("sender 6", socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        six_sender.connect(six.getsockname())
        six_sender.send(b"six")
        for host, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
            with socket.socket(family, socket.SOCK_DGRAM) as nobody:
                nobody.connect((host, 9099))
                nobody.send(b"to a closed port")
        raw = self.add("raw", socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
        raw.sendto(bytes.fromhex("0800f7fd00010001"), ("127.0.0.1", 0))

    def unix(self) -> None:
        stream = self.add("unix listener", socket.socket(socket.AF_UNIX))
        stream.bind("stage sock")  # a relative path; the space is meant
        stream.listen(5)
        client = self.add("unix client", socket.socket(socket.AF_UNIX))
        client.connect("stage sock")
        server = self.add("unix server", stream.accept()[0])
        server.send(b"hello")
        waiting = self.add("unix waiting", socket.socket(socket.AF_UNIX))
        waiting.connect("stage sock")
        packets = self.add("unix packets", socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        packets.bind(b"\0stage\0packets")
        packets.listen(0)
        left, right = socket.socketpair()
        self.add("left", left), self.add("right", right)
        left.send(b"abc")
        bound = self.add("unix bound", socket.socket(socket.AF_UNIX))
        bound.bind("stage bound")
        mailbox = self.add("mailbox", socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        mailbox.bind("\0stage mailbox")
        writer = self.add("writer", socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        writer.connect("\0stage mailbox")
        writer.send(b"a letter")
        widow, gone = socket.socketpair()
        self.add("widow", widow)
        gone.close()

    def report(self) -> dict[str, object]:
        for name, sock in self.sockets.items():
            if sock.fileno() < 0:
                continue  # closed on purpose: only the kernel can still speak of it
            try:
                peer = encode(sock.getpeername())
            except OSError:
                peer = None
            self.said[name] = {
                "local": encode(sock.getsockname()),
                "peer": peer,
                "cookie": struct.unpack("=Q", sock.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))[0],
                "inode": os.fstat(sock.fileno()).st_ino,
                "fd": sock.fileno(),
                "family": sock.family.name,
                "type": sock.type.name,
            }
        return {"pid": os.getpid(), "uid": os.getuid(), "sockets": self.said}


def answer(request: dict[str, list[str]]) -> str:
    if "run" in request:
        done = subprocess.run(request["run"], capture_output=True, text=True, check=False)
        return json.dumps({"status": done.returncode, "out": done.stdout, "err": done.stderr})
    raise ValueError(request)


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    enter_namespaces()
    capture, diag = open_capture("lo"), open_sock_diag()
    stage = Stage()
    stage.udp()
    stage.tcp()
    stage.unix()
    descriptors = array.array("i", [diag.fileno(), capture.fileno()])
    control.sendmsg(
        [json.dumps(stage.report()).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors.tobytes())]
    )
    while request := control.recv(65536):
        control.send(answer(json.loads(request)).encode())


if __name__ == "__main__":
    main()
