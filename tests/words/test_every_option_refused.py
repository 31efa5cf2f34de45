"""Every option of the table, set and asked for on this machine's kernel with values that are wrong for it, as an ordinary user:
what is said of each refusal is why, and where the kernel alone knows why, what it said and no more."""

from __future__ import annotations

import errno
import os
import pickle
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sockviz.model.call import Call, Origin, Stage
from sockviz.model.errnos import ALIASES
from sockviz.model.known import KnownSocket
from sockviz.model.linux.options import SocketOption, every_option
from sockviz.model.linux.sockets import LEVELS
from sockviz.model.sockets import State
from sockviz.model.values import SocketValue, Value
from sockviz.model.world import World
from sockviz.words.explanation import explain
from tests.tui.stage import scripted

HERE = ("127.0.0.1", 0)
VALUES: tuple[Value, ...] = (
    -1,
    0,
    1,
    7,
    200,
    70000,
    2**31 - 1,
    b"",
    b"\1",
    b"nosuch0\0",
    bytes(8),
    b"\xff" * 16,
    None,
)
#: Of these a value is right or wrong by bits and structures that differ from kernel to kernel.
KNOWN_TO_THE_KERNEL = frozenset({
    "IPV6_ADDR_PREFERENCES", "IP_ADD_SOURCE_MEMBERSHIP", "IP_BLOCK_SOURCE", "IP_DROP_SOURCE_MEMBERSHIP", "IP_MSFILTER",
    "IP_UNBLOCK_SOURCE", "SO_ATTACH_FILTER", "SO_ATTACH_REUSEPORT_CBPF", "SO_NETNS_COOKIE", "SO_PEERNAME", "SO_PEERSEC",
    "SO_TIMESTAMPING", "SO_TIMESTAMPING_NEW", "SO_TXTIME", "TCP_ZEROCOPY_RECEIVE", "TCP_ULP", "TCP_MD5SIG",
})  # fmt: skip


@dataclass(frozen=True)
class Refusal:
    """What a kernel said no to."""

    call: str
    option: SocketOption
    kind: str
    arguments: tuple[Value, ...]
    errno: int


#: They have to live as long.
OTHER_ENDS: list[socket.socket] = []


def tcp() -> socket.socket:
    return socket.socket()


def listening() -> socket.socket:
    made = socket.socket()
    made.bind(HERE)
    made.listen(1)
    return made


def connected() -> socket.socket:
    with listening() as listener:
        made = socket.socket()
        made.connect(listener.getsockname())
        OTHER_ENDS.append(listener.accept()[0])
    return made


def udp() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def unix() -> socket.socket:
    made, other = socket.socketpair()
    OTHER_ENDS.append(other)
    return made


def udp6_bound() -> socket.socket:
    made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    made.bind(("::", 0))
    return made


KINDS: dict[str, Callable[[], socket.socket]] = {
    each.__name__: each for each in (tcp, listening, connected, udp, unix, udp6_bound)
}
FAMILIES = {
    "unix": ("AF_UNIX", "SOCK_STREAM"),
    "udp": ("AF_INET", "SOCK_DGRAM"),
    "udp6_bound": ("AF_INET6", "SOCK_DGRAM"),
}


def error_name(number: int) -> str:
    return ALIASES.get(errno.errorcode[number], errno.errorcode[number])


def refusals() -> Iterator[Refusal]:
    for option in every_option():
        for kind, make in KINDS.items():
            for value in VALUES:
                given: tuple[Value, ...] = (None, 4) if value is None else (value,)
                with make() as held:
                    try:
                        held.setsockopt(LEVELS[option.level], option.number, *given)  # type: ignore[arg-type]
                    except OSError as error:
                        yield Refusal("setsockopt", option, kind, given, error.errno or 0)
                OTHER_ENDS.clear()
            for room in ((), (4,), (64,)):
                with make() as held:
                    try:
                        held.getsockopt(LEVELS[option.level], option.number, *room)
                    except OSError as error:
                        yield Refusal("getsockopt", option, kind, room, error.errno or 0)


