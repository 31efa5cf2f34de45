"""What a `lossy` link has lost of a run so far, and what was sent again since."""

from __future__ import annotations

from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.model.events import LinkActed, PacketCaptured, Treated
from sockviz.model.segments import Packet
from sockviz.model.sockets import Timer
from sockviz.model.timeline import Timeline

_NUMBERS = 1 << 32


@dataclass(slots=True)
class Loss:
    """A packet that the link lost because of the rule. ``again``: when it was sent again (CLOCK_REALTIME seconds), a segment by
    its kernel, a datagram by whoever sent it; ``followed``: of a datagram, that another went there since; ``is_over``: it will
    not be sent again, for its connection was reset."""

    sent: PacketCaptured
    again: float | None = None
    followed: bool = False
    is_over: bool = False

    @property
    def is_owed(self) -> bool:
        """Whether it has still to come again."""
        return self.again is None and not self.is_over


@dataclass(slots=True)
class LossesOfRun:
    """Those of a run, in order. ``all`` is as of the last time that `count` was called."""

    timeline: Timeline
    all: list[Loss] = field(default_factory=list)
    _seen: int = 0  # events
    _on_their_way: dict[int, PacketCaptured] = field(default_factory=dict)

    def count(self) -> list[Loss]:
        """With what has come since."""
        for event in self.timeline.events[self._seen :]:
            if isinstance(event, PacketCaptured) and event.frame is not None:
                self._on_their_way[event.frame] = event
                self._meet(event)
            elif isinstance(event, Treated) and event.frame in self._on_their_way:
                self.all.append(Loss(self._on_their_way[event.frame]))
            elif isinstance(event, LinkActed):
                self._on_their_way.pop(event.frame, None)
        self._seen = len(self.timeline)
        return self.all

    def are_owed(self) -> bool:
        """Whether somebody's kernel waits for its timer because the link has lost a segment, and will send that again: its row
        says that the timer runs."""
        rows = self.timeline.world.rows_indexed()
        return any(
            row.timer is Timer.ON
            for loss in self.count()
            if loss.is_owed
            for row in rows.between(
                (loss.sent.host, "TCP", loss.sent.packet.source, loss.sent.packet.destination)
            )
        )

    def _meet(self, event: PacketCaptured) -> None:
        packet = event.packet
        for loss in self.all:
            lost = loss.sent.packet
            if not loss.is_owed:
                continue
            if packet.tcp is not None and "RST" in packet.tcp.flags and _ends(packet) == _ends(lost):
                loss.is_over = True
            elif _is_again(packet, lost):
                loss.again = event.at
            elif lost.tcp is None and packet.tcp is None and _way(packet) == _way(lost):
                loss.followed = True


def _ends(packet: Packet) -> frozenset[object]:
    return frozenset((packet.source, packet.destination))


def _way(packet: Packet) -> tuple[object, ...]:
    """Which way a datagram takes: who asks anew may do so from another port."""
    return packet.protocol, packet.source[0], packet.destination


def _is_again(packet: Packet, lost: Packet) -> bool:
    """Whether a packet has what was lost: of a segment its last number; a datagram is the same one, from the same host."""
    if lost.tcp is None or packet.tcp is None:
        return (_way(packet), packet.payload) == (_way(lost), lost.payload)
    if packet.destination != lost.destination:
        return False
    last = lost.tcp.seq + _length(lost) - 1
    return packet.source == lost.source and (last - packet.tcp.seq) % _NUMBERS < _length(packet)


def _length(packet: Packet) -> int:
    """How many sequence numbers a segment takes."""
    flags = packet.tcp.flags if packet.tcp is not None else ()
    return packet.length + ("SYN" in flags) + ("FIN" in flags)
