"""The screen of an exercise: judged on each save, hints and a solution on request, the run on the stage where it was decided."""

from __future__ import annotations

import asyncio
import fcntl
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from rich.cells import cell_len

from sockviz.lesson.document import Lesson
from sockviz.player.recorded import open_recording, read_recording
from sockviz.player.run import LessonRun
from sockviz.practice.attempt import Attempt
from sockviz.practice.copies import copied
from sockviz.practice.differing import Difference
from sockviz.practice.listed import ExerciseEntry
from sockviz.practice.shelf import find, read_exercise
from sockviz.practice.sitting import Sitting
from sockviz.practice.verdicts import Verdict
from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.cast import cast as cast_of
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import Options
from sockviz.tui.practising import PractiseApp
from sockviz.tui.screens.choosing_language import LanguageScreen
from sockviz.tui.screens.closing import ClosingScreen
from sockviz.tui.screens.exercise_line import _end_of
from sockviz.tui.screens.exercise_stage import ExerciseStage
from sockviz.tui.screens.home import HomeScreen
from sockviz.tui.screens.lesson import LessonScreen
from sockviz.tui.screens.practising import PractiseScreen
from sockviz.tui.widgets.verdict_text import VerdictText
from sockviz.visible import quoted
from tests.practice.test_told_of_recordings import RECORDED
from tests.tui import golden
from tests.tui.driving import Session, at_home, until
from tests.tui.scripted import run


def _now(app: PractiseApp) -> str:
    """What the screen says goes on: on the screen itself it is wrapped, and where hangs on the length of a path."""
    return app.screen.query_one(VerdictText)._now


