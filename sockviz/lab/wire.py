"""The link between two hosts: a process of its own inside the lab that passes every frame, or keeps it.

Standard library only; init.py runs `main` in a process that it has forked. In flow a frame is forwarded first and reported after;
while holding, it waits until a verb lets it go. The bytes are the kernel's own, never changed.

What the hosts' own housekeeping sends (ARP and the like, which no lesson speaks of) always passes. The fragments of one datagram
are held together and have one fate: a verb waits a moment for those that are still on their way from the host.

Orders come as JSON datagrams; reports go out as binary ones (see REPORT), each in the order things happened.
"""

from __future__ import annotations

import collections
import errno
import json
import math
import os
import select
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import field
from typing import NoReturn, Protocol

from sockviz.dataclass import dataclass
from sockviz.lab.at_the_side import begin
from sockviz.lab.confinement import StepRefused
from sockviz.lab.losses import Losses
from sockviz.lab.wire_entries import GATHERING, HeldFrame, LinkOrder
from sockviz.lab.wire_frames import HOUSEKEEPING, Frame, describe
from sockviz.lab.wire_port import Port
from sockviz.lab.wire_setup import HostPlan, connect
from sockviz.lab.wire_steps import LISTENING
from sockviz.model.hosts import ADDRESSES, ADDRESSES6, HOSTS

#: kind, sender (0 client, 1 server), frame's number, its entry's number, stamp. The frame's bytes follow an arrival; of frames
#: that were lost the number is how many.
REPORT = struct.Struct("!cBQQd")
ARRIVED, DELIVERED, DROPPED, DUPLICATED, ANSWER, READY, REFUSED = b"a", b"d", b"x", b"2", b"=", b"r", b"!"
LOST = b"?"
#: Dropped, because it is sent for the first time (`sockviz.lab.losses`).
LOST_FIRST = b"1"
#: Frames taken from one side before the other has its turn.
AT_ONCE = 64
#: Reports that may wait while sockviz is busy, before frames wait too.
MOST_WAITING = 100_000


#: So many packets are held at a time (a retransmission waits with the first): what comes then is dropped, as a full queue does.
MOST_HELD = 256


class Device(Protocol):
    """A host's end of the link, as `sockviz.lab.wire_port.Port` has it."""

    def fileno(self) -> int:
        """For poll."""

    def receive(self) -> tuple[bytes, float] | None:
        """The next frame that waits, and when it arrived."""

    def send(self, frame: bytes) -> None:
        """Puts a frame on it. Raises OSError."""

    def clear_error(self) -> None:
        """Takes note of what poll calls an error."""

    def lost(self) -> int:
        """How many frames there was no room for since this was last asked."""

    def close(self) -> None:
        """Lets go of it."""


