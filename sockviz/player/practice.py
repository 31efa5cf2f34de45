"""An exercise performed: a lesson of which one process is a student's program."""

from __future__ import annotations

import time
from collections.abc import Callable

from sockviz.lesson.document import Exercise, Expression, Launch, Lesson, SendSignal
from sockviz.lesson.idle import is_of_idle_alone
from sockviz.player.counted import CallsCounted
from sockviz.player.fair_time import FairClock
from sockviz.player.losses import LossesOfRun
from sockviz.player.patience import DEADLINE, Patience
from sockviz.player.performance import Performance
from sockviz.player.performed import Processes
from sockviz.player.practised import Practised, Student
from sockviz.player.started import TracingLab

LOSSY = "lossy"


class Practice(Performance):
    """A live run (see `sockviz.player.run.Run`) of an exercise with the program of a `student`. To be closed by `close`.

    ``counted`` is what has come of it so far. A line is given up that the program has kept waiting for `patient` seconds, which
    ``clock`` tells: while the program moves bytes of a stream, however few at a time, nobody waits in vain; and while a kernel
    waits for its timer, because the link has lost a segment, nobody waits for the program.
    """

    def __init__(
        self,
        lesson: Lesson,
        lab: TracingLab,
        student: Student,
        version: str = "",
        patient: float = DEADLINE,
    ) -> None:
        assert lesson.exercise is not None
        self._exercise: Exercise = lesson.exercise
        self._student, self._tracing_lab, self._patient = student, lab, patient
        self._last_news = time.monotonic()
        super().__init__(lesson, lab, version)

    @property
    def source(self) -> Practised:
        """What makes the calls, and runs the program."""
        assert isinstance(self._performed, Practised)
        return self._performed

    def _source(self, counters: set[str], processes: Processes, _patience: Patience | None) -> Practised:
        self.counted = CallsCounted(self._timeline)
        self._losses = LossesOfRun(self._timeline)
        self.clock = FairClock(self._tracing_lab.run_delays, self._moved, owed=self.are_losses_owed)
        return Practised(
            self._tracing_lab,
            self._timeline,
            counters,
            processes,
            Patience(self._patient, self.clock),
            self._exercise,
            self._student,
        )

    @property
    def killed(self) -> str | None:
        """Which of the others somebody has ended: what the program did then says nothing of it."""
        return self._killed

    def _moved(self) -> int:
        self.counted.count()
        return self.counted.moved

    def are_losses_owed(self) -> bool:
        """Whether the program, or who talks to it, waits now because of what this exercise's link has lost."""
        return LOSSY in self._exercise.kernel and self._losses.are_owed()

    def _clock(self) -> Callable[[], float]:
        return self.clock

    async def _can_be_judged(self) -> None:
        await self.source.rested()

    async def _act(self, act: Launch | SendSignal) -> None:
        await (self.source.launch(act) if isinstance(act, Launch) else self.source.send(act))

    def _is_over(self, expression: Expression) -> bool:
        is_of_idle = is_of_idle_alone(expression, self._timeline.world)
        return self.problem is not None or is_of_idle or self.source.is_hopeless(self._last_news)

    def _appended(self) -> None:
        self._last_news = time.monotonic()
        super()._appended()
