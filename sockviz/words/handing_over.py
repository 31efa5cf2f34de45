"""What a call that sends has handed to the kernel: bytes for a stream's queue, a datagram, a part of one, several."""

from __future__ import annotations

from itertools import islice

from sockviz.language import _, ngettext
from sockviz.model.call import SENDING, Call
from sockviz.model.known import KnownSocket
from sockviz.model.linux.options import option_of
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.own_loopback import with_itself
from sockviz.words.passed_over import passed_over
from sockviz.words.wording import address_text, bytes_text, receiver_name

#: So many calls back one is looked for that has begun a datagram.
_RECENT = 64
#: Those that say how many bytes they took.
COUNTING = SENDING - {"sendall"}


def handed_over(call: Call, world: World) -> str:
    """What a call that sends, and came back, has handed over; empty of any other call."""
    if call.name not in COUNTING or not isinstance(call.value, int):
        return ""
    held, behind = call.receiver, call.receiver or _socket_behind(call, world)
    amount = bytes_text(call.value)
    if behind is not None and behind.family == "AF_UNIX":
        return _on_this_machine(call, amount)
    if call.name == "write" and behind is None:
        return _("hands {amount} to the kernel").format(amount=amount)
    # A raw socket, or netlink's, keeps no bytes to be sent.
    if held is None or held.type == "SOCK_STREAM":
        return _queued(call, amount, world)
    if held.type not in ("SOCK_DGRAM", "SOCK_RAW"):
        return _("hands {amount} to the kernel").format(amount=amount)
    told = _as_datagrams(call, amount, world)
    return f"{told}; {zeroed}" if (zeroed := _left_in_place(call, world)) else told


def _on_this_machine(call: Call, amount: str) -> str:
    """net/unix/af_unix.c: there is no queue of the sender's own; its buffer is only charged with them."""
    held, to = call.receiver, call.arguments[-1]
    # net/unix/af_unix.c, unix_seqpacket_sendmsg: an address beside the data is passed over.
    is_addressed = call.name == "sendto" and isinstance(to, str | bytes) and len(call.arguments) > 2
    if is_addressed and (held is None or held.type != "SOCK_SEQPACKET"):
        told = _("puts one message of {amount} into the receive queue of the socket named {address}")
        return told.format(amount=amount, address=address_text(to))
    if held is not None and held.type != "SOCK_STREAM":
        return _("puts one message of {amount} into the receive queue of the peer").format(amount=amount)
    told = _("puts {amount} into the receive queue of the peer").format(amount=amount)
    urgent = acts.has(call, "MSG_OOB")
    return f"{told}; {_('the last byte is marked urgent')}" if urgent else told


def _queued(call: Call, amount: str, world: World) -> str:
    if not call.value:
        return _("sends nothing: a stream has no empty segment")
    asks_to_leave = acts.has(call, "MSG_ZEROCOPY") and _may_leave(call, world)
    told = (
        _("puts {amount} into the send queue of the kernel")
        if asks_to_leave
        else _("copies {amount} into the send queue of the kernel")
    ).format(amount=amount)
    urgent = _("the last byte is marked urgent") if acts.has(call, "MSG_OOB") else ""
    more = (urgent, _left_in_place(call, world), passed_over(call, world))
    return "; ".join(filter(None, (told, *more)))


def _may_leave(call: Call, world: World) -> bool:
    return call.receiver is not None and acts.is_on(world, call.receiver.inode, "SO_ZEROCOPY")


def _left_in_place(call: Call, world: World) -> str:
    """What MSG_ZEROCOPY has come to, in a clause (Documentation/networking/msg_zerocopy.rst): without SO_ZEROCOPY nothing, with
    it the program's pages are lent until the error queue gives them back, whether they were copied in the end or not."""
    if not acts.has(call, "MSG_ZEROCOPY"):
        return ""
    if not _may_leave(call, world):
        return _("MSG_ZEROCOPY does nothing: SO_ZEROCOPY is not set on {name}").format(
            name=receiver_name(call, world) or _("the socket")
        )
    return _(
        "by MSG_ZEROCOPY they may stay where they are: the program leaves them alone until its error queue gives them back"
    )


def _as_datagrams(call: Call, amount: str, world: World) -> str:
    """net/ipv4/udp.c, udp_sendmsg: what is corked is appended to what waits, and MSG_MORE corks for one call."""
    held = call.receiver
    assert held is not None
    assert isinstance(call.value, int)
    if acts.is_on(world, held.inode, "UDP_CORK"):
        return _("adds {amount} to the datagram that UDP_CORK gathers").format(amount=amount)
    if acts.has(call, "MSG_MORE"):
        return _("adds {amount} to a datagram that goes out with the first send that has no MSG_MORE").format(
            amount=amount
        )
    if gathered := _gathered(call, world):
        return _("adds {amount}, and hands one datagram of {whole} to the kernel").format(
            amount=amount, whole=bytes_text(gathered + call.value)
        )
    if (size := _segment(call, world)) and call.value > size:
        count = -(-call.value // size)
        told = ngettext(
            "hands {amount} to the kernel, which makes {count} datagram of them, of {size} at most (UDP_SEGMENT)",
            "hands {amount} to the kernel, which makes {count} datagrams of them, of {size} at most (UDP_SEGMENT)",
            count,
        )
        return told.format(amount=amount, count=count, size=bytes_text(size))
    told = _("hands one datagram of {amount} to the kernel").format(amount=amount)
    return f"{told}; {away}" if (away := with_itself(call, world)) else told


def _gathered(call: Call, world: World) -> int:
    """How many bytes the sends right before it have added by MSG_MORE."""
    held, process, total = call.receiver, world.processes.get(call.process), 0
    for each in islice(reversed(process.calls), _RECENT) if process is not None else ():
        same = held is not None and each.receiver is not None and each.receiver.inode == held.inode
        if not same or each.number >= call.number or each.name not in SENDING or each.error is not None:
            continue
        if not acts.has(each, "MSG_MORE"):
            break
        total += each.value if isinstance(each.value, int) else 0
    return total


def _segment(call: Call, world: World) -> int:
    """Into datagrams of which size UDP_SEGMENT has it cut: beside this message, else by the option; 0: it is one."""
    beside = call.arguments[2] if call.name == "sendmsg" and len(call.arguments) > 2 else None
    for item in beside if isinstance(beside, list | tuple) else ():
        match item:
            case (int(level), int(number), bytes(data)) if (known := option_of(level, number)) is not None:
                if known.name == "UDP_SEGMENT":
                    return int.from_bytes(data[:2], "little")
    set_to = acts.option(world, call.receiver.inode if call.receiver is not None else 0, "UDP_SEGMENT")
    return set_to if isinstance(set_to, int) else 0


def _socket_behind(call: Call, world: World) -> KnownSocket | None:
    """The socket of a call that was given the bare number of a descriptor."""
    process = world.processes.get(call.process)
    number = call.arguments[0] if call.arguments else None  # a recording can say that it was given nothing
    inode = next((e.inode for e in process.fds if e.fd == number), 0) if process else 0
    return world.sockets.get(inode)
