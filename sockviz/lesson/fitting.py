"""What fits a parameter of a call: constants by what its number is, what is usually written, and kinds of names."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from sockviz.calls.constants import constants
from sockviz.calls.restrictions import IOCTLS, SOCKADDR
from sockviz.calls.table import CALLS
from sockviz.lesson.slots import Slot, value_of
from sockviz.lesson.symbols import KnownProcess
from sockviz.model.first_names import HOST, PORTS
from sockviz.model.linux import files, resolver, signals, sockets
from sockviz.model.linux.options import Form, SocketOption, every_option, option_of
from sockviz.words.constant_meanings import constant_meaning
from sockviz.words.number_kinds import LEVELS, Number
from sockviz.words.number_kinds import kinds_taken as numbers_taken

ADDRESS = f"({HOST}, {PORTS[0]})"
#: Of which of Python's modules a number's names are.
_NAMES: Mapping[Number, tuple[str, Sequence[str]]] = {
    Number.FAMILY: ("socket", tuple(sockets.FAMILIES)),
    Number.TYPE: ("socket", (*sockets.TYPES, *sockets.TYPE_FLAGS)),
    Number.PROTOCOL: ("socket", tuple(sockets.PROTOCOLS)),
    Number.LEVEL: ("socket", ("SOL_SOCKET", *LEVELS.values(), *sockets.LEVELS)),
    Number.MESSAGE_FLAGS: ("socket", tuple(sockets.MESSAGE_FLAGS)),
    Number.POLL: ("select", tuple(files.POLL)),
    Number.EPOLL: ("select", tuple(files.EPOLL)),
    Number.HOW: ("socket", tuple(sockets.SHUTDOWNS)),
    Number.COMMAND: ("fcntl", tuple(files.FCNTL)),
    Number.OPEN_FLAGS: ("os", tuple(files.OPEN_FLAGS)),
    Number.DESCRIPTOR_FLAGS: ("fcntl", tuple(files.DESCRIPTOR_FLAGS)),
    Number.WHENCE: ("os", tuple(files.WHENCE)),
    Number.SIGNAL: ("signal", tuple(signals.SIGNALS)),
    Number.DISPOSITION: ("signal", tuple(signals.DISPOSITIONS)),
    Number.WAIT_OPTIONS: ("os", tuple(signals.WAIT_OPTIONS)),
    Number.ADDRESS_FLAGS: ("socket", tuple(resolver.ADDRESS_FLAGS)),
    Number.NAME_FLAGS: ("socket", tuple(resolver.NAME_FLAGS)),
    Number.RESOURCE: ("resource", tuple(files.RESOURCES)),
}
#: What is asked for most, first; then what there is a sentence of, then the others, each in the order of their numbers.
_FIRST = (
    "AF_INET", "AF_INET6", "AF_UNIX", "SOCK_STREAM", "SOCK_DGRAM", "SOL_SOCKET", "IPPROTO_TCP", "IPPROTO_UDP", "SO_REUSEADDR",
    "SO_REUSEPORT", "SO_RCVBUF", "SO_SNDBUF", "SO_LINGER", "SO_KEEPALIVE", "TCP_NODELAY", "MSG_PEEK", "MSG_DONTWAIT",
    "MSG_WAITALL", "SHUT_WR", "POLLIN", "POLLOUT", "POLLRDHUP", "EPOLLIN", "EPOLLOUT", "EPOLLRDHUP", "EPOLLET", "EPOLLONESHOT",
    "SIGTERM", "SIGKILL", "SIGCHLD", "SIGPIPE", "F_GETFL", "F_SETFL", "O_NONBLOCK", "RLIMIT_NOFILE", "IP_TTL", "IPV6_V6ONLY",
)  # fmt: skip
#: Options that are only told: setsockopt gives ENOPROTOOPT for them, or EOPNOTSUPP (tried on Linux 6.18).
_ONLY_TOLD = frozenset((
    "SO_ERROR", "SO_TYPE", "SO_DOMAIN", "SO_PROTOCOL", "SO_ACCEPTCONN", "SO_PEERCRED", "SO_PEERSEC", "SO_PEERNAME",
    "SO_PEERGROUPS", "SO_PEERPIDFD", "SO_COOKIE", "SO_NETNS_COOKIE", "SO_MEMINFO", "SO_SNDLOWAT", "SO_BPF_EXTENSIONS",
    "SO_INCOMING_NAPI_ID", "TCP_INFO", "TCP_CC_INFO", "TCP_SAVED_SYN", "IP_MTU", "IP_PROTOCOL", "IPV6_PATHMTU",
))  # fmt: skip
#: By fcntl's command.
_FCNTL_ARGUMENTS = {"fcntl.F_SETFL": Number.OPEN_FLAGS, "fcntl.F_SETFD": Number.DESCRIPTOR_FLAGS}
#: A value for an option, by its form (socket(7): struct linger, struct timeval).
_OPTION_VALUES: Mapping[Form, Sequence[str]] = {
    Form.SWITCH: ("1", "0"),
    Form.LINGER: ('struct.pack("ii", 1, 0)', 'struct.pack("ii", 0, 0)'),
    Form.TIME: ('struct.pack("ll", 5, 0)',),
    Form.INTERFACE: (f"socket.inet_aton({HOST})",),
    Form.GROUP: (f'socket.inet_aton("224.1.1.1") + socket.inet_aton({HOST})',),
    Form.DISCOVERY: ("socket.IP_PMTUDISC_DO", "socket.IP_PMTUDISC_DONT", "socket.IP_PMTUDISC_WANT"),
}
#: What is written for a parameter, by the call and its name or by its name alone.
_WRITTEN: Mapping[str, Sequence[str]] = {
    "address": (ADDRESS,), "flags_or_address": (ADDRESS,), "sockaddr": (ADDRESS,), "host": (HOST, "None"), "port": PORTS,
    "flag": ("False", "True"), "buffer": ("bytearray(",), "pid": ("os.getpid()",),
    "ctypes.CDLL.name": ("None",), "ctypes.CDLL.use_errno": ("True",),
    "ctypes.CDLL.connect.address": (f"bytes({SOCKADDR})",), "ctypes.CDLL.connect.length": (str(SOCKADDR),),
    "fcntl.ioctl.request": tuple(f"{number:#X}".replace("X", "x") for number in IOCTLS), "fcntl.ioctl.arg": ("bytes(4)",),
    "os.waitpid.options": ("0",), "socket.getnameinfo.flags": ("0",), "select.select.timeout": ("0",),
    "os.waitpid.pid": (),
}  # fmt: skip
_DESCRIPTORS = ("socket.socket", "select.epoll", "int")
#: The kinds of what a parameter takes, the best first.
_TAKEN: Mapping[str, Sequence[str]] = {
    "address": ("address", "tuple"), "flags_or_address": ("address",), "sockaddr": ("address", "tuple"), "host": ("str",),
    "data": ("bytes", "bytearray"), "packed": ("bytes",), "text": ("str",), "fd": _DESCRIPTORS, "descriptor": _DESCRIPTORS,
    "descriptor2": ("int",), "reading": ("list",), "writing": ("list",), "exceptional": ("list",), "buffers": ("list",),
    "backlog": ("int",), "bufsize": ("int",), "size": ("int",), "nbytes": ("int",), "pid": ("int",), "value": ("int", "bytes"),
    "values": ("int", "bytes"), "path": ("str",), "timeout": ("float", "int"), "seconds": ("float", "int"), "port": ("int",),
    "status": ("int",), "position": ("int",), "ancbufsize": ("int",), "length": ("int",), "proto": ("int",),
    "arg": ("int", "bytes"), "buffer": ("bytearray",), "flag": ("bool", "int"),
}  # fmt: skip
#: For who has none by a name: a number of bytes, of connections, of seconds; something to send.
_EXAMPLES: Mapping[str, str] = {
    "data": 'b"hello"', "bufsize": "1024", "size": "1024", "backlog": "1", "seconds": "5", "status": "0", "position": "0",
}  # fmt: skip
_IN_A_LIST: Mapping[str, Sequence[str]] = {
    "reading": _DESCRIPTORS, "writing": _DESCRIPTORS, "exceptional": _DESCRIPTORS, "buffers": ("bytes", "bytearray"),
}  # fmt: skip
#: Asks with another argument than the one that is looked at: F_SETOWN is only for oneself.
_BESIDE: Mapping[str, ast.expr] = {"arg": ast.parse("os.getpid()", mode="eval").body}


def kinds_fitting(slot: Slot) -> Sequence[str]:
    """The kinds of names that fit where the cursor stands."""
    if slot.parameter is None:
        return ()
    name = slot.parameter.name
    if slot.inside.endswith("["):
        return _IN_A_LIST.get(name, ())
    if slot.inside:
        return ()
    taken = _TAKEN.get(name, ())
    return ("int",) if taken is _DESCRIPTORS and slot.row.key.startswith("os.") else taken


def kinds_taken(slot: Slot) -> Sequence[str]:
    """The kinds of all that can stand where the cursor stands; none where that is not known."""
    if slot.parameter is None:
        return ()
    name = slot.parameter.name
    if slot.inside == "(" and name in ("address", "flags_or_address", "sockaddr"):
        return (("str",), ("int",))[slot.item] if slot.item < 2 else ("int",)
    if found := kinds_fitting(slot):
        return found
    is_number = not slot.inside and isinstance(numbers_taken(slot.row.name).get(name), Number)
    return ("int",) if is_number else ()


def examples(slot: Slot) -> Iterator[str]:
    """A number that may stand where the cursor stands, where one is asked for, or bytes."""
    if slot.parameter is not None and slot.begins and not slot.inside and slot.parameter.name in _EXAMPLES:
        yield _EXAMPLES[slot.parameter.name]


def takes_descriptor(slot: Slot) -> bool:
    """Whether a descriptor stands where the cursor stands."""
    parameter = slot.parameter.name if slot.parameter is not None else ""
    return _TAKEN.get(parameter) is _DESCRIPTORS and slot.begins and not slot.inside


def written(slot: Slot, process: KnownProcess) -> Iterator[str]:
    """What is usually written where the cursor stands, the best first: constants with their module, addresses, values."""
    if slot.parameter is None:
        return
    name = slot.parameter.name
    if slot.inside:
        if name in ("address", "flags_or_address", "sockaddr") and slot.inside == "(" and slot.item < 2:
            yield from ((HOST,), PORTS)[slot.item]
        if slot.inside.strip("(") or slot.item:
            return
    elif slot.begins:
        yield from _WRITTEN.get(f"{slot.row.key}.{name}", _WRITTEN.get(name, ()))
        if name == "value" and (option := _option(slot, process)) is not None:
            yield from _OPTION_VALUES.get(option.form, ())
    for dotted in _constants(slot, process):
        if is_allowed(slot.row.key, name, dotted):
            yield dotted


def _constants(slot: Slot, process: KnownProcess) -> Iterator[str]:
    assert slot.parameter is not None
    name = slot.parameter.name
    number = numbers_taken(slot.row.name).get(name)
    if number is Number.EPOLL and slot.row.receiver == "select.poll":
        number = Number.POLL
    if slot.row.key == "fcntl.fcntl" and name == "arg":
        number = _FCNTL_ARGUMENTS.get(slot.given.get("cmd", ""))
    if number is Number.OPTION:
        yield from (f"socket.{option}" for option in _options(slot, process))
    elif isinstance(number, Number) and number in _NAMES:
        module, names = _NAMES[number]
        known = constants(module)
        yield from (f"{module}.{each}" for each in sorted(dict.fromkeys(names), key=_place) if each in known)


def _options(slot: Slot, process: KnownProcess) -> list[str]:
    """Those of the level that is given; all where it is not known."""
    level = value_of(slot.given["level"], process).number if "level" in slot.given else None
    found = [each.name for each in every_option() if level is None or sockets.LEVELS[each.level] == level]
    sets = slot.row.name == "setsockopt"
    return sorted(found, key=lambda name: (sets == (name in _ONLY_TOLD), *_place(name)))


def _option(slot: Slot, process: KnownProcess) -> SocketOption | None:
    """The option whose value is to be given."""
    level, option = (
        value_of(slot.given[name], process).number if name in slot.given else None
        for name in ("level", "option")
    )
    return option_of(level, option)


def _place(name: str) -> tuple[int, bool]:
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST), not constant_meaning(name))


@cache
def is_allowed(key: str, parameter: str, dotted: str) -> bool:
    """Whether a lesson may give this constant to a row: what is refused is refused by the row itself."""
    restriction = CALLS[key].restriction
    if restriction is None:
        return True
    module, _, name = dotted.partition(".")
    return not any(restriction({**_BESIDE, parameter: ast.Attribute(ast.Name(module), name)}))
