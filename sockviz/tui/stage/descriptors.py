"""The descriptor table of one process, and what the kernel says of each socket in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import field

from rich.cells import cell_len

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.index import inodes_in
from sockviz.model.process import Process
from sockviz.model.world import World
from sockviz.tui.remembered import remembered_by
from sockviz.tui.stage.at_hand import next_line
from sockviz.tui.stage.descriptor_lines import Pen
from sockviz.tui.stage.descriptor_words import NAME_WIDTH
from sockviz.tui.stage.ink import Line, fit, line, wrap
from sockviz.tui.stage.lookup import Lookup, orphans
from sockviz.tui.stage.part_lines import Columns, PartLines
from sockviz.tui.stage.ranking import DescriptorRow, Part, Rank, asked, due, foremost, ranked
from sockviz.tui.stage.without_row import state_of as state_without_row
from sockviz.tui.view import View
from sockviz.words.told_descriptors import descriptors

#: Descriptors looked at to find how high a table would be: more never fit.
_SAMPLE = 64
#: Those of these ranks come with all that they hold before anyone else has a line; the first three are what a reader looks for
#: now.
_MATTERING = (Rank.ASKED, Rank.AT_HAND, Rank.CHANGED, Rank.USED, Rank.HOLDING)
_NOW = _MATTERING[:3]


def _decides_held(world: World, process: Process) -> tuple[object, ...]:
    """What that depends on: of a lesson's process its table, and none of its calls."""
    is_told = process.command and process.alive
    return (
        process if is_told else process.fds, world.looked if is_told else None, world.rows, world.sockets,
        orphans(world).get(process.name),
    )  # fmt: skip


@remembered_by(16, _decides_held)
def held_by(world: World, process: Process) -> tuple[list[DescriptorRow], list[DescriptorRow]]:
    """What the process's descriptors hold (0–2 left out, unless a socket took the place), and what it left behind in the kernel
    without one."""
    entries = [each for each in descriptors(world, process) if each[0].fd > 2 or each[0].is_socket]
    rows = iter(world.rows_of([entry.inode for entry, _told in entries if entry.is_socket]))
    held = [
        DescriptorRow(entry.inode, entry, next(rows) if entry.is_socket else None, is_told)
        for entry, is_told in entries
    ]
    told = {it.inode for it in held if it.is_told}
    left = (each for each in orphans(world).get(process.name, ()) if each[0] not in told)
    return held, [DescriptorRow(inode, None, row) for inode, row in left]


def closed(view: View, process: Process) -> list[DescriptorRow]:
    """The sockets that the page asks about which the process has made, and which nobody, the kernel included, has any more."""
    world, found = view.world, []
    for inode in view.subjects.sockets:
        known = world.sockets.get(inode)
        if known is None or known.creator != process.name or world.row_of(inode) is not None:
            continue
        if not any(it.alive and inode in inodes_in(it.fds) for it in world.processes.values()):
            found.append(DescriptorRow(inode, None, None))
    return found


@dataclass(slots=True)
class _Entry:
    """A descriptor that may be shown, and what of it: of each part the form, None while it is not."""

    index: int
    it: DescriptorRow
    rank: Rank
    asked: frozenset[Part]
    parts: list[PartLines]
    shown: bool = False
    forms: list[Sequence[Line] | None] = field(default_factory=list)

    def is_asked(self, told: PartLines) -> bool:
        """Whether the page asks about that part, and its own line does not tell it."""
        return told.part in self.asked and (told.part is not Part.ENDS or told.holds)

    def is_essential(self, told: PartLines) -> bool:
        """Whether its own line without that part would leave out what matters now."""
        return self.is_asked(told) or (told.holds and self.rank in _MATTERING)

    def is_asked_whose(self, told: PartLines) -> bool:
        """Whether the page asks which connection it is."""
        return told.part is Part.ENDS and Part.ENDS in self.asked

    def is_connection(self, told: PartLines) -> bool:
        """Whether its own line has no room for which connection it is."""
        return told.part is Part.ENDS and told.holds

    def worth(self, told: PartLines) -> int:
        """When a part has its turn: 0 what matters now, and whose connection it is; 1 what holds something; 2 nothing."""
        if self.is_essential(told) or self.is_connection(told):
            return 0
        return 1 if told.holds or told.part in self.asked else 2


