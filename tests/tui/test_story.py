"""A step is told in order: call, segment, state, queue, result, verdict; live, looked back at, and in a recording alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sockviz.lab.loopback import open_lab
from sockviz.lab.supervisor import LabRefused
from sockviz.lesson.parser import parse_lesson
from sockviz.model.events import CallReturned, LinkActed, Observed, PacketCaptured, PageOpened
from sockviz.model.lab_facts import LabFacts
from sockviz.model.scripted import Scripted, header, row
from sockviz.model.segments import Packet, TcpHeader
from sockviz.model.sockets import State, Timer
from sockviz.model.timeline import Timeline
from sockviz.player.next import Do
from sockviz.player.performance import Performance
from sockviz.player.recorded import open_recording
from sockviz.player.run import LessonRun
from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.entry import CourseEntry
from sockviz.tui.motion import TEMPOS, Tempo
from sockviz.tui.options import Options
from sockviz.tui.screens.lesson import LessonScreen
from sockviz.tui.story import CROSSING, LONGEST, Story, in_order
from sockviz.tui.widgets.lesson_pane import LessonPane
from sockviz.tui.widgets.stage_area import StageArea
from tests.required import unavailable
from tests.tui.driving import run_async, running, until
from tests.tui.settling import drawn_often
from tests.tui.stage import scripted

ROOT = Path(__file__).resolve().parents[2]
LESSON = ROOT / "lessons/01-first-connection.md"
RECORDING = ROOT / "assets/recordings/01-first-connection.jsonl"
#: Seconds between two frames of the film.
FRAME = 1 / 30


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Film:
    """The lesson's screen over a run, frame by frame."""

    def __init__(self, app: SockvizApp, pilot: Pilot[int], run: LessonRun) -> None:
        self.app, self.pilot, self.run = app, pilot, run
        self.clock, self.tempo = Clock(), TEMPOS[2]
        self._drawn = (-1, "")
        self.held: list[str] = []  # what was there each time that it waited for a press

    @property
    def screen(self) -> LessonScreen:
        assert isinstance(self.app.screen, LessonScreen)
        return self.app.screen

    @property
    def text(self) -> str:
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    @property
    def drawn(self) -> str:
        """The same as it was drawn last: it is put together anew where that has been."""
        often = drawn_often[self.app]
        if self._drawn[0] != often:
            self._drawn = often, self.text
        return self._drawn[1]

    def begin(self) -> None:
        """From here on what is new is told, by a clock of our own."""
        picture = self.screen.picture
        picture.look = replace(picture.look, animate=True)
        picture.movement.clock = self.clock
        picture.movement.choose(self.tempo)

    async def press(self, key: str) -> None:
        await self.app._press_keys([key])  # the pilot's own press waits twice for the same
        await self.pilot.pause()

    async def go_on(self) -> None:
        """Presses space once for what is performed or opened: what is left of the page's text has been read before."""
        pane = self.screen.query_one(LessonPane)
        while self.screen.reading.leaves_page and pane.read_on():
            await self.pilot.pause()
        await self.press("space")

    async def shoot(self, over: Callable[[], object]) -> list[str]:
        """The frames until `over`, and everything is told."""
        frames: list[str] = []
        movement = self.screen.picture.movement

        async def one() -> bool:
            self.clock.now += FRAME
            movement.tick()
            if movement._timer is not None:
                movement._timer.pause()  # it ticks by a clock that goes on here alone
            await self.pilot.pause()
            frames.append(self.drawn)
            if movement.on and movement._timer is None:  # it waits for a press
                self.held.append(self.text)
                await self.press("space")
            return bool(over()) and not movement.on

        for _ in range(6000):
            if await one():
                frames.append(self.text)
                return frames
        raise AssertionError(f"never over\n{self.text}")


def filmed(tmp_path: Path, run: LessonRun, size: tuple[int, int], act: Callable[[Film], object]) -> list[str]:
    """What `act` films, in lesson 1 over `run`."""
    frames: list[str] = []

    async def work() -> None:
        entry = CourseEntry(1, "first-connection", "A test", "For a test", 1, str(LESSON), "loopback")

        async def given(_: CourseEntry) -> LessonRun:
            return run

        app = SockvizApp([entry], given, ProgressStore(tmp_path / "p.toml"), Options(entry, ascii=False))
        app.animation_level = "none"
        async with running(app, size) as pilot:
            await until(pilot, lambda: isinstance(app.screen, LessonScreen), "the lesson's screen")
            await until(pilot, lambda: run.timeline.world.page is not None, "the first page")
            film = Film(app, pilot, run)
            result = act(film)
            frames.extend(await result)  # type: ignore[misc]
        await app.close_runs()

    run_async(work())
    return frames


