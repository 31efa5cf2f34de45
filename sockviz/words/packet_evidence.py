"""What the inspector says of a packet: whose it is, what it is, and its headers field by field."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _, ngettext
from sockviz.model.meaning import Role
from sockviz.model.segments import Packet
from sockviz.model.world import SeenPacket, World
from sockviz.words.crossings import fragment_text, kind_of_packet
from sockviz.words.dissection import dissect
from sockviz.words.facts import Fact, Section, Voice
from sockviz.words.meanings import ROLES, cause_clause, counter_text, sign_text, turned_away_clause
from sockviz.words.wording import address_text, bytes_text


def packet_sections(world: World, seen: SeenPacket) -> Iterator[Section]:
    """What was captured of it, and what is known of it besides."""
    event, packet = seen.event, seen.event.packet
    facts = [
        Fact(_("from"), f"{event.sender}, {address_text(packet.source)}"),
        Fact(_("to"), f"{event.receiver}, {address_text(packet.destination)}"),
        Fact(_("what"), f"{kind_of_packet(packet)}, {_bytes_of_data(packet.length)}"),
    ]
    if event.relative is not None:
        if event.relative.seq is not None:
            facts.append(Fact("seq", str(event.relative.seq), _("counted from this side's SYN")))
        if event.relative.ack is not None:
            facts.append(Fact("ack", str(event.relative.ack), _("the next byte it expects")))
    if packet.tcp is not None:
        facts.append(_window(world, seen, packet.tcp.window))
    if packet.fragment is not None:
        facts.append(Fact(_("fragment"), fragment_text(packet), _("as its IP header says")))
    if event.late:
        facts.append(
            Fact(_("late"), _("yes"), _("it came out of the capture after later events had been shown"))
        )
    if packet.tcp is not None:
        facts += [
            Fact(_("option {name}").format(name=name), value or _("present"))
            for name, value in packet.tcp.options
        ]
    where = _("AF_PACKET on {interface} of {host}").format(interface=packet.interface, host=event.host)
    yield Section(_("on the wire"), Voice.CAPTURED, where, tuple(facts))
    known = tuple(_known(world, seen))
    if known:
        yield Section(_("what it is"), Voice.OBSERVED, _("its numbers, and what the kernel counted"), known)
    yield from _headers(packet)


def _window(world: World, seen: SeenPacket, number: int) -> Fact:
    """The room that its sender offers."""
    told = world.traffic.window(seen.event)
    if told is None:
        return Fact(
            _("window"),
            str(number),
            _("as the header has it: the SYNs that say how it is scaled were not seen"),
        )
    size, shift = told
    note = (
        _("the header says {number}; both SYNs have the option, by which it is shifted {shift} bits").format(
            number=number, shift=shift
        )
        if shift
        else ""
    )
    return Fact(_("window"), bytes_text(size), note)


def _known(world: World, seen: SeenPacket) -> Iterator[Fact]:
    """What it is, with what that is known by; how it arrived."""
    traffic, number = world.traffic, seen.number
    meaning = traffic.meanings.get(number)
    if meaning is not None:
        name = _(ROLES[meaning.role])
        of = _("of packet {number}").format(number=meaning.of + 1) if meaning.of is not None else ""
        yield Fact(_("role"), name, f"{of}: {world.packet_text(meaning.of)}" if of else "")
        if meaning.role is Role.AGAIN:
            why = cause_clause(meaning) or _("no counter has told")
            yield Fact(_("why"), why, _("its sequence numbers have been sent before"))
        for sign in meaning.signs:
            yield Fact(_("known by"), sign_text(sign))
    away = traffic.turned_away.get(number)
    if away is not None:
        yield Fact(_("arrived"), turned_away_clause(away, number, world), counter_text(away))
    other = traffic.overtaken.get(number)
    if other is not None:
        told = _("after packet {number}, which was sent later").format(number=other + 1)
        yield Fact(_("arrived"), told, _("out of order, as the link let them through"))
    if world.link is not None and number in world.link.doubled:
        yield Fact(_("arrived"), _("twice"), _("the link made the second"))


def _headers(packet: Packet) -> Iterator[Section]:
    layers: dict[str, list[Fact]] = {}
    for field in dissect(packet.raw):
        shown = packet.raw[field.start : field.end]
        layers.setdefault(field.layer, []).append(Fact(field.name, field.value, shown[:16].hex(" ")))
    for layer, facts in layers.items():
        name = _("{layer} header").format(layer=layer) if layer != "data" else _("data")
        yield Section(name, Voice.CAPTURED, "", tuple(facts))


def _bytes_of_data(length: int) -> str:
    if not length:
        return _("no data")
    return ngettext("{count} byte of data", "{count} bytes of data", length).format(count=length)
