"""Panels that open over the stage and follow the cursor: the evidence, the state diagram, the errno card."""

from __future__ import annotations

from enum import Enum

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from sockviz.tui.stage import ErrnoCard, InspectorView, StateDiagram
from sockviz.tui.view import View


class Kind(Enum):
    """Which of them."""

    INSPECTOR = "inspector"
    STATES = "states"
    ERRNO = "errno"


_TITLES = {Kind.INSPECTOR: "evidence", Kind.STATES: "TCP states, RFC 9293", Kind.ERRNO: "the call failed"}


class Overlay(VerticalScroll):
    """One such panel. Only the first two take the focus, to be scrolled; the card never does."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(id=kind.value, classes="overlay")
        self.kind = kind
        self.can_focus = kind is not Kind.ERRNO
        self._body = _body(kind)
        self.border_title = _TITLES[kind]
        self.border_subtitle = "esc closes"

    def compose(self) -> ComposeResult:
        """The drawing."""
        yield self._body

    def show(self, view: View) -> None:
        """Shows `view`."""
        self._body.show(view)


def _body(kind: Kind) -> InspectorView | StateDiagram | ErrnoCard:
    match kind:
        case Kind.INSPECTOR:
            return InspectorView()
        case Kind.STATES:
            return StateDiagram()
        case Kind.ERRNO:
            return ErrnoCard()
