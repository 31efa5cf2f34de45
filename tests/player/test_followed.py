"""A recording that is followed as it is written: another reader of the same file, and its run is the run."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sockviz.model.event_writer import EventWriter
from sockviz.model.events import Event, ProcessEnded, ProcessStarted
from sockviz.model.following import Following
from sockviz.model.programs import Program, Programs
from sockviz.model.recording import BadRecording, dump_header
from sockviz.model.timeline import Header, LabFacts
from sockviz.player.followed import LOOK, Followed, Tail, followed
from sockviz.player.instead import recording_path
from sockviz.player.next import Do
from sockviz.player.recorded import by_its_lesson, open_recording
from sockviz.player.recorder import Recorder
from sockviz.player.run import Provenance
from sockviz.player.shelf import find
from sockviz.player.source import Source
from sockviz.player.sourced import Sourced
from sockviz.player.unfolding import unfolded
from sockviz.player.writers import claim
from sockviz.tui.reading import Onward, Reading
from tests.lab.driver import run, until

RECORDING = recording_path(str(find("handshake")))


async def has(reader: Sourced, events: int) -> None:
    await until(lambda: len(reader.timeline) == events or None, f"{events} events at the reader's")


def test_it_is_the_run_that_is_written_and_its_reader_goes_along(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"

    async def work() -> None:
        writer = unfolded(open_recording(RECORDING))
        with path.open("x", encoding="utf-8") as file:
            coming = asyncio.ensure_future(followed(path))
            Recorder(writer, file)
            reader = await coming
            reading = Reading(reader)
            reader.watch(reading.run_changed)
            await has(reader, len(writer.timeline))
            reading.go(len(reader.timeline))
            while writer.next.do is not Do.END:
                assert reader.next.do is Do.BUSY, "there may be more at any time"
                assert reading.onward in (Onward.BUSY, Onward.PREDICT)
                await writer.advance()
                await has(reader, len(writer.timeline))
                assert reading.cursor == len(writer.timeline)
        assert list(reader.timeline.events) == list(writer.timeline.events)
        assert reader.timeline.world == writer.timeline.world
        assert (reader.next.do, reader.problem, reader.provenance) == (Do.END, None, Provenance.RECORDED)
        assert reader.lesson.text == writer.lesson.text
        assert await reader.close() == ()

    run(work())


def test_what_has_gone_wrong_in_it_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    header, first, *_rest = RECORDING.read_bytes().splitlines(keepends=True)
    path.write_bytes(header + first)

    async def work() -> None:
        reader = await followed(path)
        told = asyncio.Event()
        reader.watch(told.set)
        await has(reader, 1)
        assert reader.next.do is Do.BUSY
        told.clear()
        with path.open("ab") as file:
            file.write(b"{}\n")
        await told.wait()
        assert reader.next.do is Do.END
        assert reader.problem is not None
        assert reader.problem.startswith(f"{path}:3: the recording breaks off here (")
        await reader.close()

    run(work())


# --- its writer ------------------------------------------------------------------------------------------------------

#: Writes what it is given to a file of its own making, and is then at work until its input ends.
WRITER = """
import sys
from sockviz.player.writers import claim
with open(sys.argv[1], "xb", buffering=0) as file:
    claim(file)
    file.write(bytes.fromhex(sys.argv[2]))
    print(flush=True)
    sys.stdin.read()
