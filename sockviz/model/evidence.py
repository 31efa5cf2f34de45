"""How each fact is known: what the voices said of a socket, a call or a packet, the raw bytes, the command to see the same."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.model.calls import Call
from sockviz.model.dissection import dissect
from sockviz.model.facts import Evidence, Fact, Raw, Section, Voice
from sockviz.model.observing import grown
from sockviz.model.sockets import FdEntry, SocketRow, State
from sockviz.model.timeline import Header, Timeline
from sockviz.model.wording import address_text, asleep_in, call_as_made, outcome, seconds_text
from sockviz.model.world import Process, SeenPacket, World


def evidence(
    timeline: Timeline,
    cursor: int,
    *,
    inode: int | None = None,
    line: int | None = None,
    packet: int | None = None,
) -> Evidence:
    """The evidence for a socket, a line's call or a packet in the world at `cursor`; for nothing: of the latest call."""
    world = timeline.world_at(cursor)
    header = timeline.header
    if packet is not None and 0 <= packet < len(world.packets):
        return _of_packet(world, world.packets[packet], header)
    if inode is not None:
        return of_socket(world, header, inode)
    call = _call_at(world, line) if line is not None else _latest_call(world)
    if call is not None:
        return of_call(world, header, call)
    return Evidence("the lab", (*_counters(world, header), *_lab(header)))


def of_socket(world: World, header: Header, inode: int) -> Evidence:
    """A socket: what its process holds, what the kernel's table says, TCP_INFO."""
    known, row = world.sockets.get(inode), world.row_of(inode)
    owner = world.processes.get(world.owner_of(inode) or "")
    entry = next((e for e in owner.fds if e.inode == inode), None) if owner else None
    name = world.name_of(owner.name, inode) if owner else None
    title = f"{owner.name} {name or ''}".strip() if owner else f"socket {inode}"
    sections: list[Section] = []
    if known is not None:
        at = (
            world.processes[known.creator].open_fds.get(name, -1)
            if name and known.creator in world.processes
            else None
        )
        facts = [
            Fact("made by", known.creator),
            Fact("domain, type, protocol", f"{known.family}, {known.type}, {known.protocol}"),
        ]
        if at is not None:
            facts.append(Fact("descriptor", str(at) if at >= 0 else "closed"))
        sections.append(Section("its process said", Voice.RETURNED, "the call's own result", tuple(facts)))
    if entry is not None and owner is not None:
        sections.append(_descriptor(entry, owner))
    if row is not None:
        sections.append(Section("the kernel's table", Voice.OBSERVED, row.interface, tuple(_row(row, world))))
        if row.info is not None:
            sections.append(
                Section("TCP_INFO", Voice.OBSERVED, f"{row.interface}, INET_DIAG_INFO", tuple(_tcp_info(row)))
            )
    else:
        note = (
            "it had a connection; its row is gone"
            if known and known.peer
            else "a socket that was never bound is in none"
        )
        sections.append(
            Section("the kernel's table", Voice.OBSERVED, "sock_diag", (Fact("row", "none", note),))
        )
    raw = [Raw("the row as the kernel sent it", row.raw)] if row is not None and row.raw else []
    return Evidence(
        title, (*sections, *_counters(world, header), *_lab(header)), tuple(raw),
        tuple(_socket_commands(row, entry, owner, world, header)),
        tuple(_disagreements(world, inode, row, owner, entry, name)),
    )  # fmt: skip


