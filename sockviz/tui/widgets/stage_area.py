"""The stage: a panel for each process, servers on the left, clients on the right, the wire between them."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll

from sockviz.tui.cast import Cast, cast
from sockviz.tui.stage import ProcessPanel, WirePanel
from sockviz.tui.stage.code import next_line
from sockviz.tui.stage.listing import statement_at
from sockviz.tui.view import View

#: The lines of a panel that is not folded, at least; the style sheet says the same.
_LEAST = 7


class Column(VerticalScroll, can_focus=False):
    """One side of the stage: its processes, one below the other. Where there is not room for all, those that have been at
    work last are whole, and the others a line each."""

    def __init__(self, side: str, names: tuple[str, ...]) -> None:
        super().__init__(id=f"stage-{side}", classes="column")
        self._panels = {name: ProcessPanel(name) for name in names}
        self._order: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """The panels of those who are there from the start."""
        yield from self._panels.values()

    def show(self, names: tuple[str, ...], order: tuple[str, ...], view: View) -> None:
        """A panel for each of `names`, in that order, each showing `view`. ``order``: who was at work last, first."""
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
        self._order = tuple(
            sorted(names, key=lambda name: order.index(name) if name in order else len(order))
        )
        self._fold()
        for panel in self._panels.values():
            panel.show(view)
        self.set_class(not names, "-empty")

    def on_resize(self) -> None:
        """There is room for more, or for less."""
        self._fold()

    def _fold(self) -> None:
        height, count = self.size.height, len(self._order)
        whole = count if not height else max(height > count, (height - count) // (_LEAST - 1))
        for place, name in enumerate(self._order):
            self._panels[name].set_class(place >= whole, "-folded")

    def count_down(self, view: View) -> None:
        """Shows `view`, which differs from the one before in the time alone."""
        for panel in self._panels.values():
            panel.count_down(view)

    def reveal(self, name: str) -> None:
        """Scrolls to the panel of `name`, where it is on this side."""
        if name in self._panels and self.max_scroll_y:
            self._panels[name].scroll_visible(animate=False)


class StageArea(Container):
    """Both sides and the wire."""

    def __init__(self, first: Cast) -> None:
        super().__init__(id="stage")
        self._left, self._right = Column("left", first.left), Column("right", first.right)
        self._wire = WirePanel(id="stage-wire")
        self._cast: Cast | None = None
        self._at: str | None = None

    def compose(self) -> ComposeResult:
        """Left, wire, right."""
        yield self._left
        yield self._wire
        yield self._right

    def show(self, view: View, opened: float) -> None:
        """Shows `view`. `opened` is when its page was."""
        shown = cast(view.script, view.page, view.world, opened)
        order = at_work(view, opened)
        self._left.show(shown.left, order, view)
        self._right.show(shown.right, order, view)
        self._wire.show(view)
        if shown != self._cast:
            self._cast = shown
            self.set_class(not shown.left or not shown.right, "-one-sided")
            self.set_class(not shown.left and not shown.right, "-deserted")
            self.set_class(not shown.wire, "-wireless")
        # Who has neither lines on this page nor a process yet needs no more than a line, where room is short.
        self.set_class(self._idle(shown.left, view), "-left-idle")
        self.set_class(self._idle(shown.right, view), "-right-idle")
        at = order[0] if order else None
        if at is not None and at != self._at:
            self.call_after_refresh(self._left.reveal, at)
            self.call_after_refresh(self._right.reveal, at)
        self._at = at

    def count_down(self, view: View) -> None:
        """Shows `view`, which differs from the one before in the time alone: nothing on the wire does."""
        self._left.count_down(view)
        self._right.count_down(view)

    def _idle(self, names: tuple[str, ...], view: View) -> bool:
        here = {statement.process for statement in view.page.statements}
        return bool(names) and not any(name in here or name in view.world.processes for name in names)


def at_work(view: View, opened: float) -> tuple[str, ...]:
    """The processes by when a line of theirs was begun, the last first. On a page (`opened` then) that nobody has begun
    to perform, who will is before all others."""
    begun = {name: view.world.lines[line].begun for name, line in view.world.begun.items()}
    order = sorted(begun, key=lambda name: -begun[name])
    coming = statement_at(view.script, next_line(view))
    if coming is not None and (not order or begun[order[0]] < opened):
        order = [coming.process, *(name for name in order if name != coming.process)]
    return tuple(order)
