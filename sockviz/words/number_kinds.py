"""What the numbers are that a call takes and gives: flags, levels, events, errors; and their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import TypeAlias

from sockviz.dataclass import dataclass
from sockviz.model.call import Call
from sockviz.model.linux import files, resolver, signals, sockets
from sockviz.model.linux.names import errno_name, mask, name_of, signal_name
from sockviz.model.linux.options import DISCOVERIES, Form, SocketOption, option_of
from sockviz.model.long_values import Long
from sockviz.model.process import PerformedLine
from sockviz.model.values import ObjectValue, SocketValue, Value
from sockviz.model.world import World


class Number(Enum):
    """What one number of a call's stands for."""

    FAMILY = "family"
    TYPE = "type"
    MADE_WITH = "made"
    PROTOCOL = "protocol"
    LEVEL = "level"
    OPTION = "option"
    MESSAGE_FLAGS = "message"
    BESIDE_LEVEL = "beside"
    POLL = "poll"
    EPOLL = "epoll"
    EPOLL_CONTROL = "control"
    EPOLL_FLAGS = "list"
    HOW = "how"
    COMMAND = "command"
    OPEN_FLAGS = "open"
    DESCRIPTOR_FLAGS = "descriptor"
    REQUEST = "request"
    WHENCE = "whence"
    SIGNAL = "signal"
    DISPOSITION = "disposition"
    WAIT_OPTIONS = "wait"
    STATUS = "status"
    ERROR = "error"
    ADDRESS_FLAGS = "ai"
    NAME_FLAGS = "ni"
    RESOURCE = "resource"
    DISCOVERY = "discovery"


@dataclass(frozen=True, slots=True)
class Each:
    """Every item of a list is of one kind."""

    kind: NumberKind


#: What a value's numbers are: one number, the parts of a tuple (None where a part has no name), every item of a list.
NumberKind: TypeAlias = "Number | tuple[NumberKind | None, ...] | Each"


def _bits(group: Mapping[str, int]) -> Callable[[int], str | None]:
    return lambda number: mask(number, group) if 0 < number < 1 << 64 else None


def _one(group: Mapping[str, int]) -> Callable[[int], str | None]:
    return lambda number: name_of(number, group)


def _type(number: int) -> str | None:
    found = name_of(number & 0xF, sockets.TYPES)
    flags = number & ~0xF
    return found if found is None or not flags else f"{found}|{mask(flags, sockets.TYPE_FLAGS)}"


def _level(number: int) -> str | None:
    return LEVELS.get(number) or name_of(number, sockets.LEVELS)


def open_flags(number: int) -> str:
    """The flags of an open file, how it may be used first: ``O_RDWR|O_NONBLOCK``."""
    access = name_of(number & 3, files.ACCESS) or str(number & 3)
    rest = mask(number & ~3, files.OPEN_FLAGS)
    return access if rest == "0" else f"{access}|{rest}"


def status_text(number: int) -> str:
    """A wait status as the macros of wait(2) take it apart: ``exit 3``, ``SIGKILL``, ``stopped by SIGSTOP``."""
    if number == signals.CONTINUED:
        return "continued"
    if number & 0xFF == signals.STOPPED:
        return f"stopped by {signal_name(number >> 8 & 0xFF)}"
    if ended := number & signals.SIGNAL_BITS:
        return signal_name(ended)
    return f"exit {number >> 8 & 0xFF}"


#: Levels by the names that RFC 3493 and POSIX have for them; Linux's are SOL_TCP and the like.
LEVELS = {0: "IPPROTO_IP", 6: "IPPROTO_TCP", 17: "IPPROTO_UDP", 41: "IPPROTO_IPV6", 58: "IPPROTO_ICMPV6"}
_NAMES: Mapping[Number, Callable[[int], str | None]] = {
    Number.FAMILY: _one(sockets.FAMILIES),
    Number.TYPE: _type,
    Number.MADE_WITH: _bits(sockets.TYPE_FLAGS),
    Number.PROTOCOL: lambda number: name_of(number, sockets.PROTOCOLS) if number else None,
    Number.LEVEL: _level,
    Number.MESSAGE_FLAGS: _bits(sockets.MESSAGE_FLAGS),
    Number.POLL: _bits(files.POLL),
    Number.EPOLL: _bits(files.EPOLL),
    Number.EPOLL_CONTROL: _one(files.EPOLL_CONTROLS),
    Number.EPOLL_FLAGS: _bits(files.EPOLL_FLAGS),
    Number.HOW: _one(sockets.SHUTDOWNS),
    Number.COMMAND: _one(files.FCNTL),
    Number.OPEN_FLAGS: lambda number: open_flags(number) if number >= 0 else None,
    Number.DESCRIPTOR_FLAGS: _bits(files.DESCRIPTOR_FLAGS),
    Number.REQUEST: _one(files.REQUESTS),
    Number.WHENCE: _one(files.WHENCE),
    Number.SIGNAL: _one(signals.SIGNALS),
    Number.DISPOSITION: _one(signals.DISPOSITIONS),
    Number.WAIT_OPTIONS: _bits(signals.WAIT_OPTIONS),
    Number.STATUS: lambda number: status_text(number) if number >= 0 else None,
    Number.ERROR: errno_name,
    Number.ADDRESS_FLAGS: _bits(resolver.ADDRESS_FLAGS),
    Number.NAME_FLAGS: _bits(resolver.NAME_FLAGS),
    Number.RESOURCE: _one(files.RESOURCES),
    Number.DISCOVERY: _one(DISCOVERIES),
}


