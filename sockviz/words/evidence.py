"""How each fact is known: what the voices said of a socket, a call or a packet, the raw bytes, the command to see the same."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _
from sockviz.model.call import Call, Stage
from sockviz.model.known import KnownSocket
from sockviz.model.linux.names import named
from sockviz.model.linux.sockets import PROTOCOLS
from sockviz.model.naming import Name
from sockviz.model.process import Process
from sockviz.model.script_text import PROGRAMS
from sockviz.model.sockets import FdEntry, SocketRow, State
from sockviz.model.timeline import Header, Timeline
from sockviz.model.world import SeenPacket, World
from sockviz.words import diag_facts, set_options, value_facts
from sockviz.words.facts import Evidence, Fact, Raw, Section, Voice
from sockviz.words.group_words import group_sections
from sockviz.words.kept_sentences import in_words
from sockviz.words.lab_words import lab_word
from sockviz.words.observing import grown
from sockviz.words.packet_evidence import packet_sections
from sockviz.words.programs import place_of
from sockviz.words.same_by_hand import call_commands, capturing, group_commands, socket_commands
from sockviz.words.sleeping import why_asleep
from sockviz.words.socket_facts import descriptor, row_facts, tcp_facts
from sockviz.words.wording import (
    call_as_made,
    duration_text,
    name_text,
    outcome,
    sleeping_call,
)
from sockviz.words.worst_kernel import in_short, rule_text


def evidence(
    timeline: Timeline,
    cursor: int,
    *,
    inode: int | None = None,
    line: int | None = None,
    packet: int | None = None,
    call: tuple[str, int] | None = None,
) -> Evidence:
    """The evidence for a socket, a line's call, a packet, or a process's call by its number in the world at `cursor`; for
    nothing: of the latest call."""
    world = timeline.world_at(cursor)
    header = timeline.header
    if packet is not None and 0 <= packet < len(world.packets):
        return _of_packet(world, world.packets[packet], header)
    if inode is not None:
        return of_socket(world, header, inode)
    made = (
        _call_of(world, *call) if call is not None
        else _call_at(world, line) if line is not None else _latest_call(world)
    )  # fmt: skip
    if made is not None:
        return of_call(world, header, made)
    return Evidence(_("the lab"), (*_counters(world, header), *_lab(header)))


def of_socket(world: World, header: Header, inode: int) -> Evidence:
    """A socket: what its process holds, what the kernel's table says, TCP_INFO."""
    known, row, told = world.sockets.get(inode), world.row_of(inode), world.names.get(inode)
    owner = world.processes.get(world.owner_of(inode) or "")
    entry = next((e for e in owner.fds if e.inode == inode), None) if owner else None
    name = world.name_of(owner.name, inode) if owner else None
    title = f"{owner.name} {name or ''}".strip() if owner else _("socket {inode}").format(inode=inode)
    sections: list[Section] = []
    if known is not None and known.told:
        creator = world.processes.get(known.creator or "")
        at = creator.open_fds.get(name, -1) if name and creator is not None else None
        facts = [
            Fact(_("made by"), known.creator or ""),
            Fact(_("domain, type, protocol"), f"{known.family}, {known.type}, {_protocol(known.protocol)}"),
        ]
        if at is not None:
            facts.append(Fact(_("descriptor"), str(at) if at >= 0 else _("closed")))
        if row is None and told is not None and not told.is_none:
            facts.append(Fact(_("local"), name_text(told), _told_how(told)))
        sections.append(
            Section(_("its process said"), Voice.RETURNED, _("the call's own result"), tuple(facts))
        )
    sections += set_options.sections(world, inode)
    if is_member := set_options.has_joined(world, inode):
        sections += group_sections(world.groups.get(_host_of(world, inode, owner), ()))
    if entry is not None and owner is not None:
        sections.append(descriptor(entry, owner))
    if row is not None:
        sections.append(
            Section(_("the kernel's table"), Voice.OBSERVED, row.interface, tuple(row_facts(row, world)))
        )
        sections += diag_facts.sections(row)
        if row.info is not None:
            sections.append(
                Section("TCP_INFO", Voice.OBSERVED, f"{row.interface}, INET_DIAG_INFO", tuple(tcp_facts(row)))
            )
    else:
        none = Fact(_("row"), _("none"), _why_no_row(known, told))
        sections.append(Section(_("the kernel's table"), Voice.OBSERVED, _tables(header), (none,)))
    raw = [Raw(_("the row as the kernel sent it"), row.raw)] if row is not None and row.raw else []
    return Evidence(
        title, (*sections, *_counters(world, header), *_lab(header)), tuple(raw),
        (
            *socket_commands(row, entry, owner, world, header, world.kept_name(inode)),
            *(group_commands(owner, header) if is_member else ()),
        ),
        tuple(_disagreements(world, inode, row, owner, entry, name)),
    )  # fmt: skip