def of_call(world: World, header: Header, call: Call) -> Evidence:
    """A call: what it was made with, what came back, how its sleep is known."""
    process = world.processes.get(call.process)
    facts = [Fact("call", call_as_made(call)), Fact("result", outcome(call) or "it has not come back")]
    if call.error is not None:
        facts.append(
            Fact(
                "errno",
                f"{call.error}" + (f" = {call.errno}" if call.errno is not None else ""),
                call.message,
            )
        )
    if call.returned is not None:
        facts.append(Fact("took", _duration(call.returned - call.entered)))
    facts.append(Fact("line", str(call.line)))
    sections = [
        Section(
            "the process said", Voice.RETURNED, "stamped by the process itself, CLOCK_REALTIME", tuple(facts)
        )
    ]
    raw: list[Raw] = []
    seen = call.asleep
    if seen is not None:
        slept = [Fact("state", seen.state), Fact("in", asleep_in(call).removeprefix("asleep in "))]
        if seen.wchan:
            slept.append(Fact("wchan", seen.wchan, "the kernel function it sleeps in"))
        sections.append(Section("it was seen asleep", Voice.OBSERVED, seen.interface, tuple(slept)))
        raw.append(Raw(seen.interface, seen.raw))
    elif call.slept:
        facts_slept = (Fact("asleep", "it had not returned", "this machine does not let /proc say more"),)
        sections.append(Section("it slept", Voice.INFERRED, "no answer came", facts_slept))
    commands: list[tuple[str, str]] = []
    if process is not None and process.alive:
        pid = process.outer_pid
        commands = [
            ("where it sleeps", f"cat /proc/{pid}/syscall /proc/{pid}/wchan"),
            ("its calls, live", f"strace -f -e trace=network,read,write,close -p {pid}"),
        ]
    disagreements = (
        (f"{call.process} says that {call.name} returned, yet the kernel shows the process asleep",)
        if process is not None and call.is_over and process.current is None and process.asleep is not None
        and process.last is call and process.asleep.syscall is not None
        else ()
    )  # fmt: skip
    return Evidence(
        f"{call.process}: {call.name}",
        (*sections, *_process(process), *_counters(world, header), *_lab(header)),
        tuple(raw),
        tuple(commands),
        disagreements,
    )


def _of_packet(world: World, seen: SeenPacket, header: Header) -> Evidence:
    event, packet = seen.event, seen.event.packet
    facts = [
        Fact("from", f"{event.sender}, {address_text(packet.source)}"),
        Fact("to", f"{event.receiver}, {address_text(packet.destination)}"),
        Fact("what", packet.label + (f", {packet.length} bytes of data" if packet.length else ", no data")),
    ]
    if event.relative is not None:
        if event.relative.seq is not None:
            facts.append(Fact("seq", str(event.relative.seq), "counted from this side's SYN"))
        if event.relative.ack is not None:
            facts.append(Fact("ack", str(event.relative.ack), "the next byte it expects"))
        if event.relative.retransmission:
            facts.append(Fact("again", "a retransmission", "its sequence numbers have been sent before"))
    if event.late:
        facts.append(Fact("late", "yes", "it came out of the capture after later events had been shown"))
    if packet.tcp is not None:
        facts += [Fact(f"option {name}", value or "present") for name, value in packet.tcp.options]
    sections = [
        Section(
            "on the wire", Voice.CAPTURED, f"AF_PACKET on {packet.interface} of {event.host}", tuple(facts)
        )
    ]
    layers: dict[str, list[Fact]] = {}
    for field in dissect(packet.raw):
        shown = packet.raw[field.start : field.end]
        layers.setdefault(field.layer, []).append(Fact(field.name, field.value, shown[:16].hex(" ")))
    sections += [
        Section(f"{layer} header" if layer != "data" else "data", Voice.CAPTURED, "", tuple(f))
        for layer, f in layers.items()
    ]
    port = min(packet.source[1], packet.destination[1])
    near = next((p for p in world.processes.values() if p.alive and p.host == event.host), None)
    watch = f"{enter(near, header)}tcpdump -i {packet.interface} -nvX {packet.protocol.lower()}" + (
        f" port {port}" if port else ""
    )
    raw = (Raw("the frame", packet.raw),) if packet.raw else ()
    return Evidence(
        f"packet {seen.number + 1}: {seen.text}",
        (*sections, *_lab(header)),
        raw,
        (("the same, live", watch),),
    )


def _descriptor(entry: FdEntry, owner: Process) -> Section:
    facts = [Fact("descriptor", str(entry.fd)), Fact("refers to", entry.target)]
    if entry.protocol:
        facts.append(Fact("protocol", entry.protocol, "system.sockprotoname"))
    facts.append(Fact("flags", f"0{entry.flags:o}", "O_NONBLOCK" if entry.flags & 0o4000 else ""))
    return Section(
        "the descriptor table", Voice.OBSERVED, f"/proc/{owner.outer_pid}/fd, fdinfo", tuple(facts)
    )


