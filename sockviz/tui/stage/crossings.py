"""What crossed the wire, captured or inferred, in one form that the sequence diagram draws."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from sockviz.dataclass import dataclass, replace
from sockviz.language import N_, _
from sockviz.model.hindsight import TurnedAway
from sockviz.model.inferred import InferredSegment
from sockviz.model.link import Flight
from sockviz.model.meaning import PROBES, Meaning, Role
from sockviz.model.segments import Endpoint, Packet, TcpHeader, wire_end
from sockviz.model.sockets import SocketRow
from sockviz.model.values import show
from sockviz.model.world import SeenPacket
from sockviz.tui.cast import is_left
from sockviz.tui.remembered import remembered
from sockviz.tui.view import View
from sockviz.words.crossings import because, inferred_label, packet_label
from sockviz.words.meanings import instead_of_ack, mark


class Fate(Enum):
    """What became of a packet on a link that is in our hands."""

    CROSSED = N_("crossed")
    HELD = N_("held")
    RELEASED = N_("released")  # it was held at the resting place before, and has been let through since
    DROPPED = N_("dropped")
    TURNED_AWAY = N_("not let in")  # it arrived, and the kernel there has thrown it away
    PERHAPS = N_("perhaps not let in")  # it, or another


@dataclass(frozen=True, slots=True)
class Crossing:
    """One segment, datagram or message between two parties. ``number`` is the captured packet's; None where inferred."""

    number: int | None
    at: float
    sender: str
    receiver: str
    source: Endpoint
    destination: Endpoint
    label: str
    length: int
    seq: int | None = None
    ack: int | None = None
    again: bool = False  # time has sent it: a timer, and nobody's call
    mark: str = ""  # what it is, in a word, and a sign for where there is no room for that
    sign: str = ""
    instead: tuple[str, ...] = ()  # what may stand for its label and the word
    late: bool = False
    because: str = ""
    on_the_wire: str = (
        ""  # the header's own numbers and the payload, for arrows that have room for everything
    )
    fate: Fate = Fate.CROSSED
    copies: int = (
        1  # how often it was sent while it was held, let through where the link doubled it, or sent again
    )
    flight: int | None = None  # of what is held, the packet that its flight is known by
    repeats: bool = False  # it is a retransmission, or answers one: what is the same follows in it
    until: float | None = None  # when the last of those was sent that it stands for

    @property
    def is_bare_ack(self) -> bool:
        """Whether it acknowledges, and does nothing else."""
        return self.label == "ACK" and not self.length

    @property
    def is_reset(self) -> bool:
        """Whether it is a RST."""
        return self.label.split("+")[0] == "RST"

    @property
    def inferred(self) -> bool:
        """Whether nobody captured it."""
        return self.number is None

    def labels(self, with_numbers: bool, with_all: bool = False) -> tuple[str, ...]:
        """What to write on the arrow, the fullest first; sequence numbers, and what is on the wire, only where asked for."""
        times = f" ×{self.copies}" if self.copies > 1 else ""
        marks = (f" {self.mark}" if self.mark else "") + times + (f" {_('late')}" if self.late else "")
        brief = (f" {self.sign}" if self.sign else "") + times + (f" ‹{_('late')}›" if self.late else "")
        # An empty datagram is one, and tells so; a segment without data is an acknowledgement, or less.
        size = f" {self.length}" if self.length or self.label == "UDP" else ""
        without_fate: tuple[str, ...] = ()
        if self.fate in (Fate.TURNED_AWAY, Fate.PERHAPS):
            told = " ✗?" if self.fate is Fate.PERHAPS else ""  # certain, the arrow's end is a cross
            without_fate = (self.label + size + marks + told,)
            marks += f" · {_(self.fate.value)}"
            brief += told
        numbers = (
            ""
            if self.seq is None or not with_numbers
            else f" seq {self.seq}" + ("" if self.ack is None else f" ack {self.ack}")
        )
        everything = (
            (self.label + size + numbers + marks + self.on_the_wire,) if with_all and self.on_the_wire else ()
        )
        return (
            *everything,
            self.label + size + numbers + marks,
            self.label + size + marks,
            *without_fate,
            *(text + times for text in self.instead),
            self.label + size + brief,
            self.label + brief,
            *(
                (self.label + f" {self.sign}{times.strip()}",)
                if self.sign and times and not self.late
                else ()
            ),
            *((self.label.removeprefix("ICMP "),) if self.label.startswith("ICMP ") else ()),
            _initials(self.label) + (size if "ICMP" not in self.label else "") + brief,
            _initials(self.label) + brief,
            _initials(self.label),
        )


#: A bare acknowledgement that comes so long after what it acknowledges was held back: a delayed ACK waits 40 ms, 200 ms at most
#: (net/ipv4/tcp.h: TCP_DELACK_MIN, TCP_DELACK_MAX). What is later has another reason.
_DELAYED = (0.03, 0.25)


