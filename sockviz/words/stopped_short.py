"""Of a receiving call that gave less than was asked for: what it stopped at."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import RECEIVING, Call
from sockviz.model.meaning import ways
from sockviz.model.segments import wire_end
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.causes.others import interrupted
from sockviz.words.situation import Situation
from sockviz.words.wording import seconds_text


def stopped_short(call: Call, world: World) -> str:
    """A clause: ``it stops at the mark …``, ``SO_RCVTIMEO let it wait 0.3 s``; empty where nothing observed says why."""
    given, asked = _given(call), call.arguments[1] if len(call.arguments) > 1 else None
    if given is None or not isinstance(asked, int) or not 0 < given < asked or acts.has(call, "MSG_OOB"):
        return ""
    s = Situation(call, world)
    if s.is_datagram or call.receiver is None:
        return ""
    # What was taken before is in all calls of the run: they are gone through where there is a mark, and not at each recv.
    if s.is_tcp and (mark := _mark_of(s)) is not None and mark == _taken_before(s) + given:
        return _("it stops at the mark: the urgent byte has its place there")
    low = acts.option(world, s.inode, "SO_RCVLOWAT")
    waits_for_more = acts.has(call, "MSG_WAITALL") or (isinstance(low, int) and given < low)
    return _why_not_all(s) if waits_for_more and not acts.has(call, "MSG_DONTWAIT") else ""


def _given(call: Call) -> int | None:
    """How many bytes a call has received; None of any other call."""
    if call.name not in RECEIVING:
        return None
    value = call.value[0] if isinstance(call.value, tuple) and call.value else call.value
    return len(value) if isinstance(value, bytes) else None


def _mark_of(s: Situation) -> int | None:
    """Before which byte of the stream (from 0) the urgent one stands that was announced last; None where that is not certain.

    net/ipv4/tcp.c, tcp_recvmsg_locked: whoever has some bytes stops there, with SO_OOBINLINE as without.
    """
    known = s.known
    here, there = wire_end(known.local if known else None), wire_end(known.peer if known else None)
    if here is None or there is None:
        return None
    number = s.world.traffic.ending.get((there, here, "URG"))
    if number is None:
        return None
    event = s.world.packets[number].event
    flow = s.world.traffic.flows.get(ways(event)[0])
    if flow is None or flow.syn is None:
        return None
    marks = {
        (tcp.seq + tcp.urgent - flow.syn - 2) % (1 << 32)
        for seen in s.world.packets
        if (packet := seen.event.packet).source == there
        and packet.destination == here
        and (tcp := packet.tcp) is not None
        and "URG" in tcp.flags
    }
    # A place that a recv passed over is not among what it took: of a second mark it is not known where reading stands.
    return marks.pop() if len(marks) == 1 else None


def _taken_before(s: Situation) -> int:
    """How many bytes all calls before have taken off the stream."""
    return sum(
        _given(call) or 0
        for call in acts.on(s.world, s.inode, *RECEIVING)
        if call.number != s.call.number
        and (call.returned or 0.0) <= (s.call.returned or 0.0)
        and not acts.has(call, "MSG_PEEK")
        and not acts.has(call, "MSG_OOB")
    )


def _why_not_all(s: Situation) -> str:
    """Why a call with MSG_WAITALL, or SO_RCVLOWAT, came back before it had as much."""
    if told := interrupted(s).why:
        return told
    ended, call = s.came("FIN") if s.is_tcp else None, s.call
    if ended is not None and ended.event.packet.at <= (call.returned or 0.0):
        return _("a FIN came from {who}: it will send no more").format(who=s.who)
    limit = acts.time_limit(s.world, s.inode, "SO_RCVTIMEO")
    if limit and (call.returned or call.entered) - call.entered >= limit:
        return _("SO_RCVTIMEO let it wait for {time}, and no more had come").format(time=seconds_text(limit))
    return ""
