"""The link between two hosts: a process of its own inside the lab that passes every frame, or keeps it.

Run as ``python -I wire.py CONTROL_FD HOME_FD CLIENT_FD SERVER_FD`` (namespaces as descriptors). In flow a frame is forwarded
first and reported after; while holding, it waits until a verb lets it go. The bytes are the kernel's own, never changed.

Orders come as JSON datagrams; reports go out as binary ones (see REPORT), each in the order things happened.
"""

from __future__ import annotations

import collections
import errno
import json
import os
import select
import socket
import struct
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sockviz.lab.wire_frames import Frame, describe

#: kind, sender (0 client, 1 server), frame's number, its entry's number, stamp. The frame's bytes follow an arrival.
REPORT = struct.Struct("!cBQQd")
ARRIVED, DELIVERED, DROPPED, DUPLICATED, ANSWER, READY, REFUSED = b"a", b"d", b"x", b"2", b"=", b"r", b"!"
HOSTS = ("client", "server")
ETH_P_ALL, SOL_PACKET, PACKET_IGNORE_OUTGOING = 3, 263, 23
LARGEST_FRAME = 1 << 16
#: Reports that may wait while sockviz is busy, before frames wait too.
MOST_WAITING = 100_000


@dataclass(slots=True)
class Entry:
    """A segment that is held, with its copies: the kernel sends it again while it waits."""

    frames: collections.deque[Frame]
    due: float | None = None  # when a delay ends

    @property
    def first(self) -> Frame:
        """The copy that has waited longest."""
        return self.frames[0]


@dataclass(slots=True)
class Order:
    """A verb that waits for its match. ``number`` is answered when it is done."""

    number: int
    verb: str
    pattern: str | None
    seconds: float = 0.0


