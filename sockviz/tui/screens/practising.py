"""An exercise on the screen: its task, and what became of the student's program each time that they saved it."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.containers import Horizontal, VerticalScroll
from textual.screen import Screen

from sockviz.language import N_, _, decimal, said_by_system
from sockviz.practice.attempt import CannotAttempt
from sockviz.practice.copies import cannot_be_made, copied
from sockviz.practice.sitting import Sitting
from sockviz.practice.task import task_text, treatment
from sockviz.tui.screens.choosing_language import NAMES
from sockviz.tui.screens.exercise_line import ExerciseLine
from sockviz.tui.screens.leaving import Leaving
from sockviz.tui.selecting import Selecting
from sockviz.tui.widgets.key_bar import KeyBar
from sockviz.tui.widgets.task_text import TaskText
from sockviz.tui.widgets.verdict_text import VerdictText
from sockviz.visible import quoted

if TYPE_CHECKING:
    from sockviz.model.timeline import Timeline
    from sockviz.practice.attempt import Attempt
    from sockviz.practice.listed import ExerciseEntry
    from sockviz.tui.entry import CourseEntry

#: What takes so long (seconds) is told to go on; so often, too.
_LONG = 3.0
_NOT_PASSED = N_("You have not passed yet. Press s once more to read a solution all the same.")
KEYS: list[BindingType] = [
    Binding(
        "enter", "stage", N_("the run on the stage"), id="practice.stage",
        tooltip=N_("The run that was judged last, at the moment that decided it: step back from there, and on"),
    ),
    Binding(
        "n", "onward", N_("next exercise"), id="practice.onward",
        tooltip=N_("The next exercise that you have not passed"),
    ),
    Binding(
        "l", "lesson", N_("lesson"), id="practice.lesson",
        tooltip=N_("The lesson that this exercise practises; its end comes back"),
    ),
    Binding("h", "hint", N_("hint"), id="practice.hint", tooltip=N_("One more hint; they are counted")),
    Binding(
        "s", "solution", N_("solution"), id="practice.solution",
        tooltip=N_("A solution, for whoever has passed, or asks twice"),
    ),
    Binding("e", "edit", N_("editor"), id="practice.edit", tooltip=N_("Open your file in $VISUAL or $EDITOR")),
    Binding(
        "c", "language", N_("C/Python"), id="practice.language",
        tooltip=N_("Write it in the other language: a file of its own; the one of before stays"),
    ),
    Binding("r", "again", N_("again"), id="practice.again", tooltip=N_("Judge the file as it is once more")),
    Binding("tab", "other_side", N_("other side"), show=False, id="practice.side", tooltip=N_("Scroll the other side")),
    Binding("up", "scroll(-1)", N_("up"), show=False, id="practice.up", tooltip=N_("Scroll up")),
    Binding("down", "scroll(1)", N_("down"), show=False, id="practice.down", tooltip=N_("Scroll down")),
    Binding("pageup", "scroll_page(-1)", N_("page up"), show=False, id="practice.page-up", tooltip=N_("Scroll a page up")),
    Binding(
        "pagedown,space", "scroll_page(1)", N_("page down"), show=False, id="practice.page-down",
        tooltip=N_("Scroll a page down (also space)"),
    ),
    Binding("home", "scroll_edge(-1)", N_("top"), show=False, id="practice.home", tooltip=N_("To the top")),
    Binding("end", "scroll_edge(1)", N_("bottom"), show=False, id="practice.end", tooltip=N_("To the end")),
    Binding("?", "help", N_("help"), id="practice.help", tooltip=N_("All keys")),
    Binding("q", "leave", N_("quit"), id="practice.leave", tooltip=N_("Leave the exercise; your file stays")),
]  # fmt: skip


def _key_commands() -> type[Provider]:
    from sockviz.tui.screens.lesson_commands import KeyCommands  # with the palette, not before

    return KeyCommands


_COMMANDS: set[type[Provider] | Callable[[], type[Provider]]] = {_key_commands}


class PractiseScreen(Selecting, Leaving, Screen["ExerciseEntry | CourseEntry | None"]):
    """One sitting, which is left for nothing, the next exercise, or the lesson. `open_stage` puts a run that is over onto the
    stage, at one of its events. `lesson` is the one that is practised, `exercises` gives all."""

    CSS_PATH = "practising.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    LEFT_BY = N_("Press {key} to leave the exercise.")
    COMMANDS = _COMMANDS

    def __init__(
        self,
        sitting: Sitting,
        open_stage: Callable[[Timeline, int], None],
        lesson: CourseEntry | None = None,
        exercises: Callable[[], Sequence[ExerciseEntry]] = tuple,
    ) -> None:
        super().__init__()
        self._lesson, self._exercises = lesson, exercises
        self._next: ExerciseEntry | None = None
        self.sitting = sitting
        self._open_stage = open_stage
        self._now, self._is_judged = "", True
        self._solution = ""
        self._side = "#verdicts"
        self._began = 0.0
        self._performing: asyncio.Future[Attempt] | None = None

    def compose(self) -> ComposeResult:
        """Title and file; the task beside the verdicts; keys."""
        practised = self._lesson.name if self._lesson is not None else self.sitting.exercise.lesson
        yield ExerciseLine(self.sitting, practised)
        with Horizontal(id="sides"):
            with VerticalScroll(id="task", can_focus=False):
                yield TaskText()
            with VerticalScroll(id="verdicts", can_focus=False):
                yield VerdictText()
        yield KeyBar()

    def on_mount(self) -> None:
        """Shows the task, and judges the file whenever it is saved."""
        sitting = self.sitting
        kernel = "\n\n".join(f"> {said}" for said in treatment(sitting.exercise))
        self.query_one("#task").border_title = _("task")
        self.query_one("#verdicts").border_title = _("what the kernel and the others saw")
        self.query_one(TaskText).show(task_text(sitting.lesson) + (f"\n\n{kernel}" if kernel else ""))
        self._draw()
        self.run_worker(self._judge(), name="judge", exclusive=True, group="judge")

    async def on_unmount(self) -> None:
        """Nobody sits here any more: what was prepared for the next save is put away."""
        await self.sitting.close()

    async def _judge(self, *, at_once: bool = False) -> None:
        sitting = self.sitting
        while True:
            if not at_once:
                await sitting.saved()
            at_once = False
            self._say(_("building and performing…"))
            going_on = self.set_interval(_LONG, self._still)
            self._began = time.monotonic()
            self._performing = performing = asyncio.ensure_future(sitting.attempt())
            try:
                attempt = await performing
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():  # it is not the run alone that is to end
                    raise
                self._say(_("ended by Ctrl-C; r judges the file again, and so does saving it"))
                continue
            except CannotAttempt as cannot:
                self._say(str(cannot))
                continue
            except OSError as error:
                self._say(sitting.why_unread(error))
                continue
            finally:
                if (
                    self._performing is performing
                ):  # not the next, which may have begun before this one was put away
                    self._performing = None
                going_on.stop()
            took = f"{decimal(attempt.seconds, '.1f')} s"
            if attempt.passed and self._solution == _(_NOT_PASSED):
                self._solution = ""
            self._say(
                _("judged in {time}; again each time that you save the file").format(time=took)
                if attempt.built
                else _("built again each time that you save the file"),
                is_judged=True,
            )
            self.query_one(ExerciseLine).refresh()

    def _still(self) -> None:
        """Says that it takes long, and what can be done meanwhile."""
        took = f"{time.monotonic() - self._began:.0f} s"
        self._now = _(
            "building and performing for {time} by now; as soon as you save the file it begins anew"
        ).format(time=took)
        self._draw()

    def _say(self, now: str, *, is_judged: bool = False) -> None:
        """What goes on. Unless the file as it is was judged, the verdicts are of before."""
        self._now, self._is_judged = now, is_judged
        self._draw()
        self.call_after_refresh(self.query_one("#verdicts").scroll_home, animate=False)

    def _draw(self) -> None:
        sitting = self.sitting
        self.query_one(VerdictText).show(
            sitting.last,
            self._now,
            str(sitting.file.parent.resolve()),
            self._onward(),
            is_of_before=not self._is_judged,
        )
        self.query_one(TaskText).add(sitting.hints, self._solution)
        left = sitting.hints_left
        self.query_one(KeyBar).rename(
            {
                "hint": _("hint ({count} left)").format(count=left) if left else "",
                "stage": N_("the run on the stage") if self._can_be_staged() else "",
                "onward": N_("next exercise") if self._next is not None else "",
                "lesson": N_("lesson") if sitting.has_passed and self._lesson is not None else "",
            }
        )
        self.call_after_refresh(self._tell_side)

    def _onward(self) -> list[tuple[str, str, str]]:
        """Where whoever has passed can go on to."""
        if not self.sitting.has_passed:
            return []
        if self._next is None:
            from sockviz.practice.listed import following  # for whoever has passed

            self._next = following(self._exercises(), self.sitting.place.slug, self.sitting.store.progress)
        onward = []
        if self._next is not None:
            onward.append(("n", _("on to the next exercise:"), self._next.name))
        if self._lesson is not None:
            onward.append(("l", _("the lesson that it practises:"), self._lesson.name))
        return onward

    def can_do(self, action: str) -> bool:
        """Whether `action`, of a key's, has anything to do now: what has not is not offered."""
        match action:
            case "stage":
                return self._can_be_staged()
            case "hint":
                return self.sitting.hints_left > 0
            case "onward":
                return self._next is not None
            case "lesson":
                return self._lesson is not None
            case "language":
                return len(self.sitting.exercise.languages) > 1
        return True

    def _can_be_staged(self) -> bool:
        last = self.sitting.last
        return last is not None and last.timeline is not None and len(last.timeline) > 0

    # -- keys

    def action_stage(self) -> None:
        """The run that was judged last, where it was decided."""
        last = self.sitting.last
        if last is None or last.timeline is None or not len(last.timeline):
            self.notify(_("Nothing has been performed yet."))
            return
        decided = next((verdict.event for verdict in last.verdicts if not verdict.ok and verdict.event), None)
        self._open_stage(last.timeline, decided or len(last.timeline))

    def action_hint(self) -> None:
        """One more hint."""
        if self.sitting.hint() is None:
            self.notify(_("There are no more hints."))
        self._side = "#task"
        self._draw()

    def action_solution(self) -> None:
        """A solution; whoever has not passed is asked whether they mean it."""
        try:
            text = self.sitting.solution()
        except OSError as error:
            self.notify(f"{quoted(str(error.filename))}: {said_by_system(error)}", severity="error")
            return
        if text is None:
            self._solution = _(_NOT_PASSED)
        else:
            self._solution = f"```\n{text}\n```"
        self._side = "#task"
        self._draw()

    def on_task_text_grown(self, grown: TaskText.Grown) -> None:
        """What was asked for is read from its beginning, however long it is."""
        self.call_after_refresh(self.query_one("#task").scroll_to, y=grown.asked_at, animate=False)

    def action_edit(self) -> None:
        """The reader's editor, in this terminal, until it is left."""
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        try:
            command = shlex.split(editor)
        except ValueError:
            command = [editor]
        if not command or shutil.which(command[0]) is None:
            self.notify(
                _("{editor}: no such program; set EDITOR").format(editor=quoted(editor)), severity="error"
            )
            return
        try:
            with self.app.suspend():
                ended = subprocess.run([*command, str(self.sitting.file)], check=False).returncode
        except SuspendNotSupported:
            self.notify(
                _("Only in a terminal is there room for an editor: {file}").format(
                    file=quoted(str(self.sitting.file))
                )
            )
        except OSError as error:
            self.notify(f"{quoted(editor)}: {said_by_system(error)}", severity="error")
        else:
            if ended:
                told = _(
                    "{editor}: ended with exit status {status}; if it has not opened your file, set EDITOR"
                )
                self.notify(told.format(editor=quoted(editor), status=ended), severity="warning")

    def interrupt(self) -> bool:
        """Ends the run, with all processes of the program, and stays."""
        return self._performing is not None and self._performing.cancel()

    def action_again(self) -> None:
        """Judges the file as it is."""
        self.run_worker(self._judge(at_once=True), name="judge", exclusive=True, group="judge")

    def action_language(self) -> None:
        """On in the next language; a copy is made where the student has none."""
        sitting, languages = self.sitting, self.sitting.exercise.languages
        if len(languages) < 2:
            name = NAMES.get(languages[0], languages[0])
            self.notify(_("This exercise is there in {language} only.").format(language=name))
            return
        language = languages[(languages.index(sitting.language) + 1) % len(languages)]
        try:
            copy = copied(sitting.place, language)
        except OSError as error:
            self.notify(cannot_be_made(error, sitting.place), severity="error")
            return
        sitting.turn_to(language, copy.file)
        self._solution = ""
        self.query_one(ExerciseLine).refresh()
        self.action_again()

    def action_onward(self) -> None:
        """Leaves for the next exercise."""
        if self._next is not None:
            self.dismiss(self._next)
        else:
            self.notify(_("The next exercise is offered once you have passed this one."))

    def action_lesson(self) -> None:
        """Leaves for the lesson."""
        if self._lesson is not None:
            self.dismiss(self._lesson)

    def action_other_side(self) -> None:
        """The arrows scroll the other side."""
        self._side = "#task" if self._side == "#verdicts" else "#verdicts"
        self._tell_side()

    def _tell_side(self) -> None:
        """Which side the arrows scroll, where there is more of it than can be seen, and which Tab gives them."""
        for name in ("#task", "#verdicts"):
            side = self.query_one(name)
            here = name == self._side
            side.set_class(here, "-here")
            side.border_subtitle = ("↑↓" if here else _("tab")) if side.max_scroll_y else ""

    def on_resize(self) -> None:
        """There may be more than can be seen, or less."""
        self.call_after_refresh(self._tell_side)

    def action_scroll(self, step: int) -> None:
        """Scrolls one side by lines."""
        self.query_one(self._side).scroll_relative(y=step * 2, animate=False)

    def action_scroll_page(self, step: int) -> None:
        """Scrolls one side by pages."""
        side = self.query_one(self._side)
        side.scroll_relative(y=step * max(side.size.height - 1, 1), animate=False)

    def action_scroll_edge(self, step: int) -> None:
        """To one end of one side."""
        side = self.query_one(self._side)
        side.scroll_to(y=0 if step < 0 else side.max_scroll_y, animate=False)

    def action_help(self) -> None:
        """All keys."""
        from sockviz.tui.screens.help import HelpScreen  # on demand

        self.app.push_screen(HelpScreen(KEYS, stage=False))

    def action_leave(self) -> None:
        """Leaves; what is being performed is ended first."""
        self.dismiss()
