"""What a row's two ends are called in a process's table, in several lengths, and whether a line of it has room for them.

All of it depends on the row and on widths alone, and a crowd's tables ask it of every row for each frame: it is remembered.
"""

from __future__ import annotations

from rich.cells import cell_len

from sockviz.dataclass import replace
from sockviz.language import current as current_language
from sockviz.model.first_names import LOCALHOST6
from sockviz.model.lab_facts import LabFacts
from sockviz.model.segments import wire_end
from sockviz.model.sockets import SocketRow
from sockviz.model.values import Address
from sockviz.tui.remembered import remembered_by
from sockviz.tui.stage.ink import crop, line, wrap
from sockviz.tui.stage.lookup import port_of
from sockviz.tui.stage.part_lines import Columns, PartLines
from sockviz.tui.stage.ranking import Part
from sockviz.words.row_names import both_text, local_text, peer_text
from sockviz.words.wording import address_text

#: Of so many rows: of several processes that have more than are looked at of each.
_ROWS = 2048


def _of_row(row: SocketRow, lab: LabFacts) -> tuple[object, ...]:
    return row, lab, current_language()


@remembered_by(_ROWS, _of_row)
def least(row: SocketRow, lab: LabFacts) -> str:
    """What must be read of the row's ends: both ports; the name of one that has not the lab's own address whole."""
    if not row.has_ports:
        return both_text(row) if row.local or row.peer else ""
    if row.peer is not None:
        return f"{_least_end(row.local, lab)}→{_least_end(row.peer, lab)}"
    return address_text(row.local) if row.bound_only else _least_end(row.local, lab)


def _least_end(address: Address | None, lab: LabFacts) -> str:
    """``:8080``, with its address where that is not to be expected."""
    here = wire_end(address)
    known = here is not None and here[0] in (*lab.addresses.values(), LOCALHOST6)
    return f":{port_of(address)}" if known else address_text(address)


def both_ports(row: SocketRow) -> str:
    """``:40112→:8080``."""
    return f":{port_of(row.local)}→:{port_of(row.peer)}"


def all_four(row: SocketRow) -> tuple[str, str]:
    """A connection's four numbers, with air and without."""
    return both_text(row), both_text(row, "→")


def start_width(row: SocketRow, columns: Columns) -> int:
    """How wide a socket's own line is up to its ends, in such columns."""
    protocol = max(len(row.protocol), columns.protocol) + 1 if columns.protocol else 0
    named = columns.name + 1 if columns.name else 0
    return columns.number + named + 1 + protocol + max(len(row.state) + 2, columns.state) + 1


def fits(row: SocketRow, columns: Columns, width: int, lab: LabFacts, *, connections: bool) -> bool:
    """Whether its own line, so wide, has room in such `columns` for what must be read of its ends; those of connections only
    where `connections` are looked at."""
    start = start_width(row, columns)
    if row.has_ports:
        if row.peer is not None and not connections:
            return start <= width + 1
    elif start_width(row, replace(columns, protocol=1, state=0)) + cell_len(least(row, lab)) >= width:
        return start <= width + 1  # it has a line of its own: which protocol it is is worth that
    return start + cell_len(least(row, lab)) < width


def _of_line(row: SocketRow, columns: Columns, width: int, lab: LabFacts) -> tuple[object, ...]:
    return (
        row, columns.number, columns.name, columns.protocol, columns.state, width, lab, current_language(),
    )  # fmt: skip


@remembered_by(_ROWS, _of_line)
def beneath(row: SocketRow, columns: Columns, width: int, lab: LabFacts) -> PartLines | None:
    """The four numbers of a connection, or a name without a port, that its own line has no room for."""
    if not row.peer and (row.has_ports or not row.local):
        return None
    airy, tight = all_four(row)
    if start_width(row, columns) + cell_len(tight) < width:
        return None
    holds = not row.has_ports or not fits(row, columns, width, lab, connections=True)
    texts = f"   {airy}", f"   {tight}", f" {tight}"
    whole = next((line(text) for text in texts if cell_len(text) < width), None)
    if whole is not None:
        return PartLines(Part.ENDS, ((whole,),), holds)
    if not row.has_ports:
        lines = [line("   ") + it for it in wrap(both_text(row), width - 4)]
        return PartLines(Part.ENDS, ((crop(line(texts[0]), width - 1),), lines), holds)
    in_two = (line(f"   {local_text(row)}"), line(f"   → {peer_text(row)}"))
    return PartLines(Part.ENDS, ((line(f"   {both_ports(row)}"),), in_two), holds)
