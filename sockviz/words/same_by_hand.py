"""Commands that show the same as the inspector does, to be copied into a shell.

A recording may be anybody's: what of it is put into a command is a number, one of this module's own words, or quoted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from json import dumps as _literal  # a text in double quotes is Python too
from shlex import quote

from sockviz.language import _
from sockviz.model.naming import Name
from sockviz.model.process import Process
from sockviz.model.segments import Packet, endpoint
from sockviz.model.sockets import FdEntry, SocketRow
from sockviz.model.timeline import Header
from sockviz.model.world import World
from sockviz.visible import visible


def enter(process: Process | None, header: Header) -> str:
    """What to write before a command so that it runs in the lab; nothing on the host."""
    if process is None or header.lab.kind == "host":
        return ""
    return f"nsenter -t {process.outer_pid} -U --preserve-credentials -n "


def socket_commands(
    row: SocketRow | None,
    entry: FdEntry | None,
    owner: Process | None,
    world: World,
    header: Header,
    name: Name | None,
) -> Iterator[tuple[str, str]]:
    """Of a socket: what each is called, and the command."""
    alive = (
        owner
        if owner is not None and owner.alive
        else next((p for p in world.processes.values() if p.alive), None)
    )
    into = enter(alive, header)
    if row is not None and alive is not None:
        kind = {"UDP": "u", "UNIX": "x", "RAW": "w"}.get(row.protocol, "t")
        flags = f"-B{kind}noe" if row.bound_only else f"-{kind}anoe"
        yield _("its row"), f"{into}ss {flags}{_filter(row)}"
        if row.is_listening:
            yield _("what was dropped"), f"{into}nstat -asz 'TcpExtListen*'"
        if row.info is not None:
            yield "TCP_INFO", f"{into}ss -tani{_filter(row)}"
    if name is not None and alive is not None and (take := _take(name)):
        # No command shows the name: that nobody else can have it does.
        yield _("that its name is taken"), f"{into}{take}"
    if entry is not None and owner is not None and owner.alive:
        yield _("its descriptor"), f"cat /proc/{owner.outer_pid}/fdinfo/{entry.fd}"
        yield _("what it refers to"), f"readlink /proc/{owner.outer_pid}/fd/{entry.fd}"


def group_commands(owner: Process | None, header: Header) -> Iterator[tuple[str, str]]:
    """Of a socket that has joined groups."""
    yield _("the groups of its host"), f"{enter(owner, header)}ip maddress"


def _take(name: Name) -> str:
    """A command that asks for the same name, and is refused it."""
    match name.address:
        case (str(host), int(port), *_) if port:
            family = "socket.AF_INET6" if ":" in host else ""
            asks = f"import socket; socket.socket({family}).bind(({_literal(host)}, {port}))"
            return f"python3 -c {quote(asks)}"
    return ""


def _filter(row: SocketRow) -> str:
    local, peer = endpoint(row.local), endpoint(row.peer)
    if local is None:
        return ""
    source = f"sport = :{local[1]}"
    return f" '{source} and dport = :{peer[1]}'" if peer is not None else f" '{source}'"


def call_commands(process: Process, is_watched: bool) -> Sequence[tuple[str, str]]:
    """Of a call of a process that lives."""
    pid = process.outer_pid
    sleeps = (_("where it sleeps"), f"cat /proc/{pid}/syscall /proc/{pid}/wchan")
    if is_watched:  # which has its tracer already
        return (sleeps,)
    return (sleeps, (_("its calls, live"), f"strace -f -e trace=network,read,write,close -p {pid}"))


def capturing(packet: Packet, near: Process | None, header: Header) -> str:
    """Has tcpdump show what is like `packet`, where `near` lives."""
    # pcap-filter(7): its icmp is that of IPv4 alone.
    icmp = "icmp6" if packet.family == "AF_INET6" else "icmp"
    kind = {"TCP": "tcp", "UDP": "udp", "ICMP": icmp}.get(packet.protocol)
    port = min(packet.source[1], packet.destination[1])
    words = (
        "tcpdump",
        "-i",
        quote(visible(packet.interface)),
        "-nvX",
        kind,
        f"port {port}" if port else None,
    )
    return enter(near, header) + " ".join(word for word in words if word is not None)
