"""How a connection ended, as far as its two ends, the wire and the kernel's counters say."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import RECEIVING
from sockviz.model.known import KnownSocket
from sockviz.model.meaning import PROBES, Role
from sockviz.model.sockets import State
from sockviz.model.world import World
from sockviz.words import acts, whose
from sockviz.words.causes import unaccepted
from sockviz.words.causes.attempts import was_given_up
from sockviz.words.causes.from_outside import was_ended_from_outside
from sockviz.words.situation import Cause, Situation
from sockviz.words.unread import unread
from sockviz.words.wording import bytes_text

#: In these a TCP socket has received its peer's FIN (RFC 9293, figure 5).
HAS_FIN = frozenset({State.CLOSE_WAIT, State.LAST_ACK, State.CLOSING, State.TIME_WAIT})


def is_closed(world: World, known: KnownSocket | None) -> bool:
    """Whether a socket that some process had has no descriptor any more."""
    return known is not None and not whose.holders(world, known.inode)


def reset(s: Situation) -> Cause:
    """Whose RST it was that ended the connection, and why it was sent, where that was seen; with what helps against that."""
    if was_given_up(s):
        return Cause(
            _("no RST came: the connect of {name} was given up here, by shutdown").format(name=s.name)
        )
    if s.dissolved and s.came("RST") is None:  # net/ipv4/tcp.c, tcp_disconnect: sk_err = ECONNRESET
        return Cause(
            _("no RST came: connect to AF_UNSPEC gave the connection of {name} up here").format(name=s.name)
        )
    if s.came("RST") is None and s.went("RST") is not None:
        return _reset_by_itself(s)
    found = _why_reset(s)
    told = _("a RST came from {who}").format(who=s.who)
    return Cause(f"{told}: {found.why}" if found.why else told, found.remedy)


def _reset_by_itself(s: Situation) -> Cause:
    """net/ipv4/tcp_input.c, tcp_rcv_state_process: the kernel of who would not read what comes answers with a RST, and says so
    here, too."""
    told = _("no RST came: this kernel sent one")
    if not acts.shut_both(s.world, s.inode):
        return Cause(told)
    why = _("{told}, for data came from {who} and {name} had both its directions ended by shutdown")
    return Cause(
        why.format(told=told, who=s.who, name=s.name),
        _("end the receiving side only where no more will come"),
    )


def _why_reset(s: Situation) -> Cause:
    other = whose.peer(s.world, s.inode)
    if other is None:
        return unaccepted.of_tcp(s)
    anew = _("make a new connection")
    said = whose.of_socket(s.world, other.inode)
    if gave_up(s.world, other.inode):
        told = _("{peer} had given the connection up: no answer had come to it (ETIMEDOUT)")
        return Cause(told.format(peer=said), anew)
    if s.came("FIN") is not None and acts.shut_both(s.world, other.inode):
        # net/ipv4/tcp_input.c, tcp_rcv_state_process: in FIN-WAIT-2 nobody could read what comes.
        told = _("{peer} had both its directions ended by shutdown, and data came for it")
        return Cause(told.format(peer=said), _("send nothing more to who has ended both directions"))
    if was_ended_from_outside(s.world, other.inode):
        told = _("{peer} was ended from outside (its calls say ECONNABORTED), as by ss -K")
        return Cause(told.format(peer=said), anew)
    if other.dissolved:
        return Cause(_("{peer} gave the connection up, by connect to AF_UNSPEC").format(peer=said), anew)
    came = s.came("RST")
    by_close = came is not None and acts.was_being_closed(s.world, other.inode, came.event.packet.at)
    if not by_close and not is_closed(s.world, other):
        return Cause()
    meaning = s.world.traffic.meanings.get(came.number) if came is not None else None
    asked = (
        s.world.traffic.meanings.get(meaning.of) if meaning is not None and meaning.of is not None else None
    )
    if (
        meaning is not None
        and meaning.role is Role.ANSWERING_RST
        and asked is not None
        and asked.role in PROBES
    ):
        return Cause(_("{peer} was closed already, and a probe came for it").format(peer=said), anew)
    if meaning.role is Role.ANSWERING_RST if meaning is not None else s.came("FIN") is not None:
        told = _("{peer} was closed already, and data came for it")
        return Cause(told.format(peer=said), _("send nothing more to who is gone: agree on who ends first"))
    # net/ipv4/tcp.c, __tcp_close: bytes that nobody has read are looked at before SO_LINGER is.
    if not (why := _unread(s, other, said)) and acts.lingers(s.world, other.inode) == 0:
        told = _("{peer} was closed with SO_LINGER set to 0 seconds")
        return Cause(told.format(peer=said), _("leave SO_LINGER off there, where nothing may be lost"))
    return Cause(why)


def _unread(s: Situation, other: KnownSocket, said: str) -> str:
    """That the other end was closed with bytes unread: as its row showed them before it went; else as the counter says, where it
    cannot have been another connection."""
    times = s.world.counters.get("TcpExt.TCPAbortOnClose", 0)
    gone, row = s.world.gone.get(other.inode), s.world.row_of(other.inode)
    if row is None and gone is not None:
        row = gone.row  # as it was last seen
    elif acts.is_unseen(s.world, other.inode, *RECEIVING):
        row = None
    if row is not None and (count := unread(row)):
        return _("{peer} was closed with {amount} unread").format(peer=said, amount=bytes_text(count))
    aborted = sum(meaning.role is Role.ABORTING_RST for meaning in s.world.traffic.meanings.values())
    if times and times >= aborted:
        return _("{peer} was closed with bytes unread (TCPAbortOnClose +{times})").format(
            peer=said, times=times
        )
    return ""


def gave_up(world: World, inode: int) -> bool:
    """Whether a call on the socket was told that nothing had answered, upon which its kernel forgot the connection."""
    return inode in world.given_up


def ended_by_peer(s: Situation) -> str:
    """Why nothing more will come: what the peer did, where it was seen; empty where it was not."""
    world, other = s.world, whose.peer(s.world, s.inode)
    who = s.who
    if s.is_tcp and s.row is None and s.came("RST") is not None:
        return _("its connection is gone: {reset}").format(reset=reset(s).why)
    if s.is_tcp and s.row is None and gave_up(world, s.inode):
        return _("its connection was given up, as no answer had come (ETIMEDOUT)")
    fin = s.is_tcp and (s.came("FIN") is not None or (s.row is not None and s.row.state in HAS_FIN))
    if other is not None and acts.shut(world, other.inode, acts.SHUT_WR, acts.SHUT_RDWR):
        told = _("{who} has ended its sending side by shutdown").format(who=who)
    elif other is not None and is_closed(world, other):
        told = _("{who} was closed").format(who=who)
    elif fin:
        return _("a FIN came from {who}: it will send no more").format(who=who)
    else:
        return unaccepted.of_unix(s) if s.call.name in RECEIVING and s.row is not None else ""
    return _("{told}, and its FIN came").format(told=told) if fin else told