def refusals_of_an_ordinary_user() -> list[Refusal]:
    """What a child without any capability has met."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            with open(writing, "wb") as told:
                pickle.dump(list(refusals()), told)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with open(reading, "rb") as told:
        met: list[Refusal] = pickle.load(told)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return met


def world_of(kind: str, known: KnownSocket) -> World:
    """What was seen of such a socket."""
    world = World(sockets={known.inode: known})
    state = {"listening": State.LISTEN, "connected": State.ESTABLISHED}.get(kind)
    if state is not None:
        row = scripted.row(state, scripted.SERVER, known.peer, inode=known.inode)
        world = replace(world, rows={("lab", row.key): row})
    if kind == "udp6_bound":
        row = scripted.row(State.UNCONNECTED, ("::", 8080), None, inode=known.inode, protocol="UDP")
        world = replace(world, rows={("lab", row.key): row})
    return world


def told(refusal: Refusal) -> str:
    family, kind = FAMILIES.get(refusal.kind, ("AF_INET", "SOCK_STREAM"))
    held = SocketValue(1001, 3, family, kind, 0)
    option = refusal.option
    name = error_name(refusal.errno)
    call = Call(
        "server", 1, Origin(5), refusal.call, f"socket.{refusal.call}",
        (held, LEVELS[option.level], option.number, *refusal.arguments), {}, 0.0, Stage.FAILED,
        error=name, errno=refusal.errno, message=os.strerror(refusal.errno),
    )  # fmt: skip
    peer = ("127.0.0.1", 40000) if refusal.kind == "connected" else None
    known = KnownSocket(1001, "here", "server", family, kind, 0, peer=peer)
    explained = explain(call, world_of(refusal.kind, known))
    assert explained is not None
    return explained.here


def test_why_each_option_is_refused_is_told() -> None:
    met = refusals_of_an_ordinary_user()
    assert {"EPERM", "EINVAL", "ENODEV", "ENOPROTOOPT"} <= {error_name(each.errno) for each in met}
    bare = {
        f"{each.call} {each.option.name} of {each.kind} {each.arguments}: {error_name(each.errno)}"
        for each in met
        if told(each) == os.strerror(each.errno) and each.option.name not in KNOWN_TO_THE_KERNEL
    }
    assert not bare


def test_which_capability_an_option_asks_for() -> None:
    said = {
        each.option.name: told(each)
        for each in refusals_of_an_ordinary_user()
        if each.kind == "tcp" and each.arguments == (7,) and error_name(each.errno) in ("EPERM", "EACCES")
    }
    admin = "asks for the capability CAP_NET_ADMIN"
    raw_too = f"{admin} (or, from Linux 5.17 on, CAP_NET_RAW), which server does not have"
    machine = f"{admin} of the machine itself, which server does not have: that of a user namespace of its own does not count"
    wanted = {
        "SO_MARK": f"SO_MARK {raw_too}",
        "SO_PRIORITY": f"SO_PRIORITY 7 (not 0 to 6, which everybody may) {raw_too}",
        "SO_DEBUG": f"SO_DEBUG {machine}",
        "SO_RCVBUFFORCE": f"SO_RCVBUFFORCE {machine}",
        "SO_SNDBUFFORCE": f"SO_SNDBUFFORCE {machine}",
        "IP_TRANSPARENT": f"IP_TRANSPARENT {admin} or CAP_NET_RAW, and server has neither",
        "TCP_REPAIR": f"TCP_REPAIR {admin}, which server does not have",
    }
    assert {name: said.get(name) for name in wanted} == wanted


def test_what_else_than_a_capability_an_option_asks_for() -> None:
    said = {
        (each.option.name, each.kind, each.arguments): told(each)
        for each in refusals_of_an_ordinary_user()
        if each.call == "setsockopt"
    }
    assert said["SO_BINDTODEVICE", "tcp", (b"nosuch0\0",)] == "no interface of this host is called nosuch0"
    assert said["SO_BINDTODEVICE", "udp", (7,)] == "SO_BINDTODEVICE takes a name, not a number"
    assert said["IP_TTL", "tcp", (70000,)] == "IP_TTL takes 1 to 255, not 70000"
    assert said["TCP_FASTOPEN", "connected", (1,)] == (
        "TCP_FASTOPEN is set on a listener, or before listen and connect, and descriptor 3 is ESTABLISHED"
    )
    assert said["TCP_FASTOPEN", "listening", (-1,)] == "TCP_FASTOPEN takes 0 or more, not -1"
    assert (
        said["IPV6_V6ONLY", "udp6_bound", (1,)]
        == "descriptor 3 has a name already: IPV6_V6ONLY is for before bind"
    )
    assert said["SO_ERROR", "tcp", (1,)] == "SO_ERROR can only be read: nothing sets it"
