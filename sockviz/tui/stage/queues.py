"""A listener's two queues, drawn as slots with who is in them, and what was turned away."""

from __future__ import annotations

from collections import Counter

from rich.cells import cell_len

from sockviz.language import _
from sockviz.language import current as current_language
from sockviz.model.arriving import arrived
from sockviz.model.meaning import ways
from sockviz.model.segments import wire_end
from sockviz.model.sockets import SocketRow, State
from sockviz.tui.palette import TICKING, state_role
from sockviz.tui.remembered import remembered_by
from sockviz.tui.stage.chips import CHIP, LEAVES, Station, has_come, is_coming, leaving
from sockviz.tui.stage.ink import Line, Span, Ticking, crop, line
from sockviz.tui.stage.lookup import Lookup, port_of
from sockviz.tui.view import View
from sockviz.words.wording import seconds_text

#: From this width on the queues are called by their whole names.
WIDE = 28
#: Slots drawn of a queue before it is only counted.
_SLOTS = 12
#: Slots drawn of a queue too long to show, while hardly anyone is in it.
_FEW = 4
#: An indent and two edges.
_BESIDE_A_BOX = 5
#: Entries of the SYN queue whose waiting is told one by one.
_TOLD = 3


def _decides(
    view: View, lookup: Lookup, row: SocketRow, width: int, hues: dict[str, str]
) -> tuple[object, ...]:
    """What its accept queue is drawn of: no more than this while nobody is on the way in or out."""
    if view.progress < 1:
        return (view, row, width, hues)
    waiting = lookup.waiting(row, _SLOTS) if row.tells_queues else []
    whose = [each for it in waiting for each in (it, *lookup.who(it))]
    return (row, width, hues, view.focus.inode or 0, current_language(), *whose)


@remembered_by(16, _decides)
def accept_queue(view: View, lookup: Lookup, row: SocketRow, width: int, hues: dict[str, str]) -> list[Line]:
    """``accept queue ■■□ 2 of 3  client client2``; where the names have no room there, they stand beneath."""
    if not row.tells_queues:
        untold = _("{table} does not say").format(table=row.interface)
        return [crop(line(label("accept", width), (untold, "muted")), width)]
    waiting = lookup.waiting(row, _SLOTS)
    slots = _slots(view, lookup, row, waiting, width, hues)
    names = _names(view, lookup, waiting, row.recv_q, hues)
    spoken = slots + _said_full(view, row)
    beside = names[0].width + slots.width < width
    if names[0].width + spoken.width < width or (not beside and spoken.width <= width):
        slots = spoken
    return _with_names(slots, names, width)


@remembered_by(16, _decides)
def accept_boxes(view: View, lookup: Lookup, row: SocketRow, width: int, hues: dict[str, str]) -> list[Line]:
    """The same with a box for each connection that waits: who, from which port, how many bytes. Nothing where nobody waits.

    These connections are rows of the kernel's that no descriptor owns yet.
    """
    waiting = lookup.waiting(row, _SLOTS) if row.tells_queues else []
    if not waiting:
        return []
    slots = _slots(view, lookup, row, waiting, width, hues)
    spoken = slots + _said_full(view, row)
    room = width - _BESIDE_A_BOX
    boxes = [
        _longest(_box(view, lookup, each, hues), room)
        for each in waiting
        if not is_coming(view, each, Station.ACCEPT_QUEUE)
    ]
    left = row.recv_q - len(waiting)
    if left > 0:
        boxes.append(line((f"+{left}", "muted")))
    return [spoken if spoken.width <= width else slots, *_packed(boxes, width)]


def _longest(forms: list[Line], room: int) -> Line:
    return next((it for it in forms if it.width <= room), crop(forms[-1], room))


def _box(view: View, lookup: Lookup, row: SocketRow, hues: dict[str, str]) -> list[Line]:
    """``client a :40112 5 B + FIN``: one connection that waits, in several lengths. What waits in it is told in each of them."""
    process, name, inode = lookup.who(row)
    role = hues.get(process, "muted") + (" mark" if inode and inode == view.focus.inode else "")
    waiting = max(0, row.recv_q - (row.state is State.CLOSE_WAIT))  # a FIN that came counts as one
    chip = (f"{CHIP} " if has_come(view, row, Station.ACCEPT_QUEUE) else "", role)
    whole, port = f"{process} {name}".strip(), f":{port_of(row.peer)}"
    called = dict.fromkeys(
        " ".join(filter(None, it)) for it in ((whole, port), (process, port), (whole,), (port,))
    )
    fin = _("+ FIN") if row.state is State.CLOSE_WAIT else ""
    held = dict.fromkeys(f"{waiting} B{it}" for it in (f" {fin}" if fin else "", fin.replace(" ", "")))
    return [
        line(chip, (who, role), (f" {bytes_}", "strong" if waiting else "muted"))
        for who in filter(None, called)
        for bytes_ in held
    ]


