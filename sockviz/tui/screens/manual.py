"""The manual on the screen: a page about what is in focus, the next one with the same key, then the list of all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from sockviz.language import N_, _
from sockviz.manual.document import document
from sockviz.manual.pages import GROUPS, BadPage, CallPage, ManualPage
from sockviz.manual.reader import Manual
from sockviz.tui.lettering import assemble, plain, styled
from sockviz.tui.screens.leaving import Leaving
from sockviz.tui.screens.styled_once import StyledOnce
from sockviz.tui.selecting import Selecting
from sockviz.tui.widgets.choices import Choices
from sockviz.tui.widgets.document_text import DocumentText
from sockviz.tui.widgets.key_bar import KeyBar

KEYS: list[BindingType] = [
    Binding("enter", "choose", N_("open"), priority=True, id="manual.open", tooltip=N_("Open the highlighted page")),
    Binding(
        "up", "move(-1)", N_("move"), key_display="↑↓", priority=True, id="manual.up",
        tooltip=N_("Scroll, or choose a page in the list"),
    ),
    Binding(
        "down", "move(1)", N_("down"), show=False, priority=True, id="manual.down",
        tooltip=N_("Scroll down, or the page below"),
    ),
    Binding(
        "space,pagedown", "leaf(1)", N_("page down"), key_display=N_("space"), priority=True, id="manual.page-down",
        tooltip=N_("One screen down (also PageDown)"),
    ),
    Binding(
        "b,pageup", "leaf(-1)", N_("page up"), key_display="b", priority=True, id="manual.page-up",
        tooltip=N_("One screen up (also PageUp)"),
    ),
    Binding(
        "m", "further", N_("next page"), id="manual.further",
        tooltip=N_("The call of the error, and then the list of all pages"),
    ),
    Binding(
        "escape,q", "dismiss", N_("close"), key_display=N_("esc"), id="manual.close",
        tooltip=N_("Back to where you were (also q)"),
    ),
]  # fmt: skip


class ManualScreen(StyledOnce, Selecting, Leaving, Screen[None]):
    """`about` are errors and rows of the table of calls, each a page; the list follows them. ``near`` is highlighted there."""

    CSS_PATH = "manual.tcss"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(
        self, manual: Callable[[], Manual], about: Sequence[str] = (), near: str | None = None
    ) -> None:
        super().__init__()
        self._asked, self._about, self._near = manual, tuple(about), near
        self._calls: list[CallPage] = []
        self._pages: list[ManualPage] = []
        self._at = 0

    def compose(self) -> ComposeResult:
        """The page, or the list in its place; keys."""
        with VerticalScroll(id="page", can_focus=False):
            yield DocumentText()
        yield Choices(id="pages")
        yield KeyBar()

    def on_mount(self) -> None:
        """Reads the pages and shows the first that was asked for."""
        try:
            manual = self._asked()
            self._calls = manual.calls()
            self._fill(manual)
            found = [page for word in self._about if (page := _page(manual, word)) is not None]
        except (BadPage, OSError) as error:
            self.query_one("#page").border_title = _("the manual cannot be read")
            self.query_one(DocumentText).show(f"```\n{error}\n```")
            self.query_one("#pages").display = False
            return
        self._pages = list(dict.fromkeys(found))
        self._show(0)
        self.run_worker(self._read_course(manual), name="course")

    @property
    def page(self) -> ManualPage | None:
        """The page that is shown; None for the list."""
        return self._pages[self._at] if self._at < len(self._pages) else None

    def _fill(self, manual: Manual) -> None:
        options: list[Option] = []
        column = max(map(len, manual.names())) + 2
        for group in GROUPS:
            options.append(Option(styled(_(group), "bold $accent"), disabled=True))
            options += [_option(p.name, p.says, column) for p in self._calls if p.group == group]
        options.append(Option(styled(_("errors"), "bold $accent"), disabled=True))
        options += [_option(p.name, p.says, column) for p in manual.errors()]
        pages = self.query_one(OptionList)
        pages.add_options(options)
        near = _page(manual, self._near) if self._near else None
        pages.highlighted = pages.get_option_index(near.name) if near else 1

    def _show(self, at: int) -> None:
        """The page `at` among those asked for; after the last the list."""
        self._at = at % (len(self._pages) + 1)
        page = self.page
        box, pages = self.query_one("#page"), self.query_one(OptionList)
        box.display, pages.display = page is not None, page is None
        following = self._pages[self._at + 1].name if self._at + 1 < len(self._pages) else _("all pages")
        if page is None:
            following = self._pages[0].name if self._pages else ""
            pages.border_title = _("manual: a page for every call and every error")
            pages.border_subtitle = plain(f"m {following}") if following else ""
            pages.focus()
        else:
            box.border_title, box.border_subtitle = (
                plain(_("manual: {name}").format(name=page.name)),
                plain(f"m {following}"),
            )
            box.scroll_home(animate=False)
            self._draw()
            self.set_focus(None)
        self.refresh_bindings()

    def _draw(self) -> None:
        if self.page is not None:
            self.query_one(DocumentText).show(document(self.page, self._calls, self._asked().known_course))

    async def _read_course(self, manual: Manual) -> None:
        """Reads the lessons, a lesson a turn of the event loop: no key waits for it."""
        for _lesson in manual.read_course():
            await asyncio.sleep(0)
        self._draw()

    # -- keys

    def action_further(self) -> None:
        """The next page that was asked for, then the list, and round again."""
        self._show(self._at + 1)

    def action_move(self, step: int) -> None:
        """Scrolls the page, or moves in the list."""
        if self.page is not None:
            self.query_one("#page").scroll_relative(y=step, animate=False)
        elif step < 0:
            self.query_one(OptionList).action_cursor_up()
        else:
            self.query_one(OptionList).action_cursor_down()

    def action_leaf(self, step: int) -> None:
        """Scrolls by a screen."""
        box = self.query_one("#page" if self.page is not None else "#pages")
        if self.page is not None:
            box.scroll_relative(y=step * max(box.size.height - 2, 1), animate=False)
        elif step < 0:
            self.query_one(Choices).action_page_up()
        else:
            self.query_one(Choices).action_page_down()

    def action_choose(self) -> None:
        """Opens the highlighted page."""
        self.query_one(OptionList).action_select()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whatever its `parameters`: a page is opened from the list only, and that goes on to the pages that were asked for."""
        del parameters
        if action == "further":
            return bool(self._pages)
        return action != "choose" or (self.page is None and bool(self._calls))

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        page = _page(self._asked(), event.option_id or "")
        if page is not None:
            self._pages = [page]
            self._show(0)


def _page(manual: Manual, word: str) -> ManualPage | None:
    """The page of a row of the table of calls by its key, of a call by its name, or of an error."""
    if (page := manual.page_of(word)) is not None:
        return page
    name = word.rpartition(".")[2]  # as another version of the table may have called it
    return next((page for page in manual.calls() if page.name == name), None) or manual.story(word)


def _option(name: str, about: str, column: int) -> Option:
    return Option(assemble("  ", (f"{name:<{column}}", "bold"), (about, "$quiet")), id=name)
