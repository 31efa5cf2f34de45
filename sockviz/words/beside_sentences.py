"""What comes, and goes, beside the data of a message: flags of recvmsg, descriptors, credentials, errors of the error queue."""

from __future__ import annotations

from sockviz.language import _, ngettext
from sockviz.model.call import Call
from sockviz.model.linux import sockets
from sockviz.model.linux.names import mask
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.causes.descriptors import limit_of_descriptors
from sockviz.words.control_data import came_beside, name_of, value_beside
from sockviz.words.number_kinds import beside_name
from sockviz.words.number_meanings import RECEIVED
from sockviz.words.rights import has_no_byte, rights_in, rights_passed
from sockviz.words.shown import show, show_data
from sockviz.words.truncation import cut_off, lost_of
from sockviz.words.wording import address_text, bytes_text


def message_told(call: Call, world: World, widest: int) -> str:
    """What recvmsg gave; of its data so many characters."""
    match call.value:
        case (bytes(data), list(beside), int(flags), sender):
            pass
        case _:
            return ""
    who = (
        _(" from {address}").format(address=address_text(sender)) if sender not in (None, "", b"", ()) else ""
    )
    peeks = acts.has(call, "MSG_PEEK")
    gives = _("looks at {amount}{sender}, and leaves all in the receive queue: {shown}")
    gives = gives if peeks else _("takes {amount}{sender}: {shown}")
    is_cut = flags & sockets.MESSAGE_FLAGS["MSG_TRUNC"]
    if not (data or peeks or is_cut) and call.receiver is not None and call.receiver.type == "SOCK_DGRAM":
        gives = _("takes an empty datagram{sender}")
    if not (data or peeks or is_cut) and call.receiver is not None and call.receiver.type == "SOCK_SEQPACKET":
        gives = _("takes an empty message")
    told = [gives.format(amount=bytes_text(len(data)), sender=who, shown=show_data(data, widest))]
    if not data and flags & sockets.MESSAGE_FLAGS["MSG_ERRQUEUE"]:
        told = [_("takes an entry off the error queue, with no data in it")]
    told += [_came_beside(item) for item in beside]
    for flag in mask(flags, sockets.MESSAGE_FLAGS).split("|") if flags else ():
        what = RECEIVED.get(flag)
        lost = cut_off(call, data, world) if flag == "MSG_TRUNC" else ""
        if flag == "MSG_CTRUNC":
            lost = _lost_beside(call, beside, world)
        if peeks and flag in _TOO_LITTLE_ROOM:
            lost = _("there was more than there was room for")  # and it is there still
        told.append(f"{flag}: {lost or _(what)}" if what is not None else flag)
    return "; ".join(told)


_TOO_LITTLE_ROOM = ("MSG_TRUNC", "MSG_CTRUNC")


def _came_beside(item: Value) -> str:
    match item:
        case (int(level), int(number), bytes(data)):
            return came_beside(level, number, data)
    return show(item, 40)


def _lost_beside(call: Call, beside: list[Value], world: World) -> str:
    """MSG_CTRUNC: for want of room, or of descriptors (net/core/scm.c, scm_detach_fds: both end in the same flag)."""
    room = call.arguments[2] if len(call.arguments) > 2 else 0
    rights = rights_in(beside)
    fits = (room - _HEADER) // _DESCRIPTOR if isinstance(room, int) else 0
    others = len(beside) - bool(rights)
    came_with = any(rights_passed(each) for each in acts.over(world, "sendmsg"))
    if others or not came_with:
        return _(RECEIVED["MSG_CTRUNC"])
    if len(rights) < fits:
        told = _("no descriptor was free for the others that came by SCM_RIGHTS: they are closed{limit}")
        return told.format(limit=limit_of_descriptors(call.process, world))
    return ngettext(
        "there was room for {count} descriptor: what else came by SCM_RIGHTS is closed",
        "there was room for {count} descriptors: what else came by SCM_RIGHTS is closed",
        len(rights),
    ).format(count=len(rights))


#: struct cmsghdr, and an int.
_HEADER, _DESCRIPTOR = 16, 4


def filled(call: Call, world: World) -> str:
    """What recv_into put into its buffer; with MSG_TRUNC the kernel tells the length that a datagram had, whatever fitted."""
    held, flags = call.receiver, call.arguments[3] if len(call.arguments) > 3 else 0
    room = call.arguments[1] if len(call.arguments) > 1 else b""
    if held is None or not isinstance(flags, int) or not isinstance(call.value, int):
        return ""
    amount = bytes_text(call.value)
    if held.type not in ("SOCK_DGRAM", "SOCK_SEQPACKET"):
        if not call.value or flags & sockets.MESSAGE_FLAGS["MSG_TRUNC"]:
            return ""
        if flags & sockets.MESSAGE_FLAGS["MSG_PEEK"]:
            return ngettext(
                "looks at {count} byte and leaves it in the receive queue",
                "looks at {count} bytes and leaves them in the receive queue",
                call.value,
            ).format(count=call.value)
        return _("takes {amount} from the receive queue into its buffer").format(amount=amount)
    asked = call.arguments[2] if len(call.arguments) > 2 and isinstance(call.arguments[2], int) else 0
    fits = asked or (len(room) if isinstance(room, bytes) else call.value)
    if not flags & sockets.MESSAGE_FLAGS["MSG_TRUNC"] or call.value <= fits:
        if flags & sockets.MESSAGE_FLAGS["MSG_PEEK"]:
            return _("looks at {amount} of a datagram, and leaves it whole in the receive queue").format(
                amount=amount
            )
        if not call.value and fits:
            return _("takes an empty datagram")
        told = _("takes one datagram and puts {amount} into its buffer").format(amount=amount)
        lost = lost_of(call, b"", call.value, world) if call.value == fits else ""
        return f"{told}; {lost}" if lost else told
    if flags & sockets.MESSAGE_FLAGS["MSG_PEEK"]:
        return _(
            "looks at a datagram of {length}, of which {fits} fit, and leaves it there (MSG_TRUNC tells its whole length)"
        ).format(length=bytes_text(call.value), fits=bytes_text(fits))
    return _(
        "takes a datagram of {length}, of which {fits} fit: the rest is gone (MSG_TRUNC tells its whole length)"
    ).format(length=bytes_text(call.value), fits=bytes_text(fits))


def sent_beside(call: Call) -> str:
    """What a sendmsg has passed along beside its data, as the end of its sentence; nothing where that is all."""
    ancillary = call.arguments[2] if call.name == "sendmsg" and len(call.arguments) > 2 else None
    if call.error is not None or not isinstance(ancillary, list | tuple):
        return ""
    told = [_passed(call, item) for item in ancillary]
    return "".join(f"; {text}" for text in told if text)


def _passed(call: Call, item: Value) -> str:
    match item:
        case (int(level), int(number), bytes()) if beside_name(level, number) == "SCM_RIGHTS":
            if call.receiver is not None and call.receiver.family != "AF_UNIX":
                return ""
            if has_no_byte(call):
                return _("SCM_RIGHTS passes nothing along: on a stream it takes at least one byte to go with")
            fds = [str(fd) for fd in rights_passed(call)]
            return ngettext(
                "SCM_RIGHTS passes descriptor {fds} along",
                "SCM_RIGHTS passes descriptors {fds} along",
                len(fds),
            ).format(fds=", ".join(fds))
        case (int(level), int(number), bytes(data)):
            return f"{name_of(level, number)}: {value_beside(level, number, data)}"
    return ""
