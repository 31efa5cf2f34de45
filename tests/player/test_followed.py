"""A recording that is followed as it is written: another reader of the same file, and its run is the run."""

from __future__ import annotations

import asyncio
import io
import os
from pathlib import Path

import pytest

from sockviz.model.following import Following
from sockviz.model.recording import BadRecording
from sockviz.player.followed import Followed, followed
from sockviz.player.instead import recording_path
from sockviz.player.next import Do
from sockviz.player.recorded import open_recording
from sockviz.player.recorder import Recorder
from sockviz.player.run import Provenance
from sockviz.player.shelf import find
from sockviz.player.sourced import Sourced
from sockviz.player.unfolding import unfolded
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
