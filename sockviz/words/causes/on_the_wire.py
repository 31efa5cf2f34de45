"""What calls and captured packets alone say of a failure, in their order: of programs that go on while their kernel is looked at,
where a row may be of before or after.

A packet's stamp and a call's are of one clock (CLOCK_REALTIME): a RST that stands before a return came before it.
"""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import CONNECTING
from sockviz.model.changes import changed
from sockviz.model.segments import Endpoint, endpoint
from sockviz.model.sockets import SocketRow, State
from sockviz.model.values import SocketValue
from sockviz.model.world import World
from sockviz.words import acts, whose
from sockviz.words.causes import unaccepted
from sockviz.words.causes.covering import covers, plain_end
from sockviz.words.causes.naming import binding
from sockviz.words.icmp_meanings import PORT_UNREACHABLE
from sockviz.words.situation import Situation
from sockviz.words.wording import address_text

#: So many packets back an answer is looked for.
_RECENT = 256


def refused(s: Situation) -> str:
    """ECONNREFUSED: by which answer, where that was captured."""
    if s.is_datagram:
        return _unreachable(s)
    ends = _ends(s) if s.is_tcp and s.call.name in CONNECTING else None
    if ends is None or (ends[1], ends[0], "RST") not in s.world.traffic.ending:
        return ""
    return _("a RST from {address} answered its SYN").format(address=address_text(ends[1]))


def _unreachable(s: Situation) -> str:
    here = plain_end(s.known.local if s.known is not None else None)
    for seen in reversed(s.world.packets[-_RECENT:]):
        packet = seen.event.packet
        is_one = packet.icmp is not None and (packet.icmp.type, packet.icmp.code) in PORT_UNREACHABLE
        quoted = packet.icmp.quoted if is_one and packet.icmp is not None else None
        if (
            here is not None
            and quoted is not None
            and quoted[0] == here
            and packet.at <= (s.call.returned or packet.at)
        ):
            return _("an ICMP port unreachable answered an earlier datagram to {address}").format(
                address=address_text(quoted[1])
            )
    tried = s.connects()
    there = plain_end(s.peer or (tried.target if tried is not None else None))
    asked = [seen.event.packet for seen in s.world.packets[-_RECENT:]]
    if there is None or len({it.source for it in asked if it.destination == there}) != 1:
        return ""  # whose datagram was answered is certain where one socket has sent there
    for it in asked:
        quoted = it.icmp.quoted if it.icmp and (it.icmp.type, it.icmp.code) in PORT_UNREACHABLE else None
        if quoted is not None and quoted[1] == there:
            return _("an ICMP port unreachable answered an earlier datagram to {address}").format(
                address=address_text(there)
            )
    return ""


def reset(s: Situation) -> str:
    """ECONNRESET: whose RST it was, where that was captured; of a UNIX stream that its listener was closed."""
    if s.is_unix:
        return unaccepted.of_unix(s)
    ends = _ends(s) if s.is_tcp else None
    if ends is None or (ends[1], ends[0], "RST") not in s.world.traffic.ending:
        return ""
    return _("a RST came from {address}").format(address=address_text(ends[1]))


def nobody_reads(s: Situation) -> str:
    """EPIPE: that its own side was ended, that a RST came, that it never had a peer, or its other end was closed."""
    if s.known is None:
        return ""
    if acts.shut(s.world, s.inode, acts.SHUT_WR, acts.SHUT_RDWR) is not None:
        return _("the sending side of {name} was ended here, by shutdown: nobody will read this").format(
            name=s.name
        )
    if s.is_unix and (told := unaccepted.of_unix(s)):
        return told
    if not s.is_unix and (came := reset(s)):
        return _("the connection of {name} is gone: {reset}").format(name=s.name, reset=came)
    if s.is_tcp and _was_made_here(s) and not _was_connected(s):
        return _("{name} was never connected: nobody will read this").format(name=s.name)
    other = _other_of_pair(s)
    if other and any(acts.on(s.world, other, "close")) and not any(acts.on(s.world, other, "shutdown")):
        return _("the other end of {name} is closed: nobody will read this").format(name=s.name)
    return ""


