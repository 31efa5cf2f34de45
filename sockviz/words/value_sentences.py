"""What a call gave whose answer, or argument, is a named number: events, options, flags, errors; told by name and by meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sockviz.language import _, ngettext
from sockviz.model.call import Call, Stage
from sockviz.model.linux import files, sockets
from sockviz.model.linux.names import errno_name, mask, name_of, signal_name
from sockviz.model.linux.options import JOINING, Form, option_of
from sockviz.model.values import ObjectValue, SocketValue, Value, show
from sockviz.model.world import World
from sockviz.words.explanation import explain
from sockviz.words.number_kinds import (
    Kind,
    beside_name,
    command_of,
    given_by,
    open_flags,
    option_named_by,
    with_names,
)
from sockviz.words.number_meanings import DESCRIPTORS, EPOLL_MODES, ERRORS, EVENTS, RECEIVED
from sockviz.words.option_words import meaning, option_name, value_text
from sockviz.words.set_options import value_and_asked
from sockviz.words.truncation import cut_off
from sockviz.words.wording import address_text, bytes_text, receiver_name

#: Of so many descriptors it is told what is the matter with each.
_MOST_TOLD = 4


def value_sentence(call: Call, world: World) -> str:
    """What `call`, which returned, gave; empty where its sentence is another's."""
    match call.name:
        case "poll" | "epoll_wait":
            return _events(call, world)
        case "setsockopt":
            return _set(call, world)
        case "getsockopt":
            return _said(call, world)
        case "connect_ex" if isinstance(call.value, int) and call.value:
            return _connect_error(call, world)
        case "recvmsg":
            return _message(call, world)
        case "recv_into" if isinstance(call.value, int):
            return _real_length(call)
        case "fcntl":
            return _descriptor(call)
        case "ioctl":
            return _asked(call)
        case "register" | "modify" | "unregister":
            return _interest(call, world)
        case "kill" if call.value is None and len(call.arguments) > 1:
            return _kill(call, world)
        case "getaddrinfo" if isinstance(call.value, list):
            return _addresses(call.value, given_by(call))
        case "signal" if isinstance(call.value, ObjectValue):
            return _("sets what {signal} does: before it was a function").format(
                signal=signal_name(call.arguments[0])
            )
    return ""


# --- events -----------------------------------------------------------------------------------------------------------


def _events(call: Call, world: World) -> str:
    if not isinstance(call.value, list):
        return ""
    found = [pair for pair in call.value if isinstance(pair, tuple) and len(pair) == 2]
    if not found:
        return _("returns: nothing came of what it waits for")
    watches = call.name == "epoll_wait" or _is_epolls(call)
    told = [_of_descriptor(call, fd, events, world, watches) for fd, events in found[:_MOST_TOLD]]
    if left := len(found) - _MOST_TOLD if len(found) > _MOST_TOLD else 0:
        told.append(ngettext("and {count} more", "and {count} more", left).format(count=left))
    return _("returns: {events}").format(events="; ".join(told))


def _is_epolls(call: Call) -> bool:
    match call.arguments[:1]:
        case (ObjectValue(kind="epoll"),):
            return True
    return False


def _of_descriptor(call: Call, fd: Value, events: Value, world: World, watches: bool) -> str:
    number = fd.fd if isinstance(fd, SocketValue) else fd
    name = _name_of_descriptor(call, number, world)
    if not isinstance(events, int):
        return show(events, 40)
    flags = event_names(events, epoll=watches)
    listens = _listens(call, number, world)
    told = [
        f"{flag} ({event_meaning(flag, listens)})" if event_meaning(flag, listens) else flag for flag in flags
    ]
    return _("descriptor {fd}{name}: {events}").format(fd=number, name=name, events=", ".join(told))


def event_names(events: int, *, epoll: bool) -> list[str]:
    """``["POLLIN", "POLLRDHUP"]``."""
    return mask(events, files.EPOLL if epoll else files.POLL).split("|") if events else []


