"""The stage: a panel for each process, servers on the left, clients on the right, the wire between them."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll
from textual.css.scalar import Scalar
from textual.widget import Widget

from sockviz.model.hosts import LINK
from sockviz.model.index import inodes_in
from sockviz.model.script_text import PROGRAMS
from sockviz.tui.cast import Cast, cast
from sockviz.tui.stage import ProcessPanel, WirePanel
from sockviz.tui.stage.allotment import Wish, allotted
from sockviz.tui.stage.at_hand import has_just_failed, is_program, next_line
from sockviz.tui.stage.listing import statement_at
from sockviz.tui.stage.process_panel import needs
from sockviz.tui.view import View

#: The lines of a panel that is not folded, at least.
_LEAST = 7
#: Descriptors' lines that a panel takes before the others have theirs, at most.
_MOST_FDS = 10
#: Descriptors' lines that make a panel of what would be a line, where there is no room for more.
_LEAST_FDS = 2
#: Descriptors of a process that are looked at to find whether a row of theirs is asked about.
_LOOKED_AT = 64
#: Arrows that a wire in the middle has room for, at least.
_ARROWS = 3
#: The link's lines that it has room for besides.
_LINK_LINES = 2
#: The wire's place among the processes' names; none of them can be called so.
WIRE = "(wire)"


class Column(VerticalScroll, can_focus=False):
    """One side of the stage: its processes, one below the other, each in as many lines as it is given."""

    def __init__(self, side: str, names: tuple[str, ...]) -> None:
        super().__init__(id=f"stage-{side}", classes="column")
        self._panels = {name: ProcessPanel(name) for name in names}

    def compose(self) -> ComposeResult:
        """The panels of those who are there from the start."""
        yield from self._panels.values()

    def hold(self, names: tuple[str, ...]) -> None:
        """A panel for each of `names`, in that order."""
        for gone in [name for name in self._panels if name not in names]:
            self._panels.pop(gone).remove()
        for number, name in enumerate(names):
            if name not in self._panels:
                earlier = [self._panels[n] for n in names[:number]]
                later = [self._panels[n] for n in names[number:] if n in self._panels]
                panel = self._panels[name] = ProcessPanel(name)
                if earlier:
                    self.mount(panel, after=earlier[-1])
                else:
                    self.mount(panel, before=later[0] if later else None)
        self._panels = {name: self._panels[name] for name in names}
        self.set_class(not names, "-empty")

    def give(self, lines: Sequence[int], unframed: bool) -> None:
        """Each panel gets so many lines; one that has none left is a line further down, where the column scrolls to."""
        for panel, given in zip(self._panels.values(), lines, strict=True):
            panel.unframed = unframed
            _set_height(panel, max(1, given))

    def show(self, view: View) -> None:
        """Each shows `view`."""
        for panel in self._panels.values():
            panel.show(view)

    def count_down(self, view: View) -> None:
        """Shows `view`, which differs from the one before in the time alone."""
        for panel in self._panels.values():
            panel.count_down(view)

    def reveal(self, name: str) -> None:
        """Scrolls to the panel of `name`, where it is on this side."""
        if name in self._panels and self.max_scroll_y:
            self._panels[name].scroll_visible(animate=False)


class StageArea(Container):
    """Both sides and the wire: side by side, or where the terminal is narrow one below the other, the wire between them."""

    def __init__(self, first: Cast) -> None:
        super().__init__(id="stage")
        self._left, self._right = Column("left", first.left), Column("right", first.right)
        self._wire = WirePanel(id="stage-wire")
        self._cast: Cast | None = None
        self._at: str | None = None
        self._shown: tuple[View, float] | None = None

    def compose(self) -> ComposeResult:
        """Left, wire, right."""
        yield self._left
        yield self._wire
        yield self._right

    def show(self, view: View, opened: float) -> None:
        """Shows `view`. `opened` is when its page was."""
        self._shown = view, opened
        shown = cast(view.script, view.page, view.world, opened, left_behind(view))
        self._left.hold(shown.left)
        self._right.hold(shown.right)
        if shown != self._cast:
            self._cast = shown
            self.set_class(not shown.left or not shown.right, "-one-sided")
            self.set_class(not shown.left, "-no-left")
            self.set_class(not shown.left and not shown.right, "-deserted")
            self.set_class(not shown.wire, "-wireless")
        order = at_work(view, opened)
        self._lay_out(view, order)
        self._left.show(view)
        self._wire.show(view)
        self._right.show(view)
        at = order[0] if order else None
        if at is not None and at != self._at:
            self.call_after_refresh(self._left.reveal, at)
            self.call_after_refresh(self._right.reveal, at)
        self._at = at

    def on_resize(self) -> None:
        """There is room for more, or for less."""
        if self._shown is not None:
            view, opened = self._shown
            self._lay_out(view, at_work(view, opened))

    def go_on(self, view: View, opened: float) -> None:
        """Shows `view`, which differs from the one before in what time alone does over and over: it is laid out as that was."""
        if self._shown is None or view.still is not self._shown[0].still:
            self.show(view, opened)
            return
        self._shown = view, opened
        self._left.show(view)
        self._wire.show(view)
        self._right.show(view)

    def count_down(self, view: View) -> None:
        """Shows `view`, which differs from the one before in the time alone: nothing on the wire does."""
        self._left.count_down(view)
        self._right.count_down(view)

    def _lay_out(self, view: View, order: tuple[str, ...]) -> None:
        width, height = self.size
        if not height or self._cast is None:
            return
        screen = self.screen
        stacked = screen.has_class("-narrow") and not screen.has_class("-alone")
        unframed = stacked and screen.has_class("-short")
        left, right = self._cast.left, self._cast.right
        if stacked:
            wire = (WIRE,) if self._cast.wire else ()
            names = (*left, *wire, *right)
            given = dict(zip(names, lines_for(view, names, order, width, height, unframed), strict=True))
            for column, side in ((self._left, left), (self._right, right)):
                column.give([given[name] for name in side], unframed)
                _set_height(column, sum(given[name] for name in side))
            self._wire.unframed = unframed
            _set_height(self._wire, given.get(WIRE, 1))
            return
        for column, side in ((self._left, left), (self._right, right)):
            inner = column.size.width or width // 2
            column.give(lines_for(view, side, order, inner, height, unframed=False), unframed=False)
            _set_height(column, None)
        self._wire.unframed = False
        _set_height(self._wire, None)


def _set_height(widget: Widget, lines: int | None) -> None:
    """So many lines; None: all that there are. Asked for only where it changes: the stage is laid out anew then."""
    wanted = Scalar.parse("1fr") if lines is None else Scalar.from_number(lines)
    if widget.styles.height != wanted:
        widget.styles.height = wanted


def lines_for(
    view: View, names: tuple[str, ...], order: tuple[str, ...], width: int, height: int, unframed: bool
) -> list[int]:
    """The lines for each of `names` (processes, and the wire), one below the other in `height`.

    First who was at work last, whose call has just failed and whose line is next, then the wire where segments matter, then whom
    the page asks about, then in whose queue somebody waits.
    """
    concerned = [name for name in names if name in view.subjects.words or _is_asked(view, name)]
    queued = [name for name in names if _has_a_queue(view, name)]
    wire = [WIRE] if WIRE in names else []
    matters = wire if wire_matters(view) else []
    coming = statement_at(view.script, next_line(view))
    failed = [name for name in order if has_just_failed(view, name)]
    first = [*order[:1], *failed, *([coming.process] if coming is not None else [])]
    ranks = dict.fromkeys(
        WIRE if name == LINK else name for name in [*first, *matters, *concerned, *queued, *order, *names]
    )
    by_rank = [names.index(name) for name in ranks if name in names]
    here = {statement.process for statement in view.page.statements}
    here |= {name for name in names if is_program(view, name)}  # which no line has act
    active = {*first, *concerned, *queued, *here}
    crowded = not unframed or any(name not in active and name in view.world.processes for name in names)
    wishes = [
        _wish_of_wire(view, unframed, LINK in first, crowded)
        if name == WIRE
        else _wish(
            view,
            name,
            width,
            unframed,
            name in concerned and name not in first,
            name in active,
            crowded,
            name in first,
        )
        for name in names
    ]
    return allotted(wishes, by_rank, height)


def wire_matters(view: View) -> bool:
    """Whether the page is about segments: there is a link between two hosts, or its questions name packets."""
    return view.lab.kind == "two-hosts" or not view.subjects.words.isdisjoint({"packets", LINK})


def _wish_of_wire(view: View, unframed: bool, at_work: bool, crowded: bool) -> Wish:
    edges = 1 if unframed else 3
    if not wire_matters(view):
        return Wish(1, 1, most=1) if unframed else Wish(edges + _ARROWS, edges + _ARROWS, most=9)
    here = sum(statement.process == LINK for statement in view.page.statements)
    told = min(_LINK_LINES if at_work else 1, here) + bool(here and not unframed)
    arrows = min(view.crossed, _ARROWS) or 1
    needed, most = edges + arrows + told, edges + told + max(_ARROWS, 2 * view.crossed)
    return Wish(needed, needed, most, wanted=min(most, needed + _ARROWS) if crowded else None)


def _wish(
    view: View,
    name: str,
    width: int,
    unframed: bool,
    for_its_sockets: bool,
    active: bool,
    crowded: bool,
    first: bool,
) -> Wish:
    """``for_its_sockets``: no line of the process is at hand, but the page asks about what it holds; ``active``: it has lines on
    the page, or is asked about, or somebody waits for it; ``crowded``: others have to come after what it wants; ``first``: a line
    of it is at hand."""
    if name not in view.world.processes and not active:
        # Who has neither lines on this page nor a process yet needs no more than a line.
        return Wish(1, 1, most=1)
    edges = 1 if unframed else 2
    its = needs(view, name, width - edges, _LEAST)
    fds = edges + min(its.fds_now, _MOST_FDS)
    now = fds + its.code_told + 1
    code = its.code_told if unframed or not active else its.code
    wanted = edges + min(its.fds, _MOST_FDS) + code + 1 if crowded else None
    rests = unframed and not active
    hand = min(now, edges + its.code_now + 2) if first else 1  # with the rule, and one descriptor
    if for_its_sockets or unframed:
        return Wish(now, min(now, edges + _LEAST_FDS), wanted=wanted, rests=rests, hand=hand)
    return Wish(now, max(_LEAST, fds), wanted=wanted, hand=hand)


def left_behind(view: View) -> frozenset[str]:
    """The processes that left in the kernel what the page asks about: a TIME-WAIT of one that has ended, say."""
    if not view.subjects.rows:
        return frozenset()
    from sockviz.tui.stage.lookup import orphans  # on demand: a first page asks about no row

    return frozenset(
        name
        for name, left in orphans(view.world).items()
        if any(row.key in view.subjects.rows for _inode, row in left)
    )


def _is_asked(view: View, name: str) -> bool:
    """Whether the page asks about a socket of the process."""
    process = view.world.processes.get(name)
    if process is None:
        return False
    held = inodes_in(process.fds)
    if any(inode in held for inode in view.subjects.sockets):
        return True
    from sockviz.tui.stage.descriptors import closed, held_by  # on demand: a first page has no process
    from sockviz.tui.stage.ranking import asked

    if closed(view, process) or not view.subjects.rows:
        return bool(closed(view, process))

    its = (it for rows in held_by(view.world, process) for it in rows[:_LOOKED_AT])
    return any(asked(view, it) is not None for it in its)


def _has_a_queue(view: View, name: str) -> bool:
    """Whether somebody waits for the process to accept."""
    process = view.world.processes.get(name)
    held = inodes_in(process.fds) if process is not None else {}
    return any(row.recv_q and row.inode in held for row in view.world.listeners())


def at_work(view: View, opened: float) -> tuple[str, ...]:
    """The processes by when a line of theirs was begun, the last first. On a page (`opened` then) that nobody has begun
    to perform, who will is before all others."""
    if view.script.kind == PROGRAMS:
        return _by_their_calls(view)
    begun = {name: view.world.lines[line].begun for name, line in view.world.begun.items()}
    begun |= {
        name: at
        for name, at in _last_calls(view).items()
        if view.world.processes[name].command  # a student's
    }
    order = sorted(begun, key=lambda name: -begun[name])
    coming = statement_at(view.script, next_line(view))
    if coming is not None and (not order or begun[order[0]] < opened):
        order = [coming.process, *(name for name in order if name != coming.process)]
    return tuple(order)


def _by_their_calls(view: View) -> tuple[str, ...]:
    """The processes by when they have entered a call, or come back from one, the last first."""
    last = _last_calls(view)
    return tuple(sorted(last, key=lambda name: -last[name]))


def _last_calls(view: View) -> dict[str, float]:
    """When each process has entered a call, or come back from one, for the last time."""
    last: dict[str, float] = {}
    for process in view.world.processes.values():
        calls = [*process.under_way, *([process.last] if process.last is not None else [])]
        if calls:
            last[process.name] = max(call.returned or call.entered for call in calls)
    return last