def _row(row: SocketRow, world: World) -> Iterator[Fact]:
    yield Fact("state", str(row.state), "bound, neither listening nor connected" if row.bound_only else "")
    yield Fact("local", address_text(row.local))
    yield Fact("peer", address_text(row.peer) if row.peer is not None else "none")
    if row.is_listening:
        yield Fact("Recv-Q", str(row.recv_q), "LISTEN: connections in the accept queue")
        yield Fact("Send-Q", str(row.send_q), "LISTEN: the backlog; one more than it fits in")
    elif row.protocol == "UDP":
        yield Fact("Recv-Q", str(row.recv_q), "UDP: buffer memory, not bytes of data")
        yield Fact("Send-Q", str(row.send_q), "UDP: buffer memory")
    else:
        fin = row.recv_q and row.state in (State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK)
        yield Fact(
            "Recv-Q", str(row.recv_q), "bytes not yet read" + ("; the FIN counts as one" if fin else "")
        )
        syn = row.state is State.SYN_SENT
        yield Fact(
            "Send-Q", str(row.send_q), "not yet acknowledged" + ("; the SYN counts as one" if syn else "")
        )
    if row.timer is not None:
        left = f", {seconds_text(row.expires - world.at)} left" if row.expires is not None else ""
        yield Fact("timer", f"{row.timer}{left}")
    if row.retransmits:
        yield Fact("retransmits", str(row.retransmits))
    if row.drops is not None:
        yield Fact("drops", str(row.drops), "datagrams dropped for want of room")
    yield Fact("inode", str(row.inode), "" if row.inode else "no descriptor owns it")
    if row.cookie:
        yield Fact("cookie", f"{row.cookie:x}", "the socket's own number, for its whole life")
    yield Fact("uid", str(row.uid))


def _tcp_info(row: SocketRow) -> Iterator[Fact]:
    info = row.info
    assert info is not None
    if row.is_listening:
        yield Fact("unacked", str(info.unacked), "LISTEN: the accept queue's length")
        yield Fact("sacked", str(info.sacked), "LISTEN: the backlog")
        return
    yield Fact("rtt", f"{info.rtt / 1000:.3f} ms", f"± {info.rttvar / 1000:.3f}")
    yield Fact("rto", f"{info.rto / 1000:.0f} ms", "how long it waits before it sends again")
    yield Fact("cwnd", str(info.snd_cwnd), "segments it may have under way")
    yield Fact("unacked", str(info.unacked), "segments under way now")
    yield Fact("retransmits", f"{info.retransmits} now, {info.total_retrans} in all")
    yield Fact("mss", f"{info.snd_mss} out, {info.rcv_mss} in")
    for name, value, note in (
        ("bytes sent", info.bytes_sent, ""), ("bytes acked", info.bytes_acked, ""),
        ("bytes received", info.bytes_received, ""), ("not sent yet", info.notsent_bytes, ""),
        ("segments out", info.segs_out, ""), ("segments in", info.segs_in, ""),
        ("peer's window", info.snd_wnd, "bytes it may still send"), ("own window", info.rcv_wnd, "bytes it offers to take"),
    ):  # fmt: skip
        if value is not None:
            yield Fact(name, str(value), note)


def _process(process: Process | None) -> Iterator[Section]:
    if process is None:
        return
    facts = [
        Fact("pid", str(process.pid), "as getpid says in the lab"),
        Fact("outer pid", str(process.outer_pid), "as this machine numbers it"),
        Fact("host", process.host),
    ]
    if not process.alive:
        facts.append(Fact("ended", str(process.status) if process.status is not None else "unknown how"))
    elif process.state:
        facts.append(Fact("state", process.state))
    yield Section("the process", Voice.OBSERVED, f"/proc/{process.outer_pid}", tuple(facts))


