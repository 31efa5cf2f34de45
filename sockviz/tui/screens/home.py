"""Home: the course with what has been read of it, and what the highlighted lesson is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from sockviz.language import N_, _
from sockviz.progress import ProgressStore
from sockviz.progress_text import Progress
from sockviz.tui.chosen import ExerciseChosen, LessonChosen
from sockviz.tui.entry import CourseEntry
from sockviz.tui.lettering import assemble, plain, styled
from sockviz.tui.screens.course_rows import about, brand, rows
from sockviz.tui.screens.styled_once import StyledOnce
from sockviz.tui.selecting import Selecting
from sockviz.tui.widgets.choices import Choices
from sockviz.tui.widgets.key_bar import KeyBar
from sockviz.tui.widgets.tall_text import TallText

if TYPE_CHECKING:
    from sockviz.manual.reader import Manual
    from sockviz.practice.listed import ExerciseEntry

#: After so many seconds the course is on the screen, and the exercises join it.
_PAINTED = 0.05


KEYS: list[BindingType] = [
    Binding(
        "enter",
        "open",
        N_("open"),
        id="home.open",
        priority=True,
        tooltip=N_("Open the highlighted lesson or exercise"),
    ),
    Binding(
        "space",
        "open",
        N_("open"),
        show=False,
        id="home.open-space",
        tooltip=N_("Open the highlighted lesson or exercise"),
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
    """The lessons by the parts of the course, each as wide as there is room."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "up", "cursor_up", N_("choose"), key_display="↑↓", id="home.up", tooltip=N_("The lesson above")
        ),
        Binding(
            "down", "cursor_down", N_("below"), show=False, id="home.down", tooltip=N_("The lesson below")
        ),
    ]

    def __init__(self, fill: Callable[[], None]) -> None:
        super().__init__(id="course")
        self._fill_it = fill
        self.width = 0

    def on_resize(self) -> None:
        """Titles are wrapped anew."""
        width = self.scrollable_content_region.width
        if width != self.width:
            self.width = width
            self._fill_it()


_WIDTHS = [(0, "-narrow"), (100, "-medium"), (150, "-wide")]
_HEIGHTS = [(0, "-short"), (28, "-tall")]


class _About(TallText):
    """What is highlighted."""

    def __init__(self) -> None:
        super().__init__(id="about")
        self._told: Callable[[int], list[Content]] | None = None

    def show(self, told: Callable[[int], list[Content]]) -> None:
        """Shows what is `told` of it in the width that there is."""
        self._told = told
        self.refresh(layout=True)

    def lines(self, width: int) -> list[Content]:
        """All of it."""
        return self._told(width) if self._told is not None else []


