"""How long after the packet before it on its connection one has passed, where that is long enough to mean something."""

from __future__ import annotations

from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.events import PacketCaptured
from sockviz.model.segments import Endpoint
from sockviz.words.wording import duration_text

#: Seconds between two packets of a connection that are worth saying: longer than from one line of a lesson to the next. What the
#: kernel sends by itself, an ACK or something again, waits for a timer of the kernel's if it waits at all (40 ms, 200 ms).
_LONG, _LONG_BY_ITSELF = 0.15, 0.03


@dataclass(slots=True)
class Gaps:
    """Is told of each packet, in order."""

    _passed: dict[frozenset[Endpoint], float] = field(
        default_factory=dict
    )  # when the last packet of each connection did

    def after(self, event: PacketCaptured) -> str:
        """How long after the one before it, in brackets, behind a blank; empty where that says nothing."""
        ends = frozenset((event.packet.source, event.packet.destination))
        last = self._passed.get(ends)
        self._passed[ends] = event.packet.at
        again = event.relative is not None and event.relative.retransmission
        by_itself = again or (event.packet.label == "ACK" and not event.packet.length)
        if last is None or event.packet.at - last < (_LONG_BY_ITSELF if by_itself else _LONG):
            return ""
        time = duration_text(event.packet.at - last)
        return " " + _("({time} after the packet before it)").format(time=time)
