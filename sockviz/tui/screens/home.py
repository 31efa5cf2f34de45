"""Home: the course with what has been read of it, and what the highlighted lesson is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import OptionList, Static

from sockviz.language import N_, _, ngettext
from sockviz.progress import LessonProgress, Progress, ProgressStore
from sockviz.tui.entry import CourseEntry
from sockviz.tui.lettering import BREAK, assemble, plain, styled
from sockviz.tui.widgets.choices import Choices
from sockviz.tui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from sockviz.manual.reader import Manual


class LessonChosen(Message):
    """The reader wants to open a lesson, at a page (from 0)."""

    def __init__(self, entry: CourseEntry, page: int = 0) -> None:
        super().__init__()
        self.entry, self.page = entry, page


KEYS: list[BindingType] = [
    Binding(
        "enter", "open", N_("open"), id="home.open", priority=True, tooltip=N_("Open the highlighted lesson")
    ),
    Binding(
        "space",
        "open",
        N_("open"),
        show=False,
        id="home.open-space",
        tooltip=N_("Open the highlighted lesson"),
    ),
    Binding("c", "resume", N_("continue"), id="home.continue", tooltip=N_("Continue where you left off")),
    Binding(
        "m",
        "manual",
        N_("manual"),
        id="home.manual",
        tooltip=N_("The manual: a page for every call and every error"),
    ),
    Binding("question_mark", "help", N_("help"), key_display="?", id="home.help", tooltip=N_("All keys")),
    Binding("q", "quit", N_("quit"), id="home.quit", tooltip=N_("Leave sockviz")),
]


class CourseList(Choices):
    """The lessons, one a line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "up", "cursor_up", N_("choose"), key_display="↑↓", id="home.up", tooltip=N_("The lesson above")
        ),
        Binding(
            "down", "cursor_down", N_("below"), show=False, id="home.down", tooltip=N_("The lesson below")
        ),
    ]


_WIDTHS = [(0, "-narrow"), (100, "-medium"), (150, "-wide")]
_HEIGHTS = [(0, "-short"), (28, "-tall")]


class HomeScreen(Screen[None]):
    """The course on the left, the highlighted lesson on the right."""

    CSS_PATH = "home.tcss"
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS

    def __init__(
        self, course: Sequence[CourseEntry], store: ProgressStore, lab: str, manual: Callable[[], Manual]
    ) -> None:
        super().__init__()
        self._course, self._store, self._lab = list(course), store, lab
        self._manual = manual

    def compose(self) -> ComposeResult:
        """Title, the course beside its summary, keys."""
        brand = assemble((" sockviz", "bold $primary"), (f"   {_('the sockets API, performed')}", "$quiet"))
        yield Static(brand, id="brand")
        yield Static(id="resume")
        with Horizontal(id="home"):
            yield CourseList(id="course")
            with VerticalScroll(id="summary", can_focus=False):
                yield Static(id="about")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begins at the lesson that was open last."""
        courses = self.query_one(CourseList)
        courses.border_title, courses.border_subtitle = _("course"), self._lab
        self._fill()
        last = self._last()
        at = self._course.index(last[0]) if last else 0
        if self._course:
            courses.highlighted = at
        courses.focus()

    def refreshed(self, course: Sequence[CourseEntry], lab: str) -> None:
        """Shows the progress as it is now, the lesson that was open last highlighted; and what has been found out since."""
        courses = self.query_one(CourseList)
        self._course, courses.border_subtitle = list(course), lab
        at = courses.highlighted
        last = self._last()
        self._fill()
        courses.highlighted = self._course.index(last[0]) if last else at

    def _fill(self) -> None:
        progress = self._store.progress
        courses = self.query_one(CourseList)
        courses.set_options(_row(entry, progress.of(entry.slug)) for entry in self._course)
        last = self._last()
        if last is None:
            resume = styled(f" {_('Begin with the first lesson: enter opens it.')}", "$quiet")
        else:
            entry, page = last
            resume = assemble(
                (" c ", "bold $primary"), (_("continue where you left off:") + " ", "$quiet"),
                (entry.name, "bold"), (", " + _("page {number}").format(number=page + 1), "$quiet"),
            )  # fmt: skip
        if self._store.message:
            resume = styled(f" {self._store.message}", "$warning")
        if not self._course:
            resume = styled(f" {_('No lessons were found.')}", "$warning")
        self.query_one("#resume", Static).update(resume)

    def _last(self) -> tuple[CourseEntry, int] | None:
        return resumable(self._course, self._store.progress)

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        entry = self._course[event.option_index]
        self.query_one("#about", Static).update(_about(entry, self._store.progress.of(entry.slug)))
        self.query_one("#summary").border_title = plain(entry.name)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.post_message(LessonChosen(self._course[event.option_index]))

    def action_open(self) -> None:
        """Opens the highlighted lesson."""
        highlighted = self.query_one(CourseList).highlighted
        if highlighted is not None:
            self.post_message(LessonChosen(self._course[highlighted]))

    def action_resume(self) -> None:
        """Opens the page that was open last; without one, the first lesson."""
        last = self._last()
        if last:
            self.post_message(LessonChosen(*last))
        elif self._course:
            self.post_message(LessonChosen(self._course[0]))

    def action_help(self) -> None:
        """All keys."""
        from sockviz.tui.screens.help import HelpScreen  # on demand

        self.app.push_screen(HelpScreen(KEYS, stage=False))

    def action_manual(self) -> None:
        """The manual's list of pages."""
        from sockviz.tui.screens.manual import ManualScreen  # on demand

        self.app.push_screen(ManualScreen(self._manual))

    async def action_quit(self) -> None:
        """Leaves."""
        await self.app.action_quit()


