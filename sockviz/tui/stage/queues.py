"""A listener's two queues, drawn as slots with who is in them."""

from __future__ import annotations

from sockviz.model.sockets import SocketRow, State
from sockviz.tui.palette import state_role
from sockviz.tui.stage.ink import Line, Run, crop, line
from sockviz.tui.stage.lookup import Lookup, port_of
from sockviz.tui.view import View

#: From this width on the queues are called by their whole names.
WIDE = 28
#: Slots drawn of a queue before it is only counted.
_SLOTS = 12
#: Slots drawn of a queue too long to show, while hardly anyone is in it.
_FEW = 4


def accept_queue(view: View, lookup: Lookup, row: SocketRow, width: int, hues: dict[str, str]) -> list[Line]:
    """``accept queue ■■□ 2 of 3  client a  client b``; where the names have no room there, they stand beneath."""
    waiting = lookup.waiting(row)[:_SLOTS]
    # A backlog of N lets N+1 in: sk_acceptq_is_full() in include/net/sock.h compares with >.
    capacity = max(row.send_q + 1, row.recv_q)
    # A long queue shows its few takers and that there is room; a short one shows every slot.
    drawn = capacity if capacity <= _SLOTS else min(_SLOTS, max(_FEW, row.recv_q + 1))
    taken = min(row.recv_q, drawn)
    arriving = _arriving(view, row) if view.progress < 1 else 0
    runs: list[Run] = []
    for index in range(taken):
        process, _, inode = lookup.who(waiting[index]) if index < len(waiting) else ("", "", 0)
        # A connection that has just come drops into its slot.
        symbol = "■" if index < taken - arriving else "□" if view.progress < 0.4 else "▪"
        role = hues.get(process, state_role(State.ESTABLISHED))
        runs.append((symbol, f"{role} mark" if inode and inode == view.focus.inode else role))
    runs.append(("□" * (drawn - taken) + ("…" if capacity > drawn else ""), "muted"))
    full = row.recv_q >= row.send_q + 1
    label = "   accept queue " if width >= WIDE else "   accept "
    slots = line(label, *runs, (f" {row.recv_q} of {row.send_q + 1}", "bad" if full else ""))
    if full and slots.width + 20 < width:
        slots += line((" full", "bad"))
    return _with_names(slots, _names(view, lookup, waiting, hues), width)


def syn_queue(view: View, lookup: Lookup, row: SocketRow, width: int, hues: dict[str, str]) -> list[Line]:
    """``SYN queue ■ 1  client a``; nothing where nobody is half-way through a handshake."""
    half_open = lookup.half_open(row)
    if not half_open:
        return []
    squares = "■" * min(len(half_open), _SLOTS)
    label = "   SYN queue    " if width >= WIDE else "   SYN    "
    slots = line(label, (squares, state_role(State.SYN_RECEIVED)), f" {len(half_open)}")
    return _with_names(slots, _names(view, lookup, half_open[:_SLOTS], hues), width)


def _arriving(view: View, row: SocketRow) -> int:
    """How many connections came into the queue since the resting place before."""
    old = view.before.row_of(row.inode)
    return max(0, row.recv_q - (old.recv_q if old is not None and old.is_listening else 0))


def _names(view: View, lookup: Lookup, rows: list[SocketRow], hues: dict[str, str]) -> tuple[Line, Line]:
    """Who waits: in full, and as briefly as still tells them apart."""
    people = [(*lookup.who(row), f":{port_of(row.peer)}") for row in rows]
    by_process = len({process for process, _, _, _ in people}) == len(people)
    whole: list[Run] = []
    brief: list[Run] = []
    for process, name, inode, port in people:
        role = hues.get(process, "muted") + (" mark" if inode and inode == view.focus.inode else "")
        whole += [("  ", ""), (f"{process} {name}".rstrip() if process else port, role)]
        brief += [(" ", ""), ((process if by_process else name or process) or port, role)]
    return line(*whole), line(*brief)


def _with_names(slots: Line, names: tuple[Line, Line], width: int) -> list[Line]:
    room = width - slots.width - 1
    fitting = next((it for it in names if it.width <= room), None)
    if fitting is not None:
        return [slots + fitting]
    return [slots, line("  ") + crop(names[1], width - 3)]
