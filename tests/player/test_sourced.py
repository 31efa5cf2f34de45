"""A run from any source: what it says next is what the source has pending, and the task whose turn it is goes on."""

from __future__ import annotations

import pytest

from sockviz.calls.script import Script
from sockviz.lesson.parser import parse_lesson
from sockviz.model.events import Event, PageOpened, PredictionMade, ProcessStarted
from sockviz.model.programs import Program, Programs
from sockviz.model.scripted import START, header
from sockviz.model.timeline import Timeline
from sockviz.player.next import Do, Next
from sockviz.player.run import Provenance, Run
from sockviz.player.scripted import ScriptedSource, Step
from sockviz.player.sourced import NoLesson, SourcedLesson, run_of
from tests.player.lessons import CONNECTED, LISTENING, lesson_text, run

LESSON = parse_lesson(lesson_text(LISTENING, CONNECTED), "test.md")
FIRST = next(iter(LESSON.statements))
TURN, STARTS, ENDS = (
    PageOpened(START, 0), ProcessStarted(START, "server", 1, 1, "lab"), ProcessStarted(START, "client", 2, 2, "lab"),
)  # fmt: skip


def source() -> ScriptedSource:
    steps = [
        Step(Next(Do.TURN), [TURN]),
        Step(Next(Do.PERFORM, FIRST), [STARTS], "server"),
        Step(Next(Do.PERFORM), [ENDS], "client"),  # no line of it is known
    ]
    return ScriptedSource(Timeline(header(script=LESSON)), steps, "it broke off")


def test_each_task_goes_when_it_is_its_turn_and_no_other_before_it() -> None:
    async def work() -> None:
        its, told = source(), list[int]()
        played = SourcedLesson(its, Provenance.LIVE)
        played.watch(lambda: told.append(len(its.timeline)))
        come: list[Event] = []
        for pending, event in (
            (Next(Do.TURN), TURN),
            (Next(Do.PERFORM, FIRST), STARTS),
            (Next(Do.PERFORM), ENDS),
        ):
            assert (played.next, played.problem, list(played.timeline.events)) == (pending, None, come)
            (task,) = its.pending
            for other in {"", "server", "client"} - {task}:
                await its.go(other)
            assert list(its.timeline.events) == come
            await played.advance()
            come.append(event)
        assert list(played.timeline.events) == come
        assert (played.next, its.pending, its.over) == (Next(Do.END), {}, True)
        assert played.problem == "it broke off"
        await played.advance()  # nothing is left
        assert told == [1, 2, 3]
        assert played.provenance is Provenance.LIVE

    run(work())


def test_a_choice_of_the_readers_is_an_event_where_the_source_has_a_place_for_it() -> None:
    its = source()
    SourcedLesson(its).answer(9, 1)
    assert list(its.timeline.events) == [PredictionMade(its.timeline.world.at, 9, 1)]


def test_what_may_yet_come_of_itself_is_waited_for() -> None:
    class Slow(ScriptedSource):
        @property
        def over(self) -> bool:
            return False

        @property
        def pending(self) -> dict[str, Next]:
            return {}

    assert SourcedLesson(Slow(Timeline(header(script=LESSON)), [])).next == Next(Do.BUSY)


def test_a_run_is_of_whatever_script_its_source_has() -> None:
    programs = Programs((Program("server", "loopback", ("nc", "-l")),))
    watched = ScriptedSource(Timeline(header(script=programs)), [Step(Next(Do.PERFORM), [STARTS], "server")])
    for its, script in ((source(), LESSON), (watched, programs)):
        made: Run[Script] = run_of(its, Provenance.RECORDED)
        assert made.script is script
        assert made.next == next(iter(its.pending.values()))
        assert made.timeline is its.timeline
    with pytest.raises(NoLesson):
        SourcedLesson(watched)
