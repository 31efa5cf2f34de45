"""A recording that is read on while its reader looks at it: where they begin stays, and all of it is there in the end."""

from __future__ import annotations

import asyncio
import gc
import os
from pathlib import Path

import pytest

from sockviz.model.recording import BadRecording
from sockviz.player.growing import growing
from sockviz.player.instead import recording_path
from sockviz.player.next import Do
from sockviz.player.recorded import open_recording
from sockviz.player.run import Provenance
from sockviz.player.shelf import find
from sockviz.player.sourced import SourcedLesson
from sockviz.tui.reading import Onward, Reading
from tests.player.lessons import run

RECORDING = recording_path(str(find("close")))


def lesson(path: Path) -> SourcedLesson:
    """That of a lesson, as it grows."""
    recording = growing(path)
    assert isinstance(recording, SourcedLesson)
    return recording


async def grown(recording: SourcedLesson) -> int:
    """Waits until all of it is there; returns how often somebody who watches was told."""
    told, all_there = 0, asyncio.Event()

    def changed() -> None:
        nonlocal told
        told += 1
        if recording.next.do is Do.END:
            all_there.set()

    recording.watch(changed)
    if recording.next.do is not Do.END:
        await all_there.wait()
    return told


def test_it_becomes_the_recording_and_its_reader_stays_where_they_are() -> None:
    whole = open_recording(RECORDING)

    async def work() -> None:
        recording = lesson(RECORDING)
        assert recording.provenance is Provenance.RECORDED
        assert 0 < len(recording.timeline) < len(whole.timeline) / 10
        reading = Reading(recording)
        assert reading.cursor == Reading(whole).cursor
        assert recording.next.do is Do.BUSY
        assert reading.onward in (Onward.STEP, Onward.PREDICT)
        cursor = reading.cursor
        assert await grown(recording) > 0
        assert reading.cursor == cursor
        assert list(recording.timeline.events) == list(whole.timeline.events)
        assert recording.timeline.world == whole.timeline.world
        assert list(recording.timeline.stops) == list(whole.timeline.stops)
        assert (recording.problem, recording.next.do) == (None, Do.END)
        assert gc.isenabled()
        assert await recording.close() == ()

    run(work())


def test_a_reader_who_goes_to_its_end_gets_there() -> None:
    async def work() -> None:
        recording = lesson(RECORDING)
        reading = Reading(recording)
        recording.watch(reading.run_changed)
        reading.go(len(recording.timeline))
        assert reading.onward in (Onward.BUSY, Onward.PREDICT), "there is more to come"
        await grown(recording)
        assert reading.cursor == len(recording.timeline) == len(open_recording(RECORDING).timeline)
        reading.back()
        reading.run_changed()
        assert reading.cursor < len(recording.timeline)

    run(work())


def test_where_it_breaks_off_is_told_when_that_is_met(tmp_path: Path) -> None:
    cut = tmp_path / "cut.jsonl"
    content = RECORDING.read_bytes()
    cut.write_bytes(content[: len(content) // 2])

    async def work() -> None:
        recording = lesson(cut)
        assert recording.problem is None
        await grown(recording)
        assert recording.problem == open_recording(cut).problem
        assert recording.problem is not None
        assert list(recording.timeline.events) == list(open_recording(cut).timeline.events)

    run(work())


def test_one_that_is_short_is_there_from_the_start(tmp_path: Path) -> None:
    short = tmp_path / "short.jsonl"
    with RECORDING.open(encoding="utf-8") as lines:
        short.write_text("".join(next(lines) for _ in range(4)), encoding="utf-8")
    recording = growing(short)
    assert (recording.next.do, len(recording.timeline)) == (Do.END, 3)
    assert run(recording.close()) == ()


def test_what_is_none_is_refused_at_once_and_no_file_stays_open(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.write_text("hello\n", encoding="utf-8")
    before = os.listdir("/proc/self/fd")
    with pytest.raises(BadRecording, match="not a sockviz recording"):
        growing(foreign)
    with pytest.raises(OSError, match="No such file"):
        growing(tmp_path / "nothing")

    async def work() -> None:
        recording = lesson(RECORDING)
        recording.watch(lambda: None)
        await recording.close()
        assert gc.isenabled()

    run(work())
    assert os.listdir("/proc/self/fd") == before