class _Plan:
    """Gives the lines of a table away, one after the other, to what matters most."""

    def __init__(self, entries: list[_Entry], height: int, others: int) -> None:
        self.entries, self.others = entries, others
        self.room = height
        self.counts = height > 1  # a single line is for what matters most
        self.ruled = False  # whether a line says that no process has what stands below it

    def fill(self) -> None:
        """Until there is no room, or nothing to tell."""
        for each in self.entries:
            if each.rank is Rank.AT_HAND:
                self._show(each)  # before anything beneath what is asked about
        for rank in _MATTERING:
            of_rank = [each for each in self.entries if each.rank is rank]
            for each in of_rank:
                self._show(each)
            for wanted in (_Entry.is_asked, _Entry.is_essential):
                for each, number in self._parts(of_rank):
                    if wanted(each, each.parts[number]) and each.forms[number] is None:
                        self._tell(each, number, 0)
        if any(each.shown and each.it.entry is None for each in self.entries) and self.room > self._kept():
            self._rule()
        for each in self.entries:
            if each.it.entry is None and self.room > self._kept(each) + 1:
                self._rule()
            self._show(each)
        # Which connection each is comes before more words for what is told of another.
        for wanted in (_Entry.is_asked_whose, _Entry.is_connection):
            for each, number in self._parts(self.entries):
                told = each.parts[number]
                if wanted(each, told):
                    for form in range(len(told.forms) if each.is_asked_whose(told) else 1):
                        self._tell(each, number, form)
        for how_much in range(3):
            for each, number in self._parts(self.entries):
                if how_much >= each.worth(each.parts[number]):
                    for form in range(len(each.parts[number].forms)):
                        self._tell(each, number, form)

    def _parts(self, entries: list[_Entry]) -> Iterator[tuple[_Entry, int]]:
        return ((each, number) for each in entries if each.shown for number in range(len(each.parts)))

    def _show(self, each: _Entry) -> None:
        if not each.shown and self.room > self._kept(each):
            each.shown = True
            self.room -= 1

    def _rule(self) -> None:
        self.room -= not self.ruled
        self.ruled = True

    def _kept(self, but: _Entry | None = None) -> int:
        """The line that stays for the count of those that are not shown, `but` for one that is about to be."""
        left = self.others or any(not each.shown for each in self.entries if each is not but)
        return 1 if left and self.counts else 0

    def _tell(self, each: _Entry, number: int, form: int) -> None:
        had = each.forms[number]
        lines = each.parts[number].forms[form]
        room = self.room - self._kept()
        if had is None and len(lines) > room:
            lines = lines[: max(room, 0)]  # what matters most stands first: better a part of it than nothing
        cost = len(lines) - len(had or ())
        if lines and cost <= room:
            each.forms[number] = lines
            self.room -= cost


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A process's descriptors, and what it left behind; their ranks; their places by these; how many are in each state."""

    rows: list[DescriptorRow]
    held: int
    ranks: list[Rank]
    order: list[int]
    states: Counter[str]


def _decides(view: View, process: Process) -> tuple[object, ...]:
    """What their order depends on."""
    return view.world, view.before, view.subjects, view.focus.inode or 0, next_line(view) or 0, process


@remembered_by(16, _decides)
def _ranked(view: View, process: Process) -> _Ranked:
    held, left = held_by(view.world, process)
    rows = held + left + closed(view, process)
    ranks = ranked(view, process, rows)
    # Of those of one rank the listeners first, then the newest.
    keys = [
        (rank, it.row is None or not it.row.is_listening, -index)
        for index, (rank, it) in enumerate(zip(ranks, rows, strict=True))
    ]
    order = sorted(range(len(rows)), key=keys.__getitem__)
    return _Ranked(rows, len(held), ranks, order, Counter(_state_of(view.world, it) for it in rows))


def _decides_heights(view: View, process: Process, width: int) -> tuple[object, ...]:
    return *_decides(view, process), view.lab, width


@remembered_by(16, _decides_heights)
def table_heights(view: View, process: Process, width: int) -> tuple[int, int]:
    """How many lines the whole table would take in `width`; and what matters now, with a line for the others."""
    its = _ranked(view, process)
    if not its.rows:
        return len(_nothing_lines(view, process, width)), 1
    looked_at = its.order[:_SAMPLE]
    pen = _pen(view, process, width, {}, [its.rows[index] for index in looked_at], _number_width(its))
    entries = _entries(pen, its, looked_at)
    looked_for = [each for each in entries if each.rank in _NOW]
    needed = sum(
        1 + sum(len(told.forms[0]) for told in each.parts if each.is_essential(told)) for each in looked_for
    )
    tall = sum(1 + sum(len(told.forms[-1]) for told in each.parts) for each in entries)
    others = len(its.rows) - len(entries)
    return (
        max(1, tall + (len(its.rows) > its.held) + others),
        max(1, needed + (len(its.rows) > len(looked_for))),
    )


def table(view: View, process: Process, width: int, height: int, hues: dict[str, str]) -> list[Line]:
    """The table in at most `height` lines: those that matter most (`sockviz.tui.stage.ranking`), and of each what there is room
    for; the others counted."""
    if height <= 0:
        return []
    its = _ranked(view, process)
    if not its.rows:
        told = _nothing_lines(view, process, width)
        return (
            told
            if len(told) <= height
            else [fit(line(" ", (_nothing(view, process, width), "muted")), width)]
        )
    looked_at = its.order[:height] if height > 1 else [foremost(view, process, its.rows, its.ranks)]
    sample = [its.rows[index] for index in looked_at]
    pen = _pen(view, process, width, hues, sample, _number_width(its))
    entries = _entries(pen, its, looked_at)
    plan = _Plan(entries, height, len(its.rows) - len(entries))
    plan.fill()
    return _drawn(pen, plan, its)