def event_meaning(flag: str, listens: bool = False) -> str:
    """What an event of poll's or epoll's says, or how epoll is asked for it; nothing where that is not known."""
    if listens and flag in ("POLLIN", "EPOLLIN"):
        return _("a connection waits to be accepted")
    told = EVENTS.get(flag.removeprefix("E")) or EPOLL_MODES.get(flag)
    return _(told) if told is not None else ""


def _inode_behind(call: Call, fd: Value, world: World) -> int:
    process = world.processes.get(call.process)
    return next((entry.inode for entry in process.fds if entry.fd == fd), 0) if process is not None else 0


def _name_of_descriptor(call: Call, fd: Value, world: World) -> str:
    inode = _inode_behind(call, fd, world)
    name = world.name_of(call.process, inode, fd if isinstance(fd, int) else None) if inode else None
    return f" ({name})" if name else ""


def _listens(call: Call, fd: Value, world: World) -> bool:
    row = world.row_of(inode) if (inode := _inode_behind(call, fd, world)) else None
    return row is not None and row.is_listening


def _interest(call: Call, world: World) -> str:
    """epoll_ctl."""
    if len(call.arguments) < 2 or call.value is not None or not _is_epolls(call):
        return ""
    fd = call.arguments[1]
    number = fd.fd if isinstance(fd, SocketValue) else fd
    name = _name_of_descriptor(call, number, world)
    if call.name == "unregister":
        return _("takes descriptor {fd}{name} off the list in the kernel").format(fd=number, name=name)
    events = call.arguments[2] if len(call.arguments) > 2 else None
    asked = mask(int(events), files.EPOLL) if isinstance(events, int) else "EPOLLIN|EPOLLPRI|EPOLLOUT"
    modes = [_(EPOLL_MODES[flag]) for flag in asked.split("|") if flag in EPOLL_MODES]
    how = f" ({'; '.join(modes)})" if modes else ""
    told = (
        _("puts descriptor {fd}{name} on the list in the kernel, for {events}{how}")
        if call.name == "register"
        else _("changes what the list in the kernel waits for at descriptor {fd}{name}: {events}{how}")
    )
    return told.format(fd=number, name=name, events=asked, how=how)


# --- options ----------------------------------------------------------------------------------------------------------


def _set(call: Call, world: World) -> str:
    if len(call.arguments) < 4 or call.receiver is None:
        return ""
    level, number, value = call.arguments[1:4]
    option = option_named_by(call)
    name, what = option_name(level, number), meaning(option)
    of = receiver_name(call, world) or _("the socket")
    why = f": {what}" if what else ""
    if isinstance(level, int) and isinstance(number, int) and (ending := JOINING.get((level, number))):
        return _("{of} leaves {group} ({name})").format(
            of=of, group=value_text(option_of(*ending), value), name=name
        )
    known = world.options.get(call.receiver.inode, {})
    found = next((o for o in known.values() if o.call == call.number and o.process == call.process), None)
    if found is None:
        return _("sets {name} of {of} to {value}{why}").format(
            name=name, of=of, value=value_text(option, value), why=why
        )
    if found.differs and (option is None or option.form is not Form.SWITCH):
        return _("sets {name} of {of}: {asked} asked, the kernel has {value} now{why}").format(
            name=name, of=of, asked=value_text(option, value), value=value_text(option, found.now), why=why
        )
    return _("sets {name} of {of} to {value}{why}").format(
        name=name, of=of, value=value_and_asked(found, option), why=why
    )


