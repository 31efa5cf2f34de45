"""An exercise performed: a lesson of which one process is a student's program."""

from __future__ import annotations

import time

from sockviz.lesson.document import Exercise, Expression, Launch, Lesson, SendSignal
from sockviz.lesson.idle import is_of_idle_alone
from sockviz.player.patience import Patience
from sockviz.player.performance import Performance
from sockviz.player.performed import Processes
from sockviz.player.practised import Practised, Student
from sockviz.player.started import TracingLab


class Practice(Performance):
    """A live run (see `sockviz.player.run.Run`) of an exercise with the program of a `student`. To be closed by `close`."""

    def __init__(
        self,
        lesson: Lesson,
        lab: TracingLab,
        student: Student,
        version: str = "",
        patience: Patience | None = None,
    ) -> None:
        assert lesson.exercise is not None
        self._exercise: Exercise = lesson.exercise
        self._student, self._tracing_lab = student, lab
        self._last_news = time.monotonic()
        super().__init__(lesson, lab, version, patience)

    @property
    def source(self) -> Practised:
        """What makes the calls, and runs the program."""
        assert isinstance(self._performed, Practised)
        return self._performed

    def _source(self, counters: set[str], processes: Processes, patience: Patience | None) -> Practised:
        return Practised(
            self._tracing_lab,
            self._timeline,
            counters,
            processes,
            patience,
            self._exercise,
            self._student,
        )

    async def _act(self, act: Launch | SendSignal) -> None:
        await (self.source.launch(act) if isinstance(act, Launch) else self.source.send(act))

    def _is_over(self, expression: Expression) -> bool:
        is_of_idle = is_of_idle_alone(expression, self._timeline.world)
        return self.problem is not None or is_of_idle or self.source.is_hopeless(self._last_news)

    def _appended(self) -> None:
        self._last_news = time.monotonic()
        super()._appended()
