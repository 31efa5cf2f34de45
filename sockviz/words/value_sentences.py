"""What a call gave whose answer, or argument, is a named number: events, options, flags, errors; told by name and by meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sockviz.language import _, decimal, ngettext
from sockviz.model.call import Call, Stage
from sockviz.model.linux import files
from sockviz.model.linux.names import errno_name, mask, name_of, signal_name
from sockviz.model.linux.options import JOINING, Form, option_of
from sockviz.model.values import ObjectValue, SocketValue, Value
from sockviz.model.world import World
from sockviz.words.beside_sentences import filled, message_told
from sockviz.words.causes import endings
from sockviz.words.causes.attempts import was_given_up
from sockviz.words.event_sentences import events_told, interest_told, select_told
from sockviz.words.explanation import explain
from sockviz.words.membership import LISTING
from sockviz.words.number_kinds import (
    NumberKind,
    command_of,
    given_by,
    open_flags,
    option_named_by,
    with_names,
)
from sockviz.words.number_meanings import DESCRIPTORS, ERRORS
from sockviz.words.option_words import answer_text, at_that, meaning, option_name, value_text
from sockviz.words.set_options import value_and_asked
from sockviz.words.shown import BRIEF, show
from sockviz.words.situation import Situation
from sockviz.words.wording import address_text, bytes_text, receiver_name

#: So many of the addresses that a name has are told.
_MOST_TOLD = 64


def value_sentence(call: Call, world: World, widest: int = BRIEF) -> str:
    """What `call`, which returned, gave, of data so many characters; empty where its sentence is another's."""
    match call.name:
        case "poll" | "epoll_wait":
            return events_told(call, world)
        case "select":
            return select_told(call, world)
        case "setsockopt":
            return _set(call, world)
        case "getsockopt":
            return _said(call, world)
        case "connect_ex" if isinstance(call.value, int) and call.value:
            return _connect_error(call, world)
        case "recvmsg":
            return message_told(call, world, widest)
        case "recv_into" if isinstance(call.value, int):
            return filled(call, world)
        case "settimeout" if len(call.arguments) > 1:
            return _patience(call, world)
        case "fcntl":
            return _descriptor(call)
        case "ioctl":
            return _asked(call)
        case name if name in LISTING:
            return interest_told(call, world)
        case "dup" | "dup2" if isinstance(call.value, int) and call.arguments:
            return _copied(call)
        case "kill" if call.value is None and len(call.arguments) > 1:
            return _kill(call, world)
        case "getaddrinfo" if isinstance(call.value, list):
            return _addresses(call.value, given_by(call))
        case "signal" if call.arguments and isinstance(call.value, ObjectValue):
            return _("sets what {signal} does: before it was a function").format(
                signal=signal_name(call.arguments[0])
            )
    return ""


def _copied(call: Call) -> str:
    """Of os.dup and os.dup2, which take numbers."""
    told = (
        _("gives descriptor {fd} to what descriptor {other} is")
        if call.name == "dup" or call.arguments[:1] == call.arguments[1:2]
        else _("gives descriptor {fd} to what descriptor {other} is, and closes what it was, if anything")
    )
    return told.format(fd=call.value, other=call.arguments[0])


# --- options ----------------------------------------------------------------------------------------------------------