def _text(app: PractiseApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


ENTRY = ExerciseEntry(
    find("forgot-listen"), "A server that nobody can reach", "It binds.", 10, "listen-queue"
)


def test_home_knows_exercises_asks_for_the_language_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is performed is nothing here: the file that is there already is not one that can be judged."""
    monkeypatch.setenv("SOCKVIZ_EXERCISES", str(tmp_path))
    store = ProgressStore(tmp_path / "progress.toml")
    store.exercise_attempted("forgot-listen", passed=False)
    store.exercise_attempted("forgot-listen", passed=True)
    store.hints_read("forgot-listen", 1)

    async def it() -> None:
        options = Options(ascii=False, exercises=lambda: [ENTRY])
        async with at_home(tmp_path, run(), options=options) as session:
            await session.until(lambda: "✓  1  A server that nobody can" in session.text, "its line")
            await session.press("end")
            for said in ("Exercises", "1/1", "2×", "practises", "8  The listen queue", "passed, 2 attempts"):
                assert said in session.text
            await session.press("enter")
            await session.until(lambda: isinstance(session.app.screen, LanguageScreen))
            await session.press("q")
            assert isinstance(session.app.screen, HomeScreen)
            assert not list(tmp_path.glob("*.py"))

            (tmp_path / "forgot-listen.c").mkdir()
            await session.press("enter")
            await session.until(
                lambda: isinstance(session.app.screen, PractiseScreen), "no question any more"
            )
            await session.until(lambda: "cannot be read" in session.text, "what is wrong with the file")
            assert "practises listen" in session.text, "which is not in this course"
            await session.press("q")
            await session.until(lambda: isinstance(session.app.screen, HomeScreen))
            assert "passed, 2 attempts" in session.text, "the exercise is still the one that is highlighted"

    asyncio.run(it())


def test_a_recorded_run_of_a_students_program_is_replayed_beside_what_they_wrote(tmp_path: Path) -> None:
    recorded = Path(__file__).parents[1] / "practice" / "recorded" / "lines.no_newline.jsonl"

    entry = CourseEntry(7, "lines", "A test", "For a test", 1, "07-x.md", "loopback")

    async def given(_: CourseEntry) -> LessonRun:
        return open_recording(recorded)

    async def it() -> None:
        store = ProgressStore(tmp_path / "progress.toml")
        app = SockvizApp([entry], given, store, Options(entry, ascii=False))
        async with app.run_test(size=(120, 36)) as pilot:
            session = Session(app, pilot, run())
            await session.until(lambda: isinstance(app.screen, ExerciseStage), "its stage")
            await session.press("end")
            await session.until(lambda: "✗ a line that comes in pieces" in session.text, "the verdict")
            assert "no_newline.py" in session.text
            assert 'while b"\\n" in b:' in session.text, "what the student wrote"
            assert "sockviz: 7 of 4,096" in session.text, "a call that was treated"
            await session.press("b")
            assert "✗" not in session.text
        await app.close_runs()

    asyncio.run(it())


def test_a_lesson_ends_with_its_exercise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCKVIZ_EXERCISES", str(tmp_path))

    async def it() -> None:
        options = Options(
            ascii=False,
            exercises=lambda: [
                ENTRY,
                replace(ENTRY, place=find("send-it-all"), title="Send it all"),
                replace(ENTRY, place=find("lines"), title="Another lesson's", lesson="socket"),
            ],
        )
        async with at_home(tmp_path, run(), options=options) as session:
            await session.press("down", "down", "enter")
            await session.until(lambda: isinstance(session.app.screen, LessonScreen))
            await session.press("2")
            while not session.run.timeline.world.ended:
                await session.perform()
            await session.press("space")
            await session.until(lambda: isinstance(session.app.screen, ClosingScreen), "the closing page")
            assert "  x  practise this: A server that nobody can reach" in session.text
            assert "  2  practise this: Send it all" in session.text
            await session.press("2")
            await session.until(
                lambda: isinstance(session.app.screen, LanguageScreen), "the exercise of that digit"
            )
            assert "Send it all" in session.text
            await session.press("escape")
            await session.until(lambda: isinstance(session.app.screen, HomeScreen))

    asyncio.run(it())


def test_it_is_judged_on_each_save_and_a_failed_run_is_on_the_stage_where_it_was_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCKVIZ_EXERCISES", str(tmp_path))
    place = find("forgot-listen")
    lesson, exercise = read_exercise(place)
    file = copied(place, "python").file
    store = ProgressStore(tmp_path / "progress.toml")
    sitting = Sitting(place, lesson, exercise, "python", file, store)
    further = replace(ENTRY, place=find("bind-order"), title="Which address a client comes from")
    practised = CourseEntry(5, "listen", "A socket that listens", "It listens.", 10, "", "loopback")
    options = Options(exercises=lambda: [ENTRY, further], course=lambda: [practised])
    app = PractiseApp(place, lesson, exercise, sitting, store, options)

    async def body() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: isinstance(app.screen, PractiseScreen))
            assert str(file)[-40:] in _text(app)
            await until(pilot, lambda: "✗ the client is let in" in _text(app), "the verdict on the start")
            assert "likely cause" in _text(app)

            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, LessonScreen), "the stage")
            await until(pilot, lambda: "✗ the client is let in" in _text(app), "the moment of the verdict")
            assert "server.bind((" in _text(app), "what the student wrote"
            stage = app.screen
            assert isinstance(stage, LessonScreen)
            decided, last = stage.cursor.cursor, sitting.last
            assert last is not None
            assert decided == next(each.event for each in last.verdicts if not each.ok)
            await pilot.press("b", "b")
            await until(pilot, lambda: stage.cursor.cursor < decided, "a step back")
            assert "accept4(3" in _text(app)
            await pilot.press("end", "space")
            await until(pilot, lambda: "This is where the run ends" in _text(app), "no closing page")
            await pilot.press("o")
            await until(pilot, lambda: "server.bind((" not in _text(app), "the exercise's text instead")
            await pilot.press("q")
            await until(pilot, lambda: isinstance(app.screen, PractiseScreen), "back at the exercise")

            await pilot.press("end")
            await until(pilot, lambda: "stderr  OSError" in _text(app), "what the program printed")
            file.write_text("server = (\n")
            await until(pilot, lambda: "could not be built" in _text(app), "no program")
            assert "  server = (" in _text(app), "a compiler's lines are lines"
            file.unlink()
            await until(pilot, lambda: "not there any more" in _now(app), "the file has gone")
            await until(pilot, lambda: "of the file as it was before" in _text(app), "what was said is older")

            await pilot.press("h")
            await until(pilot, lambda: "hint 1" in _text(app), "a hint")
            assert "not there any more" in _now(app), "what is known of the program stays in sight"
            await pilot.press("s")
            await until(pilot, lambda: "You have not passed yet" in _text(app), "how a solution is had")
            assert "server.listen()" not in _text(app)
            assert not app._notifications, "nothing lies over what was asked for"
            await pilot.press("s")
            await until(pilot, lambda: "server.listen()" in _text(app), "a solution")

            file.symlink_to(place.file("solution", "python"))
            await until(
                pilot, lambda: "✓ your program ends by itself" in _text(app), "the verdict on the solution"
            )
            assert "✓ passed" in _text(app)
            for said in ("n  on to the next exercise: 2  Which", "l  the lesson that it practises: 5  A"):
                assert said in _text(app)
            await pilot.press("l")
            await until(pilot, lambda: "there are no lessons here" in _text(app), "its lesson")
            await pilot.press("q")
            await until(pilot, lambda: isinstance(app.screen, PractiseScreen), "back at the exercise")
            await pilot.press("n")
            await until(pilot, lambda: isinstance(app.screen, LanguageScreen), "the next exercise")
            await pilot.press("escape")
            await until(pilot, lambda: not app.is_running, "the end")

    asyncio.run(body())
    done = store.progress.exercise("forgot-listen")
    assert (done.passed, done.attempts, done.hints, done.solution) == (True, 3, 1, True)
    assert not store.progress.lessons


DAEMON = """
import fcntl, os, signal, socket
s = socket.socket()
s.bind(("127.0.0.1", 8080))
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lock = open("daemon", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    s.listen()
    signal.pause()
signal.pause()
"""


def test_ctrl_c_ends_the_run_with_all_its_processes_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCKVIZ_EXERCISES", str(tmp_path))
    place = find("forgot-listen")
    lesson, exercise = read_exercise(place)
    file = copied(place, "python").file
    file.write_text(DAEMON)
    store = ProgressStore(tmp_path / "progress.toml")
    sitting = Sitting(place, lesson, exercise, "python", file, store)
    app = PractiseApp(place, lesson, exercise, sitting, store, Options())

    def is_held() -> bool:
        if not (daemon := tmp_path / "daemon").exists():
            return False
        with daemon.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    async def body() -> None:
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await until(pilot, is_held, "the child of the program, which holds a lock")
            await pilot.press("ctrl+c")
            await until(pilot, lambda: "ended by Ctrl-C" in _now(app), "what was done")
            assert not is_held(), "nothing of it is left"
            assert isinstance(app.screen, PractiseScreen)
            assert not app._notifications
            await pilot.press("ctrl+c")
            await until(
                pilot, lambda: "leave the exercise" in _text(app), "where nothing goes on: how to leave"
            )
            await pilot.press("r")
            await until(pilot, is_held, "the next run")
            await pilot.press("ctrl+c", "q")
            await until(pilot, lambda: not app.is_running, "the end")
        assert not is_held()

    asyncio.run(body())
    assert not store.progress.exercise("forgot-listen").attempts


VERDICTS = (
    Verdict(12, "the client is let in", True, "", event=9),
    Verdict(
        24,
        "it receives the five bytes",
        False,
        "it ends after 1 byte of 5 bytes; client.data is b'h', b'hello'",
        "send(4, b'hello') of server took 1 of 5 bytes, and nothing was sent after it: it stopped at byte 1",
        "send says how many bytes it took: send the rest, until nothing is left",
        20,
        Difference(1, "", "'hello, and \\x00\\x01\\x02\\x03\\x04 more'", "'h'", 2),
    ),
    Verdict(28, "your program ends by itself, with exit status 0", False, "not judged"),
)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_task_and_verdicts_side_by_side(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is performed: the verdicts are made up, with bytes that are longer than a line of the pane."""

    async def never(_sitting: Sitting) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Sitting, "saved", never)
    place = find("forgot-listen")
    lesson, exercise = read_exercise(place)
    store = ProgressStore(tmp_path / "progress.toml")
    file = Path("/home/ann/sockviz-exercises/forgot-listen.py")
    sitting = Sitting(place, lesson, exercise, "python", file, store)
    sitting.last = Attempt(lesson, "python", True, "", VERDICTS)
    app = PractiseApp(place, lesson, exercise, sitting, store, Options(ascii=False))
    app.animation_level = "none"

    async def body() -> None:
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: "▲" in _text(app), "where the bytes differ")
            await pilot.press("h")
            await until(pilot, lambda: sitting.hints_left == 1 and "(1 left)" in _text(app), "a hint")
            await pilot.press("home")
            await pilot.pause()
            golden.check(app, f"practising-{size[0]}x{size[1]}")

    asyncio.run(body())