#: What `connect` shows, in the order in which it must: what is looked for, on the screen's stage.
MARKS = {
    "SYN": r"[─▲] SYN( ─|\s*$|  )",
    "SYN+ACK": r"SYN\+ACK",
    "ACK": r"[─▲] ACK\b",
    "ESTABLISHED": r"● ESTABLISHED",
    "→ 0": r"c\.connect\(\(HOST, PORT\)\).* → 0",
    "the verdict": r"The kernel says (yes|True)",
}


def told_in_order(frames: list[str]) -> None:
    first = {}
    for name, wanted in MARKS.items():
        seen = [n for n, text in enumerate(frames) if re.search(wanted, text, re.MULTILINE)]
        assert seen, f"{name} is never there\n{frames[-1]}"
        first[name] = seen[0]
        assert seen == list(range(seen[0], len(frames))), f"{name} comes and goes"
    assert list(first.values()) == sorted(first.values()), first
    assert len(set(first.values())) == len(first), first
    said = [n for n, text in enumerate(frames) if "connect returns" in text]
    assert said[0] >= first["→ 0"], "the sentence comes after what it tells"


@pytest.mark.parametrize("tempo", TEMPOS)
@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_connect_in_a_replay(tmp_path: Path, size: tuple[int, int], tempo: Tempo) -> None:
    run = open_recording(RECORDING)
    held: list[list[str]] = []

    async def act(film: Film) -> list[str]:
        film.tempo = tempo
        held.append(film.held)
        before = before_connect(run)
        film.screen.reading.go(before)
        film.screen.picture.draw()
        answer_all(film)
        film.begin()
        await film.press("space")
        return await film.shoot(lambda: True)

    told_in_order(filmed(tmp_path, run, size, act))
    told_one_by_one(held[0], tempo)


def told_one_by_one(held: list[str], tempo: Tempo) -> None:
    """Of connect's three segments a press each, the first one's included: what comes of the last follows by itself."""
    assert len(held) == (2 if tempo.by_press else 0)
    for text, there, not_yet, left in zip(
        held, ("SYN", "SYN+ACK"), ("SYN+ACK", "ACK"), ("2 are", "1 is"), strict=False
    ):
        assert re.search(MARKS[there], text, re.MULTILINE)
        assert not re.search(MARKS[not_yet], text, re.MULTILINE)
        said = " ".join(text.split())
        assert (
            f"From the capture, shown slower than it was: space shows the next segment ({left} left)" in said
        )


@pytest.mark.parametrize("moves", [True, False])
def test_what_waits_for_a_press_waits_whatever_is_looked_at_meanwhile(tmp_path: Path, moves: bool) -> None:
    run = open_recording(RECORDING)

    async def act(film: Film) -> list[str]:
        screen, movement = film.screen, film.screen.picture.movement
        film.tempo = TEMPOS[0]

        async def connect() -> None:
            screen.reading.go(before_connect(run))
            screen.picture.draw()
            answer_all(film)
            film.begin()
            screen.picture.look = replace(screen.picture.look, animate=moves)
            await film.press("space")
            while movement._timer is not None:
                movement._timer.pause()  # it ticks by a clock that goes on here alone
                film.clock.now += FRAME
                movement.tick()
                await film.pilot.pause()
            assert len(movement.ahead) == 2, "the first segment is told, and what came of it"
            assert "(2 are left)" in " ".join(film.text.split())

        await connect()
        for key in ("i", "s", "c", "tab", "up", "escape", "n", "x"):
            await film.press(key)
            assert len(movement.ahead) == 2, key
            assert movement._timer is None, "and costs nothing meanwhile"
        await film.press("b")
        assert not movement.on
        assert screen.reading.cursor == before_connect(run), "going back is no press"
        await connect()
        await film.press("end")
        assert not movement.on
        await connect()
        await film.press("greater_than_sign")
        assert not movement.ahead, "the other paces go on by themselves"
        assert movement.on is moves
        await film.press("x")
        assert not movement.on
        await connect()
        await film.press("full_stop")
        assert len(movement.ahead) == 2 + moves
        at = screen.reading.cursor
        await film.press("space")
        await film.press("space")
        assert not movement.ahead
        assert screen.reading.cursor == at, "they told what had been performed"
        return []

    filmed(tmp_path, run, (120, 36), act)


