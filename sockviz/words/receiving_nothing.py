"""Why a call that receives has returned no byte: the peer's end, this side's, a message without bytes, or none were asked for."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import RECEIVING, Call
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.causes.attempts import failed_connect
from sockviz.words.causes.endings import ended_by_peer
from sockviz.words.situation import Situation


def nothing_came(call: Call, world: World) -> str:
    """Why a socket's recv and its kin, or read, returned nothing; empty where it is no such call, or a datagram without bytes."""
    if call.name not in RECEIVING or not _is_empty(call.value):
        return ""
    if acts.has(call, "MSG_ERRQUEUE"):  # an entry came, whatever was in it: an empty queue is EAGAIN
        return "" if call.name == "recvmsg" else _("takes an entry off the error queue, with no data in it")
    s = Situation(call, world)
    if s.known is None or s.is_pipe:
        return ""
    # Python's recv then asks the kernel nothing at all; a datagram that recvfrom had no room for is gone.
    if call.arguments[1:2] == (0,) and (call.name in _NONE_ASKED or not s.is_datagram):
        return _("returns 0 bytes: none were asked for")
    if acts.shut_for_reading(world, s.inode):
        return _("returns 0 bytes: the receiving side of {name} was ended here, by shutdown").format(
            name=s.name
        )
    if s.is_datagram and acts.has(call, "MSG_PEEK"):
        return _("looks at an empty datagram and leaves it in the receive queue")
    if s.is_datagram:
        return _("takes an empty datagram") if isinstance(call.value, bytes) else ""
    why = ended_by_peer(s)
    if not why and s.type == "SOCK_SEQPACKET":
        return "" if call.name == "recvmsg" else _("takes an empty message")
    if s.is_tcp and (failed := failed_connect(s)) is not None:
        # net/ipv4/tcp.c, tcp_reset: with a connect that fails both directions are over.
        return _("returns 0 bytes: {name} has no connection: {failed}").format(name=s.name, failed=failed)
    return _("returns 0 bytes: {why}").format(why=why or _("the peer will send no more"))


_NONE_ASKED = frozenset({"recv", "read"})


def _is_empty(value: Value) -> bool:
    match value:
        case b"" | (b"", *_) | 0:
            return not isinstance(value, bool)
    return False