def _packed(boxes: list[Line], width: int) -> list[Line]:
    """``│client a :40112 5 B│client2 :40114 0 B│``: as many in a line as fit."""
    edge = line(("│", "muted"))
    lines: list[Line] = []
    for box in boxes:
        if lines and lines[-1].width + box.width + 1 <= width:
            lines[-1] = lines[-1] + box + edge
        else:
            lines.append(line("   ") + edge + box + edge)
    return lines


def _slots(
    view: View, lookup: Lookup, row: SocketRow, waiting: list[SocketRow], width: int, hues: dict[str, str]
) -> Line:
    """``accept queue ■■□ 2 of 3``."""
    # A backlog of N lets N+1 in: sk_acceptq_is_full() in include/net/sock.h compares with >.
    capacity = row.recv_q if row.backlog is None else max(row.backlog + 1, row.recv_q)
    # A long queue shows its few takers and that there is room; a short one shows every slot.
    drawn = capacity if capacity <= _SLOTS else min(_SLOTS, max(_FEW, row.recv_q + 1))
    taken = min(row.recv_q, drawn)
    arriving = _arriving(view, row) if view.progress < 1 else 0
    gone = leaving(view, row, Station.ACCEPT_QUEUE)[: drawn - taken]
    runs: list[Span] = [(CHIP, hues.get(lookup.who(it)[0], state_role(State.ESTABLISHED))) for it in gone]
    for index in range(taken):
        process, _name, inode = lookup.who(waiting[index]) if index < len(waiting) else ("", "", 0)
        # A connection that has just come drops into its slot.
        symbol = "■" if index < taken - arriving else "□" if view.progress < LEAVES else CHIP
        role = hues.get(process, state_role(State.ESTABLISHED))
        runs.append((symbol, f"{role} mark" if inode and inode == view.focus.inode else role))
    runs.append(("□" * (drawn - taken - len(gone)) + ("…" if capacity > drawn else ""), "muted"))
    # Who is on the way in is not counted yet, and who is on the way out still is.
    here = row.recv_q - (arriving if view.progress < LEAVES else 0) + len(gone)
    count = (
        str(here)  # of how many nobody says
        if row.backlog is None
        else _("{count} of {most}").format(count=here, most=row.backlog + 1)
    )
    is_over = row.backlog is not None and here > row.backlog
    squares = line(
        *runs,
        (f" {count}" if runs[:-1] or row.backlog is not None else count, "bad" if is_over else ""),
    )
    named = label("accept", width)
    if len(named) + squares.width > width:
        named = label("accept", WIDE - 1)  # of many who wait, the number is worth more than the word
    return line(named) + squares


def _said_full(view: View, row: SocketRow) -> Line:
    """Said once who makes it full has come."""
    is_coming_in = view.progress < LEAVES and _arriving(view, row) > 0
    return line((f" {_('full')}", "bad")) if is_full(row) and not is_coming_in else Line()


def is_full(row: SocketRow) -> bool:
    """Whether the next SYN to this listener is dropped."""
    return row.backlog is not None and row.recv_q > row.backlog


def syn_queue(view: View, lookup: Lookup, row: SocketRow, width: int, hues: dict[str, str]) -> list[Line]:
    """``SYN queue    ■ 1  client``; nothing where nobody is half-way through a handshake."""
    half_open = lookup.half_open(row)
    if not half_open:
        return []
    squares = _gone_on(view, row) + "".join(
        CHIP if has_come(view, it, Station.SYN_QUEUE) else "■" for it in half_open[:_SLOTS]
    )
    slots = line(label("SYN", width), (squares, state_role(State.SYN_RECEIVED)), f" {len(half_open)}")
    names = _names(view, lookup, half_open[:_SLOTS], len(half_open), hues)
    if not view.world.sharers(row):
        return _with_names(slots, names, width)
    anybodys = _("all listeners")  # nothing says at which of them
    beside = slots + line((f", {anybodys}", "muted"))
    if beside.width <= width:
        return _with_names(beside, names, width)
    return [*_with_names(slots, names, width), line((f"   {anybodys}", "muted"))]


def syn_waits(view: View, lookup: Lookup, row: SocketRow, width: int) -> list[Line]:
    """How long those in the SYN queue have waited for their ACK, the first few."""
    half_open = lookup.half_open(row)
    return [it for row in half_open[:_TOLD] if (it := _half_way(view, lookup, row, width)) is not None]


