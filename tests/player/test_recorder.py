"""A run outlives its recorder: what the file has stays whole, and a sentence says where it ends."""

from __future__ import annotations

import asyncio
import compileall
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TextIO

import pytest

import sockviz
from sockviz.commands.recording import recording_to
from sockviz.model.events import PageOpened
from sockviz.model.following import Following
from sockviz.model.recording import load_file
from sockviz.model.timeline import Timeline
from sockviz.player.recorded import by_its_lesson, open_recording
from sockviz.player.recorder import Recorder, put_away
from sockviz.player.sourced import SourcedLesson
from sockviz.player.unfolding import unfolded
from tests.model.runs import Conversation
from tests.player.lessons import CONNECTED, LISTENING, lesson_text
from tests.test_cli import ENVIRONMENT

RECORDING = Path(__file__).parents[2] / "assets" / "recordings" / "06-handshake.jsonl"


@pytest.fixture
def run() -> SourcedLesson:
    return unfolded(open_recording(RECORDING))


@pytest.fixture
def file(tmp_path: Path) -> Iterator[TextIO]:
    with (tmp_path / "r.jsonl").open("x", encoding="utf-8") as opened:
        yield opened


async def to_the_end(run: SourcedLesson) -> None:
    while run.next.do.value != "end":
        await run.advance()


def test_a_disk_that_fills_up(run: SourcedLesson, file: TextIO, monkeypatch: pytest.MonkeyPatch) -> None:
    room = 30_000
    real = os.write

    def write(descriptor: int, content: bytes) -> int:
        left = room - os.fstat(file.fileno()).st_size
        if descriptor != file.fileno():
            return real(descriptor, content)
        if left <= 0:
            raise OSError(28, "No space left on device")
        return real(descriptor, content[:left])

    monkeypatch.setattr(os, "write", write)
    told: list[str] = []
    recorder = Recorder(run, file, told.append)
    asyncio.run(to_the_end(run))
    assert told == [recorder.problem]
    assert "No space left on device" in told[0]
    assert file.name in told[0]
    again = load_file(Path(file.name))
    assert again.problem is None, "no half line is left"
    assert list(again.timeline.events) == list(run.timeline.events[: len(again.timeline)])
    assert f"event {len(again.timeline)} " in told[0]
    assert 0 < len(again.timeline) < len(run.timeline)
    assert run.timeline.world.ended


def test_what_is_written_can_be_followed_as_it_is_written(run: SourcedLesson, file: TextIO) -> None:
    Recorder(run, file)
    reader, come = Following(file.name, by_its_lesson), 0

    async def work() -> None:
        nonlocal come
        with Path(file.name).open("rb") as written:
            while run.next.do.value != "end":
                assert not reader.ended
                await run.advance()
                come += len(reader.appended(written.read()))
                assert come == len(run.timeline), "each step is there once it is done"

    asyncio.run(work())
    assert (reader.ended, reader.problem) == (True, None)
    assert reader.timeline is not None
    assert list(reader.timeline.events) == list(run.timeline.events)


def test_a_file_that_was_closed(run: SourcedLesson, file: TextIO) -> None:
    recorder = Recorder(run, file)
    file.close()
    asyncio.run(to_the_end(run))
    assert recorder.problem is not None
    assert load_file(Path(file.name)).problem is None


def test_nothing_is_left_of_a_file_in_which_there_is_nothing(file: TextIO) -> None:
    put_away(file)
    assert not Path(file.name).exists()


