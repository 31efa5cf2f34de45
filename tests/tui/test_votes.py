"""A room's votes on a prediction: counted on the screen and from the notes, shown as bars, and taken for nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from sockviz.lectern.listening import find
from sockviz.lectern.messages import ONWARD, VOTE, RunOrder
from sockviz.model.events import VotesCounted
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import Options
from sockviz.tui.screens.closing import ClosingScreen
from sockviz.tui.view import Mode
from sockviz.tui.widgets.lesson_pane import LessonPane
from sockviz.tui.widgets.vote_line import VoteLine
from tests.tui.driving import COURSE, Session, at_home, in_lesson, run_async
from tests.tui.scripted import ScriptedRun, run

SIZES = [(80, 24), (120, 36)]


def bars(session: Session) -> list[tuple[int, int]]:
    """Of each choice that has one the length of its bar (cells), and its count; in the lesson's text."""
    text = session.lesson.query_one(LessonPane)._text
    lines = [line.plain for line in text.at(text.size.width).lines]
    found = [re.search(r"  (█*) ?(\d+)$", line) for line in lines]
    return [(len(it[1]), int(it[2])) for it in found if it is not None]


def counted(session: Session) -> Sequence[tuple[int, ...]]:
    return [event.counts for event in session.run.timeline.events if isinstance(event, VotesCounted)]


@pytest.mark.parametrize("size", SIZES)
def test_a_count_for_each_choice_stands_beside_it_and_beside_the_answer(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=size) as session:
            assert not bars(session)
            await session.press("v", "1", "2", "enter")
            await session.until(lambda: len(counted(session)) == 1, "the first count")
            assert "votes for 2 of 3" in session.text
            assert [count for _, count in bars(session)] == [12, 0, 0]
            await session.press("7", "space", "3", "down")
            await session.until(lambda: not session.lesson.voting.on, "all are counted")
            lengths = [length for length, _ in bars(session)]
            assert [count for _, count in bars(session)] == [12, 7, 3]
            assert lengths[0] > lengths[1] > lengths[2] > 0
            assert counted(session)[-1] == (12, 7, 3)
            assert "22 votes" in session.lesson.query_one(LessonPane).plain
            await session.press("space", "space")  # a vote is no answer: it is pointed to, and passed over
            assert session.run.answered == [(session.lesson.reading.page.predictions[0].line, None)]
            await session.perform(3)
            assert "12 of 22 votes were for it" in session.lesson.query_one(LessonPane).plain
            assert [count for _, count in bars(session)] == [12, 7, 3]
            assert "you predicted" not in session.text

    run_async(it())