def _was_made_here(s: Situation) -> bool:
    """Whether the call that made it was seen: what it was before that is no question."""
    return any(
        isinstance(call.value, SocketValue) and call.value.inode == s.inode
        for call in acts.over(s.world, "socket")
    )


def _was_connected(s: Situation) -> bool:
    """Whether anybody has tried to, with success or without."""
    return any(
        call.name in CONNECTING and call.receiver is not None and call.receiver.inode == s.inode
        for process in s.world.processes.values()
        for call in process.calls
    )


def _other_of_pair(s: Situation) -> int:
    """The inode of the other end that socketpair gave with it; 0 where that is not known."""
    for call in acts.over(s.world, "socketpair"):
        given = call.value if isinstance(call.value, tuple) else ()
        pair = [each.inode for each in given if isinstance(each, SocketValue)]
        if s.inode in pair and len(pair) == 2:
            return pair[1 - pair.index(s.inode)]
    return 0


def taken(s: Situation, seen: World) -> str:
    """EADDRINUSE: who has the name. `seen` is the world with what the kernel was last seen to say: of a socket whose descriptor
    nobody has closed since, and of TIME-WAIT, it says who. Else whoever was told that he has it, and was not seen to close it."""
    if s.end is None or s.is_unix:
        return ""
    protocol = "UDP" if s.is_datagram else "TCP"
    there = {
        key: row
        for key, row in seen.rows.items()
        if key[0] == s.host and row.protocol == protocol and _stays(s, row, seen)
    }
    why = binding(Situation(s.call, changed(seen, rows=there, row_index=None))).why if there else ""
    if why and any(row.inode != s.inode and covers(row.local, s.end) for row in there.values()):
        return _("{why} (as last looked at)").format(why=why)
    for call in acts.over(s.world, "bind"):
        held, process = call.receiver, s.world.processes[call.process]
        if (
            held is None
            or held.inode == s.inode
            or not process.alive
            or process.host != s.host
            or not covers(call.target, s.end)
        ):
            continue
        is_like = s.call.receiver is not None and held.type == s.call.receiver.type
        if is_like and not any(acts.on(s.world, held.inode, "close")):
            return _(
                "{process} has bound its descriptor {fd} to {address}, and was not seen to close it"
            ).format(process=process.name, fd=held.fd, address=address_text(call.target))
    return ""


def _stays(s: Situation, row: SocketRow, seen: World) -> bool:
    """Whether what a look has seen is there still when the call is over: nobody has ended it by a call, or its minute goes on."""
    if row.state is State.TIME_WAIT:
        return row.expires is not None and row.expires > (s.call.returned or seen.at)
    return bool(whose.holders(seen, row.inode)) and not any(acts.on(seen, row.inode, "close", "shutdown"))


def _ends(s: Situation) -> tuple[Endpoint, Endpoint] | None:
    """A socket's own end and its peer's: as they are known; else those of the only SYN that went to where its connect was under
    way. None where that is not certain."""
    known = s.known
    here, there = plain_end(known.local if known else None), plain_end(known.peer if known else None)
    if here is not None and there is not None:
        return here, there
    tried = (s.begun() or s.call) if s.call.name in CONNECTING else s.connects()
    aimed = plain_end(endpoint(tried.target)) if tried is not None else None
    if tried is None or aimed is None:
        return None
    sources = set()
    for seen in reversed(s.world.packets[-_RECENT:]):
        packet = seen.event.packet
        if packet.at < tried.entered:
            break
        is_its = packet.label == "SYN" and packet.destination == aimed
        if is_its and packet.at <= (tried.returned or packet.at):
            sources.add(packet.source)
    return (sources.pop(), aimed) if len(sources) == 1 else None
