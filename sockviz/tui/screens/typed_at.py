"""A lesson's screen at which lines are typed: what follows is off the script."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, ClassVar

from sockviz.language import _
from sockviz.tui import hints
from sockviz.tui.messages import TaskChosen
from sockviz.tui.screens.lesson_stage import LessonStage

if TYPE_CHECKING:
    from sockviz.tui.screens.off_script import OffScript
    from sockviz.tui.widgets.typed_line import AnotherLine, ProcessWanted, Typing


#: The actions that nothing comes of at a recording.
TYPED = frozenset({"what_if", "edit", "undo", "keep"})


class TypedAt(LessonStage):
    """Its keys and messages are for `sockviz.tui.screens.off_script`, which is there with the first line that is typed."""

    #: Whether the line to type on is always there.
    ALWAYS_TYPING: ClassVar[bool] = False

    _typing: OffScript | None = None

    @property
    def typing(self) -> OffScript | None:
        """What is typed at the run; None where nothing can be."""
        from sockviz.player.performance import Performance  # by now it is there, or this is a recording

        if self._typing is None and isinstance(self._run, Performance):
            from sockviz.tui.screens.off_script import OffScript  # with the first line that is typed

            begin_with, always = self.departure.begin_with, self.ALWAYS_TYPING
            self._typing = OffScript(
                self,
                self._run,
                self.reading,
                self.picture,
                begin_with,
                always=always,
                keeps=self._liberties.files,
            )
        return self._typing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a line is typed its letters are no keys."""
        typed = self._typing is not None and self._typing.typing
        return not typed and super().check_action(action, parameters)

    def _off_script(self, act: Callable[[OffScript], Coroutine[object, object, None] | None]) -> None:
        self.acted()
        if (typing := self.typing) is None:
            self.picture.hint = _(hints.NOTHING_TYPED)
            self.picture.draw()
        elif (work := act(typing)) is not None:
            self.run_worker(work, name="typing")

    def action_what_if(self) -> None:
        """A line to type on: what follows is off the script."""
        self._off_script(lambda typing: typing.open())

    def action_edit(self) -> None:
        """The line that is pointed at, or the last one, is to read otherwise: all is performed again so."""
        self._off_script(lambda typing: typing.edit(self.picture.focus.line))

    def action_undo(self) -> None:
        """Takes back what was typed last."""
        self._off_script(lambda typing: typing.undo())

    def action_keep(self) -> None:
        """Keeps what was performed."""
        self._off_script(lambda typing: typing.keep())

    def on_typing(self, message: Typing) -> None:
        """A line was typed; an empty one has the program's task that is chosen make its call, where it is held."""
        from sockviz.tui.widgets.typed_line import Purpose  # it is there by now

        source, programs = message.source, self.picture.programs
        if not source and message.purpose is Purpose.PERFORM and programs is not None and programs.is_held:
            source = f"go {programs.task}"
        self._off_script(lambda typing: typing.typed(message.process, source, message.purpose))

    def on_task_chosen(self, message: TaskChosen) -> None:
        """A program's task was clicked; a second time: it makes its call, where it is held."""
        if (programs := self.picture.programs) is None:
            return
        again, programs.text = programs.task in message.row, None
        programs.task = programs.task if again else message.row[0]
        if again and programs.is_held:
            from sockviz.tui.widgets.typed_line import Purpose  # with the first line that is typed

            task = f"go {programs.task}"
            self._off_script(lambda typing: typing.typed("", task, Purpose.PERFORM))
        else:
            self.acted()
            self.picture.draw()

    def on_typing_left(self) -> None:
        """The screen has its keys again."""
        self._off_script(lambda typing: typing.close())

    def on_another_line(self, message: AnotherLine) -> None:
        """Another line is to read otherwise."""
        self._off_script(lambda typing: typing.edit_another(message.step))

    def on_process_wanted(self, message: ProcessWanted) -> None:
        """Another process is to perform what is typed."""
        self._off_script(lambda typing: typing.next_process(message.step))
