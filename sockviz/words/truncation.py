"""How long a datagram was of which only a part was received: what does not fit is gone."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import ngettext
from sockviz.model.call import Call
from sockviz.model.long_values import start_of
from sockviz.model.segments import endpoint
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.causes.paths import taker


def cut_off(call: Call, data: bytes, world: World) -> str:
    """What was lost of the datagram that `data` is the beginning of; empty where nothing seen says that any was."""
    asked = call.arguments[1] if len(call.arguments) > 1 else None
    return lost_of(call, data, len(data), world) if asked == len(data) else ""


def lost_of(call: Call, data: bytes, count: int, world: World) -> str:
    """The same of a datagram of which the `count` bytes came that there was room for, `data` as far as they are known.

    recv does not tell: it is known from the datagrams that were captured on their way to the socket, or sent to it by calls, the
    first whose turn it is and that begins so.
    """
    if (
        call.receiver is None or call.receiver.type == "SOCK_RAW"
    ):  # whose packets have other headers before them
        return ""
    taken = sum(
        1
        for each in acts.on(
            world, call.receiver.inode, "recv", "recvfrom", "recvmsg", "recv_into", "recvfrom_into"
        )
        if each is not call and acts.takes(each) and (each.returned or 0.0) <= (call.returned or 0.0)
    )
    sent = list(_sent_to(call.receiver.inode, world))
    if taken >= len(sent):
        return ""
    length, start = sent[taken]
    if length <= count or not _begins(start, data):
        return ""
    return ngettext(
        "its other {count} byte did not fit and is gone",
        "its other {count} bytes did not fit and are gone",
        length - count,
    ).format(count=length - count)


def _begins(start: bytes, data: bytes) -> bool:
    both = min(len(start), len(data))
    return start[:both] == data[:both]


def _sent_to(inode: int, world: World) -> Iterator[tuple[int, bytes]]:
    """The length and beginning of each datagram for the socket, in the order in which they came."""
    row = world.row_of(inode)
    here = endpoint(row.local) if row is not None else None
    if here is not None:
        joined = acts.last(acts.on(world, inode, "connect"))
        only, since = (joined.target, joined.entered) if joined is not None else (None, 0.0)
        for seen in world.packets:
            packet = seen.event.packet
            away = world.traffic.turned_away.get(seen.number)
            if away is not None and away.is_certain:
                continue  # it never got in
            if only is not None and seen.event.at >= since and packet.source != only:
                continue  # nor did this, which is another's than the peer's
            if packet.protocol == "UDP" and packet.destination[1] == here[1]:
                if packet.fragment is not None and packet.fragment.offset:
                    continue
                yield packet.length, packet.payload
        return
    for call in sorted(
        acts.over(world, "send", "sendto", "sendmsg", "write"), key=lambda each: each.returned or 0.0
    ):
        given: Value = call.arguments[1] if len(call.arguments) > 1 else b""
        if isinstance(given, list):
            given = b"".join(piece for piece in given if isinstance(piece, bytes))
        if isinstance(given, bytes) and taker(world, call) == inode:
            yield len(given), start_of(given)
