"""What connect to an address of no family (AF_UNSPEC) does to its socket, as the kernel was seen to have it before."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import CONNECTING, Call
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.wording import address_text, receiver_name


def dissolving(call: Call, world: World) -> str:
    """What a connect that dissolves did; empty for any other call. ``world`` is right after it: no row has changed yet."""
    held = call.receiver
    if held is None or not call.dissolves:
        return ""
    name, row, known = receiver_name(call, world), world.row_of(held.inode), world.sockets.get(held.inode)
    if row is not None and row.is_listening:
        return _("has {name} listen no more: whoever waits to be accepted is reset").format(name=name)
    peer = row.peer if row is not None else None
    if held.type == "SOCK_DGRAM":
        had = peer is not None or (
            held.family == "AF_UNIX"
            and known is not None
            and bool(known.peer_inode)
            and _is_first(call, world)
        )
        told = (
            _("takes the peer of {name} away, and sends nothing") if had else _("finds no peer of {name}")
        ).format(name=name)
        after = world.names.get(held.inode)
        if row is not None and after is not None and after.is_none:
            # net/ipv4/udp.c, __udp_disconnect: what bind did not give goes, too
            told += _("; the name that the kernel had chosen goes with it")
        return told
    if peer is not None:
        return _("dissolves the connection of {name} with {peer}: {name} may connect again").format(
            name=name, peer=address_text(peer)
        )
    if known is not None and known.peer is not None and _is_first(call, world):
        return _("has {name} forget the connection that it had: it may connect again").format(name=name)
    return _("finds no peer of {name}").format(name=name)


def _is_first(call: Call, world: World) -> bool:
    """Whether the connect before it on its socket, if there was one, did not dissolve."""
    held = call.receiver
    before = [
        each
        for each in acts.on(world, held.inode if held is not None else 0, *CONNECTING)
        if each.number < call.number or each.process != call.process
    ]
    last = acts.last(iter(before))
    return last is None or not last.dissolves or last.error is not None
