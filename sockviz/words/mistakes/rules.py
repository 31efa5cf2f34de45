"""All rules together: what went wrong, event by event, each mistake once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallReturned,
    Event,
    Observed,
    PacketCaptured,
    ProcessEnded,
)
from sockviz.model.moment import Moment
from sockviz.model.segments import Packet, TcpHeader
from sockviz.model.turns import Turns
from sockviz.model.values import SocketValue
from sockviz.words.mistakes import (
    address_length,
    ended_by_sigpipe,
    families,
    to_itself,
)
from sockviz.words.mistakes.datagrams import Datagrams
from sockviz.words.mistakes.descriptors import DescriptorMistakes
from sockviz.words.mistakes.end_ignored import EndIgnored
from sockviz.words.mistakes.in_use import InUse
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.mistakes.named_sockets import NamedSockets
from sockviz.words.mistakes.refused import RefusedConnects
from sockviz.words.mistakes.standing import Standing
from sockviz.words.mistakes.streams import Streams

#: So many of one run are told.
_MOST = 200
#: The errors that a rule has something to say of.
_TELLING = frozenset({"ECONNREFUSED", "EINPROGRESS", "EADDRINUSE", *families.ERRORS})
#: The calls that move bytes, and do no more; of them those that send.
_SENDING = frozenset({"send", "write"})
_MOVING = frozenset({"recv", "read"}) | _SENDING
#: The calls that a rule learns from as they are entered; of all others, as they come back.
_ENTERED = frozenset({"bind", "connect", "listen", "getsockname", "close"})


@dataclass(slots=True)
class Rules:
    """To be given each event of a run, in order."""

    _sockets: NamedSockets = field(default_factory=NamedSockets)
    _refused: RefusedConnects = field(init=False)
    _in_use: InUse = field(default_factory=InUse)
    _streams: Streams = field(default_factory=Streams)
    _descriptors: DescriptorMistakes = field(default_factory=DescriptorMistakes)
    _datagrams: Datagrams = field(default_factory=Datagrams)
    _standing: Standing = field(default_factory=Standing)
    _end_ignored: EndIgnored = field(default_factory=EndIgnored)
    _moving: dict[tuple[str, int], CallEntered] = field(default_factory=dict)  # calls under way, of `_MOVING`
    _told: set[tuple[object, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._refused = RefusedConnects(self._sockets)

    def after(self, moment: Moment) -> list[Mistake]:
        """What is known to be wrong from an event on."""
        if self.pass_over(moment.event):
            return []
        listening = self._sockets.learn(moment)
        found = [*self._found(moment), *(self._refused.listens(listening, moment.after) if listening else ())]
        new = []
        for mistake in found:
            key = (mistake.rule, *mistake.about)
            if key not in self._told and len(self._told) < _MOST:
                self._told.add(key)
                new.append(mistake)
        return new

    def unresolved(self) -> Iterator[Mistake]:
        """What is known to be wrong once nothing more comes."""
        return self._refused.unresolved()

    def pass_over(self, event: Event) -> bool:
        """Whether nothing is known to be wrong from an event on, nor learned but what it says itself: that is then done."""
        if type(event) is CallEntered:
            if event.name in _MOVING:
                self._moving[event.process, event.call] = event
            return event.name not in _ENTERED
        if type(event) is CallReturned:
            entered = self._moving.pop((event.process, event.call), None)
            return entered is not None and self._is_only_counted(entered, event)
        return False

    def pass_over_turns(self, turns: Turns, calls: Sequence[tuple[CallEntered, CallReturned, int]]) -> bool:
        """The same of what loops do, all of it or nothing. `calls`: how each came back, and how often."""
        if any(like.name in _ENTERED for like in turns.kinds.values() if isinstance(like, CallEntered)):
            return False
        sent: set[tuple[int, str, object]] = (
            set()
        )  # on which sockets, by which call, how much, or with which error
        for entered, event, _times in calls:
            if entered.name not in _MOVING or not self._is_only_counted(entered, event, times=0):
                return False
            held = entered.arguments[0]
            if isinstance(held, SocketValue) and entered.name in _SENDING:
                sent.add((held.inode, entered.name, event.error or event.value))
        if len(sent) != len({inode for inode, _name, _count in sent}):
            return False  # where each message ends is learned in their order
        for entered, event, times in calls:
            self._is_only_counted(entered, event, times)
        for place in turns.survey.first.values():
            begun = turns.event(place)
            self._moving.pop((begun.process, begun.call), None)
        for last in turns.lasts:
            self.pass_over(last)
        return True

    def _is_only_counted(self, entered: CallEntered, event: CallReturned, times: int = 1) -> bool:
        """Whether no rule has anything to say of a call that came back, or learns more from it than how much a stream has moved;
        that is then counted, so many `times`. So it is with most."""
        held = entered.arguments[0] if entered.arguments else None
        if type(held) is not SocketValue or held.type != "SOCK_STREAM" or self._refused.waits_for(held.inode):
            return False
        if event.error is not None:
            if event.error == "EAGAIN" and times:
                self._streams.finds_no_room(entered, held)
            return event.error == "EAGAIN"
        return not self._descriptors.waits_for(event.process) and self._streams.counts(
            entered, event, held, times
        )

    def _found(self, moment: Moment) -> Iterator[Mistake]:
        yield from self._streams.after(moment)
        yield from self._descriptors.after(moment)
        yield from self._datagrams.after(moment)
        yield from self._standing.after(moment)
        match moment.event:
            case CallReturned(error=error) as event if error in _TELLING or error is None:
                call = moment.call(event.process, event.call)
                if call is not None and address_length.KEYWORD in call.keywords:
                    yield from address_length.after(call)
                if call is not None:
                    yield from self._end_ignored.after(call)
                    yield from self._refused.after(call, moment)
                    yield from to_itself.connected(call, moment.after)
                    yield from families.forgotten(call)
                if call is not None and error is not None:
                    self._in_use.after(call, moment.after)
                    yield from self._refused.failed(call)
                    yield from families.after(call)
            case PacketCaptured(packet=Packet(tcp=TcpHeader(flags=flags))) as event if "RST" in flags:
                yield from self._refused.answered(event, moment)
            case PacketCaptured(packet=Packet(tcp=TcpHeader(flags=flags))) as event if "SYN" in flags:
                yield from to_itself.crossed(event, moment.after)
            case CallEntered(name="close", arguments=(SocketValue(inode=inode), *_)):
                self._refused.forget(inode)
            case CallEntered(name="connect") as event:
                call = moment.call(event.process, event.call)
                if call is not None:
                    yield from self._refused.goes_on(call)
            case CallBlocked() as event:
                call = moment.call(event.process, event.call)
                if call is not None:
                    yield from self._refused.goes_on(call)
            case Observed() as event:
                yield from to_itself.after(event, moment)
                self._in_use.looked(moment.after, event.host)
                yield from self._descriptors.looked(moment.after, event.host)
            case ProcessEnded() as event:
                self._in_use.ended(event.process, moment.before)
                yield from self._refused.ended(event.process)
                if event.signal == "SIGPIPE":
                    yield from ended_by_sigpipe.after(event, moment.before)
        if self._in_use.is_known:
            yield from self._in_use.told(moment)