def test_a_key_that_cuts_the_last_step_of_a_page_short_does_not_turn_it(tmp_path: Path) -> None:
    run = open_recording(RECORDING)
    turned = [n for n, event in enumerate(run.timeline.events) if isinstance(event, PageOpened)][2]
    *_, before, last = (stop for stop in run.timeline.stops if stop <= turned)

    async def act(film: Film) -> list[str]:
        reading, movement = film.screen.reading, film.screen.picture.movement
        reading.go(before)
        film.screen.picture.draw()
        answer_all(film)
        film.begin()
        await film.press("space")
        assert movement.on, "the step is being told"
        await film.press("space")
        assert not movement.on
        assert reading.cursor == last, "what came of it is there to be read"
        assert "an endpoint without a name" in film.text
        await film.go_on()
        assert reading.world.page == 2
        return []

    filmed(tmp_path, run, (80, 24), act)


def before_connect(run: LessonRun) -> int:
    """The resting place before lesson 1's connect."""
    events = run.timeline.events
    packet = next(n for n, event in enumerate(events) if isinstance(event, PacketCaptured))
    return max(stop for stop in run.timeline.stops if stop <= packet)


def answer_all(film: Film) -> None:
    """Passes over the questions of the page that is open."""
    reading = film.screen.reading
    for question in reading.open_predictions:
        reading.choose(question.line, 0)


@pytest.mark.parametrize("tempo", [TEMPOS[0], TEMPOS[2]])
@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_connect_live_and_looked_back_at(tmp_path: Path, size: tuple[int, int], tempo: Tempo) -> None:
    kept: list[list[str]] = []

    async def act(film: Film) -> list[str]:
        film.tempo = tempo
        run = film.run
        while not (run.next.statement is not None and "connect" in run.next.statement.source):
            answer_all(film)
            performed = len(run.timeline)
            await film.go_on()
            await until(film.pilot, lambda performed=performed: len(run.timeline) > performed, "a step")  # type: ignore[misc]
            await until(film.pilot, lambda: run.next.do is not Do.BUSY, "the step's end")
        answer_all(film)
        film.begin()
        performed = len(run.timeline)
        await film.press("space")
        kept.append(await film.shoot(lambda: len(run.timeline) > performed and run.next.do is not Do.BUSY))
        told_one_by_one(film.held, tempo)
        film.held.clear()
        picture = film.screen.picture
        picture.movement.choose(TEMPOS[2])
        picture.look = replace(picture.look, animate=False)
        await film.go_on()  # the page is turned: what is looked back at is the past
        await until(film.pilot, lambda: len(run.timeline.stops) > film.screen.reading.resting, "the page")
        await until(film.pilot, lambda: run.next.do is not Do.BUSY, "the page, turned")
        film.screen.reading.go(before_connect(run))
        picture.draw()
        film.begin()
        await film.press("space")
        kept.append(await film.shoot(lambda: True))
        told_one_by_one(film.held, tempo)
        assert "LIVE" in kept[0][0]
        assert "REVIEW" in kept[1][0]
        return []

    async def opened() -> LessonRun:
        try:
            return Performance(
                parse_lesson(LESSON.read_text("utf-8"), str(LESSON)), await open_lab("isolated")
            )
        except LabRefused as refusal:
            unavailable(f"no isolated lab here: {refusal}")
            raise

    runs: list[LessonRun] = []

    async def work() -> None:
        runs.append(await opened())
        entry = CourseEntry(1, "first-connection", "A test", "For a test", 1, str(LESSON), "loopback")

        async def given(_: CourseEntry) -> LessonRun:
            return runs[0]

        app = SockvizApp([entry], given, ProgressStore(tmp_path / "p.toml"), Options(entry, ascii=False))
        app.animation_level = "none"
        async with running(app, size) as pilot:
            await until(pilot, lambda: isinstance(app.screen, LessonScreen), "the lesson's screen")
            await until(pilot, lambda: runs[0].timeline.world.page is not None, "the first page")
            await act(Film(app, pilot, runs[0]))
        await app.close_runs()

    run_async(work())
    for frames in kept:
        told_in_order(frames)


