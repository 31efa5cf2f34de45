"""Help: every key with what it does, made from the bindings; and on a lesson what the symbols mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from sockviz.language import N_, _
from sockviz.tui import palette
from sockviz.tui.lettering import assemble, plain, styled
from sockviz.tui.screens.leaving import Leaving
from sockviz.tui.screens.styled_once import StyledOnce
from sockviz.tui.selecting import Selecting
from sockviz.tui.widgets.hanging import Hanging
from sockviz.words.facts import Voice

_CALLS = (
    (palette.NOT_YET, "quiet", N_("not performed yet")),
    (palette.ENTERED, "warning", N_("entered, not returned")),
    (palette.NEXT, "success", N_("next; of a program: held, entered and not made until it is let go")),
    (palette.ASLEEP, "warning", N_("asleep in the kernel")),
    (palette.DONE, "success", N_("it has returned")),
    (palette.FAILED, "error", N_("it has failed")),
)
_FACTS = (
    (Voice.RETURNED, N_("a call's own result")),
    (Voice.OBSERVED, N_("read from the kernel: sock_diag, /proc, TCP_INFO")),
    (Voice.CAPTURED, N_("a packet taken off the interface")),
    (Voice.INFERRED, N_("follows from the others, never measured; drawn dimmer and labelled")),
)


class HelpScreen(StyledOnce, Selecting, Leaving, ModalScreen[None]):
    """All keys of `bindings`; with `stage`, the symbols too."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q,question_mark,space,enter", "dismiss", N_("close"), id="help.close", tooltip=N_("Back")
        ),
    ]

    def __init__(self, bindings: Sequence[BindingType], *, stage: bool) -> None:
        super().__init__()
        self._explained = [b for b in bindings if isinstance(b, Binding)]
        self._stage = stage

    def compose(self) -> ComposeResult:
        """One page that scrolls."""
        with VerticalScroll(id="help") as box:
            box.border_title, box.border_subtitle = (
                _("keys and symbols") if self._stage else _("keys"),
                _("esc closes"),
            )
            yield Hanging(self._lines)

    def _lines(self) -> list[Content | tuple[Content, Content]]:
        lines: list[Content | tuple[Content, Content]] = [_heading(_("Keys")), *self._keys()]
        if self._stage:
            lines += [
                plain(),
                _heading(_("A call")),
                *(_pair(symbol, _(text), f"${ink}") for symbol, ink, text in _CALLS),
            ]
            lines += [plain(), _heading(_("A socket's state"))]
            for state, symbol in palette.STATE_SYMBOLS.items():
                lines.append(_pair(symbol, state.value, f"${palette.state_role(state)}"))
            lines += [
                plain(),
                _heading(_("How sockviz knows")),
                *(_pair(_(voice.value), _(text), "bold") for voice, text in _FACTS),
            ]
        return lines

    def _keys(self) -> list[tuple[Content, Content]]:
        answers = [b for b in self._explained if b.action.startswith("digit")]
        lines = [
            _pair(
                self.app.get_key_display(_first(b)),
                _(b.tooltip or b.description),
                "bold $primary",
            )
            for b in self._explained
            if b not in answers
        ]
        if answers:
            lines.append(_pair("1 … 9", _(answers[0].tooltip), "bold $primary"))
        lines.append(
            _pair("^p", _("The command palette: lessons, pages, themes and all of these"), "bold $primary")
        )
        lines += [
            _pair(self.app.get_key_display(b), _(b.tooltip), "bold $primary")
            for b in type(self.app).BINDINGS
            if isinstance(b, Binding) and b.tooltip and self.app.check_action(b.action, ()) is not False
        ]
        lines.append(_pair("^c", _("Copy what the mouse has selected, in any pane"), "bold $primary"))
        return lines


def _first(binding: Binding) -> Binding:
    return binding.with_key(binding.key.split(",")[0])


def _heading(text: str) -> Content:
    return styled(text, "bold $accent")


def _pair(left: str, right: str, style: str) -> tuple[Content, Content]:
    first = left + " " * (11 - cell_len(left))
    return assemble("  ", (first, style)), styled(right, "$foreground")