def lateness(earlier: Crossing, it: Crossing) -> float:
    """The seconds by which `it`, an acknowledgement and no more, was held back after `earlier`; 0 where it was not."""
    gap = it.at - (earlier.until or earlier.at)
    held_back = it.is_bare_ack and not it.mark and not it.again and earlier.sender != it.sender
    return gap if held_back and _DELAYED[0] <= gap < _DELAYED[1] else 0.0


def _initials(label: str) -> str:
    """``S+A`` for ``SYN+ACK``, ``ICMP`` of whatever it means: for arrows that have no room for more."""
    return "+".join(part[:1] for part in label.split("+")) if "+" in label else label.split(" ")[0][:4]


def crossings(view: View, newest: int) -> Sequence[Crossing]:
    """The last `newest` of what has crossed at the cursor, oldest first."""
    if view.lab.has_packets:
        return _on_the_link(view, view.world.packets[-newest:])
    return [_inferred(segment) for segment in view.world.inferred[-newest:]]


def _on_the_link(view: View, seen: Sequence[SeenPacket]) -> list[Crossing]:
    """Captured packets with what the link did with them; copies that wait are drawn with the one that they repeat."""
    link, before = view.world.link, (view.told or view.before).link
    if link is None:
        return [_drawn(view, each) for each in seen]
    dropped = set(link.dropped)
    copied = any(each.event.entry != each.event.frame for each in seen)
    gone = {view.world.packets[n].event.frame for n in dropped} if copied else set()
    doubled = set(link.doubled)
    thrown = {frame for flight in link.held for frame in flight.thrown}
    found = []
    for each in seen:
        frame = each.event.frame
        flight = link.flight_of(frame) if frame is not None else None
        if flight is not None:
            if frame in flight.later:
                found.append(replace(_drawn(view, each), fate=Fate.HELD, late=False))
            elif each.number == flight.packet or frame == flight.frames[0]:
                held = replace(_drawn(view, each), fate=Fate.HELD, copies=flight.copies, late=False)
                found.append(replace(held, flight=flight.packet))
        elif frame in thrown:
            continue  # it did not cross: it is told with the copies that are still to be thrown away
        elif each.number in dropped:
            found.append(replace(_drawn(view, each), fate=Fate.DROPPED, late=False))
        elif each.event.entry != frame and each.event.entry in gone:
            if each.event.packet.is_later_fragment:
                found.append(replace(_drawn(view, each), fate=Fate.DROPPED, late=False))
            continue  # a copy that was dropped with its segment
        else:
            released = before is not None and frame is not None and before.flight_of(frame) is not None
            copies = 2 if each.number in doubled else 1
            drawn = replace(_drawn(view, each), copies=copies, late=False)
            found.append(replace(drawn, fate=Fate.RELEASED) if released else drawn)
    return found


def folded(seen: Sequence[Crossing]) -> list[Crossing]:
    """`seen` with what repeats itself told once: the first time that a segment is sent again is an arrow of its own, with how
    often it was; what answers each of them likewise, and equal segments one after another. Otherwise retransmissions bury what
    they repeat."""
    found: list[Crossing] = []
    copies: dict[int, int] = {}  # of those that were found again, by their places
    until: dict[int, float] = {}

    def again(place: int, it: Crossing) -> None:
        copies[place] = copies.get(place, found[place].copies) + it.copies
        until[place] = it.at

    for it in seen:
        if found and it.seq is not None and _same(found[-1], it):
            again(len(found) - 1, it)
            continue
        place = len(found)
        while place and found[place - 1].repeats:
            place -= 1
            if _same(found[place], it):
                again(place, it)
                break
        else:
            answers = bool(found) and found[-1].repeats and (it.is_bare_ack or it.is_reset)
            found.append(replace(it, repeats=True) if it.again or answers else it)
    for place, times in copies.items():
        found[place] = replace(found[place], copies=times, until=until[place])
    return found


def _same(one: Crossing, other: Crossing) -> bool:
    """Whether they are one segment, sent twice, that fared alike."""
    return (one.source, one.destination, one.label, one.mark, one.seq, one.ack, one.length, one.fate, one.late) == (
        other.source, other.destination, other.label, other.mark, other.seq, other.ack, other.length, other.fate, other.late,
    )  # fmt: skip


def chosen(view: View) -> Flight | None:
    """The held packet that the wire's keys are for: the one that the reader points at, else the one that has waited longest; of
    those that only pass, one that a delay may hold up, where no other is there."""
    link = view.world.link
    if link is None or not link.held:
        return None
    number = view.focus.packet
    frame = (
        view.world.packets[number].event.frame
        if number is not None and number < len(view.world.packets)
        else None
    )
    pointed = next(
        (flight for flight in link.held if flight.packet == number or frame in flight.frames), None
    )
    return pointed or next((flight for flight in link.held if flight.kept), link.held[0])


def arrived(view: View) -> int:
    """How many crossed since the moment before, or the resting place."""
    earlier = view.told or view.before
    before = len(earlier.packets) if view.lab.has_packets else len(earlier.inferred)
    return max(0, view.crossed - before)


