"""Socket options in words: an option's name, its value with its unit, what it does."""

from __future__ import annotations

import socket
import struct

from sockviz.language import _, decimal, ngettext
from sockviz.model.linux.names import named
from sockviz.model.linux.options import DISCOVERIES, DISCOVERIES_6, Form, SocketOption, option_of
from sockviz.model.sockets import State
from sockviz.model.values import Value
from sockviz.words.number_kinds import Number, number_name
from sockviz.words.option_meanings import AT_THAT, ELSEWHERE, MEANINGS
from sockviz.words.shown import show

#: The lengths in bytes of what is a number.
_NUMBERS = (1, 4)
_KINDS = {
    Form.FAMILY: Number.FAMILY,
    Form.TYPE: Number.TYPE,
    Form.PROTOCOL: Number.PROTOCOL,
    Form.ERROR: Number.ERROR,
}

#: include/net/tcp_states.h: what TCP_INFO begins with.
_STATES = {
    1: State.ESTABLISHED, 2: State.SYN_SENT, 3: State.SYN_RECEIVED, 4: State.FIN_WAIT_1, 5: State.FIN_WAIT_2, 6: State.TIME_WAIT,
    7: State.CLOSED, 8: State.CLOSE_WAIT, 9: State.LAST_ACK, 10: State.LISTEN, 11: State.CLOSING,
}  # fmt: skip


def option_name(level: Value, number: Value) -> str:
    """``SO_RCVBUF``; by its numbers where it has no name here."""
    option = option_of(level, number)
    if option is not None:
        return option.name
    of_level = number_name(level, Number.LEVEL) if isinstance(level, int) else None
    return _("option {number} of {level}").format(number=show(number, 12), level=of_level or show(level, 12))


def meaning(option: SocketOption | None, kind: str = "", family: str = "") -> str:
    """What it does, to a socket of that type and family where it matters; nothing of an option that hardly anybody meets."""
    if option is None:
        return ""
    told = (
        ELSEWHERE.get((option.name, family))
        or ELSEWHERE.get((option.name, kind))
        or MEANINGS.get(option.name)
    )
    return _(told) if told is not None else ""


def value_text(option: SocketOption | None, value: Value) -> str:
    """An option's value for people: ``on``, ``8192 bytes``, ``0.5 s``, ``224.1.1.1``."""
    if option is None or value is None:
        return show(value, 40)
    match value:
        case bool() | int():
            return _number(option, int(value))
        case bytes():
            return _structure(option, value) or show(value, 40)
        case str():
            return value.rstrip("\0")
    return show(value, 40)


def answer_text(option: SocketOption | None, value: Value) -> str:
    """What getsockopt gave, for people. Where a program wanted the bytes of what is a number, and got one: both."""
    told = value_text(option, value)
    if option is None or not isinstance(value, bytes) or not option.form.value.startswith("int"):
        return told
    return f"{show(value, 40)}: {told}" if len(value) in _NUMBERS else told


def at_that(option: SocketOption | None, value: Value) -> str:
    """What an option does at this value, where that is other than what it does at large; else nothing."""
    if option is None:
        return ""
    if option.form is Form.TIME and isinstance(value, bytes) and len(value) >= 16:
        seconds, micro = struct.unpack_from("=qq", value)
        # net/core/sock.c, sock_set_timeout: no time is no limit, and a negative one lets nothing wait.
        at = "none" if not seconds and not micro else "negative" if seconds < 0 else ""
    else:
        at = "none" if value == 0 else "negative" if isinstance(value, int) and value < 0 else ""
    told = AT_THAT.get((option.name, at))
    return _(told) if told is not None else ""


def _number(option: SocketOption, value: int) -> str:
    match option.form:
        case Form.SWITCH:
            return (_("on") if value else _("off")) + (f" ({value})" if value not in (0, 1) else "")
        case Form.DISCOVERY:
            return named(value, DISCOVERIES_6 if option.name.startswith("IPV6") else DISCOVERIES)
        case Form.TRAFFIC_CLASS:
            return f"{value:#04x} (DSCP {value >> 2 & 0x3F}, ECN {value & 3})"
        case Form.PORTS:
            return _("{lowest} to {highest}").format(lowest=value & 0xFFFF, highest=value >> 16 & 0xFFFF)
        case Form.ERROR | Form.FAMILY | Form.TYPE | Form.PROTOCOL:
            return number_name(value, _KINDS[option.form]) or str(value)
        case Form.LINGER | Form.TIME:  # an int where a structure is due: the kernel takes what it finds
            return str(value)
    if option.name == "SO_PEEK_OFF" and value < 0:  # net/core/sock.c: then MSG_PEEK looks at the beginning
        return _("off") + f" ({value})"
    return with_unit(value, option.unit)


def with_unit(value: int, unit: str) -> str:
    """``8192 bytes``, ``5 s``, ``64 hops``."""
    match unit:
        case "bytes":
            return ngettext("{count} byte", "{count} bytes", value).format(count=value)
        case "hops":
            return ngettext("{count} hop", "{count} hops", value).format(count=value)
        case "bytes/s":
            return _("{count} bytes/s").format(count=value)
    return f"{value} {unit}".rstrip()


def _structure(option: SocketOption, value: bytes) -> str:
    match option.form:
        case Form.NAME:
            return value.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")
        case Form.LINGER if len(value) >= 8:
            on, seconds = struct.unpack_from("=ii", value)
            if on and seconds < 0:  # net/core/sock.c: taken for an unsigned number, MAX_SCHEDULE_TIMEOUT
                return _("on, for as long as it takes")
            return _("on, {seconds} s").format(seconds=seconds) if on else _("off")
        case Form.TIME if len(value) >= 16:
            seconds, micro = struct.unpack_from("=qq", value)
            if seconds < 0:
                return _("no time at all ({seconds} s)").format(seconds=seconds)
            return f"{decimal(seconds + micro / 1e6)} s" if seconds or micro else _("none")
        case Form.CREDENTIALS if len(value) >= 12:
            pid, uid, gid = struct.unpack_from("=iii", value)
            return f"pid {pid}, uid {uid}, gid {gid}"
        case Form.GROUP if len(value) >= 8:
            group, through = _address(value[:4]), _address(value[4:8])
            interface = struct.unpack_from("=i", value, 8)[0] if len(value) >= 12 else 0
            return _through(group, f"#{interface}" if interface else through if through != "0.0.0.0" else "")
        case Form.INTERFACE if len(value) in (4, 8, 12):
            return _address(value if len(value) == 4 else value[4:8])
        case Form.GROUP_6 if len(value) >= 20:
            interface = struct.unpack_from("=I", value, 16)[0]
            group = socket.inet_ntop(socket.AF_INET6, value[:16])
            return _through(group, f"#{interface}" if interface else "")
        case Form.STRUCTURE | Form.CREDENTIALS:
            told = ngettext("a structure of {size} byte", "a structure of {size} bytes", len(value)).format(
                size=len(value)
            )
            state = _STATES.get(value[0]) if option.name == "TCP_INFO" and value else None
            return f"{told}, {state}" if state is not None else told
    if len(value) in _NUMBERS:
        return _number(option, int.from_bytes(value, "little", signed=len(value) == 4))
    return ""


def _address(packed: bytes) -> str:
    return ".".join(map(str, packed))


def _through(group: str, interface: str) -> str:
    return _("{group} through {interface}").format(group=group, interface=interface) if interface else group
