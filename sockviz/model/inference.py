"""Segments that nobody captured, told by what they left behind.

Where a lab has no packet capture, the handshake and what follows can still be known: a socket that is ESTABLISHED has seen a
SYN answered, a CLOSE-WAIT one has received a FIN, `bytes_received` counts what came; a datagram leaves with the call that sends
it. Such segments are *inferred*: each says why. Of a host whose packets are captured nothing is inferred, and no lesson can
base an expectation on what is.
"""

from __future__ import annotations

from sockviz.model.call import CONNECTING, RECEIVING, SENDING, Call
from sockviz.model.events import CallReturned, Event, Observed
from sockviz.model.hosts import KERNEL
from sockviz.model.inferred import (
    Answered,
    BytesCounted,
    ConnectionReset,
    ConnectRefused,
    DatagramRefused,
    DatagramSent,
    FinPassed,
    InferredSegment,
    InferredTally,
    InState,
    Reason,
)
from sockviz.model.linux.sockets import MESSAGE_FLAGS
from sockviz.model.listening import nearest
from sockviz.model.segments import EVERY_ADDRESS, Endpoint, IcmpHeader, endpoint, wire_end
from sockviz.model.sockets import SocketRow, State
from sockviz.model.values import SocketValue
from sockviz.model.world import World

#: A socket in one of these has received its peer's FIN (RFC 9293, figure 5).
_HAS_FIN = frozenset({State.CLOSE_WAIT, State.LAST_ACK, State.CLOSING, State.TIME_WAIT})
#: A socket in one of these has sent its own.
_SENT_FIN = frozenset({State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSING, State.LAST_ACK, State.TIME_WAIT})
#: What a segment with data is called.
_DATA = "PSH+ACK"


def infer(world: World, event: Event) -> list[InferredSegment]:
    """The segments that `event`, already folded into `world`, gives away: none of a host whose packets are captured."""
    match event:
        case Observed() if event.host in world.captured:
            return []
        case CallReturned() if _is_captured(world, event.process):
            return []
        case Observed():
            return _observed(world, event)
        case CallReturned(error="ECONNREFUSED"):
            return _refused(world, event) + _unreachable(world, event)
        case CallReturned(error="ECONNRESET"):
            return _reset(world, event)
        case CallReturned(error=None, value=int(length)):
            return _datagram(world, event, length)
    return []


def _is_captured(world: World, name: str) -> bool:
    process = world.processes.get(name)
    return process is not None and process.host in world.captured


def _observed(world: World, event: Observed) -> list[InferredSegment]:
    found: list[InferredSegment] = []
    # Of those ends of which this look has said something.
    tallies: dict[frozenset[Endpoint], InferredTally] = {}
    for row in event.rows:
        here, there = endpoint(row.local), endpoint(row.peer)
        if row.protocol != "TCP" or row.is_listening or here is None or there is None:
            continue
        ends = frozenset((here, there))
        known = tallies.get(ends) or world.inferred_between.get(ends) or InferredTally()
        segments = _of_row(world, event, row, (here, there), known)
        tallies[ends] = known.after(segments)
        found += segments
    return found


def _of_row(
    world: World, event: Observed, row: SocketRow, ends: tuple[Endpoint, Endpoint], known: InferredTally
) -> list[InferredSegment]:
    """What the row gives away that is not `known` yet between its own end and its peer's."""
    here, there = ends
    me, other = _owner(world, row), _owner_of_peer(world, row, there)
    new: list[InferredSegment] = []

    def add(outgoing: bool, label: str, because: Reason, length: int = 0) -> None:
        way = (me, other, here, there) if outgoing else (other, me, there, here)
        segment = InferredSegment(event.at, way[0], way[1], label, length, way[2], way[3], because)
        new.append(segment)

    def seen(outgoing: bool, label: str) -> int:
        source = here if outgoing else there
        return known.segments(source, label) + sum(s.source == source and s.label == label for s in new)

    # Who was called once stays called, whatever has become of the listener since.
    is_server = bool(seen(False, "SYN")) or any(
        (listening := endpoint(listener.local)) is not None and listening[1] == here[1]
        for listener in world.listeners()
    )
    if not is_server:
        for number in range(
            seen(True, "SYN"), min(row.retransmits, 255) + 1 if row.state is State.SYN_SENT else 1
        ):
            add(True, "SYN", InState(me, row.state, row.retransmits if number else 0))
        if row.state is not State.SYN_SENT and not seen(False, "SYN+ACK"):
            counted = (row.info.segs_out, row.info.segs_in) if row.info else None
            add(False, "SYN+ACK", Answered(me, row.state, counted))
            add(True, "ACK", Answered(me, row.state, counted))
    received = row.info.bytes_received if row.info else None
    has_fin = row.state in _HAS_FIN
    if received is not None:
        before = known.bytes(there, _DATA)
        # net/ipv4/tcp_input.c: rcv_nxt, which bytes_received follows, counts the FIN as one.
        grown = received - int(has_fin) - before
        if grown > 0:
            add(False, _DATA, BytesCounted(me, received), grown)
    if has_fin and not seen(False, "FIN+ACK"):
        add(False, "FIN+ACK", FinPassed(me, row.state, sent=False))
    if row.state in _SENT_FIN and not seen(True, "FIN+ACK"):
        add(True, "FIN+ACK", FinPassed(me, row.state, sent=True))
    return new


