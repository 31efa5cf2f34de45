"""The application: its themes, its screens, and how it ends. Each screen is imported when it is first needed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.filter import LineFilter
from textual.screen import Screen
from textual.scrollbar import ScrollBar
from textual.worker import WorkerFailed

from sockviz import crash, door, signals
from sockviz.language import N_, _
from sockviz.output_file import why_not_made
from sockviz.player.refusals import CannotPerform
from sockviz.progress import ProgressStore
from sockviz.tui import look
from sockviz.tui.app_keys import KEYS
from sockviz.tui.chosen import ExerciseChosen, LessonChosen
from sockviz.tui.entry import CourseEntry
from sockviz.tui.gate import Gate
from sockviz.tui.options import OpenRun, Options
from sockviz.tui.patient import PatientApp
from sockviz.tui.runs import Runs, screen_for
from sockviz.tui.screens.leaving import how_to_leave
from sockviz.tui.themes import ANSI, DARK, LIGHT, MONOCHROME, NAMES, themes
from sockviz.tui.widgets.thin_bar import ThinBar
from sockviz.visible import quoted, visible, visible_lines

if TYPE_CHECKING:
    from textual.command import Provider

    from sockviz.player.run import LessonRun
    from sockviz.practice.listed import ExerciseEntry
    from sockviz.practice.sitting import Sitting
    from sockviz.sandbox.again import Steps
    from sockviz.tui.reading import Votes
    from sockviz.tui.screens.lesson import LessonScreen


def _manual_commands() -> type[Provider]:
    from sockviz.tui.screens.command_palette import ManualCommands  # with the palette, not before

    return ManualCommands


def _spelling() -> tuple[LineFilter, ...]:
    from sockviz.tui.ascii_only import AsciiOnly  # on demand

    return (AsciiOnly(),)


#: Textual's, of each screen.
_RACK = "textual-toastrack"
#: The keys that Textual calls by a word.
_ENTER = "⏎"  # which no ASCII looks like
_WORDED_KEYS = (N_("home"), N_("end"), N_("tab"), N_("shift+tab"), N_("esc"), N_("pgup"), N_("pgdn"))


class SockvizApp(PatientApp):
    """sockviz on a terminal. ``left`` is what the kernel still keeps of the lessons that were closed; ``fault`` is the
    sentence that tells of a fault of its own."""

    TITLE = "sockviz"
    COMMANDS = App.COMMANDS | {_manual_commands}
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(
        self,
        course: Sequence[CourseEntry],
        open_run: OpenRun,
        store: ProgressStore,
        options: Options | None = None,
    ) -> None:
        given = options or Options()
        wanted = "mono" if look.no_colour(os.environ) else given.theme or look.theme(os.environ)
        name = NAMES.get(wanted, DARK)
        # Textual decides here, before a theme can be set, whether ANSI colours become RGB; and with NO_COLOR whether
        # its filter leaves greys or nothing.
        super().__init__(ansi_color=True if name in (ANSI, MONOCHROME) else None)
        self.course, self.store, self.options = tuple(course), store, given
        self.left: tuple[str, ...] = ()
        self.fault: str | None = None
        self.sitting: Sitting | None = None
        self.runs = Runs(open_run)
        self._lab = given.lab
        self._votes: dict[str, Votes] = {}  # of the lesson that is left for another run of it
        self.ascii = look.wants_ascii(os.environ, door.err().encoding) if given.ascii is None else given.ascii
        self._gate = Gate()
        self._spelling = _spelling() if self.ascii else ()
        self._dressed = False
        for theme in themes():
            self.register_theme(theme)
        if given.lesson is not None:
            self._register_dressed()
        ScrollBar.renderer = ThinBar
        # Set before anything is drawn: a theme that is changed later styles everything twice.
        self.set_reactive(App.theme, name)
        self.stylesheet.set_variables(self.get_css_variables())

    def dress(self) -> None:
        """Gives the themes the stage's colours, which home does without."""
        if not self._dressed:
            self._register_dressed()
            self.stylesheet.set_variables(self.get_css_variables())  # every style sheet is read again

    def _register_dressed(self) -> None:
        from sockviz.tui.palette import theme_variables  # on demand

        self._dressed = True
        for theme in themes(theme_variables):
            self.register_theme(theme)

    def get_driver_class(self) -> type[Driver]:
        """A terminal's driver is ours; another, as a browser's, is as Textual chose it."""
        chosen = super().get_driver_class()
        if sys.platform == "win32" or chosen.__name__ != "LinuxDriver":
            return chosen
        from sockviz.tui.driver import TerminalDriver  # not in a browser, not headless, not on every system

        return TerminalDriver

    def get_default_screen(self) -> Screen[None]:
        """Home, or what opens the lesson that was asked for at once."""
        entry = self.options.lesson
        if entry is not None:
            from sockviz.tui.screens.being_opened import OpeningScreen  # not at home

            return self._with_sheet(OpeningScreen(entry, self._opened, self._then(entry, self.options.page)))
        from sockviz.tui.screens.home import HomeScreen  # not before a lesson that is opened at once

        options = self.options
        home = HomeScreen(self.course, self.store, options.lab, options.manual, options.exercises)
        return self._with_sheet(home)

    def on_mount(self) -> None:
        """What ends sockviz is answered as before it had a screen."""
        loop = asyncio.get_running_loop()
        for number in signals.ENDINGS:  # a driver may have handlers of its own, as a browser's has
            with contextlib.suppress(NotImplementedError):
                if loop.remove_signal_handler(number):
                    signals.begin()

    def push_screen(self, screen: Screen[Any] | str, *given: Any, **named: Any) -> Any:
        """Opens a screen, its style sheet added first. Textual, finding one that is new, reads all rules anew and applies them to
        every widget there is; ours are for widgets of the screen that brings them."""
        return super().push_screen(
            self._with_sheet(screen) if isinstance(screen, Screen) else screen, *given, **named
        )

    def _with_sheet(self, screen: Screen[Any]) -> Screen[Any]:
        for path in screen.css_path:
            if not self.stylesheet.has_source(str(path)):
                self.stylesheet.add_source(path.read_text("utf-8"), read_from=(str(path), ""))
        return screen

    def get_line_filters(self) -> Sequence[LineFilter]:
        """First of all the gate; on a terminal without Unicode, what no widget has spelled in ASCII is spelled at the end."""
        then = (*super().get_line_filters(), *self._spelling)
        if self._gate.then != then:
            self._gate = Gate(then)
        return [self._gate]

    def get_key_display(self, binding: Binding) -> str:
        """What a key is called, wherever keys are told of."""
        display = super().get_key_display(binding)
        return _("enter") if self.ascii and display == _ENTER else _(display)

    def action_command_palette(self) -> None:
        """The command palette, which asks in the reader's language."""
        from sockviz.tui.screens.command_palette import Palette  # with its first use, not before

        def opened() -> None:
            if not Palette.is_open(cast("App[object]", self)):
                self.push_screen(Palette(placeholder=_("Search for commands…"), id="--command-palette"))

        self.when_whole(opened)

    def action_help_quit(self) -> None:
        """Ctrl-C, where nothing is selected that it would copy, leaves nothing: it says, once, which key does."""
        said = how_to_leave(self.screen)
        if all(notice.message != said for notice in self._notifications):
            self.notify(said)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Who has no shell to go back to has no key for it."""
        has_one = action != "suspend_process" or self.options.liberties.shell
        return has_one and super().check_action(action, parameters)

    def action_suspend_process(self) -> None:
        """Ctrl-Z gives the terminal back to the shell for a while; where there is none, as in a browser, it says so."""
        if not self.is_web:
            super().action_suspend_process()
        else:
            self.notify(_("Only in a terminal is there a shell to go back to."))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the palette offers everywhere: lessons, themes, a picture, the end."""
        from sockviz.tui.screens.home import HomeScreen  # on demand

        if isinstance(screen, HomeScreen):
            from sockviz.tui.screens.command_palette import home_commands

            yield from home_commands(screen, self.course, self._open_lesson, self._open_exercise)
        for name, theme in NAMES.items():
            yield SystemCommand(
                _("Theme: {name}").format(name=name),
                _("Draw everything in the {name} theme").format(name=name),
                lambda t=theme: self._use(t),
            )
        if self.options.liberties.files:
            yield SystemCommand(
                _("Picture"), _("Save this screen as an SVG file"), lambda: self.set_timer(0.1, self._picture)
            )
        yield SystemCommand(_("Quit"), _("Leave sockviz"), self.action_quit)

    def action_brightness(self) -> None:
        """The light theme, for a bright room; or the dark one again. Where no colour is wanted there is none."""
        if not look.no_colour(os.environ):
            self._use(DARK if self.theme == LIGHT else LIGHT)

    def _use(self, theme: str) -> None:
        self.ansi_color = True if self.no_color else None  # else as the theme says
        self.theme = theme

    def _picture(self) -> None:
        try:
            self.notify(_("Saved as {file}").format(file=self.save_screenshot()))
        except OSError as error:
            file = Path(os.fsdecode(error.filename or "."))
            self.notify(f"{quoted(str(file))}: {why_not_made(file, error)}", severity="error")

    # -- what leaves by other ways than lines

    def notify(self, message: str, *, title: str = "", **given: Any) -> None:
        """A notice, in lines that can be read, and never markup."""
        super().notify(visible_lines(message), title=visible(title), **{**given, "markup": False})

    def _refresh_notifications(self) -> None:
        """Shows them on the topmost screen. Where there are none Textual hides the rack that is hidden, and lays all out anew."""
        shown = self.screen_stack and any(each.children for each in self.screen.children if each.id == _RACK)
        if self._notifications or shown:
            super()._refresh_notifications()

    def copy_to_clipboard(self, text: str) -> None:
        """What is pasted is what was seen: nothing in it gives a shell, or whatever it is pasted into, a command."""
        super().copy_to_clipboard(visible_lines(text))

    # -- lessons

    @on(LessonChosen)
    def _chosen(self, message: LessonChosen) -> None:
        self._open_lesson(message.entry, message.page)

    def _open_lesson(self, entry: CourseEntry, page: int, steps: Steps | None = None) -> None:
        from sockviz.tui.screens.being_opened import OpeningScreen  # on demand

        if len(self.screen_stack) > 1:
            return  # one is open, or on its way: the key was pressed twice
        self.push_screen(OpeningScreen(entry, self._opened), self._then(entry, page, steps))

    def _then(
        self, entry: CourseEntry, page: int, steps: Steps | None = None
    ) -> Callable[[LessonRun | None], None]:
        """What is done with the run of `entry` once it is open; None: it cannot be."""

        def opened(run: LessonRun | None) -> None:
            if run is None:
                self._lesson_closed(())
            else:
                self._begin(run, entry, page, steps)

        return opened

    async def _opened(self, entry: CourseEntry) -> LessonRun:
        try:
            return await self.runs.opened(entry)
        except CannotPerform as error:
            if error.skipped is not None:
                self.course = tuple(
                    replace(each, skipped=error.skipped) if each == entry else each for each in self.course
                )
            raise

    def _begin(self, run: LessonRun, entry: CourseEntry, page: int, steps: Steps | None) -> None:
        from sockviz.player.run import Provenance
        from sockviz.tui.screens.departure import PlaceInCourse
        from sockviz.tui.view import Look
        from sockviz.tui.widgets.title import lab_name

        self.dress()
        drawn = Look(
            ascii=self.ascii,
            colour=self.theme != MONOCHROME,
            animate=self.animation_level != "none",
            shell=self.options.liberties.shell,
        )
        it = self.options
        place = PlaceInCourse(entry, lambda: self._following(entry), it.exercises, it.alone, it.liberties)
        kind: type[LessonScreen] = screen_for(run, it.screen)
        screen = kind(
            run, place, self.store, drawn, page=page, notes=it.notes, manual=it.manual,
            steps=steps if steps is not None else it.steps(),
        )  # fmt: skip
        screen.reading.bring_votes(self._votes.pop(entry.slug, {}))
        # What labs this machine allows is known once one has been made: nothing is tried out before it is needed.
        if run.provenance is Provenance.LIVE:
            self._lab = lab_name(run.timeline.header.lab.kind)

        def closed(left: tuple[str, ...] | None) -> None:
            self.runs.open.remove(run)
            onto = screen.departure.onto
            if onto is None:
                self._lesson_closed(left or ())
                return
            self.left += left or ()
            self._votes = {entry.slug: screen.reading.votes_by_place()}
            if screen.departure.instead is not None:
                self.runs.open.append(screen.departure.instead)
                self._begin(screen.departure.instead, entry, screen.reading.page.index, None)
            elif isinstance(onto, tuple):
                self._open_lesson(onto[0], onto[1], screen.departure.steps)
            else:
                self._open_exercise(onto)

        self.push_screen(screen, closed)

    def _following(self, entry: CourseEntry) -> CourseEntry | None:
        """The lesson of the course after `entry`; None where there is none."""
        course = self.course if self.options.lesson is None else tuple(self.options.course())
        slugs = [each.slug for each in course]
        after = slugs.index(entry.slug) + 1 if entry.slug in slugs else len(course)
        return course[after] if after < len(course) else None

    @on(ExerciseChosen)
    def _exercise_chosen(self, message: ExerciseChosen) -> None:
        self._open_exercise(message.entry)

    def _open_exercise(self, entry: ExerciseEntry) -> None:
        from sockviz.player.refusals import other_system

        if (reason := other_system()) is not None:
            self.notify(
                _("no program can be judged here: {reason}").format(reason=reason), severity="warning"
            )
            return
        if not self.options.liberties.programs:
            self.notify(_("No program of a visitor's runs here."), severity="warning")
            return
        from sockviz.tui.opening_exercises import open_exercise  # on demand

        if len(self.screen_stack) == 1:  # else one is open, or on its way
            open_exercise(self, entry.place, lambda: self._lesson_closed((), entry))

    def _lesson_closed(self, left: tuple[str, ...], exercise: ExerciseEntry | None = None) -> None:
        self.left += left
        if self.options.lesson is not None:
            self.exit()
            return
        from sockviz.tui.screens.home import HomeScreen  # it is below

        if isinstance(self.screen, HomeScreen):
            self.screen.refreshed(self.course, self._lab, exercise)
        if left:
            self.notify("\n".join(left), title=_("The kernel still keeps"))

    async def close_runs(self) -> None:
        """Ends every lesson that is still open, or being opened, whatever happened before."""
        try:
            if self.sitting is not None:
                await self.sitting.close()
        finally:
            self.left += await self.runs.close()

    # -- the end

    def _fatal_error(self) -> None:
        """A fault of our own: no traceback on the screen, a file with it and a sentence instead.

        Of what breaks while the screens are taken apart nobody needs to hear.
        """
        error: BaseException | None = self._exception
        if isinstance(error, WorkerFailed):
            error = error.error  # what failed, not that a worker did
        if error is not None and self.fault is None and not self._ending:
            self.fault = crash.save(error)
        self._close_messages_no_wait()