def test_a_run_goes_on_where_its_file_may_not_grow(tmp_path: Path) -> None:
    lesson, record = tmp_path / "lesson.md", tmp_path / "r.jsonl"
    lesson.write_text(lesson_text(LISTENING, CONNECTED), encoding="utf-8")
    # Half a compiled module would be left by whatever Python begins there, and be imported ever after.
    compileall.compile_dir(str(Path(sockviz.__file__).parent), quiet=2)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        [sys.executable, "-m", "sockviz", "run", "--plain", str(lesson), "--record", str(record)],
        capture_output=True, text=True, timeout=60, check=False, preexec_fn=limited,
        env={**ENVIRONMENT, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 1
    assert f"{record}: the recording ends after event" in done.stderr
    assert "File too large" in done.stderr
    assert "The lesson is done." in done.stdout
    again = open_recording(record)
    assert again.problem is None
    assert record.stat().st_size <= 4096


def test_a_recording_holds_the_name_of_its_lesson_and_no_directorys(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    whole = RECORDING.read_text(encoding="utf-8").splitlines(keepends=True)
    header = json.loads(whole[0])
    for given in ("/home/me/private/06-handshake.md", "C:\\Users\\me\\06-handshake.md"):
        path.write_text(json.dumps({**header, "path": given}) + "\n" + whole[1], encoding="utf-8")
        recorded = open_recording(path)
        assert recorded.timeline.header.script.path == "06-handshake.md"
        assert recorded.script.number == 6


def test_of_a_directory_outside_nothing_is_written(file: TextIO) -> None:
    run = unfolded(open_recording(RECORDING))
    Recorder(run, file)
    assert str(Path(__file__).parents[2]) not in Path(file.name).read_text(encoding="utf-8")


def test_an_event_that_its_lesson_has_no_place_for_ends_it(tmp_path: Path) -> None:
    header, *events = RECORDING.read_text(encoding="utf-8").splitlines(keepends=True)
    begun = next(line for line in events if '"StatementBegun"' in line)
    settled = next(line for line in events if '"PredictionSettled"' in line)
    for odd in (
        {"event": "PageOpened", "at": 1.0, "page": 99}, {"event": "PageOpened", "at": 1.0, "page": -1},
        {**json.loads(begun), "line": 100_000}, {**json.loads(begun), "line": 0}, {**json.loads(begun), "process": "nobody"},
        {**json.loads(settled), "line": 1}, {"event": "PredictionMade", "at": 1.0, "line": 1, "choice": 0},
        {"event": "PredictionMade", "at": 1.0, "line": json.loads(settled)["line"], "choice": 99},
        {"event": "PredictionMade", "at": 1.0, "line": json.loads(settled)["line"], "choice": -1},
        {"event": "VotesCounted", "at": 1.0, "line": 1, "counts": [1, 2]},
        *({"event": "VotesCounted", "at": 1.0, "line": json.loads(settled)["line"], "counts": counts} for counts in (
            [], [1], [1] * 9, [-1, 0, 0, 0], [10_000, 0, 0, 0], [1 << 80, 0, 0, 0],
        )),
        {"event": "PageOpened", "at": -1.0, "page": 0}, {"event": "PageOpened", "at": 1e300, "page": 0},
        {"event": "PageOpened", "at": 1.0, "page": 1 << 64},
        {"event": "Observed", "at": 1.0, "host": "loopback", "counters": {f"Tcp.C{n}": 1 for n in range(10_000)}},
        {"event": "ProcessEnded", "at": 1.0, "process": "a\x1b[2Jb"}, {"event": "ExpectationJudged", "at": 1.0, "line": 1,
         "source": "x", "ok": True, "actual": ""},
    ):  # fmt: skip
        path = tmp_path / "r.jsonl"
        path.write_text(header + events[0] + json.dumps(odd) + "\n" + events[0], encoding="utf-8")
        recorded = open_recording(path)
        assert recorded.problem is not None, odd
        assert recorded.problem.startswith(f"{path}:3: the recording breaks off here ("), odd
        assert "\x1b" not in recorded.problem
        assert len(recorded.timeline) == 1
        assert isinstance(recorded.timeline.events[0], PageOpened)


def test_a_recording_that_takes_too_much_memory_is_played_as_far_as_it_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sockviz.model import recording
    from tests.model.runs import HEADER

    path = tmp_path / "r.jsonl"
    with path.open("w", encoding="utf-8") as out:
        recording.save(Timeline(HEADER, list(Conversation(5).events())), out)
    monkeypatch.setattr(recording, "MOST_MEMORY", 2 << 20)
    monkeypatch.setattr(recording, "_LOOKED_EVERY", 1_000)
    monkeypatch.setattr("sockviz.memory.resident", lambda: 1 << 40)  # what was there before does not count
    assert load_file(path).problem is None
    growing = count(1 << 40, 1 << 20)
    monkeypatch.setattr("sockviz.memory.resident", lambda: next(growing))
    loaded = load_file(path)
    assert loaded.problem is not None
    assert "of memory" in loaded.problem
    assert len(loaded.timeline) > 0


def test_a_line_without_end_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sockviz.model import recording

    header, first, *_ = RECORDING.read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "r.jsonl"
    path.write_text(header + first + "[" * 100_000, encoding="utf-8")
    monkeypatch.setattr(recording, "LONGEST_LINE", 50_000)
    loaded = load_file(path)
    assert (len(loaded.timeline), loaded.problem) == (
        1,
        f"{path}:3: the recording breaks off here ({recording.TOO_LONG})",
    )


def test_the_run_that_was_begun_last_has_the_name(run: SourcedLesson, tmp_path: Path) -> None:
    name = tmp_path / "r.jsonl"
    (tmp_path / "r.2.jsonl").write_text("somebody's")
    with recording_to(str(name)) as recording:
        assert recording is not None
        first = recording.for_a_run()
        assert recording.for_a_run() is first, "nothing was written to it"
        files = []
        for _ in range(3):
            Recorder(run, recording.for_a_run())
            files.append(os.fstat(recording.file.fileno()).st_ino)
            assert name.stat().st_ino == files[-1]
        aside = [(tmp_path / f"r.{number}.jsonl") for number in (1, 3)]
        assert [each.stat().st_ino for each in aside] == files[:2]
        assert all(each.read_bytes() == name.read_bytes() != b"" for each in aside)
        name.unlink()
        recording.for_a_run()
        assert name.stat().st_size == 0
        assert not (tmp_path / "r.4.jsonl").exists(), "of what was taken away nothing is left"
    assert not name.exists()
    assert (tmp_path / "r.2.jsonl").read_text() == "somebody's"


def test_what_cannot_be_moved_aside_stays_as_it_is(
    run: SourcedLesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_paths: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    with recording_to(str(tmp_path / "r.jsonl")) as recording:
        assert recording is not None
        Recorder(run, recording.for_a_run())
        kept = (tmp_path / "r.jsonl").read_bytes()
        monkeypatch.setattr(os, "replace", refused)
        with pytest.raises(PermissionError):
            recording.for_a_run()
    assert [each.name for each in tmp_path.iterdir()] == ["r.jsonl"]
    assert (tmp_path / "r.jsonl").read_bytes() == kept