def coming(view: View, seen: Sequence[Crossing]) -> int:
    """How many of `seen`, the last ones, are new: a copy of what is held already is none of its own, and moves nothing."""
    new = arrived(view)
    first = view.crossed - new
    if not view.lab.has_packets:
        return min(new, len(seen))
    return sum(it.number is not None and it.number >= first for it in seen[-new:]) if new else 0


def under_way(view: View, seen: Sequence[Crossing]) -> tuple[Sequence[Crossing], Crossing | None]:
    """What is on the wire at this progress: what had arrived before, and of the new ones one after the other."""
    new = coming(view, seen)
    if view.progress >= 1 or not new:
        return seen, None
    done = int(view.progress * new)
    moving = seen[len(seen) - new + done]
    return seen[: len(seen) - new + done + 1], moving


def parties(view: View, seen: Sequence[Crossing]) -> list[str]:
    """Who sent or received, in the order of the stage: the server's side first."""
    found = {name for it in seen for name in (it.sender, it.receiver)}
    order = [*view.script.processes, *view.lab.hosts]

    def place(name: str) -> tuple[bool, int, str]:
        left = is_left(view.script, view.world, name)
        return not left, order.index(name) if name in order else len(order), name

    return sorted(found, key=place)


def belongs(it: Crossing, row: SocketRow) -> bool:
    """Whether it is of the connection that `row` is one end of (or, for a listener, of its port)."""
    ends = (wire_end(row.local), wire_end(row.peer))
    if row.peer is None:
        return ends[0] is not None and ends[0][1] in (it.source[1], it.destination[1])
    return ends in ((it.source, it.destination), (it.destination, it.source))


def _drawn(view: View, seen: SeenPacket) -> Crossing:
    """A captured packet with what is known of it."""
    traffic = view.world.traffic
    meaning, away = traffic.meanings.get(seen.number), traffic.turned_away.get(seen.number)
    drawn = _captured(seen, meaning, away, *(traffic.window(seen.event) or (_UNTOLD, 0)))
    return _overtaken(drawn) if traffic.overtaken and seen.number in traffic.overtaken else drawn


def _overtaken(it: Crossing) -> Crossing:
    """One that came after what was sent later."""
    return replace(it, mark=f"{it.mark} {_('out of order')}".lstrip(), sign=f"{it.sign}↓", instead=())


@remembered(512)
def _captured(
    seen: SeenPacket, meaning: Meaning | None, away: TurnedAway | None, window: int, shift: int
) -> Crossing:
    event, packet = seen.event, seen.event.packet
    relative = event.relative
    label = packet_label(packet)
    word, sign = mark(meaning) if meaning is not None else ("", "")
    fate = Fate.CROSSED if away is None else Fate.TURNED_AWAY if away.is_certain else Fate.PERHAPS
    if away is not None and away.is_certain and away.had_come_in:
        fate, word, sign = Fate.CROSSED, _(Fate.DROPPED.value), "✗"
    return Crossing(
        seen.number, packet.at, event.sender, event.receiver, packet.source, packet.destination, label, packet.length,
        relative.seq if relative else None, relative.ack if relative else None,
        again=meaning is not None and (meaning.role is Role.AGAIN or meaning.role in PROBES), mark=word, sign=sign,
        instead=_instead(packet, meaning),
        late=event.late, on_the_wire=_on_the_wire(packet, window, shift), fate=fate,
    )  # fmt: skip


def _instead(packet: Packet, meaning: Meaning | None) -> tuple[str, ...]:
    if packet.fragment is not None and packet.is_later_fragment:
        return f"{_('fragment')} @{packet.fragment.offset}", f"{_('frag')} @{packet.fragment.offset}"
    return (
        instead_of_ack(meaning) if meaning is not None and packet.label == "ACK" and not packet.length else ()
    )


#: The window of a segment whose connection began before anything was captured.
_UNTOLD = -1


def _window(tcp: TcpHeader, size: int, shift: int) -> str:
    """The window that a segment gives, and whether its header's number had to be scaled for that, or could not be."""
    if size == _UNTOLD:
        return _("win {number} (unscaled)").format(number=tcp.window)
    return _("win {bytes} (scaled)").format(bytes=size) if shift else f"win {size}"


def _on_the_wire(packet: Packet, size: int, shift: int) -> str:
    """``  · seq 2893745093 ack 38475 win 65536 (scaled) b'hello'``: numbers as in the header, the window in bytes."""
    tcp = packet.tcp
    ack = f" ack {tcp.ack}" if tcp is not None and "ACK" in tcp.flags else ""  # else the field means nothing
    header = f" seq {tcp.seq}{ack} {_window(tcp, size, shift)}" if tcp is not None else ""
    payload = f" {show(packet.payload, 28)}" if packet.payload else ""
    return f"  ·{header}{payload}" if header or payload else ""


def _inferred(it: InferredSegment) -> Crossing:
    return Crossing(
        None,
        it.at,
        it.sender,
        it.receiver,
        it.source,
        it.destination,
        inferred_label(it),
        it.length,
        because=because(it.because),
    )
