"""The rule `lossy`: which packets a link loses. Each the first time that it is sent; sent again, it passes. Pure.

IP promises no packet's arrival (RFC 791, 1.2). Of TCP a segment is lost that has anything new (bytes, SYN, FIN): what its kernel
sends again passes, in however many segments. What no TCP sends again by itself, a bare acknowledgement and RST, always passes. A
datagram is lost that is none of those before it. But where the last new one of the same was lost, the next new one passes: of a
connection a segment with data, or else a long message takes minutes; of a host a datagram, so that who asks anew with another
number, or from another port, is heard the second time, too. Fragments of one datagram have one fate.
"""

from __future__ import annotations

from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.lab.wire_frames import Frame, content

#: So many datagrams and connections are remembered.
_MOST = 1 << 14
_SYN, _FIN = 0x02, 0x01
_NUMBERS = 1 << 32


@dataclass(slots=True)
class Losses:
    """Remembers what has been sent."""

    _reached: dict[tuple[object, ...], tuple[int, int]] = field(
        default_factory=dict
    )  # of each direction of a connection where it began, and the number of the next new byte
    _sent: set[tuple[str, bytes]] = field(default_factory=set)
    _fates: dict[tuple[object, ...], bool] = field(default_factory=dict)
    _lost_last: dict[object, bool] = field(
        default_factory=dict
    )  # of each host's datagrams, and of each direction of a connection

    def loses(self, frame: Frame) -> bool:
        """Whether it is lost."""
        for each in (self._reached, self._sent, self._fates, self._lost_last):
            if len(each) > _MOST:
                each.clear()
        if frame.part is not None:
            if frame.part.datagram not in self._fates:
                self._fates[frame.part.datagram] = self._datagram(frame)
            return self._fates[frame.part.datagram]
        if frame.identity is not None:
            return self._segment(frame.identity)
        return frame.label in ("UDP", "ICMP") and self._datagram(frame)

    def _segment(self, identity: tuple[object, ...]) -> bool:
        _sender, _ends, _ports, sequence, bits, length, _acknowledges = identity
        assert isinstance(sequence, int)
        assert isinstance(bits, int)
        assert isinstance(length, int)
        direction = identity[:3]
        end = (sequence + length + bool(bits & _SYN) + bool(bits & _FIN)) % _NUMBERS
        began, reached = self._reached.get(direction, (sequence, sequence))
        if bits & _SYN and sequence != began:
            began, reached = sequence, sequence  # another connection of the same ends
        is_new = 0 < (end - reached) % _NUMBERS < _NUMBERS // 2
        self._reached[direction] = began, end if is_new else reached
        if not is_new or bits & _SYN:
            return is_new
        return self._alternately(direction)

    def _datagram(self, frame: Frame) -> bool:
        known = (frame.sender, content(frame.data))
        if known in self._sent:
            self._lost_last[frame.sender] = False
            return False
        self._sent.add(known)
        return self._alternately(frame.sender)

    def _alternately(self, whose: object) -> bool:
        """Of what is sent for the first time."""
        is_lost = self._lost_last[whose] = not self._lost_last.get(whose, False)
        return is_lost
