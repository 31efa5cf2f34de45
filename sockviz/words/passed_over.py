"""What a call that sends on a TCP socket was given, and TCP passes over."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import Call
from sockviz.model.segments import wire_end
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.rights import rights_passed
from sockviz.words.situation import Situation
from sockviz.words.wording import address_text


def passed_over(call: Call, world: World) -> str:
    """That the address beside the data is not looked at, or that no descriptor goes along, as a clause; empty where neither was.

    net/ipv4/tcp.c, tcp_sendmsg_locked: msg_name is read with MSG_FASTOPEN only; net/core/sock.c, __sock_cmsg_send: SCM_RIGHTS
    is AF_UNIX's.
    """
    s = Situation(call, world)
    if not s.is_tcp:
        return ""
    if rights_passed(call):
        return _("SCM_RIGHTS does nothing on a connection of TCP: no descriptor goes along")
    given, peer = s.end, wire_end(s.peer)
    if given is None or acts.has(call, "MSG_FASTOPEN"):
        return ""
    if peer is None or wire_end(given) == peer:
        return _("the address beside it is passed over: what is sent goes to the peer of {name}").format(
            name=s.name
        )
    return _(
        "the address beside it, {target}, is passed over: it goes to {peer}, which {name} is connected to"
    ).format(target=s.target, peer=address_text(peer), name=s.name)