def _nothing_lines(view: View, process: Process, width: int) -> list[Line]:
    """The same in as many lines as it takes."""
    return [
        fit(line(" ") + it, width) for it in wrap(_nothing(view, process, width), max(1, width - 2), "muted")
    ]


def _nothing(view: View, process: Process, width: int) -> str:
    """What there is to say where there is no row."""
    if not process.alive:
        nothing = _("no descriptors: the kernel closed them all")
        return nothing if cell_len(nothing) < width else _("the kernel closed them all")
    had_some = any(known.creator == process.name for known in view.world.sockets.values())
    return _("all its sockets are closed") if had_some else _("no sockets yet")


def _pen(
    view: View, process: Process, width: int, hues: dict[str, str], rows: list[DescriptorRow], number: int
) -> Pen:
    """What draws `rows`, in columns that all of them fit into where there are such."""
    pen = Pen(
        view, process, Lookup(view.world), width, hues, Columns(number, _name_width(view, process, rows))
    )
    name = pen.columns.name
    for connections in (True, False):
        for protocol, state, strict in _widths(pen, rows):
            columns = Columns(number, name, protocol, state)
            if all(
                pen.fits(it, columns, connections) and (not strict or pen.says_as_much(it, columns))
                for it in rows
            ):
                pen.columns = columns
                return pen
    pen.columns = Columns(number, name, protocol=0)
    return pen


def _widths(pen: Pen, rows: list[DescriptorRow]) -> dict[tuple[int, int, bool], None]:
    """What the columns of protocol and state may be, the best first, and whether nothing may be told beneath for their sake. What
    is a remark, and no address, has more air before it."""
    protocol = max((len(pen.protocol(it)) for it in rows), default=1)
    state = max((len(it.row.state) + 2 for it in rows if it.row is not None), default=0)
    airy = max([state, *(len(each) + 3 for it in rows if (each := pen.remarked_on(it)) is not None)])
    states = (airy, airy > state), (state, False), (0, False)
    told = [(each, *width) for width in states for each in (protocol, 1)]
    return dict.fromkeys([*told, *((0, *width) for width in states)])


def _entries(pen: Pen, its: _Ranked, order: Sequence[int]) -> list[_Entry]:
    entries = []
    for index in order:
        it = its.rows[index]
        parts = pen.parts(it)
        wanted = (asked(pen.view, it) or frozenset()) | due(pen.view, pen.process, it)
        entries.append(_Entry(index, it, its.ranks[index], wanted, parts, forms=[None] * len(parts)))
    return entries


def _drawn(pen: Pen, plan: _Plan, its: _Ranked) -> list[Line]:
    shown = sorted((each for each in plan.entries if each.shown), key=lambda each: each.index)
    rest = its.states.copy()
    rest.subtract(_state_of(pen.view.world, each.it) for each in shown)
    counted = _counted(rest, pen.width) if plan.counts else ""
    ruled = plan.ruled
    lines: list[Line] = []
    for place, each in enumerate(shown):
        if counted and place != each.index:
            lines.append(_count(counted, pen.width))
            counted = ""
        if ruled and each.it.entry is None:
            lines.append(pen.rule(_("held by no process")))
            ruled = False
        beneath = [it for form in each.forms if form is not None for it in form]
        told = [part.part for part, form in zip(each.parts, each.forms, strict=True) if form is not None]
        lines += pen.lines(each.it, beneath, told)
    return [*lines, *([_count(counted, pen.width)] if counted else [])]


def _counted(states: Counter[str], width: int) -> str:
    """How many are in each state, the most frequent first; the rest together where there is no room for their names."""
    told = [(state, count) for state, count in states.most_common() if count > 0]
    for named in range(len(told), 0, -1):
        others = sum(count for _state, count in told[named:])
        parts = [f"{count} {state}" for state, count in told[:named]] + ([f"+{others}"] if others else [])
        if cell_len(said := ", ".join(parts)) + 5 < width:
            return said
    return f"+{sum(count for _state, count in told)}" if told else ""


def _count(counted: str, width: int) -> Line:
    return fit(line((f"  ⋮  {counted}", "muted")), width)


def _state_of(world: World, it: DescriptorRow) -> str:
    if it.row is not None:
        return it.row.state.value
    if it.entry is not None and it.entry.is_epoll:
        return "epoll"
    if it.is_told and it.entry is not None:
        return it.entry.protocol or "socket"
    if it.entry is not None and not it.entry.is_socket:
        return _("no socket")
    state = state_without_row(world, it.inode, it.entry)
    return state.value if state is not None else _("in no kernel table")


def _number_width(its: _Ranked) -> int:
    newest = its.rows[its.held - 1].entry if its.held else None
    return max(2, len(str(newest.fd)) if newest is not None else 0)


def _name_width(view: View, process: Process, held: list[DescriptorRow]) -> int:
    name_of = Lookup(view.world).names(process.name)
    names = (name_of(it.inode, it.entry.fd if it.entry else -1) for it in held)
    return min(NAME_WIDTH, max(map(len, names), default=0))