def test_no_vote_is_an_answer_or_progress(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("v", "1", "enter", "2", "enter", "3", "enter")
            await session.until(lambda: counted(session)[-1:] == [(1, 2, 3)])
            assert not session.run.answered
            assert session.lesson.reading.open_predictions
            await session.press("space", "space")
            while not session.run.timeline.world.ended:
                await session.perform()
            await session.press("space")
            await session.until(lambda: isinstance(session.app.screen, ClosingScreen))
            progress = session.app.store.progress.of("listen-queue")
            assert progress.predictions == {"0.0": None}
            assert "Predictions:" not in session.text
            assert "the room: 1 of 6 votes were for it" in session.text

    run_async(it())


def test_a_figure_typed_again_replaces_and_esc_leaves(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("v", "4", "enter", "5", "enter", "6", "enter")
            await session.until(lambda: counted(session)[-1:] == [(4, 5, 6)])
            await session.press("v", "enter", "9", "9", "backspace", "enter", "7", "escape")
            await session.until(lambda: not session.lesson.voting.on, "esc leaves")
            assert counted(session)[-1] == (4, 9, 6), "what was typed and not taken is nothing"
            await session.press("v", "up", "3", "enter", "escape")
            assert counted(session)[-1] == (3, 9, 6)
            assert session.app.focused is None
            await session.press("i")
            assert "inspector" in session.panels, "the screen has its keys again"

    run_async(it())


def test_while_votes_are_counted_no_key_is_anything_else(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("v")
            await session.press(
                "b", "f", "r", "q", "comma", "colon", "less_than_sign", "v", "question_mark", "home"
            )
            assert session.lesson.voting.on
            assert session.app.screen is session.lesson
            assert not session.run.answered
            assert session.run.performed == 1
            assert not counted(session)
            await session.press("escape")
            await session.press("2")
            assert [choice for _, choice in session.run.answered] == [1], "a digit answers again"

    run_async(it())


def test_the_question_comes_into_sight_for_it(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=(80, 24)) as session:
            await session.press("f")
            assert not session.lesson.query_one(LessonPane).display or "How many" not in session.text
            await session.press("v")
            await session.until(
                lambda: "2, one more" in session.text, "the last choice, while it is voted on"
            )
            assert session.lesson.query_one(VoteLine).size.height == 2

    run_async(it())


def test_the_past_shows_the_votes_of_its_time_and_takes_none(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("2")
            await session.perform(1)
            await session.press("v", "8", "enter", "escape")
            await session.until(lambda: counted(session) == [(8, 0, 0)])
            await session.perform(1)
            assert bars(session)
            await session.press("home")
            assert session.lesson.reading.mode is Mode.REVIEW
            assert not bars(session), "they were not counted yet"
            await session.press("v")
            assert "End returns to where votes are counted" in session.text
            await session.press("end", "v")
            assert session.lesson.voting.on

    run_async(it())


def test_a_recording_shows_its_votes_and_takes_others_beside_it(tmp_path: Path) -> None:
    async def it() -> None:
        scripted = run(recorded=True)
        line = scripted.script.pages[0].predictions[0].line
        events = [*scripted.timeline.events]
        scripted.append(VotesCounted(events[-1].at, line, (1, 2, 3)))
        async with in_lesson(tmp_path, scripted) as session:
            await session.press("end")
            assert session.lesson.reading.votes == {line: (1, 2, 3)}
            await session.press("home", "v", "9", "enter", "escape")
            await session.until(lambda: [count for _, count in bars(session)] == [9, 0, 0])
            assert len(scripted.timeline) == len(events) + 1, "it stays as it is"

    run_async(it())


def test_a_page_without_a_question_has_nothing_to_vote_on(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), page=1) as session:
            await session.until(lambda: session.lesson.reading.page.index == 1)
            await session.press("v")
            assert "There is no question on this page" in session.text
            assert not session.lesson.can_do("votes")

    run_async(it())


def test_votes_come_from_the_notes_whatever_the_screen_shows(
    tmp_path: Path, short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_path))

    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.lesson.open_lectern(always=True)
            notes = await find(lambda _: True)
            assert notes is not None
            state = await notes.state() or {}
            line = session.lesson.reading.page.predictions[0].line
            assert state["asked"] == line
            notes.say(RunOrder(VOTE, line=line, counts=(5, 6)))  # it has three choices
            notes.say(RunOrder(VOTE, line=999, counts=(5, 6, 7)))  # and there is no such question
            await session.press("comma")
            notes.say(RunOrder(VOTE, line=line, counts=(5, 6, 7)))
            await session.until(lambda: counted(session) == [(5, 6, 7)])
            while (state := await notes.state() or {}).get("votes") != {str(line): [5, 6, 7]}:
                pass
            assert state["blank"], "it stays empty"
            await session.press("space", "v")
            await session.until(lambda: session.lesson.voting.on)
            for _ in range(3):
                notes.say(RunOrder(VOTE, line=line, counts=(8, 6, 7)))
            await session.until(lambda: counted(session)[-1] == (8, 6, 7))
            assert len(counted(session)) == 2, "what is told again is nothing new"
            await session.press("enter", "1", "enter", "escape")
            assert counted(session)[-1] == (8, 1, 7), "who counts on the screen goes on from what was told"
            await session.press("v")
            await session.until(lambda: session.lesson.voting.on)
            notes.say(RunOrder(ONWARD))
            await session.until(
                lambda: session.lesson.reading.pointed == line, "the notes go on all the same"
            )
            assert not session.lesson.voting.on
            await notes.close()

    run_async(it())


@pytest.mark.parametrize("key", ["r", "R"])
def test_they_are_still_there_when_the_lesson_is_performed_anew(tmp_path: Path, key: str) -> None:
    made = [run(), run()]

    async def open_run(_entry: CourseEntry) -> ScriptedRun:
        return made[0] if not made[0].closed else made[1]

    async def it() -> None:
        options = Options(COURSE[2], ascii=False)
        async with at_home(tmp_path, made[0], options=options, open_run=open_run) as session:
            await session.until(lambda: made[0].timeline.world.page is not None)
            await session.press("v", "5", "enter", "escape")
            await session.until(lambda: counted(session) == [(5, 0, 0)])
            await session.press(key)
            await session.until(lambda: made[1].timeline.world.page is not None)
            session.run = made[1]
            await session.until(lambda: [count for _, count in bars(session)] == [5, 0, 0])
            assert not made[1].answered
            await session.press("v", "6", "enter", "escape")
            await session.until(lambda: counted(session) == [(6, 0, 0)])

    run_async(it())