def _half_way(view: View, lookup: Lookup, row: SocketRow, width: int) -> Line | None:
    """``client 12 s, SYN+ACK sent again ×3``: how long an entry has waited for its ACK; None where nobody can say."""
    process, _name, _inode = lookup.who(row)
    port = f":{port_of(row.peer)}"
    who = process or port
    since, ack = _answered_at(view, row), _its_ack(view, row)
    again = _("SYN+ACK again ×{count}").format(count=row.retransmits) if row.retransmits else ""
    if since is None and not again:
        return None
    full = ", ".join(each for each in (ack, again) if each)

    def said(now: float) -> str:
        age = "" if since is None else f" {seconds_text(max(0.0, now - since))}"
        whole = f"{age}, {full}" if full else f"{age} {_('without an ACK')}"
        told = (
            f"   {process} {port}{whole}" if process else "",
            f"     {who}{whole}",
            f"   {who}{age} {again}" if again and not ack else "",
            f"   {who}{age}, {ack or _('no ACK')}",
            f"   {process} {port}{age}" if process else "",
            f"   {who}{age}",
        )
        return next((text for text in told if text and cell_len(text) <= width), told[-1][:width])

    text = Ticking.of(said, view.now or view.world.at)
    return line((text, "muted" if since is None else f"muted {TICKING}"))


def _answered_at(view: View, row: SocketRow) -> float | None:
    """When the kernel made the entry: when it first sent the SYN+ACK, as captured."""
    for seen in reversed(view.world.packets):
        packet = seen.event.packet
        if packet.tcp is not None and {"SYN", "ACK"} <= set(packet.tcp.flags):
            ends = (wire_end(row.local), wire_end(row.peer))
            if (packet.source, packet.destination) == ends and seen.number not in view.world.traffic.meanings:
                return packet.at
    return None


def _its_ack(view: View, row: SocketRow) -> str:
    """That the ACK which it waits for has arrived, and what became of it; empty where none has."""
    traffic = view.world.traffic
    for seen in arrived(row, view.world):
        tcp, mine = seen.event.packet.tcp, traffic.flows.get(ways(seen.event)[1])
        if tcp is None or mine is None or {"SYN", "RST"} & set(tcp.flags):
            continue
        if "ACK" in tcp.flags and tcp.ack == mine.next:
            return _("ACK dropped") if seen.number in traffic.turned_away else _("ACK came")
    return ""


def _gone_on(view: View, row: SocketRow) -> str:
    """The chips of those that are just leaving the SYN queue."""
    return CHIP * len(leaving(view, row, Station.SYN_QUEUE)[:_SLOTS])


def no_syn_queue(view: View, row: SocketRow, width: int) -> Line:
    """That nobody is half-way through a handshake."""
    gone = _gone_on(view, row)
    return line(label("SYN", width), (gone, state_role(State.SYN_RECEIVED)) if gone else ("·", "muted"))


def label(queue: str, width: int) -> str:
    """What stands before a row of slots: the queue's name, or that of what was dropped; the slots begin below each other."""
    if width < WIDE:
        return f"   {_(queue)} "
    whole = {"accept": _("accept queue"), "SYN": _("SYN queue"), "SYN cookies": _("SYN cookies")}.get(
        queue, _(queue)
    )
    return "   " + whole + " " * max(1, 13 - cell_len(whole))


def _arriving(view: View, row: SocketRow) -> int:
    """How many connections came into the queue since the moment before, or the resting place."""
    old = (view.told or view.before).row_of(row.inode)
    return max(0, row.recv_q - (old.recv_q if old is not None and old.is_listening else 0))


def _names(view: View, lookup: Lookup, rows: list[SocketRow], total: int, hues: dict[str, str]) -> list[Line]:
    """Who waits, the oldest first: all of them, or as many as still fit and how many more there are.

    A client is called by its process; where one process has several, by its variable too; where nobody of the lesson
    holds the other end any more, by its port.
    """
    people = [(*lookup.who(row), f":{port_of(row.peer)}") for row in rows]
    often = Counter(process for process, _, _, _ in people)
    runs: list[Span] = []
    for process, name, inode, port in people:
        role = hues.get(process, "muted") + (" mark" if inode and inode == view.focus.inode else "")
        several = f"{process} {name}".rstrip() if often[process] > 1 else process
        runs.append((several or port, role))
    told: list[Line] = []
    for count in range(len(runs), 0, -1):
        parts = [
            part for run in runs[:count] for part in (("  " if often.total() > len(often) else " ", ""), run)
        ]
        rest = [(f" +{total - count}", "muted")] if total > count else []
        told.append(line(*parts, *rest))
    return told or [Line()]


def _with_names(slots: Line, names: list[Line], width: int) -> list[Line]:
    """The names beside the slots where all of them fit, else beneath, under the slots; as many as there is room for."""
    if not names[0].runs:
        return [slots]
    if names[0].width < width - slots.width:
        return [slots + line(" ") + names[0]]
    label = len(slots.runs[0][0])
    indent = " " * (label - 1 if names[0].width + label <= width else 2)
    room = width - len(indent)
    beneath = next((it for it in names if it.width <= room), crop(names[-1], room))
    return [slots, line(indent) + beneath]