def _said(call: Call, world: World) -> str:
    option = option_named_by(call)
    if len(call.arguments) < 3:
        return ""
    name = option_name(call.arguments[1], call.arguments[2])
    of = receiver_name(call, world) or _("the socket")
    if option is not None and option.form is Form.ERROR and isinstance(call.value, int):
        if not call.value:
            return _("says that no error waits at {of} (SO_ERROR is 0)").format(of=of)
        return _("says what went wrong at {of}: {error}; asking has taken it away").format(
            of=of, error=error_text(call.value)
        )
    value = value_text(option, call.value)
    # What it does has been told where a call has set it.
    known = world.options.get(call.receiver.inode, {}) if call.receiver is not None else {}
    what = "" if any((o.level, o.number) == call.arguments[1:3] for o in known.values()) else meaning(option)
    return _("says {name} of {of}: {value}{why}").format(
        name=name, of=of, value=value, why=f" ({what})" if what else ""
    )


def error_text(number: int) -> str:
    """``ECONNREFUSED (111), nobody listens there``."""
    name = errno_name(number)
    if name is None:
        return str(number)
    told = ERRORS.get(name)
    return f"{name} ({number})" + (f", {_(told)}" if told is not None else "")


def _connect_error(call: Call, world: World) -> str:
    """connect_ex gives as a number what connect raises: it is explained alike."""
    assert isinstance(call.value, int)
    name = errno_name(call.value)
    if name is None:
        return ""
    failed = replace(call, stage=Stage.FAILED, error=name, errno=call.value)
    told = explain(failed, world)
    here = (
        f": {told.here}"
        if told is not None and told.here
        else f": {_(ERRORS[name])}"
        if name in ERRORS
        else ""
    )
    return _("returns {error} ({number}){here}").format(error=name, number=call.value, here=here)


# --- messages ---------------------------------------------------------------------------------------------------------


def _message(call: Call, world: World) -> str:
    match call.value:
        case (bytes(data), list(beside), int(flags), sender):
            pass
        case _:
            return ""
    who = (
        _(" from {address}").format(address=address_text(sender)) if sender not in (None, "", b"", ()) else ""
    )
    told = [
        _("takes {amount}{sender}: {shown}").format(
            amount=bytes_text(len(data)), sender=who, shown=show(data, 32)
        )
    ]
    told += [_came_beside(item) for item in beside]
    for flag in mask(flags, sockets.MESSAGE_FLAGS).split("|") if flags else ():
        what = RECEIVED.get(flag)
        told.append(f"{flag}: {_(what)}" if what is not None else flag)
        if flag == "MSG_TRUNC" and (lost := cut_off(call, data, world)):
            told.append(lost)
    return "; ".join(told)


def _came_beside(item: Value) -> str:
    match item:
        case (int(level), int(number), bytes(data)):
            name = beside_name(level, number) or f"({level}, {number})"
            if name == "SCM_RIGHTS" and not len(data) % 4:
                fds = ", ".join(
                    str(int.from_bytes(data[at : at + 4], "little")) for at in range(0, len(data), 4)
                )
                return ngettext(
                    "SCM_RIGHTS brings a descriptor: {fds} here",
                    "SCM_RIGHTS brings descriptors: {fds} here",
                    len(data) // 4,
                ).format(fds=fds)
            if name == "SCM_CREDENTIALS" and len(data) >= 12:
                pid, uid, gid = (int.from_bytes(data[at : at + 4], "little") for at in (0, 4, 8))
                return f"SCM_CREDENTIALS: pid {pid}, uid {uid}, gid {gid}"
            option = option_of(level, number)
            value = (
                value_text(option, int.from_bytes(data, "little")) if len(data) in (1, 4) else show(data, 32)
            )
            return f"{name}: {value}"
    return show(item, 40)


