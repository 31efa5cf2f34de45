"""The stage: a panel for each process, servers on the left, clients on the right, the wire between them."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll

from sockviz.tui.cast import Cast, cast
from sockviz.tui.stage import ProcessPanel, WirePanel
from sockviz.tui.view import View


class Column(VerticalScroll, can_focus=False):
    """One side of the stage: its processes, one below the other; it scrolls when they are many."""

    def __init__(self, side: str) -> None:
        super().__init__(id=f"stage-{side}", classes="column")
        self._panels: dict[str, ProcessPanel] = {}

    def show(self, names: tuple[str, ...], view: View) -> None:
        """A panel for each of `names`, in that order, each showing `view`."""
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
            self._panels[name].show(view)
        self.set_class(not names, "-empty")

    def reveal(self, name: str) -> None:
        """Scrolls to the panel of `name`, where it is on this side."""
        if name in self._panels and self.max_scroll_y:
            self._panels[name].scroll_visible(animate=False)


class StageArea(Container):
    """Both sides and the wire."""

    def __init__(self) -> None:
        super().__init__(id="stage")
        self._left, self._right = Column("left"), Column("right")
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
        shown = cast(view.lesson, view.page, view.world, opened)
        self._left.show(shown.left, view)
        self._right.show(shown.right, view)
        self._wire.show(view)
        if shown != self._cast:
            self._cast = shown
            self.set_class(not shown.left or not shown.right, "-one-sided")
            self.set_class(not shown.left and not shown.right, "-deserted")
            self.set_class(not shown.wire, "-wireless")
        at = (
            max(view.world.lines.items(), key=lambda item: item[1].begun)[1].process
            if view.world.lines
            else None
        )
        if at is not None and at != self._at:
            self.call_after_refresh(self._left.reveal, at)
            self.call_after_refresh(self._right.reveal, at)
        self._at = at
