"""Panels that open over the stage and follow the cursor: the evidence, the state diagram, the errno card."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from sockviz.language import N_, _
from sockviz.model.events import CallReturned
from sockviz.tui.view import Mode, View

if TYPE_CHECKING:
    from sockviz.manual.pages import StoryOf
    from sockviz.tui.stage.drawing import Drawing


class OverlayKind(Enum):
    """Which of them."""

    INSPECTOR = "inspector"
    STATES = "states"
    ERRNO = "errno"


_TITLES = {
    OverlayKind.INSPECTOR: N_("evidence"),
    OverlayKind.STATES: N_("TCP states, RFC 9293"),
    OverlayKind.ERRNO: N_("the call failed"),
}


#: The card's share of the height beside it in percent, unless what must be read without scrolling needs more: where it stands
#: over the prose, and where it takes its lines from the stage.
_SHARE, _SHARE_OF_STAGE = 60, 40


class CardLies(Message):
    """The card covers so many `lines` of what it stands over; 0: it is gone, or has lines of its own."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self.lines = lines


class Overlay(VerticalScroll):
    """One such panel. Only the first two take the focus, to be scrolled; the card never does."""

    def __init__(self, kind: OverlayKind, story: StoryOf) -> None:
        super().__init__(id=kind.value, classes="overlay")
        self.kind = kind
        self.can_focus = kind is not OverlayKind.ERRNO
        self._body = _body(kind, story)
        self.border_title = _(_TITLES[kind])
        self.border_subtitle = _("m manual  esc closes") if kind is OverlayKind.ERRNO else _("esc closes")

    def compose(self) -> ComposeResult:
        """The drawing."""
        yield self._body

    def show(self, view: View) -> None:
        """Shows `view`."""
        self._body.show(view)
        if self.is_mounted and self.kind is OverlayKind.ERRNO:
            self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """Lays it out once more: whether it has a scroll bar follows from its height, and how its lines are cut from that bar."""
        if self.display:
            self._body.refresh(layout=True)

    def on_show(self) -> None:
        """What the card covers."""
        self._lies()

    def on_resize(self) -> None:
        """What the card covers."""
        self._lies()

    def on_hide(self) -> None:
        """The card covers nothing any more."""
        self._lies()

    def _lies(self) -> None:
        if self.kind is OverlayKind.ERRNO:
            self.post_message(
                CardLies(self.outer_size.height if self.display and self.layer == "over" else 0)
            )

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as its drawing; the card leaves the others what it does not need itself, and ends with a whole part."""
        whole = super().get_content_height(container, viewport, width)
        if self.kind is not OverlayKind.ERRNO:
            return whole
        share = _SHARE if self.layer == "over" else _SHARE_OF_STAGE
        usual = -(-container.height * share // 100) - self.gutter.height
        return whole if whole <= usual else self._in_parts(width - self.scrollbar_size_vertical, usual)

    def _in_parts(self, width: int, most: int) -> int:
        from sockviz.tui.stage.errno_card import ErrnoCard  # imported already, where there is one

        return self._body.in_parts(width, most) if isinstance(self._body, ErrnoCard) else most


class Overlays:
    """Those that are open on a screen: one large one at a time, the card beside it.

    What has been open once stays on the screen, out of sight: a panel that is taken away before it is mounted breaks, and its
    name is not free before it is gone.
    """

    def __init__(self, screen: Screen[tuple[str, ...]], story: StoryOf) -> None:
        self._screen, self._story = screen, story
        self._made: dict[OverlayKind, Overlay] = {}
        self._opened: dict[OverlayKind, Overlay] = {}
        self._explained = 0
        self._focused: Widget | None = None  # what had the focus before one of them took it

    def __contains__(self, kind: OverlayKind) -> bool:
        return kind in self._opened

    @property
    def is_any(self) -> bool:
        """Whether one is open."""
        return bool(self._opened)

    def open(self, kind: OverlayKind, view: View) -> None:
        """Opens it, unless it is open."""
        if kind in self._opened:
            return
        for other in [k for k in self._opened if OverlayKind.ERRNO not in (k, kind)]:
            self.shut(other)
        overlay = self._opened[kind] = self._made.get(kind) or self._mount(kind)
        overlay.show(view)
        overlay.display = True
        overlay.scroll_home(animate=False)
        if overlay.can_focus:
            self._focused = self._screen.focused
            overlay.call_after_refresh(self._focus, overlay)

    def _mount(self, kind: OverlayKind) -> Overlay:
        overlay = self._made[kind] = Overlay(kind, self._story)
        # The diagram needs all the lines that 80×24 has; the others stay within the body.
        (self._screen if kind is OverlayKind.STATES else self._screen.query_one("#body")).mount(overlay)
        return overlay

    def _focus(self, overlay: Overlay) -> None:
        if self._opened.get(overlay.kind) is overlay:  # still
            overlay.focus()

    def explain(self, view: View, quietly: bool = False) -> None:
        """Opens the card for a call that has failed in the last step: once for each, and never while looking back."""
        if view.mode is Mode.REVIEW or view.cursor <= self._explained:
            return
        new = view.timeline.events[max(self._explained, view.before.events) : view.cursor]
        self._explained = view.cursor
        if not quietly and any(isinstance(event, CallReturned) and event.error for event in new):
            self.open(OverlayKind.ERRNO, view)

    def shut(self, kind: OverlayKind) -> None:
        """Closes it, if it is open."""
        overlay = self._opened.pop(kind, None)
        if overlay is not None:
            if overlay.has_focus:
                before = self._focused
                self._screen.set_focus(before if before is not None and before.is_attached else None)
            overlay.display = False

    def shut_last(self) -> bool:
        """Closes what was opened last; False where nothing is open."""
        if not self._opened:
            return False
        self.shut(list(self._opened)[-1])
        return True

    def scroll(self, step: int) -> bool:
        """Scrolls the card, which never has the focus; False where it is not open."""
        card = self._opened.get(OverlayKind.ERRNO)
        if card is not None:
            card.scroll_relative(y=step, animate=False)
        return card is not None

    def show(self, view: View) -> None:
        """All that are open follow."""
        for overlay in self._opened.values():
            overlay.show(view)


def _body(kind: OverlayKind, story: StoryOf) -> Drawing:
    match kind:  # each imported when it is first opened: all wait for the start
        case OverlayKind.INSPECTOR:
            from sockviz.tui.stage.inspector import InspectorView

            return InspectorView()
        case OverlayKind.STATES:
            from sockviz.tui.stage.state_diagram import StateDiagram

            return StateDiagram()
        case OverlayKind.ERRNO:
            from sockviz.tui.stage.errno_card import ErrnoCard

            return ErrnoCard(story)