def _host_of(world: World, inode: int, owner: Process | None) -> str:
    known = world.sockets.get(inode)
    return owner.host if owner is not None else known.host if known is not None else ""


def _protocol(number: int) -> str:
    """A protocol by its name; 0 asks for the usual one of the family and type."""
    return named(number, PROTOCOLS) if number else _("0 (the usual one)")


def _told_how(name: Name) -> str:
    """From where the local name of a socket without a row is known."""
    if name.told_by == "bind":
        return _("bind({fd}, …) was given it and returned 0").format(fd=name.fd)
    if name.after == "getsockname":
        return _("getsockname({fd}) returned it").format(fd=name.fd)
    return _("getsockname({fd}) returned it, after {call}").format(fd=name.fd, call=name.after)


def _tables(header: Header) -> str:
    """What the kernel's sockets are read from in this lab."""
    return "/proc/net" if {"diag", "backlog"} & header.lab.missing.keys() else "sock_diag"


def _why_no_row(known: KnownSocket | None, name: Name | None) -> str:
    if name is not None and name.is_kept:
        return _(
            "this kernel lists no socket that is bound and no more: Linux does from 6.8 on, by sock_diag"
        )
    if (known is not None and known.peer is not None) or (name is not None and not name.is_none):
        return _("it had a connection; its row is gone")
    return _("a socket that was never bound is in none") if name is not None else ""


