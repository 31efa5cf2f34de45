"""Which call a task is to be held at next: it makes those before without being held."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import OptionList

from sockviz.language import N_, _
from sockviz.tui.lettering import plain
from sockviz.tui.screens.leaving import Leaving
from sockviz.tui.screens.styled_once import StyledOnce
from sockviz.tui.selecting import Selecting
from sockviz.tui.widgets.choices import Choices

#: What programs wait for or do most, in the order of a connection's life.
CALLS = (
    "accept", "connect", "recv", "send", "close", "bind", "listen", "shutdown", "recvfrom", "sendto", "recvmsg", "sendmsg",
    "poll", "select", "epoll_wait", "socket", "setsockopt", "getsockopt", "getsockname",
)  # fmt: skip


class CallScreen(StyledOnce, Selecting, Leaving, ModalScreen["str | None"]):
    """Its result is the name of the call, or None."""

    CSS_PATH = "pages.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,n", "dismiss", N_("close"), id="until.close", tooltip=N_("Back to where you were (also q and n)")),
        Binding("space", "choose", N_("go"), id="until.choose", tooltip=N_("Until the highlighted call (also Enter)")),
    ]  # fmt: skip

    def __init__(self, task: str) -> None:
        super().__init__()
        self._whose = task

    def compose(self) -> ComposeResult:
        """A line for each."""
        listed = Choices(id="lesson-pages")
        listed.border_title = _("{task} goes on until its next").format(task=self._whose)
        listed.border_subtitle = _("esc closes")
        yield listed

    def on_mount(self) -> None:
        """Begins at accept."""
        listed = self.query_one(Choices)
        for name in CALLS:
            listed.add_option(plain(name))
        listed.highlighted = 0
        listed.focus()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(CALLS[event.option_index])

    def action_choose(self) -> None:
        """Goes."""
        highlighted = self.query_one(Choices).highlighted
        self.dismiss(CALLS[highlighted] if highlighted is not None else None)