"""


def writing(path: Path, content: bytes) -> subprocess.Popen[bytes]:
    """A process that has written `content` there, and has not ended."""
    command = [sys.executable, "-c", WRITER, str(path), content.hex()]
    writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"\n"
    return writer


def end(writer: subprocess.Popen[bytes]) -> None:
    writer.kill()
    writer.communicate()


def left_by_its_writer(path: Path, content: bytes) -> Source:
    """Who follows a recording of `content`, when its writer has been killed and the reader was told."""

    async def work() -> Source:
        writer = writing(path, content)
        try:
            following = Following(str(path), by_its_lesson)
            file = path.open("rb")
            following.appended(file.readline())
            source, told = Followed(following, file), asyncio.Event()
            source.watch(told.set)
        finally:
            end(writer)
        await until(lambda: source.over or None, "it is over")
        assert told.is_set()
        await source.close()
        return source

    return run(work())


def test_as_long_as_its_writer_has_it_open_there_may_be_more(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    with path.open("x", encoding="utf-8") as written, path.open("rb") as file:
        Recorder(unfolded(open_recording(RECORDING)), written)
        tail = Tail(file)
        while tail.read():
            pass
        for _look in range(3):
            tail.read()
            assert not tail.abandoned
        written.close()
        file.seek(0)
        tail.read()
        assert not tail.abandoned, "there was more"
        while not tail.abandoned:
            tail.read()


def test_a_writer_that_was_killed_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    header, first, *_rest = RECORDING.read_bytes().splitlines(keepends=True)
    source = left_by_its_writer(path, header + first)
    assert len(source.timeline) == 1
    assert source.problem == f"{path}:3: the recording breaks off here (whoever wrote it has ended)"
    assert Sourced(source).next.do is Do.END


def test_half_a_line_that_it_left_is_what_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    header, first, second, *_rest = RECORDING.read_bytes().splitlines(keepends=True)
    source = left_by_its_writer(path, header + first + second.rstrip())
    assert len(source.timeline) == 2
    assert source.problem == f"{path}:3: the recording breaks off here (no end of line)"


def test_one_that_becomes_shorter_is_over(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    header, first, second, *_rest = RECORDING.read_bytes().splitlines(keepends=True)

    async def work() -> None:
        writer = writing(path, header + first + second)
        try:
            reader = await followed(path)
            reader.watch(lambda: None)
            await has(reader, 2)
            os.truncate(path, len(header))
            await until(lambda: reader.problem, "it says so")
            assert reader.next.do is Do.END
            assert reader.problem is not None
            assert reader.problem.endswith(
                "the recording breaks off here (the file has become shorter meanwhile)"
            )
            await reader.close()
        finally:
            end(writer)

    run(work())


def test_one_that_is_replaced_is_read_to_the_end_that_its_writer_gives_it(tmp_path: Path) -> None:
    path, other = tmp_path / "r.jsonl", tmp_path / "other"
    whole = RECORDING.read_bytes()
    other.write_bytes(b"something else\n")

    async def work() -> None:
        with path.open("xb", buffering=0) as file:
            claim(file)
            file.write(whole[: len(whole) // 2])
            reader = await followed(path)
            reader.watch(lambda: None)
            await until(lambda: len(reader.timeline) or None, "it is read")
            os.replace(other, path)
            file.write(whole[len(whole) // 2 :])
            await until(lambda: reader.next.do is Do.END or None, "it is over")
        assert reader.problem is None
        assert reader.timeline.world == open_recording(RECORDING).timeline.world
        await reader.close()

    run(work())


def test_programs_that_have_ended_are_all_there_was(tmp_path: Path) -> None:
    script = Programs((Program("p", "loopback", ("true",)),))
    header = dump_header(Header(script, LabFacts("isolated"), "6.1", 1.0, "0"))
    runs: tuple[tuple[str, list[Event], bool], ...] = (
        ("ended", [ProcessStarted(1.0, "p", 1, 1, "loopback"), ProcessEnded(2.0, "p", 0)], False),
        ("alive", [ProcessStarted(1.0, "p", 1, 1, "loopback")], True),
    )
    for name, events, problem in runs:
        write = EventWriter()
        lines = "".join(f"{line}\n" for line in (header, *map(write.line, events)))
        source = left_by_its_writer(tmp_path / name, lines.encode())
        assert len(source.timeline) == len(events)
        assert (source.problem is not None) is problem


def test_where_nobody_writes_no_first_line_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"

    async def work() -> None:
        writer = writing(path, b"")
        waiting = asyncio.ensure_future(followed(path))
        try:
            await asyncio.wait({waiting}, timeout=3 * LOOK)
            assert not waiting.done()
        finally:
            end(writer)
        with pytest.raises(BadRecording, match="empty: a recording starts with a header line"):
            await waiting

    run(work())


def test_a_file_that_can_no_longer_be_read_ends_it() -> None:
    class Bad(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    async def work() -> None:
        following = Following("r.jsonl")
        following.appended(RECORDING.read_bytes()[:20_000])
        source, told = Followed(following, Bad()), asyncio.Event()
        source.watch(told.set)
        await told.wait()
        assert source.over
        assert source.problem is not None
        assert "(Input/output error)" in source.problem
        assert await source.close() == ()

    run(work())


def test_no_file_stays_open(tmp_path: Path) -> None:
    foreign, empty = tmp_path / "foreign", tmp_path / "empty"
    foreign.write_text("hello\n", encoding="utf-8")
    empty.write_bytes(b"")

    async def work() -> None:
        before = os.listdir("/proc/self/fd")
        with pytest.raises(BadRecording, match="not a sockviz recording"):
            await followed(foreign)
        with pytest.raises(OSError, match="No such file"):
            await followed(tmp_path / "nothing")
        waiting = asyncio.ensure_future(followed(empty))
        await until(lambda: len(os.listdir("/proc/self/fd")) > len(before) or None, "it waits")
        waiting.cancel()
        await asyncio.wait({waiting})
        reader = await followed(RECORDING)
        reader.watch(lambda: None)
        await reader.close()
        await asyncio.sleep(0)
        assert os.listdir("/proc/self/fd") == before

    run(work())
