"""Help: every key with what it does, made from the bindings; and on a lesson what the symbols mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widget import Widget

from sockviz.tui import palette
from sockviz.tui.widgets.markdown import hang

_CALLS = (
    (palette.NOT_YET, "quiet", "not performed yet"),
    (palette.ENTERED, "warning", "entered, not returned"),
    (palette.ASLEEP, "warning", "asleep in the kernel"),
    (palette.DONE, "success", "returned"),
    (palette.FAILED, "error", "failed"),
)
_FACTS = (
    ("returned", "a call's own result"),
    ("observed", "read from the kernel: sock_diag, /proc, TCP_INFO"),
    ("captured", "a packet taken off the interface"),
    ("inferred", "follows from the others, never measured; drawn dimmer and labelled"),
)


class Hanging(Widget):
    """Lines whose second column hangs, at any width."""

    DEFAULT_CSS = "Hanging { height: auto; }"

    def __init__(self, lines: Callable[[], Sequence[Content | tuple[Content, Content]]]) -> None:
        super().__init__()
        self._lines = lines

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as they take at `width`."""
        del container, viewport
        return len(self._drawn(width))

    def render(self) -> Content:
        """All of them."""
        return Content("\n").join(self._drawn(self.size.width or 1))

    def _drawn(self, width: int) -> list[Content]:
        drawn: list[Content] = []
        for line in self._lines():
            if isinstance(line, tuple):
                first, text = line
                drawn += hang(text, first, Content(" " * first.cell_length), width)
            else:
                drawn.append(line)
        return drawn


class HelpScreen(ModalScreen[None]):
    """All keys of `bindings`; with `stage`, the symbols too."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,space,enter", "dismiss", "close", id="help.close", tooltip="Back"),
    ]

    def __init__(self, bindings: Sequence[BindingType], *, stage: bool) -> None:
        super().__init__()
        self._explained = [b for b in bindings if isinstance(b, Binding)]
        self._stage = stage

    def compose(self) -> ComposeResult:
        """One page that scrolls."""
        with VerticalScroll(id="help") as box:
            box.border_title, box.border_subtitle = (
                "keys and symbols" if self._stage else "keys",
                "esc closes",
            )
            yield Hanging(self._lines)

    def _lines(self) -> list[Content | tuple[Content, Content]]:
        lines: list[Content | tuple[Content, Content]] = [_heading("Keys"), *self._keys()]
        if self._stage:
            lines += [
                Content(),
                _heading("A call"),
                *(_pair(symbol, text, f"${ink}") for symbol, ink, text in _CALLS),
            ]
            lines += [Content(), _heading("A socket's state")]
            for state, symbol in palette.STATE_SYMBOLS.items():
                lines.append(_pair(symbol, state.value, f"${palette.state_role(state)}"))
            lines += [
                Content(),
                _heading("How sockviz knows"),
                *(_pair(word, text, "bold") for word, text in _FACTS),
            ]
        return lines

    def _keys(self) -> list[tuple[Content, Content]]:
        answers = [b for b in self._explained if b.action.startswith("digit")]
        lines = [
            _pair(
                b.key_display or self.app.get_key_display(_first(b)),
                b.tooltip or b.description,
                "bold $primary",
            )
            for b in self._explained
            if b not in answers
        ]
        if answers:
            lines.append(_pair("1 … 9", "Answer the open question with that choice", "bold $primary"))
        lines.append(
            _pair("^p", "The command palette: lessons, pages, themes and all of these", "bold $primary")
        )
        return lines


def _first(binding: Binding) -> Binding:
    return binding.with_key(binding.key.split(",")[0])


def _heading(text: str) -> Content:
    return Content.styled(text, "bold $accent")


def _pair(left: str, right: str, style: str) -> tuple[Content, Content]:
    return Content.assemble("  ", (f"{left:<11}", style)), Content.styled(right, "$foreground")
