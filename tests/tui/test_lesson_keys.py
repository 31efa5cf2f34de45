"""Every key of the lesson screen, over a scripted run."""

from __future__ import annotations

import asyncio
import contextvars
import time
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.binding import Binding
from textual.command import CommandPalette

from sockviz.model.events import (
    CallEntered,
    CallReturned,
    Observed,
    PageOpened,
    PredictionMade,
    ProcessStarted,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.recording import save
from sockviz.player.next import Do, Next
from sockviz.tui.chosen import LessonChosen
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import Options
from sockviz.tui.screens import pace
from sockviz.tui.screens.help import HelpScreen
from sockviz.tui.screens.home import HomeScreen
from sockviz.tui.screens.lesson import LessonScreen
from sockviz.tui.stage import ProcessPanel, TimelineBar
from sockviz.tui.view import Focus, Mode
from sockviz.tui.widgets.lesson_pane import LessonPane
from sockviz.tui.widgets.overlay import OverlayKind
from tests.tui.driving import COURSE, Session, at_home, in_lesson, run_async
from tests.tui.scripted import LESSON, START, Batch, ScriptedRun, run, waiting_row


async def _past_the_question(session: Session) -> None:
    """Answers the first page's question and performs its first two lines."""
    await session.press("1")
    await session.perform(2)


def test_nothing_is_performed_unasked(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.pilot.pause(0.3)
            assert session.run.performed == 1  # the first page was opened, which performs nothing
            assert not session.run.timeline.world.lines

    run_async(it())


@pytest.mark.parametrize("key", ["space", "pagedown", "enter"])
def test_the_next_call(tmp_path: Path, key: str) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("2", key)
            await session.until(lambda: session.run.performed == 2)
            assert "socket" in session.text
            assert session.lesson.reading.mode is Mode.LIVE

    run_async(it())


def test_an_open_question_is_pointed_to_and_passed(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("space")
            assert session.run.performed == 1
            assert "space again" in session.text
            await session.press("space")
            assert session.run.answered == [(session.lesson.reading.page.predictions[0].line, None)]
            assert session.run.performed == 1, "passing a question over performs nothing"
            assert session.app.store.progress.of("listen-queue").predictions == {"0.0": None}
            await session.perform()

    run_async(it())


def test_a_digit_answers_and_the_kernel_replies(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("9")
            assert not session.run.answered, "there is no ninth choice"
            await session.press("3")
            assert [choice for _, choice in session.run.answered] == [2]
            assert "the kernel answers at the" in session.text
            await session.perform(3)
            assert "The kernel says 0; you" in session.lesson.query_one(LessonPane).plain
            assert session.app.store.progress.of("listen-queue").predictions == {"0.0": 2}

    run_async(it())


def test_a_choice_can_be_clicked(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            pane = session.lesson.query_one(LessonPane)
            lines = session.text.splitlines()
            y = next(n for n, line in enumerate(lines) if " 2 ○ 1" in line)
            await session.pilot.click(offset=(lines[y].index("○ 1"), y))
            await session.pilot.pause()
            assert [choice for _, choice in session.run.answered] == [1]
            assert pane.is_attached

    run_async(it())


def test_back_back_back_end_and_on(tmp_path: Path) -> None:
    """b, b, b, End: the past as it was, REVIEW on screen, nothing performed twice; then on from LIVE."""

    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("1")
            await session.perform(5)
            performed, events = session.run.performed, len(session.run.timeline)
            live = session.text
            for _ in range(3):
                await session.press("b")
                assert "REVIEW" in session.text
            past = session.text
            assert past != live
            assert session.lesson.reading.cursor < events
            await session.press("end")
            assert "● LIVE" in session.text
            assert session.text == live
            assert (session.run.performed, len(session.run.timeline)) == (performed, events)
            await session.perform()
            assert session.run.performed == performed + 1

    run_async(it())


def test_space_in_review_moves_to_the_next_stop_until_live(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await _past_the_question(session)
            performed = session.run.performed
            await session.press("pageup", "pageup")
            assert session.lesson.reading.mode is Mode.REVIEW
            await session.press("space")
            assert session.lesson.reading.mode is Mode.REVIEW
            await session.press("space")
            assert session.lesson.reading.mode is Mode.LIVE
            assert session.run.performed == performed

    run_async(it())


def test_arrows_move_to_events_that_tell_something_and_never_perform(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await _past_the_question(session)
            timeline, reading = session.run.timeline, session.lesson.reading
            performed = session.run.performed
            passed = []
            while reading.cursor > 1:
                await session.press("left")
                passed.append(timeline.events[reading.cursor - 1])
            books = (StatementBegun, PredictionMade, StatementFinished)
            assert not [event for event in passed[:-1] if isinstance(event, books)], (
                "bookkeeping is passed over"
            )
            assert {CallEntered, CallReturned, ProcessStarted} <= {type(event) for event in passed}
            forth = []
            while reading.mode is not Mode.LIVE:
                await session.press("right")
                forth.append(timeline.events[reading.cursor - 1])
            assert forth[:-1] == passed[-2::-1], "and back the same way"
            await session.press("right")
            assert "Nothing has happened after this" in session.text
            assert session.run.performed == performed
            await session.press("home")
            assert reading.cursor == 1

    run_async(it())


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
def test_a_click_on_the_timeline_goes_there(tmp_path: Path, size: tuple[int, int]) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=size) as session:
            await session.press("1")
            await session.perform(4)
            bar = session.lesson.query_one(TimelineBar)
            stops = list(session.lesson.reading.stops)
            for stop in stops[-2::-1]:
                here = bar.lines[0].text.index("◉")
                await session.pilot.click(bar, offset=(bar.lines[0].text.rindex("●", 0, here), 0))
                await session.pilot.pause()
                assert session.lesson.reading.cursor == stop
            assert "REVIEW" in session.text
            await session.pilot.click(bar, offset=(size[0] - 3, 0))
            await session.pilot.pause()
            assert session.lesson.reading.cursor == stops[0], "nothing is there"

    run_async(it())


def test_a_step_that_takes_too_long_need_not_be_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine that gives the lab no processor: the lesson goes on from its recording."""
    monkeypatch.setattr(pace, "LATE", 0.02)

    async def it() -> None:
        async with in_lesson(tmp_path, (it_run := run())) as session:
            await _past_the_question(session)
            gate = asyncio.Event()
            it_run.batches[3] = replace(it_run.batches[3], gate=gate)
            line = list(it_run.script.statements)[3].line
            it_run.append(StatementBegun(time.time(), "server", line))
            await session.press("space")
            await session.until(lambda: "server has not come on for" in session.text)
            assert "Space goes on from its recording, at this page." in " ".join(session.text.split())
            await session.press("space")
            await session.until(lambda: "RECORDED" in session.text)
            assert it_run.closed == 1
            assert session.lesson.reading.page.index == 0, "the same page"

    run_async(it())


def test_where_a_check_does_not_hold_the_lesson_can_go_on_from_its_recording_and_live_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine that is too slow for a time limit: nobody has done anything that could be the cause."""
    monkeypatch.setattr("sockviz.player.shelf._PACKAGE", tmp_path / "sockviz")
    shipped = tmp_path / "assets" / "recordings" / "08-listen-queue.jsonl"
    shipped.parent.mkdir(parents=True)
    with shipped.open("w", encoding="utf-8") as file:
        save(run(recorded=True).timeline, file)
    made = [run(), run()]

    async def open_run(_entry: CourseEntry) -> ScriptedRun:
        return next(it for it in made if not it.closed)

    async def it() -> None:
        options = Options(COURSE[2], ascii=False)
        async with at_home(tmp_path, made[0], options=options, open_run=open_run) as session:
            await session.until(lambda: made[0].timeline.world.page is not None)
            await session.press("1")
            await session.perform(6)
            assert "A check failed" not in session.text
            await session.perform()
            said = "A check failed (✗): perhaps a slow machine, or a long pause. k: the recording, r: this page anew."
            assert said in session.text
            await session.press("b")
            assert said not in session.text, "this is the past"
            await session.press("end", "z")
            assert said in session.text
            await session.press("k")
            await session.until(lambda: "RECORDED" in session.text)
            assert made[0].closed == 1
            assert session.lesson.reading.page.index == 1, "the same page"
            assert "perhaps a slow machine" in str(session.lesson.reading.timeline.header.lab.missing)
            await session.press("R")
            await session.until(lambda: "LIVE" in session.text and made[1].timeline.world.page == 1)
            await session.press("space")
            assert session.lesson.reading.page.index == 1

    run_async(it())


def test_k_is_for_a_lesson_that_has_a_recording(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, (recorded := run(recorded=True))) as session:
            await session.press("k")
            assert "no recording to go on from" in " ".join(session.text.split())
            assert recorded.closed == 0

    run_async(it())


def test_a_blocked_process_never_blocks_the_screen(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, (it_run := run())) as session:
            await _past_the_question(session)
            gate = asyncio.Event()
            it_run.batches[3] = replace(it_run.batches[3], gate=gate)
            await session.press("space")
            assert it_run.performed == 3
            await session.press("c")
            assert session.lesson.picture.look.language == "c"
            await session.press("space")
            assert "still under way" in session.text
            await session.press("b")
            assert "REVIEW" in session.text
            gate.set()
            await session.until(lambda: it_run.performed == 4)
            assert session.lesson.reading.mode is Mode.REVIEW, (
                "what happens by itself does not move the reader"
            )

    run_async(it())


def test_a_line_for_a_process_that_sleeps_says_which_call_it_waits_for(tmp_path: Path) -> None:
    async def it() -> None:
        text = LESSON.replace(
            """\n```expect\nclient.a.state""",
            """\n```python @server\ndata = conn.recv(5)\n```\n\n```expect\nclient.a.state""",
        )
        waiting = run(text=text)
        async with in_lesson(tmp_path, waiting, size=(80, 24)) as session:
            await session.press("1")
            await session.perform(5)
            sleeping = waiting.timeline.world.processes["server"].current
            assert sleeping is not None
            line = next(s for s in waiting.script.statements if s.source == "data = conn.recv(5)")
            waits = Next(Do.WAIT, line, sleeping)
            batch = waiting.batches[waiting.performed]
            waiting.batches[waiting.performed] = Batch(waits, batch.events, gate=asyncio.Event())
            waiting.append()
            await session.until(lambda: "waits for accept" in session.text, "the line says it")
            await session.press("space")
            assert "server still sleeps in accept: its next line waits for that to return." in session.text
            await session.press("b")
            assert "waits for accept" not in session.text, "the past waits for nothing"

    run_async(it())


def test_what_happens_by_itself_is_followed_when_live(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            before = session.lesson.reading.cursor
            session.run.append(Observed(START, "local", counters={"TcpExt.ListenOverflows": 3}))
            await session.until(lambda: session.lesson.reading.cursor == before + 1)

    run_async(it())


def test_playing_stops_at_a_question_and_on_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sockviz.tui.screens.pace.PACE", 0.02)

    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("p")
            await session.until(lambda: not session.lesson.pace.playing.on)
            assert session.run.performed == 1, "never past an open question"
            await session.press("2", "p")
            await session.until(lambda: session.run.performed >= 3)
            await session.press("x")
            assert not session.lesson.pace.playing.on
            await session.press("p")
            assert session.lesson.pace.playing.on
            await session.press("p")
            assert not session.lesson.pace.playing.on

    run_async(it())


def test_panels_open_follow_and_close(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            for key, kind in (("i", OverlayKind.INSPECTOR), ("s", OverlayKind.STATES)):
                await session.press(key)
                assert session.panels == {kind.value}
                await session.press(key)
                assert not session.panels
            await session.press("i", "s")
            assert session.panels == {"states"}, "one large panel at a time"
            await session.press("escape")
            assert not session.panels

    run_async(it())


def test_the_errno_card_opens_once_and_never_takes_space(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("1")
            await session.perform(10)
            await session.until(lambda: session.panels, "the card")
            assert session.app.focused is None
            await session.press("escape")
            assert not session.panels
            await session.press("b", "end")
            assert not session.panels, "it opens itself once"
            await session.perform()
            assert session.run.timeline.world.ended

    run_async(it())


@pytest.mark.usefixtures("misfits")  # a page opens after the lesson's end
def test_the_card_of_a_call_long_ago_does_not_open_on_the_way_to_the_end(tmp_path: Path) -> None:
    async def it() -> None:
        recorded = run(recorded=True)
        recorded.timeline.append(PageOpened(START + 9, 0))  # the failure is not the last thing that happened
        async with in_lesson(tmp_path, recorded) as session:
            await session.press("end", "n")
            assert session.lesson.reading.cursor == len(recorded.timeline)
            assert OverlayKind.ERRNO not in session.lesson.picture.overlays
            await session.press("home", *["right"] * len(recorded.timeline))
            assert OverlayKind.ERRNO not in session.lesson.picture.overlays, (
                "what has been passed stays passed"
            )

    run_async(it())


def test_space_closes_the_card_and_goes_on(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("1")
            await session.perform(10)
            await session.until(lambda: session.panels, "the card")
            await session.perform()
            assert not session.panels
            assert "The lesson is done: space tells" in session.text
            await session.press("space")
            assert "What this lesson showed" in session.text

    run_async(it())


def test_notes_language_help_zoom(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            assert "for the instructor" not in session.text
            await session.press("n")
            assert "for the instructor" in session.text
            await session.press("n", "c")
            assert session.lesson.picture.look.language == "c"
            await session.press("question_mark")
            assert isinstance(session.app.screen, HelpScreen)
            assert "Perform the next call" in session.text
            await session.press("escape")
            assert isinstance(session.app.screen, LessonScreen)
            wide = session.lesson.query_one(LessonPane).size.width
            await session.press("z")
            assert session.lesson.query_one(LessonPane).size.width > wide
            await session.press("z")
            assert session.lesson.query_one(LessonPane).size.width == wide

    run_async(it())


def test_tab_goes_round_the_panes_and_their_fds(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("1")
            await session.perform(3)
            await session.press("tab", "tab")
            assert isinstance(session.app.focused, ProcessPanel)
            await session.press("down")
            focus = session.lesson.picture.focus
            assert focus.inode or focus.line or focus.packet is not None
            await session.press("escape")
            assert session.app.focused is None

    run_async(it())


def test_who_goes_on_points_at_no_packet_of_the_past_any_more(tmp_path: Path) -> None:
    """The wire shows what comes; a socket that is pointed at stays marked."""

    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("1")
            await session.until(lambda: session.run.timeline.world.page is not None)
            while not session.run.timeline.world.packets:
                await session.perform()
            picture = session.lesson.picture
            for focus, stays in ((Focus(packet=0), False), (Focus(inode=1001), True)):
                session.lesson.point_at(focus)
                await session.pilot.pause()
                await session.perform()
                assert picture.focus == (focus if stays else Focus())

    run_async(it())


def test_quit_closes_the_run_and_leaves(tmp_path: Path) -> None:
    async def it() -> None:
        scripted = run()
        scripted.left = ("TIME-WAIT 127.0.0.1:8080",)
        async with in_lesson(tmp_path, scripted) as session:
            await session.press("q")
            await session.until(lambda: scripted.closed == 1)
            await session.until(lambda: not session.app.is_running or session.app._exit)
        assert session.app.left == scripted.left

    run_async(it())


def test_a_countdown_is_repainted_only_while_it_runs_and_live(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            counting = session.lesson.picture.countdowns
            assert not counting.running, "nothing moves: no timer"
            session.run.append(Observed(START, "local", (waiting_row(9e9),)))
            await session.until(lambda: counting.running)
            await session.press("left")
            assert not counting.running

    run_async(it())


def test_a_page_that_was_seen_is_noted(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("1")
            await session.perform(4)
            assert session.app.store.progress.of("listen-queue").seen == {0, 1}
            assert session.app.store.progress.last == ("listen-queue", 1)

    run_async(it())


def test_starting_at_a_later_page_performs_what_is_before(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), page=2) as session:
            await session.until(lambda: session.run.timeline.world.page == 2)
            await session.until(lambda: "page 3/3" in session.text)
            assert session.run.performed == 9
            assert session.lesson.reading.mode is Mode.LIVE
            seen = session.app.store.progress.of
            await session.until(lambda: seen("listen-queue").seen == {2}, "what was hurried past is not read")

    run_async(it())


def test_recorded_performs_nothing_and_keeps_choices_apart(tmp_path: Path) -> None:
    async def it() -> None:
        scripted = run(recorded=True)
        events = len(scripted.timeline)
        async with in_lesson(tmp_path, scripted) as session:
            assert "RECORDED" in session.text
            await session.press("space")
            assert "space again" in session.text
            await session.press("1", "space", "space", "space")
            assert "says 0, as you │ predicted" in session.lesson.query_one(LessonPane).plain
            await session.press("end")
            assert session.lesson.reading.cursor == events
            await session.press("space")
            assert "What this lesson showed" in session.text
            await session.press("b")
            assert "the end of the recording" in session.text
            assert not scripted.answered
            assert len(scripted.timeline) == events

    run_async(it())


def test_a_run_that_cannot_go_on_says_why(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            session.run.source.broken = "the lab's first process died: killed by SIGKILL"
            session.run.append(Observed(START, "local"))
            await session.until(lambda: "killed by SIGKILL" in session.text)

    run_async(it())


@pytest.mark.parametrize(
    ("key", "after"),
    [("i", 0), ("s", 1), ("question_mark", 2), ("m", 3), ("z", 0), ("escape", 1), ("c", 2)],
)
def test_keys_typed_while_a_screen_is_mounted_wait_for_it(tmp_path: Path, key: str, after: int) -> None:
    async def it() -> None:
        async with at_home(tmp_path, run(), options=Options(COURSE[2])) as session:
            turn = 0
            while not any(isinstance(s, LessonScreen) and s.is_mounted for s in session.app.screen_stack):
                if turn % 2 == after % 2:  # at every turn of the loop one key or another
                    session.app.post_message(events.Key(key, None))
                if turn % 4 == after:  # a blur and the key after it style all anew
                    session.app.post_message(events.Paste("iii"))
                    session.app.post_message(events.AppBlur())
                turn += 1
                await asyncio.sleep(0)
            await session.until(lambda: not session.app._held, "all of them")
            await session.pilot.pause()

    run_async(it())


def test_panels_are_opened_and_closed_faster_than_they_are_mounted(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            for key in "iiisisiisssi":
                session.app.post_message(events.Key(key, key))
            await session.until(lambda: session.panels == {"inspector"}, "the last")

    run_async(it())


def test_a_search_of_the_palette_may_find_it_closed(tmp_path: Path) -> None:
    """As where it is closed in the moment in which something was typed."""

    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            session.app.action_command_palette()
            await session.until(lambda: isinstance(session.app.screen, CommandPalette), "the palette")
            palette = session.app.screen
            assert isinstance(palette, CommandPalette)
            palette.dismiss()
            await session.until(lambda: not palette.is_attached, "its end")
            palette._gather_commands("accept")
            await session.pilot.pause()
            await session.press("i")
            assert session.panels == {"inspector"}

    run_async(it())


@pytest.mark.parametrize("recorded", [False, True])
def test_help_tells_of_what_can_be_typed_only_where_it_can(tmp_path: Path, recorded: bool) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(recorded=recorded)) as session:
            actions = {it.action for it in session.lesson.explained if isinstance(it, Binding)}
            assert ({"edit", "undo", "keep", "what_if"} <= actions) is not recorded
            assert session.lesson.can_do("edit") is not recorded
            assert {"back", "play", "language"} <= actions
            assert ("link('hold')" in actions) is not recorded

    run_async(it())


def test_a_screen_is_closed_once_however_often_it_is_told_to(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("question_mark")
            shown = session.app.screen
            assert isinstance(shown, HelpScreen)
            shown.dismiss()
            shown.dismiss()
            await session.until(lambda: isinstance(session.app.screen, LessonScreen), "the lesson")
            await session.press("i")
            assert session.panels == {"inspector"}

    run_async(it())


def test_a_lesson_that_is_left_takes_along_what_is_open_over_it(tmp_path: Path) -> None:
    async def it() -> None:
        async with at_home(tmp_path, (scripted := run())) as session:
            await session.press("enter")
            await session.until(lambda: isinstance(session.app.screen, LessonScreen), "the lesson")
            for key in ("q", "question_mark"):
                session.app.post_message(events.Key(key, None))
            await session.until(lambda: isinstance(session.app.screen, HomeScreen), "home")
            assert len(session.app.screen_stack) == 1
            assert scripted.closed == 1

    run_async(it())


def test_a_screen_that_is_left_waits_for_the_palette_being_mounted_over_it(tmp_path: Path) -> None:
    """Which looks at its mount for the screen that it was opened over."""

    async def it() -> None:
        async with at_home(tmp_path, run()) as session:
            await session.press("enter")
            await session.until(lambda: isinstance(session.app.screen, LessonScreen), "the lesson")
            session.app.action_command_palette()
            palette = session.app.screen
            assert isinstance(palette, CommandPalette)
            assert not palette.is_mounted
            left = session.lesson
            left.dismiss(())
            await session.until(lambda: isinstance(session.app.screen, HomeScreen), "home")
            assert session.app.screen_stack == [session.app.screen]
            assert palette._calling_screen is left
            assert session.app.is_running
            assert session.app._exception is None
            await session.search("manual", "Manual")

    run_async(it())


def test_the_palette_opens_over_a_screen_that_is_whole(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            lesson = session.lesson
            lesson.action_help()
            shown = session.app.screen
            assert not shown.is_mounted
            session.app.action_command_palette()
            assert session.app.screen is shown
            await session.until(lambda: isinstance(session.app.screen, CommandPalette), "the palette")
            assert session.app.screen_stack[-2:] == [shown, session.app.screen]

    run_async(it())


def test_a_lesson_is_opened_once_however_often_the_key_is_pressed(tmp_path: Path) -> None:
    async def it() -> None:
        opened = []
        scripted = run()

        async def slowly(entry: CourseEntry) -> ScriptedRun:
            opened.append(entry)
            await asyncio.sleep(0)
            return scripted

        async with at_home(tmp_path, scripted, open_run=slowly) as session:
            for key in ("enter", "space", "enter", "c"):
                session.app.post_message(events.Key(key, None))
            await session.until(lambda: isinstance(session.app.screen, LessonScreen), "the lesson")
            assert len(opened) == 1

    run_async(it())


def test_a_signal_that_comes_while_a_screen_is_mounted_ends_it_once_that_is_whole(tmp_path: Path) -> None:
    async def it() -> None:
        loop, app_ended = asyncio.get_running_loop(), []
        async with at_home(tmp_path, run()) as session:
            session.app.post_message(LessonChosen(COURSE[2]))
            while len(session.app.screen_stack) == 1:
                await asyncio.sleep(0)
            loop.call_soon_threadsafe(session.app.exit, context=contextvars.Context())
            await session.until(lambda: not session.app.is_running, "the end")
            app_ended.append(session.app.fault)
        assert app_ended == [None]

    run_async(it())