class HomeScreen(StyledOnce, Selecting, Screen[None]):
    """The course on the left, what is highlighted of it on the right. ``exercises`` are there once the lessons can be seen."""

    CSS_PATH = "home.tcss"
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS

    def __init__(
        self,
        course: Sequence[CourseEntry],
        store: ProgressStore,
        lab: str,
        manual: Callable[[], Manual],
        exercises: Callable[[], Sequence[ExerciseEntry]] = tuple,
    ) -> None:
        super().__init__()
        self._course, self._store, self._lab = list(course), store, lab
        self._manual, self._read_exercises = manual, exercises
        self.exercises: Sequence[ExerciseEntry] = ()

    def compose(self) -> ComposeResult:
        """Title, the course beside its summary, keys."""
        yield Static(id="brand")
        yield Static(id="resume")
        with Horizontal(id="home"):
            yield CourseList(self._fill)
            with VerticalScroll(id="summary", can_focus=False):
                yield _About()
        yield KeyBar()

    def on_mount(self) -> None:
        """The list waits for its width, which comes before the first paint."""
        courses = self.query_one(CourseList)
        courses.border_title, courses.border_subtitle = _("course"), self._lab
        courses.focus()
        self._say()
        self.set_timer(_PAINTED, self._add_exercises)

    def _add_exercises(self) -> None:
        """Below the lessons, which are there already."""
        self.exercises = self._read_exercises()
        if self.exercises:
            courses = self.query_one(CourseList)
            courses.add_options(self._exercise_rows(courses.width))

    def _exercise_rows(self, width: int) -> list[Option]:
        if not self.exercises:
            return []
        from sockviz.tui.screens.exercise_rows import exercise_rows  # not before the first picture

        return list(exercise_rows(self.exercises, self._store.progress, width))

    def refreshed(
        self, course: Sequence[CourseEntry], lab: str, exercise: ExerciseEntry | None = None
    ) -> None:
        """Shows the progress as it is now, the lesson or the `exercise` that was open last highlighted; and what has been found
        out since."""
        self._course = list(course)
        self.query_one(CourseList).border_subtitle = lab
        self._fill(exercise or self._open_last)
        self._say()

    def _fill(self, highlighted: CourseEntry | ExerciseEntry | None = None) -> None:
        """Draws everything; what to highlight is what was, or else the lesson that was open last."""
        progress = self._store.progress
        courses = self.query_one(CourseList)
        shown = highlighted or self._highlighted_entry or self._open_last
        courses.set_options(
            [*rows(self._course, progress, courses.width), *self._exercise_rows(courses.width)]
        )
        known = self._by_option
        if known:
            at = next((option for option, entry in known.items() if entry == shown), next(iter(known)))
            courses.highlighted = courses.get_option_index(at)
        self._head()

    def _head(self) -> None:
        self.query_one("#brand", Static).update(brand(self._course, self._store.progress, self.size.width))

    def on_resize(self) -> None:
        """The list fills itself anew where it has become another width; what stands above it is as wide as the screen."""
        self._head()

    def _say(self) -> None:
        """Where to begin or to go on; or what is wrong with the reader's progress."""
        last, progress = self._last(), self._store.progress
        if last is None and self._open_last is not None:
            resume = plain()  # nothing is left to go on with
        elif last is None:
            resume = styled(f" {_('Begin with the first lesson: enter opens it.')}", "$quiet")
        else:
            entry, page = last
            left_off = progress.last is not None and progress.last[0] == entry.slug
            said = _("continue where you left off:") if left_off else _("on to")
            place = ", " + _("page {number}").format(number=page + 1) if left_off or page else ""
            resume = assemble(
                (" c ", "bold $primary"), (said + " ", "$quiet"), (entry.name, "bold"), (place, "$quiet")
            )
        if self._store.message:
            resume = styled(f" {self._store.message}", "$warning")
        if not self._course:
            resume = styled(f" {_('No lessons were found.')}", "$warning")
        self.query_one("#resume", Static).update(resume)

    @property
    def _by_option(self) -> Mapping[str, CourseEntry | ExerciseEntry]:
        """What each line of the list is, by its id."""
        found: dict[str, CourseEntry | ExerciseEntry] = {each.slug: each for each in self._course}
        if self.exercises:
            from sockviz.tui.screens.exercise_rows import option_of

            found |= {option_of(each): each for each in self.exercises}
        return found

    @property
    def _highlighted_entry(self) -> CourseEntry | ExerciseEntry | None:
        """What is highlighted."""
        option = self.query_one(CourseList).highlighted_option
        return self._by_option.get(option.id or "") if option is not None else None

    @property
    def _open_last(self) -> CourseEntry | None:
        """The lesson that was open last."""
        slug = self._store.progress.last[0] if self._store.progress.last is not None else None
        return next((entry for entry in self._course if entry.slug == slug), None)

    def _last(self) -> tuple[CourseEntry, int] | None:
        return resumable(self._course, self._store.progress)

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        entry = self._highlighted_entry
        if entry is not None:
            self.query_one(_About).show(lambda width: self._about(entry, width))
            self.query_one("#summary").border_title = plain(entry.name)

    def _about(self, entry: CourseEntry | ExerciseEntry, width: int) -> list[Content]:
        progress = self._store.progress
        if isinstance(entry, CourseEntry):
            return about(entry, progress.of(entry.slug), width)
        from sockviz.tui.screens.exercise_rows import about_exercise

        lesson = next((each.name for each in self._course if each.slug == entry.lesson), entry.lesson)
        return about_exercise(entry, progress.exercise(entry.slug), lesson, width)

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Opens what is highlighted."""
        entry = self._highlighted_entry
        if isinstance(entry, CourseEntry):
            self.post_message(LessonChosen(entry))
        elif entry is not None:
            self.post_message(ExerciseChosen(entry))

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
    """The lesson and page to continue at; after one that was ended, the first of those that follow it which has not been read
    whole. None where nothing has been read, or that lesson is no longer there, or nothing is left."""
    if progress.last is None:
        return None
    slug, page = progress.last
    at = next((number for number, entry in enumerate(course) if entry.slug == slug), None)
    if at is None:
        return None
    if not 0 < progress.of(slug).pages <= page:
        return course[at], page
    left = (entry for entry in course[at + 1 :] if not progress.of(entry.slug).is_complete)
    return next(((entry, progress.of(entry.slug).unread) for entry in left), None)