def _counters(world: World, header: Header) -> Iterator[Section]:
    """The counters that say something by having grown; on the host they count everybody's."""
    whose = ", of the whole machine" if header.lab.kind == "host" else ""
    facts = tuple(Fact(name.partition(".")[2], f"+{count}", says) for name, count, says in grown(world))
    if facts:
        yield Section(
            f"counted since the lesson began{whose}",
            Voice.OBSERVED,
            "/proc/net/netstat, /proc/net/snmp",
            facts,
        )


def _lab(header: Header) -> Iterator[Section]:
    lab = header.lab
    facts = [Fact("kernel", header.kernel), Fact("lab", lab.kind)]
    facts += [Fact(name, "not here", why) for name, why in lab.missing.items()]
    yield Section("where", None, "", tuple(facts))
    if lab.sysctls:
        settings = tuple(Fact(name, value) for name, value in lab.sysctls.items())
        yield Section("sysctls that are not the kernel's default", None, "", settings)


def enter(process: Process | None, header: Header) -> str:
    """What to write before a command so that it runs in the lab; nothing on the host."""
    if process is None or header.lab.kind == "host":
        return ""
    return f"nsenter -t {process.outer_pid} -U --preserve-credentials -n "


def _socket_commands(
    row: SocketRow | None, entry: FdEntry | None, owner: Process | None, world: World, header: Header
) -> Iterator[tuple[str, str]]:
    alive = (
        owner
        if owner is not None and owner.alive
        else next((p for p in world.processes.values() if p.alive), None)
    )
    into = enter(alive, header)
    if row is not None and alive is not None:
        kind = {"UDP": "u", "UNIX": "x", "RAW": "w"}.get(row.protocol, "t")
        flags = f"-B{kind}noe" if row.bound_only else f"-{kind}anoe"
        yield "its row", f"{into}ss {flags}{_filter(row)}"
        if row.is_listening:
            yield "what was dropped", f"{into}nstat -asz 'TcpExtListen*'"
        if row.info is not None:
            yield "TCP_INFO", f"{into}ss -tani{_filter(row)}"
    if entry is not None and owner is not None and owner.alive:
        yield "its descriptor", f"cat /proc/{owner.outer_pid}/fdinfo/{entry.fd}"
        yield "what it refers to", f"readlink /proc/{owner.outer_pid}/fd/{entry.fd}"


def _filter(row: SocketRow) -> str:
    local = row.local[1] if isinstance(row.local, tuple) and len(row.local) > 1 else None
    peer = row.peer[1] if isinstance(row.peer, tuple) and len(row.peer) > 1 else None
    if local is None:
        return ""
    return f" 'sport = :{local} and dport = :{peer}'" if peer is not None else f" 'sport = :{local}'"


def _disagreements(
    world: World,
    inode: int,
    row: SocketRow | None,
    owner: Process | None,
    entry: FdEntry | None,
    name: str | None,
) -> Iterator[str]:
    if owner is not None and name is not None and owner.alive:
        said = owner.open_fds.get(name, -1)
        if said >= 0 and entry is None:
            yield f"{owner.name} says that {name} is descriptor {said}; the kernel's table of its descriptors has no such socket"
        elif (
            said >= 0
            and entry is not None
            and entry.fd != said
            and not any(e.fd == said and e.inode == inode for e in owner.fds)
        ):
            yield f"{owner.name} says that {name} is descriptor {said}; the kernel shows it as {entry.fd}"
    other = world.peer_row(row) if row is not None else None
    if (
        row is not None
        and other is not None
        and {row.state, other.state} == {State.ESTABLISHED, State.SYN_RECEIVED}
    ):
        yield f"the two ends differ: this one is {row.state}, the other {other.state}; each kernel knows only what has reached it"


def _call_at(world: World, line: int) -> Call | None:
    progress = world.lines.get(line)
    process = world.processes.get(progress.process) if progress else None
    if progress is None or process is None or not progress.calls:
        return None
    return process.call(progress.calls[-1])


def _latest_call(world: World) -> Call | None:
    calls = [c for p in world.processes.values() for c in (p.current, p.last) if c is not None]
    return max(calls, key=lambda call: call.returned or call.entered, default=None)


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else seconds_text(seconds)