def _refused(world: World, event: CallReturned) -> list[InferredSegment]:
    call = _call(world, event)
    if call is None or call.name not in CONNECTING or len(call.arguments) < 2:
        return []
    target = call.arguments[1]
    there = endpoint(target)
    if there is None or (call.receiver is not None and call.receiver.type != "SOCK_STREAM"):
        return []
    here = (there[0], 0)  # the kernel has already taken the port back
    because = ConnectRefused()
    return [
        InferredSegment(event.at, event.process, KERNEL, "SYN", 0, here, there, because),
        InferredSegment(event.at, KERNEL, event.process, "RST+ACK", 0, there, here, because),
    ]


def _reset(world: World, event: CallReturned) -> list[InferredSegment]:
    call = _call(world, event)
    if call is None or call.receiver is None or call.receiver.type != "SOCK_STREAM":
        return []
    known = world.sockets.get(call.receiver.inode)
    here, there = (endpoint(known.local), endpoint(known.peer)) if known is not None else (None, None)
    if known is not None and known.dissolved:
        return []  # it gave the connection up itself: net/ipv4/tcp.c, tcp_disconnect
    if known is None or known.peer is None or here is None or there is None:
        return []  # of another family, or never connected
    peer = world.known_by(known.peer, known.local) if known.local is not None else None
    because = ConnectionReset(call.name)
    sender = (peer.creator if peer is not None else None) or KERNEL
    return [InferredSegment(event.at, sender, event.process, "RST", 0, there, here, because)]


def _datagram(world: World, event: CallReturned, length: int) -> list[InferredSegment]:
    """A send that returned has handed one datagram to the interface, whether or not anybody receives it."""
    call = _call(world, event)
    if call is None or call.receiver is None or call.name not in SENDING or not _is_of_udp(call.receiver):
        return []
    if any(isinstance(value, int) and value & MESSAGE_FLAGS["MSG_MORE"] for value in call.arguments[2:]):
        return []  # the kernel keeps it until the rest comes
    row = world.row_of(call.receiver.inode)
    there = call.target
    there = there or endpoint(row.peer if row is not None else None)
    if there is None:
        return []
    here = (there[0], _port(row))
    because = DatagramSent(call.name, length, there)
    to = _receiver(world, here, there)
    return [InferredSegment(event.at, event.process, to, "UDP", length, here, there, because)]


def _unreachable(world: World, event: CallReturned) -> list[InferredSegment]:
    """The only thing that makes a call on a UDP socket fail so (net/ipv4/udp.c, __udp4_lib_err)."""
    call = _call(world, event)
    if call is None or call.receiver is None or call.name not in SENDING | RECEIVING:
        return []
    row = world.row_of(call.receiver.inode)
    there = endpoint(row.peer if row is not None else None)
    if there is None or not _is_of_udp(call.receiver):
        return []
    here = (there[0], _port(row))
    # Destination unreachable, port unreachable (RFC 792; of ICMPv6 RFC 4443).
    message = IcmpHeader(1, 4) if call.receiver.family == "AF_INET6" else IcmpHeader(3, 3)
    because = DatagramRefused(call.name)
    return [InferredSegment(event.at, KERNEL, event.process, "ICMP", 0, there, here, because, message)]


def _call(world: World, event: CallReturned) -> Call | None:
    process = world.processes.get(event.process)
    return process.last if process is not None else None


def _is_of_udp(held: SocketValue) -> bool:
    return held.type == "SOCK_DGRAM" and held.family in ("AF_INET", "AF_INET6") and held.protocol in (0, 17)


def _port(row: SocketRow | None) -> int:
    """Its own port; 0 where it has not been looked at since the kernel gave it one."""
    here = endpoint(row.local if row is not None else None)
    return here[1] if here is not None else 0


def _receiver(world: World, sender: Endpoint, there: Endpoint) -> str:
    """Whose socket takes what comes from `sender`: it has the address, or any, and no other peer."""
    for row in world.rows.values():
        here, peer = endpoint(row.local), endpoint(row.peer)
        if row.protocol != "UDP" or here is None or here[1] != there[1]:
            continue
        if here[0] in (there[0], *EVERY_ADDRESS) and (peer is None or peer[1] == sender[1]):
            return world.owner_of(row.inode) or KERNEL
    return KERNEL


def _owner(world: World, row: SocketRow) -> str:
    owner = world.owner_of(row.inode)
    if owner:
        return owner
    held = world.known_by(row.local, row.peer) if row.peer is not None else None
    if held is not None and held.creator is not None:
        return held.creator
    listener = world.listener_of(row)
    return (world.owner_of(listener.inode) if listener else None) or KERNEL


def _owner_of_peer(world: World, row: SocketRow, there: Endpoint) -> str:
    other = world.peer_row(row)
    if other is not None:
        return _owner(world, other)
    held = world.known_by(row.peer, row.local) if row.local is not None else None
    if held is not None and held.creator is not None:
        return held.creator
    listeners = [listener for listener in world.listeners() if listener.protocol == "TCP"]
    owners = {world.owner_of(listener.inode) for listener in nearest(listeners, wire_end(there) or there)}
    return (owners.pop() if len(owners) == 1 else None) or KERNEL