def test_any_key_completes_it(tmp_path: Path) -> None:
    run = open_recording(RECORDING)

    async def act(film: Film) -> list[str]:
        film.screen.reading.go(before_connect(run))
        film.screen.picture.draw()
        answer_all(film)
        film.begin()
        await film.press("space")
        assert film.screen.picture.movement.on
        (line,) = re.findall(
            r"c\.connect.*", film.text
        )  # beside it the server's own lines have their results
        assert "→ 0" not in line
        await film.press("x")
        assert not film.screen.picture.movement.on
        return [film.text]

    (text,) = filmed(tmp_path, run, (120, 36), act)
    assert re.search(MARKS["→ 0"], text)
    assert re.search(MARKS["ESTABLISHED"], text)


def test_going_back_tells_nothing_and_neither_does_a_leap(tmp_path: Path) -> None:
    run = open_recording(RECORDING)

    async def act(film: Film) -> list[str]:
        film.screen.reading.go(before_connect(run))
        film.screen.picture.draw()
        film.begin()
        await film.press("b")
        assert not film.screen.picture.movement.on
        await film.press("end")
        assert not film.screen.picture.movement.on
        return [film.text]

    filmed(tmp_path, run, (120, 36), act)


def test_while_a_story_is_told_the_stage_is_the_stage_of_one_world(tmp_path: Path) -> None:
    """What is counted down meanwhile shows no more of the future either."""
    run = open_recording(RECORDING)

    async def act(film: Film) -> list[str]:
        film.screen.reading.go(before_connect(run))
        film.screen.picture.draw()
        answer_all(film)
        film.begin()
        await film.press("space")
        film.screen.picture._count_down()
        await film.pilot.pause()
        area = film.screen.query_one(StageArea)
        assert area.is_attached
        return [film.text]

    (text,) = filmed(tmp_path, run, (120, 36), act)
    assert not re.search(MARKS["ESTABLISHED"], text)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_of_the_frames_of_a_moment_no_more_is_drawn_than_moves_in_it(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = open_recording(RECORDING)
    drawn: list[str] = []

    def counted(pane: type[LessonPane | StageArea]) -> None:
        show = pane.show

        def shown(self: LessonPane | StageArea, *what: object) -> None:
            drawn.append(pane.__name__)
            show(self, *what)  # type: ignore[arg-type]

        monkeypatch.setattr(pane, "show", shown)

    async def act(film: Film) -> list[str]:
        film.screen.reading.go(before_connect(run))
        film.screen.picture.draw()
        answer_all(film)
        film.tempo = TEMPOS[3]
        film.begin()
        await film.press("space")
        picture, often = film.screen.picture, 0
        for pane in (LessonPane, StageArea):
            counted(pane)
        while picture.movement.on:
            drawn.clear()
            film.clock.now += FRAME
            picture.movement.tick()
            await film.pilot.pause()
            assert StageArea.__name__ in drawn
            often += LessonPane.__name__ not in drawn
            there = film.text
            picture.draw()
            await film.pilot.pause()
            assert film.text == there, "drawn whole it is the same"
        assert often > 12, "of most frames of the film"
        return []

    filmed(tmp_path, run, size, act)


# -- the story itself


def test_results_come_after_what_they_depend_on_and_calls_stay_in_their_order() -> None:
    script = scripted.listen_queue()
    events = script.timeline.events
    told = [events[n] for n in in_order(enumerate(events))]
    assert sorted(map(id, told)) == sorted(map(id, events)), "each once"
    for process in ("server", "client"):
        its = [
            (type(event), getattr(event, "call", None))
            for event in told
            if getattr(event, "process", None) == process
        ]
        assert its == [
            (type(event), getattr(event, "call", None))
            for event in events
            if getattr(event, "process", None) == process
        ]
    for n, event in enumerate(told[:-1]):
        if isinstance(event, CallReturned) and isinstance(told[n + 1], Observed | PacketCaptured):
            assert told[n + 1].at - event.at >= 0.3


def test_a_story_ends_with_the_world_that_the_run_has() -> None:
    script = scripted.listen_queue()
    timeline = script.timeline
    for start, end in zip(timeline.stops, timeline.stops[1:], strict=False):
        story = Story(timeline, start)
        story.hear(end)
        worlds = []
        while not story.over:
            story.go_on(0.03)
            worlds.append(story.world)
        world = timeline.world_at(end)
        assert story.cursor == end
        assert worlds[-1].rows == world.rows
        assert worlds[-1].packets == world.packets
        assert worlds[-1].processes == world.processes
        assert worlds[-1].lines == world.lines


def test_each_world_has_what_the_one_before_had_and_no_segment_after_its_effect() -> None:
    for packets in (True, False):
        timeline = scripted.listen_queue(packets).timeline
        for start, end in zip(timeline.stops, timeline.stops[1:], strict=False):
            story = Story(timeline, start)
            story.hear(end)
            segments = 0
            while not story.over:
                story.go_on(0.02)
                now = len(story.world.packets) + len(story.world.inferred)
                assert now - segments <= 1 or segments == 0, "one at a time"
                segments = now


def test_a_long_story_is_told_faster() -> None:
    timeline = scripted.listen_queue().timeline
    story = Story(timeline, 0)
    story.hear(len(timeline))
    passed = 0.0
    while not story.over:
        story.go_on(0.05)
        passed += 0.05
    assert passed <= LONGEST + 0.2


def test_what_is_heard_later_is_told_later() -> None:
    timeline = scripted.listen_queue().timeline
    start, end = timeline.stops[4], timeline.stops[5]
    story = Story(timeline, start)
    story.hear(start + 2)
    while not story.over:
        story.go_on(1.0)
    assert story.cursor == start + 2
    story.hear(end)
    assert not story.over
    story.go_on(10.0)
    assert story.over
    assert story.cursor == end


def test_what_time_does_over_and_over_is_told_once() -> None:
    """A SYN that nobody answers: when it is sent again that is told, and from then on its count tells it."""
    client, server = ("127.0.0.1", 40112), ("127.0.0.1", 8080)
    run = Scripted()
    run.start("client")

    def told(again: bool, retransmits: int) -> float:
        """Seconds until it has been."""
        start = len(run.timeline)
        run.segment("client", "server", client, server, "SYN", again=again)
        waits = row(
            State.SYN_SENT, client, server, inode=7, cookie=9, timer=Timer.ON,
            expires=run.at + 1, retransmits=retransmits,
        )  # fmt: skip
        run.say(Observed(run.at, run.host, (waits,), (), (), {}))
        story, passed = Story(run.timeline, start), 0.0
        story.hear(len(run.timeline))
        story.go_on(0.0)
        while not story.over:
            story.go_on(0.01)
            passed += 0.01
        assert story.world.rows == run.timeline.world.rows
        assert len(story.world.packets) == len(run.timeline.world.packets)
        return passed

    first, once_again, *more = [told(number > 0, number) for number in range(4)]
    assert first >= CROSSING
    assert once_again >= CROSSING
    assert more == [0.0, 0.0]
    run.segment("server", "client", server, client, "SYN", "ACK")
    story = Story(run.timeline, len(run.timeline) - 1)
    story.hear(len(run.timeline))
    story.go_on(0.0)
    assert not story.over


@pytest.mark.usefixtures("misfits")  # entries of a link that nobody was seen to make
def test_a_packet_that_is_thrown_away_with_its_copies_is_thrown_away_once() -> None:
    ends = ("10.0.0.1", 40001), ("10.0.0.2", 8080)
    timeline = Timeline(header(LabFacts("two-hosts", ("packets",), ("client", "server"))))
    for frame, entry in ((1, 1), (2, 1), (3, 3), (4, 1)):
        tcp = TcpHeader(("SYN",), entry, 0, 512, 0, 0, ())
        packet = Packet(1000.0 + frame, "AF_INET", "TCP", *ends, 0, 64, 54, tcp)
        timeline.append(
            PacketCaptured(packet.at, "client", packet, "client", "server", None, False, frame, entry)
        )
    start = len(timeline)
    for frame in (1, 2, 4, 3):
        timeline.append(LinkActed(1005.0 + frame, "drop", frame))
    story = Story(timeline, start)
    story.hear(len(timeline))
    assert story.ahead == [start, start + 3]
    told = []
    while not story.over:
        story.go_on(0.05)
        link = story.world.link
        assert link is not None
        told.append([flight.frames for flight in link.held])
    assert list(dict.fromkeys(map(tuple, told))) == [((3,),), ()]
    assert story.cursor == len(timeline)