def number_name(number: int, kind: Number) -> str | None:
    """The name of a number of this kind; None where it has none, and of no flags at all."""
    namer = _NAMES.get(kind)
    return namer(int(number)) if namer is not None else None


# --- of calls ---------------------------------------------------------------------------------------------------------

#: What each call takes, by its name: its parameters in their order, a method's receiver first, ``name=kind`` where it is a number
#: with names.
_TAKES: Mapping[str, str] = {
    "socket": "family=family type=type proto=protocol",
    "socketpair": "family=family type=type proto=protocol",
    "getaddrinfo": "host port family=family type=type proto=protocol flags=ai",
    "getnameinfo": "sockaddr flags=ni",
    "inet_pton": "family=family text",
    "send": "self data flags=message",
    "sendall": "self data flags=message",
    "sendto": "self data flags_or_address=message address",
    "sendmsg": "self buffers ancdata=beside flags=message address",
    "recv": "self bufsize flags=message",
    "recvfrom": "self bufsize flags=message",
    "recv_into": "self buffer nbytes flags=message",
    "recvmsg": "self bufsize ancbufsize flags=message",
    "sendmmsg": "self messages flags=message",
    "recvmmsg": "self count flags=message",
    "shutdown": "self how=how",
    "getsockopt": "self level=level option=option bufsize",
    "setsockopt": "self level=level option=option value length",
    "poll": "self=polled timeout",
    "accept": "self flags=made",
    "kill": "pid signal=signal",
    "waitpid": "pid options=wait",
    "lseek": "descriptor position whence=whence",
    "register": "self fd events=epoll",
    "modify": "self fd events=epoll",
    "epoll_create1": "flags=list",
    "epoll_ctl": "self operation=control fd events=epoll",
    "signal": "signalnum=signal handler=disposition",
    "fcntl": "descriptor cmd=command arg",
    "ioctl": "descriptor request=request arg",
    "getrlimit": "resource=resource",
    "setrlimit": "resource=resource limits",
}
_BESIDE = Each((Number.BESIDE_LEVEL, None, None))
_EVENTS, _EPOLL_EVENTS = Each((None, Number.POLL)), Each((None, Number.EPOLL))
#: What each gives, where that is the same whatever it was asked.
_GIVES: Mapping[str, NumberKind] = {
    "connect_ex": Number.ERROR,
    "recvmsg": (None, _BESIDE, Number.MESSAGE_FLAGS, None),
    "recvmmsg": Each((None, _BESIDE, Number.MESSAGE_FLAGS, None)),
    "waitpid": (None, Number.STATUS),
    "signal": Number.DISPOSITION,
    "getaddrinfo": Each((Number.FAMILY, Number.TYPE, Number.PROTOCOL, None, None)),
}  # fmt: skip
#: By the form of an option's value.
_OPTION_VALUES: Mapping[Form, Number] = {
    Form.ERROR: Number.ERROR, Form.FAMILY: Number.FAMILY, Form.TYPE: Number.TYPE, Form.PROTOCOL: Number.PROTOCOL,
    Form.DISCOVERY: Number.DISCOVERY,
}  # fmt: skip
_INTERNET = (sockets.FAMILIES["AF_INET"], sockets.FAMILIES["AF_INET6"])
_FCNTL_VALUES = {"F_GETFL": Number.OPEN_FLAGS, "F_GETFD": Number.DESCRIPTOR_FLAGS}
_FCNTL_ARGUMENTS = {"F_SETFL": Number.OPEN_FLAGS, "F_SETFD": Number.DESCRIPTOR_FLAGS}


def is_epolls(call: Call) -> bool:
    """Whether it was made on an epoll instance."""
    if call.name in ("epoll_ctl", "epoll_wait"):
        return True
    match call.arguments[:1]:
        case (ObjectValue(kind="epoll"),):
            return True
    return False


def option_named_by(call: Call) -> SocketOption | None:
    """The option that a getsockopt or setsockopt names."""
    if call.name not in ("getsockopt", "setsockopt") or len(call.arguments) < 3:
        return None
    return option_of(call.arguments[1], call.arguments[2])


def command_of(call: Call) -> str:
    """The command of an fcntl, by its name."""
    return (name_of(call.arguments[1], files.FCNTL) or "") if len(call.arguments) > 1 else ""