def of_call(world: World, header: Header, call: Call) -> Evidence:
    """A call: what it was made with, what came back, how its sleep is known."""
    process = world.processes.get(call.process)
    facts = [
        Fact(_("call"), call_as_made(call)),
        Fact(_("result"), outcome(call) or _("it has not come back"), _why_held(call)),
    ]
    if call.error is not None:
        facts.append(
            Fact(
                "errno",
                f"{call.error}" + (f" = {call.errno}" if call.errno is not None else ""),
                call.message,
            )
        )
    if call.returned is not None and call.returned >= call.entered:  # else the clock was set meanwhile
        facts.append(Fact(_("took"), duration_text(call.returned - call.entered)))
    elif call.returned is None and world.at > call.entered:
        facts.append(Fact(_("so far"), duration_text(world.at - call.entered)))
    is_watched = header.script.kind == PROGRAMS or (process is not None and bool(process.command))
    if call.line is not None or call.library:
        facts.append(Fact(_("line"), place_of(call, world) or str(call.line)))
    sections = [
        Section(
            _("the process said"),
            Voice.RETURNED if call.is_over else Voice.ENTERED,
            _("ptrace, at its entry and at its return")
            if is_watched
            else _("stamped by the process itself, CLOCK_REALTIME"),
            tuple(facts),
        )
    ]
    raw: list[Raw] = []
    seen = call.asleep
    if seen is not None:
        slept = [Fact(_("state"), seen.state), Fact(_("in"), sleeping_call(call))]
        if not call.is_over:
            slept.append(Fact(_("why"), why_asleep(call, world)))
        if seen.wchan:
            slept.append(Fact("wchan", seen.wchan, _("the kernel function it sleeps in")))
        sections.append(Section(_("it was seen asleep"), Voice.OBSERVED, seen.interface, tuple(slept)))
        raw.append(Raw(seen.interface, seen.raw))
    elif call.slept:
        facts_slept = (
            Fact(_("asleep"), _("it had not returned"), _("this machine does not let /proc say more")),
        )
        sections.append(Section(_("it slept"), Voice.INFERRED, _("no answer came"), facts_slept))
    if call.treated:
        why = tuple(Fact(each.rule, rule_text(each.rule), _("it is allowed")) for each in call.treated)
        sections.append(Section(_("what sockviz did"), None, in_short(call), why))
    sections += value_facts.sections(call, world)
    commands = call_commands(process, is_watched) if process is not None and process.alive else ()
    disagreements = (
        (
            _("{process} says that {call} returned, yet the kernel shows the process asleep").format(
                process=call.process, call=call.name
            ),
        )
        if process is not None and call.is_over and not process.under_way and process.asleep is not None
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


def _why_held(call: Call) -> str:
    return _("entered, and not made until it is let go") if call.stage is Stage.HELD else ""


def _of_packet(world: World, seen: SeenPacket, header: Header) -> Evidence:
    event, packet = seen.event, seen.event.packet
    near = next((p for p in world.processes.values() if p.alive and p.host == event.host), None)
    raw = (Raw(_("the frame"), packet.raw),) if packet.raw else ()
    return Evidence(
        _("packet {number}: {text}").format(number=seen.number + 1, text=seen.text),
        (*packet_sections(world, seen), *_lab(header)),
        raw,
        ((_("the same, live"), capturing(packet, near, header)),),
    )


def _process(process: Process | None) -> Iterator[Section]:
    if process is None:
        return
    facts = [
        Fact("pid", str(process.pid), _("as getpid says in the lab")),
        Fact(_("outer pid"), str(process.outer_pid), _("as this machine numbers it")),
        Fact(_("host"), process.host),
    ]
    if not process.alive:
        facts.append(
            Fact(_("ended"), str(process.status) if process.status is not None else _("unknown how"))
        )
    elif process.state:
        facts.append(Fact(_("state"), process.state))
    yield Section(_("the process"), Voice.OBSERVED, f"/proc/{process.outer_pid}", tuple(facts))


def _counters(world: World, header: Header) -> Iterator[Section]:
    """The counters that say something by having grown; on the host they count everybody's."""
    facts = tuple(Fact(name.partition(".")[2], f"+{count}", says) for name, count, says in grown(world))
    if facts:
        yield Section(
            _("counted since the lesson began, of the whole machine")
            if header.lab.kind == "host"
            else _("counted since the lesson began"),
            Voice.OBSERVED,
            "/proc/net/netstat, /proc/net/snmp",
            facts,
        )


def _lab(header: Header) -> Iterator[Section]:
    lab = header.lab
    facts = [Fact(_("kernel"), header.kernel), Fact(_("lab"), lab_word(lab.kind))]
    facts += [Fact(lab_word(name), _("not here"), in_words(why)) for name, why in lab.missing.items()]
    yield Section(_("where"), None, "", tuple(facts))
    if lab.sysctls:
        settings = tuple(Fact(name, value) for name, value in lab.sysctls.items())
        yield Section(_("sysctls that are not the kernel's default"), None, "", settings)


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
            yield _(
                "{process} says that {name} is descriptor {said}; "
                "the kernel's table of its descriptors has no such socket"
            ).format(process=owner.name, name=name, said=said)
        elif (
            said >= 0
            and entry is not None
            and entry.fd != said
            and not any(e.fd == said and e.inode == inode for e in owner.fds)
        ):
            yield _("{process} says that {name} is descriptor {said}; the kernel shows it as {fd}").format(
                process=owner.name, name=name, said=said, fd=entry.fd
            )
    other = world.peer_row(row) if row is not None else None
    if (
        row is not None
        and other is not None
        and {row.state, other.state} == {State.ESTABLISHED, State.SYN_RECEIVED}
    ):
        yield _(
            "the two ends differ: this one is {here}, the other {there}; each kernel knows only what has reached it"
        ).format(here=row.state, there=other.state)


def _call_of(world: World, name: str, number: int) -> Call | None:
    process = world.processes.get(name)
    return process.call(number) if process is not None else None


def _call_at(world: World, line: int) -> Call | None:
    progress = world.lines.get(line)
    process = world.processes.get(progress.process) if progress else None
    if progress is None or process is None or not progress.calls:
        return None
    return process.call(progress.calls[-1])


def _latest_call(world: World) -> Call | None:
    calls = [c for p in world.processes.values() for c in (*p.under_way, p.last) if c is not None]
    return max(calls, key=lambda call: call.returned or call.entered, default=None)
