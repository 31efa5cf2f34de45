"""What is known of a run's packets beyond what was captured of each: what it is, why it was sent again, whether it was let in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import partial
from typing import Protocol

from sockviz.dataclass import dataclass, replace
from sockviz.model.events import LinkActed, Observed, PacketCaptured
from sockviz.model.hindsight import (
    DEFERRED,
    LISTEN_DROPS,
    RECENT,
    UNTAKEN,
    Scene,
    TurnedAway,
    drop_cause,
    dropped,
    explained,
    growth,
    turned_away,
)
from sockviz.model.index import RowIndex
from sockviz.model.ledger import ledger
from sockviz.model.link import LinkState
from sockviz.model.meaning import PROBES, Flow, Meaning, Role, Way, flow_after, meaning_of, ways
from sockviz.model.segments import Endpoint
from sockviz.model.sockets import RowKey, SocketRow

#: So many packets back are thought of, and so many segments at a time wait for the counters to say why they were sent.
_BACK, _ASKING = 256, 64
_KEPT = ("FIN", "RST", "URG")
#: A SYN+ACK that answers a SYN leaves within so many seconds.
_AT_ONCE = 0.05
#: So many of those that the link let through last can have overtaken one.
_OVERTAKERS = 64


class Seen(Protocol):
    """A captured packet, as a world keeps it."""

    @property
    def event(self) -> PacketCaptured:
        """What brought it."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """By number of the packet: what it is (``meanings``), that it was not let in (``turned_away``), which one that was sent later
    came before it (``overtaken``). Nothing stands of most."""

    meanings: Mapping[int, Meaning] = field(default_factory=dict)
    turned_away: Mapping[int, TurnedAway] = field(default_factory=dict)
    overtaken: Mapping[int, int] = field(default_factory=dict)
    flows: Mapping[Way, Flow] = field(default_factory=dict)
    asking: tuple[int, ...] = ()
    #: By source, destination and flag the last packet that had it, of the flags by which a connection ends, and URG.
    ending: Mapping[tuple[Endpoint, Endpoint, str], int] = field(default_factory=dict)
    #: Of each host: when it was looked at last, how many packets the link had let through by then, and how many there were.
    looked: Mapping[str, tuple[float, int, int]] = field(default_factory=dict)
    counted: Mapping[tuple[str, str], int] = field(default_factory=dict)  # by host and counter
    #: By host and cause (`DROP_CAUSES`): of how many datagrams that were dropped it has been told that this was why.
    charged: Mapping[tuple[str, str], int] = field(default_factory=dict)
    #: Of each socket (host, key) why datagrams for it were dropped, the latest first; an empty one where nothing said so.
    drop_causes: Mapping[tuple[str, RowKey], tuple[str, ...]] = field(default_factory=dict)

    def captured(self, event: PacketCaptured, packets: Sequence[Seen], rows: RowIndex) -> Traffic:
        """With one packet more, the last of `packets`."""
        if event.packet.tcp is None:
            return self
        number, way = len(packets) - 1, ways(event)[0]
        row = partial(_row_of, event, rows)
        meaning = meaning_of(
            event, self.flows, row, _before(number, packets) if self._looks_back(event) else (), self.meanings
        )
        flow = flow_after(self.flows.get(way), event.packet, number, meaning)
        if event.packet.label == "SYN" and event.frame is None:
            flow = flow.with_syn_come(event.packet.tcp.seq, event.packet.at)  # on a link it is under way yet
        after = replace(self, flows=ledger(self.flows).but({way: flow}))
        ends = {(*way[1:], flag): number for flag in _KEPT if flag in event.packet.tcp.flags}
        if ends:
            after = replace(after, ending=ledger(self.ending).but(ends))
        if meaning is None:
            return after
        asks = meaning.role is Role.AGAIN or meaning.role in PROBES
        return replace(
            after,
            meanings=ledger(self.meanings).but({number: meaning}),
            asking=(*self.asking, number)[-_ASKING:] if asks else self.asking,
        )

    def window(self, event: PacketCaptured) -> tuple[int, int] | None:
        """The window (bytes) that a segment gives, and by how many bits its header's number was shifted for that; None where the
        two SYNs that say so were not captured."""
        tcp, relative = event.packet.tcp, event.relative
        if tcp is None:
            return None
        if "SYN" in tcp.flags:
            return tcp.window, 0  # never scaled
        way, back = ways(event)
        mine, theirs = self.flows.get(way), self.flows.get(back)
        if mine is None or theirs is None or None in (mine.syn, theirs.syn) or relative is None:
            return None
        if relative.seq is None or (tcp.seq - relative.seq) % (1 << 32) != mine.syn:
            return None  # of a connection before, between the same ends
        shift = mine.shift if mine.scales and theirs.scales else 0
        return tcp.window << shift, shift

    def _looks_back(self, event: PacketCaptured) -> bool:
        """Whether what went before has to be looked through: not for new data and for acknowledgements."""
        tcp, flow = event.packet.tcp, self.flows.get(ways(event)[0])
        return tcp is not None and ("RST" in tcp.flags or (flow is not None and flow.ahead(tcp.seq) < 0))

    def _answers_a_syn(self, answer: PacketCaptured) -> bool:
        """Whether a SYN+ACK that was sent before left at once after the SYN had come once more."""
        asked = self.flows.get(ways(answer)[1]) if answer.packet.label == "SYN+ACK" else None
        return asked is not None and any(0 <= answer.at - at < _AT_ONCE for at in asked.syn_came[1:])

    def acted(
        self, event: LinkActed, packets: Sequence[Seen], before: LinkState | None, after: LinkState | None
    ) -> Traffic:
        """After the link has let something through, or thrown it away."""
        flight = before.flight_of(event.frame) if before is not None else None
        if flight is None or before is None or after is None or event.verb == "drop":
            return self
        passed = packets[flight.packet].event
        mine, tcp = ways(passed)[0], passed.packet.tcp
        number, let_through = flight.packet, before.delivered[-_OVERTAKERS:]
        changes: dict[str, object] = {}
        flow = self.flows.get(mine) if passed.packet.label == "SYN" else None
        if flow is not None and tcp is not None:
            changes["flows"] = ledger(self.flows).but({mine: flow.with_syn_come(tcp.seq, event.at)})
        later = [other for other in let_through if other > number]
        if later and number not in let_through:
            overtaker = next((other for other in later if ways(packets[other].event)[0] == mine), None)
            if overtaker is not None:
                changes["overtaken"] = ledger(self.overtaken).but({number: overtaker})
        return replace(self, **changes) if changes else self

    def observed(
        self, event: Observed, packets: Sequence[Seen], link: LinkState | None,
        before: Mapping[tuple[str, RowKey], SocketRow], rows: RowIndex,
    ) -> Traffic:  # fmt: skip
        """After a look at a host, whose rows were as `before` and are in `rows` now."""
        grown = growth(event, self.counted)
        changes: dict[str, object] = {}
        of_host: dict[tuple[str, str], int] = {}
        if event.counters:
            of_host = {(event.host, name): value for name, value in event.counters.items()}
            changes["counted"] = ledger(self.counted).but(of_host)
        if self.asking:
            asking = [packets[number].event for number in self.asking]
            answering = [n for n, seen in zip(self.asking, asking, strict=True) if self._answers_a_syn(seen)]
            told, left = explained(self.asking, self.meanings, asking, event, grown, answering)
            if told:
                changes["meanings"] = ledger(self.meanings).but(told)
            if left != self.asking:
                changes["asking"] = left
        lost = dropped(event, before)
        cause = ""
        if lost:
            count = sum(by for row, by in lost if row.protocol == "UDP")
            counted = ledger(self.counted).but(of_host)
            cause = drop_cause(event.host, count, counted, self.charged) if count else ""
            if cause:
                charged = self.charged.get((event.host, cause), 0) + count
                changes["charged"] = ledger(self.charged).but({(event.host, cause): charged})
            changes["drop_causes"] = ledger(self.drop_causes).but(self._causes_of(lost, cause, event.host))
        if lost or may_tell(grown):
            scene = self._scene(event, grown, packets, link, before, rows)
            found = turned_away(replace(scene, cause=cause), self.turned_away)
            if found:
                changes["turned_away"] = ledger(self.turned_away).but(found)
        passed = len(link.delivered) if link is not None else 0, len(packets)
        if self.looked.get(event.host, (0.0, 0, 0))[1:] != passed:
            changes["looked"] = ledger(self.looked).but({event.host: (event.at, *passed)})
        return replace(self, **changes) if changes else self

    def _causes_of(
        self, lost: Sequence[tuple[SocketRow, int]], cause: str, host: str
    ) -> dict[tuple[str, RowKey], tuple[str, ...]]:
        """Those of the sockets whose drops have grown, with the latest."""
        told = {}
        for row, _by in lost:
            at, of_row = (host, row.key), cause if row.protocol == "UDP" else ""
            told[at] = of_row, *(each for each in self.drop_causes.get(at, ()) if each != of_row)
        return told

    def sums(self, names: Iterable[str]) -> dict[str, int]:
        """The growth of these counters since the lesson began, of all hosts together."""
        hosts = {host for host, _ in self.counted}
        return {name: sum(self.counted.get((host, name), 0) for host in hosts) for name in names}

    def _scene(
        self, event: Observed, grown: Mapping[str, int], packets: Sequence[Seen], link: LinkState | None,
        before: Mapping[tuple[str, RowKey], SocketRow], rows: RowIndex,
    ) -> Scene:  # fmt: skip
        since, let_through, _ = self.looked.get(event.host, (0.0, 0, 0))
        first = max(0, len(packets) - _BACK)
        recent = [seen.event for seen in packets[first:]]
        arrived: dict[int, PacketCaptured] = {}
        fresh: set[int] = set()
        for number, seen in enumerate(recent, first):
            if seen.frame is None and seen.host == event.host and seen.at <= event.at:
                if event.at - seen.at < RECENT:
                    arrived[number] = seen
                if seen.at > since:
                    fresh.add(number)
        if link is not None:
            for number in link.delivered[let_through:][-_BACK:]:
                seen = packets[number].event
                if seen.host != event.host:
                    arrived[number] = seen
                    fresh.add(number)
        answers = {
            (ways(seen)[0], seen.packet.tcp.ack)
            for seen in recent
            if seen.packet.tcp is not None and {"SYN", "RST"} & set(seen.packet.tcp.flags)
        }
        last = {ways(s)[0]: s.packet.tcp.flags for s in recent if s.packet.tcp is not None}
        opening = {way for way, flags in last.items() if "SYN" in flags and "ACK" in flags}
        return Scene(event, grown, rows, before, arrived, frozenset(fresh), answers, opening)


def may_tell(grown: Mapping[str, int]) -> bool:
    """Whether the counters of a look may say of a packet that it was not let in: cheap, for it is asked of every look."""
    return any(name in grown for name in (*LISTEN_DROPS, DEFERRED, *UNTAKEN))


def _row_of(event: PacketCaptured, rows: RowIndex) -> SocketRow | None:
    """The kernel's row of the socket that sent it, as it was last seen."""
    ends = event.host, event.packet.protocol, event.packet.source, event.packet.destination
    return next(iter(rows.between(ends)), None)


def _before(number: int, packets: Sequence[Seen]) -> Iterator[tuple[int, PacketCaptured]]:
    """The packets before that number, the newest first."""
    first = max(0, number - _BACK)
    return ((n, packets[n].event) for n in range(number - 1, first - 1, -1))