@dataclass(slots=True)
class Wire:
    """The link's state and its verbs. `send` puts a frame on a host's device, `report` tells sockviz."""

    ports: dict[str, socket.socket]
    control: socket.socket
    holding: set[str] = field(default_factory=set)
    held: list[Entry] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    outbox: collections.deque[bytes] = field(default_factory=collections.deque)
    frames: int = 0

    # --- frames -----------------------------------------------------------------------------------------------

    def arrived(self, sender: str, data: bytes) -> None:
        """A host sent a frame."""
        now = time.time()
        self.frames += 1
        frame = describe(self.frames, sender, now, data)
        if sender not in self.holding and not self.orders:
            self.send(frame)
            self.report(ARRIVED, frame, frame.number, now, data)
            self.report(DELIVERED, frame, frame.number, time.time())
            return
        copy_of = next(
            (e for e in self.held if frame.identity is not None and e.first.identity == frame.identity), None
        )
        entry = copy_of or Entry(collections.deque())
        entry.frames.append(frame)
        self.report(ARRIVED, frame, entry.first.number, now, data)
        if copy_of is not None:
            return  # it waits with the one it repeats
        self.held.append(entry)
        order = next((o for o in self.orders if frame.matches(o.pattern)), None)
        if order is not None:
            self.orders.remove(order)
            self.carry_out(order, entry)
        elif sender not in self.holding:
            self.deliver(entry)

    def deliver(self, entry: Entry) -> None:
        """Lets one copy through."""
        frame = entry.frames.popleft()
        self.send(frame)
        self.report(DELIVERED, frame, frame.number, time.time())
        if not entry.frames:
            self.held.remove(entry)
        entry.due = None

    def drop(self, entry: Entry) -> None:
        """Discards all waiting copies."""
        for frame in entry.frames:
            self.report(DROPPED, frame, frame.number, time.time())
        self.held.remove(entry)

    def duplicate(self, entry: Entry) -> None:
        """Lets one copy through twice."""
        frame = entry.first
        self.send(frame)
        self.report(DUPLICATED, frame, frame.number, time.time())
        self.deliver(entry)

    def send(self, frame: Frame) -> None:
        """Puts a frame on the other host's device, byte for byte."""
        receiver = HOSTS[1 - HOSTS.index(frame.sender)]
        try:
            self.ports[receiver].send(frame.data)
        except OSError as error:
            if error.errno not in (errno.ENOBUFS, errno.ENETDOWN):
                raise  # ENOBUFS: the device's queue is full: a real link drops then too. ENETDOWN: the lab is ending.

    # --- verbs -------------------------------------------------------------------------------------------------

    def ordered(self, message: dict[str, object]) -> None:
        """Carries out an order, or keeps it until its match comes."""
        number, verb = int(str(message["n"])), str(message["verb"])
        pattern = message.get("pattern")
        match verb:
            case "hold":
                self.holding |= {str(pattern)} if pattern else set(HOSTS)
                self.answer(number)
            case "release":
                self.holding.clear()
                self.orders.clear()
                while self.held:
                    self.deliver(self.held[0])
                self.answer(number)
            case "cancel":
                self.orders = [order for order in self.orders if order.number != number]
            case "deliver" | "drop" | "duplicate" | "delay":
                seconds = float(str(message.get("seconds", 0)))
                order = Order(number, verb, str(pattern) if pattern else None, seconds)
                self.take_up(order, message.get("frame"))

    def take_up(self, order: Order, frame: object) -> None:
        """An order for one frame, by its number or by what it is."""
        if frame is not None:
            entry = next((e for e in self.held if any(f.number == frame for f in e.frames)), None)
        else:
            entry = next((e for e in self.held if e.first.matches(order.pattern)), None)
        if entry is not None:
            self.carry_out(order, entry)
        elif frame is not None:
            self.answer(order.number)  # it is not held any more: nothing to do
        else:
            self.orders.append(order)
            if not self.holding:
                self.answer(order.number)  # armed for the next match; in flow nobody waits for it

    def carry_out(self, order: Order, entry: Entry) -> None:
        """Does to the entry what the order says."""
        match order.verb:
            case "deliver":
                self.deliver(entry)
            case "drop":
                self.drop(entry)
            case "duplicate":
                self.duplicate(entry)
            case "delay":
                entry.due = time.monotonic() + order.seconds
        self.answer(order.number)

    def due(self) -> float | None:
        """Seconds until the next delay ends; delivers what is due now."""
        now = time.monotonic()
        for entry in [e for e in self.held if e.due is not None and e.due <= now]:
            while entry in self.held:
                self.deliver(entry)
        waiting = [e.due - now for e in self.held if e.due is not None]
        return max(0.0, min(waiting)) if waiting else None

    # --- reports --------------------------------------------------------------------------------------------------

    def report(self, kind: bytes, frame: Frame, entry: int, at: float, data: bytes = b"") -> None:
        """Tells sockviz what became of a frame."""
        self.outbox.append(REPORT.pack(kind, HOSTS.index(frame.sender), frame.number, entry, at) + data)

    def answer(self, number: int) -> None:
        """Tells sockviz that an order is done."""
        self.outbox.append(REPORT.pack(ANSWER, 0, number, 0, time.time()))

    def flush(self) -> None:
        """Sends what it can without waiting: a repaint of the screen must never hold up the wire."""
        while self.outbox:
            try:
                self.control.send(self.outbox[0], socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError:
                os._exit(0)  # EPIPE, ECONNRESET: sockviz has gone
            self.outbox.popleft()

    # --- the loop ---------------------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Forwards until sockviz goes."""
        poll = select.poll()
        names = {port.fileno(): name for name, port in self.ports.items()}
        for port in self.ports.values():
            poll.register(port, select.POLLIN)
        control = self.control.fileno()
        while True:
            poll.register(control, select.POLLIN | (select.POLLOUT if self.outbox else 0))
            wait = self.due()
            for fd, events in poll.poll(None if wait is None else wait * 1000):
                if fd in names:
                    self.take(names[fd])
                elif events & ~select.POLLOUT:
                    data = self.control.recv(1 << 16)
                    if not data:
                        os._exit(0)
                    self.ordered(json.loads(data))
            self.flush()

    def take(self, sender: str) -> None:
        """Takes what a host has sent, a bounded number of frames at a time so that no side starves."""
        for _ in range(64):
            if len(self.outbox) > MOST_WAITING:
                return
            try:
                data = self.ports[sender].recv(LARGEST_FRAME, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError:
                return  # ENETDOWN: said once when the device goes down
            self.arrived(sender, data)


def port(device: str) -> socket.socket:
    """The wire's end of a host's veth pair: what the host sends is received, what we send the host receives."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
    sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 << 20)
    sock.bind((device, ETH_P_ALL))
    return sock


def main() -> None:
    """Sets the network up, says so, and forwards."""
    from sockviz.lab.wire_setup import HostPlan, SetupRefused, connect

    control_fd, home, *namespaces = (int(word) for word in sys.argv[1:])
    control = socket.socket(fileno=control_fd)
    plans = {
        name: HostPlan(name, f"10.0.0.{number}", f"02:00:00:00:00:0{number}", namespace)
        for number, (name, namespace) in enumerate(zip(HOSTS, namespaces, strict=True), start=1)
    }
    try:
        connect(plans, home)
        ports = {name: port(name) for name in HOSTS}
    except SetupRefused as refusal:
        step, number = refusal.args
        control.send(REFUSED + json.dumps({"step": step, "errno": number}).encode())
        return
    except OSError as error:
        control.send(
            REFUSED + json.dumps({"step": "the wire's packet sockets", "errno": error.errno}).encode()
        )
        return
    for namespace in (home, *namespaces):
        os.close(namespace)
    control.send(REPORT.pack(READY, 0, 0, 0, time.time()))
    Wire(ports, control).serve()


if __name__ == "__main__":
    main()