def given_by(call: Call) -> NumberKind | None:
    """What the numbers in a call's value are."""
    if call.name == "getsockopt":
        option = option_named_by(call)
        return _OPTION_VALUES.get(option.form) if option is not None else None
    if call.name == "fcntl":
        return _FCNTL_VALUES.get(command_of(call))
    if call.name in ("poll", "epoll_wait"):
        return _EPOLL_EVENTS if is_epolls(call) else _EVENTS
    match call.name, call.value:
        case "waitpid", (0, _):
            return None  # no child has changed: there is no status
    return _GIVES.get(call.name)


def taken_by(call: Call) -> tuple[list[NumberKind | None], Mapping[str, NumberKind]]:
    """What the numbers are that a call was given: by position, and by name."""
    parameters = [word.partition("=")[0] for word in _TAKES.get(call.name, "").split()]
    named = kinds_taken(call.name)
    if call.name == "fcntl" and (argument := _FCNTL_ARGUMENTS.get(command_of(call))):
        named["arg"] = argument
    if call.name in ("socket", "socketpair") and call.arguments and call.arguments[0] not in _INTERNET:
        named.pop("proto", None)  # each other family has numbers of its own
    option = option_named_by(call)
    if option is not None and call.name == "setsockopt" and option.form in _OPTION_VALUES:
        named["value"] = _OPTION_VALUES[option.form]
    return [named.get(name) for name in parameters], named


def kinds_taken(name: str) -> dict[str, NumberKind]:
    """What the numbers are that a call of that name takes, by parameter, whatever else it is given."""
    parameters = [word.partition("=")[::2] for word in _TAKES.get(name, "").split()]
    return {parameter: _of_word(kind) for parameter, kind in parameters if kind}


def _of_word(word: str) -> NumberKind:
    return {"beside": _BESIDE, "polled": _EVENTS}.get(word) or Number(word)


# --- of values --------------------------------------------------------------------------------------------------------


def with_names(value: Value, kind: NumberKind | None, limit: int, *, digits: bool = False) -> Value:
    """`value` with its numbers replaced by their names (an `ObjectValue` is written as its text), as far as `limit` characters
    can show of it. With `digits` the number stands before its name: ``8197 (POLLIN|POLLOUT|POLLRDHUP)``."""
    if kind is None or isinstance(value, Long):
        return value
    match value, kind:
        case int(), Number():
            return _named_number(value, kind, digits)
        case list(), Each(kind=inside):
            return [with_names(item, inside, limit, digits=digits) for item in value[:limit]]
        case (int() as level, int() as number, payload), (Number.BESIDE_LEVEL, *_):
            return _beside(level, number, payload)
        case tuple(), tuple() if len(value) == len(kind):
            return tuple(
                with_names(item, inside, limit, digits=digits)
                for item, inside in zip(value, kind, strict=True)
            )
    return value


def _named_number(number: int, kind: Number, digits: bool) -> Value:
    name = number_name(number, kind)
    if name is None:
        return number
    return ObjectValue("number", f"{int(number)} ({name})" if digits else name)


def beside_name(level: int, number: int) -> str | None:
    """What comes beside data, by its level and type: ``SCM_RIGHTS``, ``IP_TTL``."""
    if level == sockets.LEVELS["SOL_SOCKET"]:
        return name_of(number, sockets.BESIDE)
    option = option_of(level, number)
    return option.name if option is not None else None


def _beside(level: int, number: int, payload: Value) -> Value:
    name = beside_name(level, number)
    if name is None:
        return (level, number, payload)
    return (ObjectValue("number", _level(level) or str(level)), ObjectValue("number", name), payload)


def part_of(kind: NumberKind | None, index: object) -> NumberKind | None:
    """The kind of ``value[index]``."""
    match kind, index:
        case Each(kind=inside), _:
            return inside
        case tuple(), int() if -len(kind) <= index < len(kind):
            return kind[index]
    return None


def kinds_bound(line: PerformedLine, last: Call | None) -> Mapping[str, NumberKind]:
    """What the numbers are in what a line bound: its last call's value, taken whole or apart."""
    kind = given_by(last) if last is not None and last.error is None else None
    if kind is None or last is None:
        return {}
    names = list(line.bound)
    if len(names) == 1 and line.bound[names[0]] == last.value:
        return {names[0]: kind}
    if isinstance(kind, tuple) and isinstance(last.value, tuple) and tuple(line.bound.values()) == last.value:
        return {name: inside for name, inside in zip(names, kind, strict=False) if inside is not None}
    return {}


def kind_of_name(world: World, process: str, name: str) -> NumberKind | None:
    """What the numbers are in a variable of a process: what the call gave that bound it last."""
    known = world.processes.get(process)
    if known is None or isinstance(known.names.get(name), SocketValue | None):
        return None
    lines = [line for line in world.lines.values() if line.process == process and name in line.bound]
    line = max(lines, key=lambda line: line.begun, default=None)
    if line is None or not line.calls:
        return None
    return kinds_bound(line, known.call(line.calls[-1])).get(name)