def resumable(course: Sequence[CourseEntry], progress: Progress) -> tuple[CourseEntry, int] | None:
    """The lesson and page to continue at; None where nothing has been read, or that lesson is no longer there."""
    if progress.last is None:
        return None
    slug, page = progress.last
    entry = next((entry for entry in course if entry.slug == slug), None)
    return (entry, page) if entry else None


def _row(entry: CourseEntry, read: LessonProgress) -> Content:
    number = "  " if entry.number is None else f"{entry.number:>2}"
    mark, ink = _mark(entry, read)
    return assemble((f"{mark} ", ink), (number, "$accent"), f"  {entry.title}")


def _mark(entry: CourseEntry, read: LessonProgress) -> tuple[str, str]:
    if entry.skipped:
        return "–", "$warning"
    if read.is_complete:
        return "✓", "$success"
    return ("◐", "$accent") if read.seen else ("·", "$faint")


#: What a lesson may need, in words. Only an isolated lab has the first two on every machine.
_NEEDS = {
    "packets": N_("captured packets"),
    "private": N_("a network of its own"),
    "counters": N_("the kernel's counters"),
    "ipv6": "IPv6",
}


def _about(entry: CourseEntry, read: LessonProgress) -> Content:
    lab = _("two hosts with a link between them") if entry.lab == "two-hosts" else "loopback"
    minutes = entry.minutes
    facts = [
        (
            _("time"),
            ngettext("about {count} minute", "about {count} minutes", minutes).format(count=minutes)
            if minutes
            else _("as long as you like"),
        ),
        (_("lab"), lab),
        (_("needs"), ", ".join(_(_NEEDS.get(need, need)) for need in entry.needs) or _("nothing special")),
        (_("read"), _read(entry, read)),
    ]
    column = max(6, *(cell_len(name) for name, _value in facts)) + 2
    parts: list[str | Content | tuple[str, str]] = [(entry.summary, "bold"), BREAK, BREAK]
    for name, value in facts:
        parts += [(name + " " * (column - cell_len(name)), "$quiet"), value, BREAK]
    if entry.skipped:
        parts += [
            BREAK,
            (_("Not on this machine:") + " ", "bold $warning"),
            (entry.skipped, "$warning"),
            BREAK,
        ]
    return assemble(*parts)


def _read(entry: CourseEntry, read: LessonProgress) -> str:
    pages = read.pages or entry.pages
    if not read.seen:
        return _("not yet, {count} pages").format(count=pages) if pages else _("not yet")
    if read.is_complete:
        return _("all {count} pages").format(count=pages)
    return _("{seen} of {count} pages").format(seen=len(read.seen), count=pages)