def _set(call: Call, world: World) -> str:
    if len(call.arguments) < 4 or call.receiver is None:
        return ""
    level, number, value = call.arguments[1:4]
    option = option_named_by(call)
    name, what = option_name(level, number), meaning(option, call.receiver.type, call.receiver.family)
    of = receiver_name(call, world) or _("the socket")
    what = at_that(option, value) or what
    why = f": {what}" if what else ""
    if what and option is not None and option.form is Form.SWITCH and not value:
        why = _(" (on: {what})").format(what=what)
    if isinstance(level, int) and isinstance(number, int) and (ending := JOINING.get((level, number))):
        return _("has {of} leave {group} ({name})").format(
            of=of, group=value_text(option_of(*ending), value), name=name
        )
    if isinstance(level, int) and isinstance(number, int) and (level, number) in JOINING.values():
        return _("has {of} join {group} ({name}){why}").format(
            of=of, group=value_text(option, value), name=name, why=why
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


def _patience(call: Call, world: World) -> str:
    """settimeout: what Python keeps for itself."""
    of, seconds = receiver_name(call, world) or _("the socket"), call.arguments[1]
    if seconds is None:
        return _("lets calls on {name} sleep as long as they must").format(name=of)
    if not isinstance(seconds, int | float) or not seconds:
        return _("makes calls on {name} return at once where they would sleep").format(name=of)
    told = _(
        "lets calls on {name} wait {time} at most: its descriptor does not block, and Python itself waits in poll"
    )
    return told.format(name=of, time=f"{decimal(seconds)} s")


def _said(call: Call, world: World) -> str:
    option = option_named_by(call)
    if len(call.arguments) < 3:
        return ""
    name = option_name(call.arguments[1], call.arguments[2])
    of = receiver_name(call, world) or _("the socket")
    if option is not None and option.form is Form.ERROR and isinstance(call.value, int):
        if not call.value:
            return _("says that no error waits at {of} (SO_ERROR is 0)").format(of=of)
        error = _reset_here(call, call.value, world) or error_text(call.value)
        return _("says what went wrong at {of}: {error}; asking has taken it away").format(of=of, error=error)
    value = answer_text(option, call.value)
    # What it does has been told where a call has set it.
    known = world.options.get(call.receiver.inode, {}) if call.receiver is not None else {}
    is_known = any((o.level, o.number) == call.arguments[1:3] for o in known.values())
    held = call.receiver
    what = "" if is_known or held is None else meaning(option, held.type, held.family)
    return _("says {name} of {of}: {value}{why}").format(
        name=name, of=of, value=value, why=f" ({what})" if what else ""
    )


def _reset_here(call: Call, number: int, world: World) -> str:
    """ECONNRESET without a RST: what was under way, or there, was given up here (net/ipv4/tcp.c, tcp_disconnect)."""
    s = Situation(call, world)
    if errno_name(number) != "ECONNRESET" or not (was_given_up(s) or s.dissolved) or s.came("RST"):
        return ""
    return f"ECONNRESET ({number}), {endings.reset(s).why}"


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
            taken = argument & _CHANGED_BY_SETFL
            told = _flags(_open(taken)) if taken else _("none: calls sleep where they must wait")
            said = _("sets the flags of descriptor {fd}: {flags}").format(fd=number, flags=told)
            return said + _not_taken(_open(argument & ~(_CHANGED_BY_SETFL | _OF_OPEN)))
        case "F_SETFD", _ if isinstance(argument, int):
            known = sum(files.DESCRIPTOR_FLAGS.values())
            told = (
                _flags(mask(argument & known, files.DESCRIPTOR_FLAGS))
                if argument & known
                else _("none: it stays open in an exec")
            )
            said = _("sets the flags of descriptor {fd} itself: {flags}").format(fd=number, flags=told)
            return said + _not_taken(_open(argument & ~known & 0xFFFFFFFF))
    return ""


#: fs/fcntl.c, SETFL_MASK, and FASYNC; how a file was opened (O_ACCMODE, O_LARGEFILE) may be among what F_GETFL has given.
_CHANGED_BY_SETFL = sum(
    files.open_flags()[name] for name in ("O_APPEND", "O_NONBLOCK", "O_ASYNC", "O_NOATIME", "O_DIRECT")
)
_OF_OPEN = 3 | 0o100000


def _open(flags: int) -> str:
    return mask(flags, files.open_flags()) if flags else ""


def _not_taken(names: str) -> str:
    return _("; of {flags} it takes no notice").format(flags=names) if names else ""


def _flags(names: str) -> str:
    told = [_(DESCRIPTORS[name]) for name in names.split("|") if name in DESCRIPTORS]
    return names + (f" ({'; '.join(told)})" if told else "")


def _asked(call: Call) -> str:
    request = name_of(call.arguments[1], files.REQUESTS) if len(call.arguments) > 1 else None
    if request == "FIONBIO":
        return _non_blocking(call)
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
        "SIOCOUTQNSD": _("{amount} of what was sent not on its way yet").format(amount=bytes_text(value)),
        "SIOCATMARK": _("at the urgent byte: {whether}").format(whether=_("yes") if value else _("no")),
    }.get(request or "", str(value))
    return _("says by {request}: {told}").format(request=request, told=told)


def _non_blocking(call: Call) -> str:
    """FIONBIO asks nothing: it sets O_NONBLOCK, or takes it away (fs/ioctl.c, ioctl_fionbio)."""
    given = call.arguments[2] if len(call.arguments) > 2 else None
    given = int.from_bytes(given, "little") if isinstance(given, bytes) else given
    if not isinstance(given, int):
        return ""
    return (
        _("from now on no call on it sleeps (O_NONBLOCK)")
        if given
        else _("from now on its calls may sleep again")
    )


def _kill(call: Call, world: World) -> str:
    pid, number = call.arguments[:2]
    whose = next((p.name for p in world.processes.values() if p.pid == pid), show(pid, 12))
    if number == 0:
        return _("sends nothing: {process} exists, and may be sent signals").format(process=whose)
    return _("sends {signal} to {process}").format(signal=signal_name(number), process=whose)


def _addresses(found: Sequence[Value], kind: NumberKind | None) -> str:
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
    return ngettext("gives {count} entry: {entries}", "gives {count} entries: {entries}", len(found)).format(
        count=len(found), entries="; ".join(told)
    )