def test_a_run_that_is_put_away_does_not_take_the_next_one_s_place() -> None:
    """``r`` while one goes on: it takes a moment to end, and the next has begun by then, which Ctrl-C ends."""

    async def it() -> None:
        begun: list[asyncio.Event] = []

        async def attempt() -> None:
            begun.append(asyncio.Event())
            begun[-1].set()
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)  # its processes are ended
                await asyncio.sleep(0)

        async def begins(number: int) -> asyncio.Task[None]:
            task = asyncio.ensure_future(PractiseScreen._judge(screen, at_once=True))
            while len(begun) < number:
                await asyncio.sleep(0)
            return task

        screen = cast("PractiseScreen", SimpleNamespace(
            sitting=SimpleNamespace(attempt=attempt), _say=lambda _said: None, _still=lambda: None, _performing=None,
            set_interval=lambda *_: SimpleNamespace(stop=lambda: None),
        ))  # fmt: skip
        first = await begins(1)
        first.cancel()
        second = await begins(2)
        await asyncio.wait([first])
        assert PractiseScreen.interrupt(screen)
        second.cancel()
        await asyncio.wait([second])

    asyncio.run(it())


@pytest.mark.parametrize(
    "file",
    ["/home/a/work.py", "/home/漢字漢字漢字漢字漢字漢字漢字/work.py", "/home/\x1b[31m/e\u0301/work.py"],
)
@pytest.mark.parametrize("width", [20, 30, 80])
def test_of_a_long_file_s_name_its_end_is_shown_in_the_cells_that_there_are(file: str, width: int) -> None:
    shown = _end_of(quoted(file), width)
    assert cell_len(shown) <= width
    assert shown.endswith("/work.py")
    assert shown.isprintable()


@pytest.mark.parametrize(("events", "opened"), [((0, 20, 30), 20), ((0, 0, 30), 30), ((0, 0, 0), 42)])
def test_the_stage_is_opened_at_the_first_moment_that_decided_against_it(
    events: tuple[int, ...], opened: int
) -> None:
    verdicts = [
        Verdict(1, "holds", True, "", event=10),
        *(Verdict(n, "fails", False, "", event=n) for n in events),
    ]
    at: list[int] = []
    screen = SimpleNamespace(
        sitting=SimpleNamespace(last=SimpleNamespace(timeline=range(42), verdicts=verdicts)),
        _open_stage=lambda _timeline, moment: at.append(moment),
    )
    PractiseScreen.action_stage(cast("PractiseScreen", screen))
    assert at == [opened]


def test_the_run_that_was_judged_stays_on_the_stage_though_it_ended_before_its_page_was_opened() -> None:
    timeline = read_recording(RECORDED / "leak.dup.jsonl").timeline
    script, world = timeline.header.script, timeline.world
    assert isinstance(script, Lesson)
    assert not world.processes["server"].alive
    assert "server" in cast_of(script, script.pages[-1], world, world.at).left