@dataclass(slots=True)
class Wire:
    """The link's state and its verbs. `send` puts a frame on a host's device, `report` tells sockviz."""

    ports: Mapping[str, Device]
    control: socket.socket
    holding: set[str] = field(default_factory=set)
    held: list[HeldFrame] = field(default_factory=list)
    orders: list[LinkOrder] = field(default_factory=list)
    outbox: collections.deque[bytes] = field(default_factory=collections.deque)
    frames: int = 0
    losses: Losses | None = None

    # --- frames -----------------------------------------------------------------------------------------------

    def arrived(self, sender: str, data: bytes, at: float) -> None:
        """A host sent a frame; `at` is when the kernel had it."""
        self.frames += 1
        kept = sender in self.holding
        # In flow sockviz alone reads it.
        read = describe if kept or self.orders or self.held or self.losses is not None else Frame
        frame = read(self.frames, sender, at, data)
        if frame.label == HOUSEKEEPING:
            self.report(ARRIVED, frame, frame.number, at, data)
            self.pass_on(frame)
            return
        if self.losses is not None and self.losses.loses(frame):
            self.report(ARRIVED, frame, frame.number, at, data)
            self.report(LOST_FIRST, frame, frame.number, after(frame))
            return
        entry = self.joined(frame, kept)
        if entry is not None:  # it waits with the one it repeats, or with the rest of its datagram
            self.report(ARRIVED, frame, entry.number, at, data)
            entry.frames.append(frame)
            if entry.order is not None:
                if entry.is_whole:
                    self.do(entry.order, entry)
                return
            if entry.head is not frame or frame.part is None:
                return
            # Only now, with its first fragment, can an order mean it.
        else:
            self.report(ARRIVED, frame, frame.number, at, data)
            if len(self.held) >= MOST_HELD:  # no wire is without an end
                self.report(DROPPED, frame, frame.number, after(frame))
                return
            entry = HeldFrame(frame.number, [frame])
            self.held.append(entry)
        # "The next one" is the next that is kept: what flows anyway needs no letting through.
        orders = (
            o for o in self.orders if frame.matches(o.pattern) and (kept or o.pattern or o.verb != "deliver")
        )
        order = next(orders, None)
        if order is not None:
            self.orders.remove(order)
            self.carry_out(order, entry)
        elif not kept and entry.due is None:
            self.deliver(entry)

    def joined(self, frame: Frame, kept: bool) -> HeldFrame | None:
        """What waits and has the rest of `frame`'s datagram, or where it is kept the segment that it is a copy of."""
        if frame.part is not None and (mates := next((e for e in self.held if e.lacks(frame)), None)):
            return mates
        if frame.identity is None or not kept:
            return None
        return next((each for each in self.held if each.head.identity == frame.identity), None)

    def deliver(self, entry: HeldFrame) -> None:
        """Lets one copy through."""
        for frame in entry.oldest:
            self.pass_on(frame)
            entry.frames.remove(frame)
        if not entry.frames:
            self.held.remove(entry)
        entry.due = None

    def drop(self, entry: HeldFrame) -> None:
        """Discards all waiting copies."""
        for frame in entry.frames:
            self.report(DROPPED, frame, frame.number, after(frame))
        self.held.remove(entry)

    def duplicate(self, entry: HeldFrame) -> None:
        """Lets one copy through twice."""
        for frame in entry.oldest:
            self.pass_on(frame, DUPLICATED)
        self.deliver(entry)

    def pass_on(self, frame: Frame, kind: bytes = DELIVERED) -> None:
        """Lets a frame through, and tells."""
        at = after(frame)  # before it is sent: the other kernel may answer before the system call returns
        if self.send(frame):
            self.report(kind, frame, frame.number, at)
        elif kind == DELIVERED:
            self.report(DROPPED, frame, frame.number, at)

    def send(self, frame: Frame) -> bool:
        """Puts a frame on the other host's device, byte for byte. Whether there was room."""
        receiver = HOSTS[1 - HOSTS.index(frame.sender)]
        try:
            self.ports[receiver].send(frame.data)
        except OSError as error:
            if error.errno not in (errno.ENOBUFS, errno.ENETDOWN):
                raise  # ENOBUFS: the device's queue is full: a real link drops then too. ENETDOWN: the lab is ending.
            return False
        return True

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
                # What still waits for a match has it no more: everything flows.
                for order in (*self.orders, *(e.order for e in self.held if e.order is not None)):
                    self.answer(order.number)
                self.orders.clear()
                while self.held:
                    self.deliver(self.held[0])
                self.answer(number)
            case "lose first":
                self.losses = Losses()
                self.answer(number)
            case "catch up":
                self.catch_up()
                self.answer(number)
            case "cancel":
                self.orders = [order for order in self.orders if order.number != number]
                for entry in self.held:
                    if entry.order is not None and entry.order.number == number:
                        entry.order = None
            case "deliver" | "drop" | "duplicate" | "delay":
                seconds = float(str(message.get("seconds", 0)))
                order = LinkOrder(number, verb, str(pattern) if pattern else None, seconds)
                self.take_up(order, message.get("frame"))

    def take_up(self, order: LinkOrder, frame: object) -> None:
        """An order for one frame, by its number or by what it is."""
        if frame is not None:
            entry = next((e for e in self.held if any(f.number == frame for f in e.frames)), None)
        else:
            entry = next((e for e in self.held if e.head.matches(order.pattern)), None)
        if entry is not None:
            self.carry_out(order, entry)
        elif frame is not None or (order.verb == "deliver" and not self.holding):
            self.answer(order.number)  # it is not held any more, or nothing is: nothing to do
        else:
            self.orders.append(order)
            if not self.holding:
                self.answer(order.number)  # armed for the next match; in flow nobody waits for it
                order.number = None

    def carry_out(self, order: LinkOrder, entry: HeldFrame) -> None:
        """Does to the entry what the order says, once all of it is there."""
        if order.verb == "delay" or entry.is_whole or order.is_for_one_fragment:
            self.do(order, entry)
            return
        if entry.order is not None:
            self.answer(entry.order.number)  # another order has come since
        entry.order, entry.gathered_by = order, time.monotonic() + GATHERING

    def do(self, order: LinkOrder, entry: HeldFrame) -> None:
        """Does to the entry what the order says."""
        entry.order = None
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
        """Seconds until the next delay ends, or the next order has waited long enough; does what is due now."""
        now = time.monotonic()
        for entry in [e for e in self.held if e.due is not None and e.due <= now]:
            while entry in self.held:
                self.deliver(entry)
        for entry in [e for e in self.held if e.order is not None and e.gathered_by <= now]:
            assert entry.order is not None
            self.do(entry.order, entry)
        waiting = [e.due - now for e in self.held if e.due is not None]
        waiting += [e.gathered_by - now for e in self.held if e.order is not None]
        return max(0.0, min(waiting)) if waiting else None

    # --- reports --------------------------------------------------------------------------------------------------

    def report(self, kind: bytes, frame: Frame, entry: int, at: float, data: bytes = b"") -> None:
        """Tells sockviz what became of a frame."""
        self.outbox.append(REPORT.pack(kind, HOSTS.index(frame.sender), frame.number, entry, at) + data)

    def lose(self, sender: str, count: int) -> None:
        """Tells sockviz that the kernel had no room for frames of a host: the link has lost them."""
        self.outbox.append(REPORT.pack(LOST, HOSTS.index(sender), count, 0, time.time()))

    def answer(self, number: int | None) -> None:
        """Tells sockviz that an order is done."""
        if number is not None:
            self.outbox.append(REPORT.pack(ANSWER, 0, number, 0, time.time()))

    def flush(self) -> None:
        """Sends what it can without waiting: a repaint of the screen must never hold up the wire."""
        while self.outbox:
            try:
                self.control.send(self.outbox[0], socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError:
                self.leave()  # EPIPE, ECONNRESET: sockviz has gone
            self.outbox.popleft()

    # --- the loop ---------------------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Forwards until sockviz goes."""
        poll = select.poll()
        names = {port.fileno(): name for name, port in self.ports.items()}
        control = self.control.fileno()
        taking = False
        while True:
            wait = self.due()
            self.flush()
            room = len(self.outbox) <= MOST_WAITING
            if room is not taking:
                taking = room
                for fd in names:
                    poll.register(fd, select.POLLIN if taking else 0)
            poll.register(control, select.POLLIN | (select.POLLOUT if self.outbox else 0))
            for fd, events in poll.poll(None if wait is None else math.ceil(wait * 1000)):
                if fd in names:
                    if events & select.POLLERR:
                        self.ports[names[fd]].clear_error()
                    self.take(names[fd])
                elif events & ~select.POLLOUT:
                    data = self.control.recv(1 << 16)
                    if not data:
                        self.leave()
                    self.ordered(json.loads(data))

    def leave(self) -> NoReturn:
        """Ends. Each port that is let go waits for the kernel, and would otherwise wait for the one before it."""
        for done in [begin(port.close) for port in self.ports.values()]:
            done()
        os._exit(0)

    def catch_up(self) -> None:
        """Takes what the hosts have sent until nothing waits: what they answer to a frame waits as soon as it is sent."""
        for _ in range(AT_ONCE):
            if not self.take_what_waits():
                return

    def take_what_waits(self) -> bool:
        """Takes what waits on either side, unless sockviz has fallen behind. Whether there was anything."""
        before = self.frames
        if len(self.outbox) <= MOST_WAITING:
            for sender in self.ports:
                self.take(sender)
        return self.frames != before

    def take(self, sender: str) -> None:
        """Takes what a host has sent, a bounded number of frames at a time so that no side starves."""
        port = self.ports[sender]
        for _ in range(AT_ONCE):
            received = port.receive()
            if received is None:
                return
            self.arrived(sender, *received)
        # Only where more waited than that can the kernel have run out of room.
        lost = port.lost()
        if lost:
            self.lose(sender, lost)


def after(frame: Frame) -> float:
    """Now, as something that was done to a frame that had arrived, whatever became of the clock since."""
    return max(time.time(), math.nextafter(frame.at, math.inf))


def main(control_fd: int, networks_fd: int, ip: int, ports: Mapping[str, Port]) -> None:
    """Sets the network up (where `ip` is 6, with IPv6 besides IPv4), says so, and forwards. On the second socket it is sent
    descriptors of three network namespaces: its own, the client's and the server's; `ports` are a host's each."""
    control = socket.socket(fileno=control_fd)
    with socket.socket(fileno=networks_fd) as waiting:
        word, fds, _, _ = socket.recv_fds(waiting, 16, 1 + len(HOSTS))
    if not word:
        return  # end-of-file: the lab could not be made
    home, *namespaces = fds
    plans = {
        name: HostPlan(
            name,
            (ADDRESSES[name], *([ADDRESSES6[name]] if ip == 6 else [])),
            f"02:00:00:00:00:0{number}",
            namespace,
        )
        for number, (name, namespace) in enumerate(zip(HOSTS, namespaces, strict=True), start=1)
    }
    try:
        connect(plans, home)
        for name, port in ports.items():
            port.open(name)
    except StepRefused as refusal:
        step, number = refusal.args
        control.send(REFUSED + json.dumps({"step": step, "errno": number}).encode())
        return
    except OSError as error:
        control.send(REFUSED + json.dumps({"step": LISTENING, "errno": error.errno}).encode())
        return
    for namespace in (home, *namespaces):
        os.close(namespace)
    control.send(REPORT.pack(READY, 0, 0, 0, time.time()))
    Wire(ports, control).serve()