def _real_length(call: Call) -> str:
    """recv_into with MSG_TRUNC: the kernel tells the length that a datagram had, whatever fitted."""
    held, flags = call.receiver, call.arguments[3] if len(call.arguments) > 3 else 0
    room = call.arguments[1] if len(call.arguments) > 1 else b""
    if (
        held is None
        or held.type != "SOCK_DGRAM"
        or not isinstance(flags, int)
        or not isinstance(call.value, int)
    ):
        return ""
    asked = call.arguments[2] if len(call.arguments) > 2 and isinstance(call.arguments[2], int) else 0
    fits = asked or (len(room) if isinstance(room, bytes) else call.value)
    if not flags & sockets.MESSAGE_FLAGS["MSG_TRUNC"] or call.value <= fits:
        return ""
    return _(
        "takes a datagram of {length}, of which {fits} fit: the rest is gone (MSG_TRUNC tells its whole length)"
    ).format(length=bytes_text(call.value), fits=bytes_text(fits))


# --- descriptors ------------------------------------------------------------------------------------------------------


def _descriptor(call: Call) -> str:
    command = command_of(call)
    fd = call.arguments[0] if call.arguments else None
    number = fd.fd if isinstance(fd, SocketValue) else fd
    argument = call.arguments[2] if len(call.arguments) > 2 else 0
    match command, call.value:
        case "F_GETFL", int(flags):
            return _("says the flags of descriptor {fd}: {flags}").format(
                fd=number, flags=_flags(open_flags(flags))
            )
        case "F_GETFD", int(flags):
            told = _flags(mask(flags, files.DESCRIPTOR_FLAGS)) if flags else _("none")
            return _("says the flags of descriptor {fd} itself: {flags}").format(fd=number, flags=told)
        case "F_SETFL", _ if isinstance(argument, int):
            flags_now = mask(argument & ~3, files.OPEN_FLAGS)
            told = _flags(flags_now) if flags_now != "0" else _("none: calls sleep where they must wait")
            return _("sets the flags of descriptor {fd}: {flags}").format(fd=number, flags=told)
        case "F_SETFD", _ if isinstance(argument, int):
            told = (
                _flags(mask(argument, files.DESCRIPTOR_FLAGS))
                if argument
                else _("none: it stays open in an exec")
            )
            return _("sets the flags of descriptor {fd} itself: {flags}").format(fd=number, flags=told)
    return ""


def _flags(names: str) -> str:
    told = [_(DESCRIPTORS[name]) for name in names.split("|") if name in DESCRIPTORS]
    return names + (f" ({'; '.join(told)})" if told else "")


def _asked(call: Call) -> str:
    request = name_of(call.arguments[1], files.REQUESTS) if len(call.arguments) > 1 else None
    match request, call.value:
        case str(), bytes(data) if len(data) == 4:
            value = int.from_bytes(data, "little", signed=True)
        case str(), int(value):
            pass
        case _:
            return ""
    told = {
        "FIONREAD": _("{amount} can be read now").format(amount=bytes_text(value)),
        "SIOCOUTQ": _("{amount} of what was sent not acknowledged").format(amount=bytes_text(value)),
        "SIOCATMARK": _("at the urgent byte: {whether}").format(whether=_("yes") if value else _("no")),
    }.get(request or "", str(value))
    return _("says by {request}: {told}").format(request=request, told=told)


def _kill(call: Call, world: World) -> str:
    pid, number = call.arguments[:2]
    whose = next((p.name for p in world.processes.values() if p.pid == pid), show(pid, 12))
    if number == 0:
        return _("sends nothing: {process} exists, and may be sent signals").format(process=whose)
    return _("sends {signal} to {process}").format(signal=signal_name(number), process=whose)


def _addresses(found: Sequence[Value], kind: Kind | None) -> str:
    told = []
    for item in found[:_MOST_TOLD]:
        match with_names([item], kind, 4):
            case [(family, sort, protocol, _name, address)]:
                told.append(
                    f"{show(family, 20)} {show(sort, 30)} {show(protocol, 20)} {address_text(address)}"
                )
            case other:
                told.append(show(other, 40))
    if len(found) > _MOST_TOLD:
        told.append("…")
    return ngettext(
        "gives {count} address: {addresses}", "gives {count} addresses: {addresses}", len(found)
    ).format(count=len(found), addresses="; ".join(told))
