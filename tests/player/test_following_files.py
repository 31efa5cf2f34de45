"""A recording followed while it is written: waited for, as it grows, to its end, and when another takes its place."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path

import pytest

from sockviz.model.recording import BadRecording, load_file
from sockviz.player import tail, tailing
from sockviz.player.followed import Followed, followed
from sockviz.player.next import Do
from sockviz.player.run import Provenance
from sockviz.player.sourced import SourcedLesson
from sockviz.player.writers import claim

RECORDINGS = Path(__file__).parents[2] / "assets" / "recordings"
OF_PROGRAMS = Path(__file__).parents[1] / "watch" / "recorded" / "refused-then-served.jsonl"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_AROUND", "BELIEVED"):
        monkeypatch.setattr(tail, name, 0.005)
    for name in ("LOOK_AROUND", "LOOK", "WAIT", "REST"):
        monkeypatch.setattr(tailing, name, 0.005)


def reached(source: Followed, events: int) -> bool:
    return len(source.timeline) >= events


def _is_seen_written(source: Followed) -> bool:
    tail = source._tailing._tail
    return tail is not None and tail._was_written


async def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.002)


def whole() -> list[bytes]:
    recordings = sorted(RECORDINGS.glob("0[1-3]-*.jsonl"), key=lambda path: path.stat().st_size)
    return recordings[0].read_bytes().splitlines(keepends=True)


def perform(work: Callable[[], Coroutine[object, object, None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 60))


def test_it_is_waited_for_and_then_the_run_is_what_was_written(tmp_path: Path) -> None:
    path, told = tmp_path / "r.jsonl", list[str]()
    lines = whole()

    async def work() -> None:
        opening = asyncio.ensure_future(followed(path, told.append))
        await until(lambda: told)
        assert "not there yet" in told[0]
        with path.open("xb") as file:
            claim(file)
            await until(lambda: len(told) == 2)
            assert "first line is not there yet" in told[1]
            os.write(file.fileno(), lines[0][:100])
            await asyncio.sleep(0)
            assert not opening.done()
            os.write(file.fileno(), lines[0][100:])
            source = await opening
            run = SourcedLesson(source, Provenance.FOLLOWED)
            source.watch(lambda: None)
            assert run.next.do is Do.BUSY
            done = 0
            for start in range(1, len(lines), 40):
                piece = b"".join(lines[start : start + 40])
                done += piece.count(b"\n")
                os.write(file.fileno(), piece[:-3])
                await until(partial(reached, source, done - 1))
                os.write(file.fileno(), piece[-3:])
                await until(partial(reached, source, done))
            assert source.over, "its last page was done"
            assert run.next.do is Do.END
            assert (source.problem, source.remark) == (None, "")
        assert source.timeline.world == load_file(path).timeline.world
        await source.close()

    perform(work)


def test_a_writer_that_ends_early_leaves_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    lines = whole()

    async def work() -> None:
        with path.open("xb", buffering=0) as file:
            claim(file)
            file.write(b"".join(lines[:30]))
            source = await followed(path, lambda _: None)
            source.watch(lambda: None)
            await until(lambda: len(source.timeline) == 29 and _is_seen_written(source))
            assert not source.over
        await until(lambda: source.over)
        assert source.problem is None
        assert "whoever wrote it has ended" in source.remark
        await source.close()

    perform(work)


def test_a_run_of_programs_that_have_all_ended_is_over_once_nothing_more_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lines = tmp_path / "r.jsonl", OF_PROGRAMS.read_bytes().splitlines(keepends=True)
    last = max(place for place, line in enumerate(lines) if b'"ProcessEnded"' in line)
    path.write_bytes(b"".join(lines[:last]))

    async def work() -> None:
        source = await followed(path, lambda _: None)
        source.watch(lambda: None)
        await until(lambda: len(source.timeline) == last - 1 and source._piece.is_unclaimed)
        assert not source.remark, "one of them goes on"
        with path.open("ab") as file:
            file.write(lines[last])
        await until(lambda: "nobody is seen to write it" in source.remark)
        assert not source.over
        monkeypatch.setattr(tail, "QUIET", 0.02)
        await until(lambda: source.over)
        assert source.problem is None
        assert "it is over" in source.remark
        await source.close()

    perform(work)


@pytest.mark.parametrize("how", ["replaced", "written over"])
def test_another_recording_in_its_place(tmp_path: Path, how: str) -> None:
    path, other = tmp_path / "r.jsonl", tmp_path / "new"
    lines = whole()

    async def work() -> None:
        path.write_bytes(b"".join(lines[:30]))
        source: Followed = await followed(path, lambda _: None)
        changes = list[bool]()
        source.watch(lambda: changes.append(source.is_anew))
        await until(lambda: len(source.timeline) == 29)
        assert not source.is_anew
        if how == "replaced":
            other.write_bytes(b"".join(lines[:20]))
            other.replace(path)
        else:
            path.write_bytes(b"".join(lines[:20]))
        await until(lambda: source.is_anew)
        assert changes[-1], "whoever watches is told"
        assert len(source.timeline) == 29
        await source.close()
        again = await followed(path, lambda _: None)
        assert len(again.timeline) == 19
        await again.close()

    perform(work)


def test_a_longer_copy_in_its_place_goes_on_with_it(tmp_path: Path) -> None:
    """As what brings folders in step puts one there each time."""
    path, copy = tmp_path / "r.jsonl", tmp_path / ".r.jsonl.part"
    lines = whole()

    async def work() -> None:
        path.write_bytes(b"".join(lines[:10]))
        source = await followed(path, lambda _: None)
        source.watch(lambda: None)
        await until(lambda: reached(source, 9))
        for end in (20, 30, len(lines)):
            copy.write_bytes(b"".join(lines[:end]))
            copy.replace(path)
            await until(lambda end=end: reached(source, end - 1) or source.is_anew)  # type: ignore[misc]
            assert not source.is_anew
        await until(lambda: source.over)
        assert source.problem is None
        await source.close()

    perform(work)


def test_what_is_no_recording_is_refused_and_its_file_let_go(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text("hello\n", encoding="utf-8")
    with pytest.raises(BadRecording, match="not a sockviz recording"):
        asyncio.run(followed(path, lambda _: None))


def test_where_nothing_comes_it_is_looked_at_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lines = tmp_path / "r.jsonl", whole()
    for name, pause in (("LOOK", 0.001), ("REST", 30.0), ("QUIET", 30.0)):
        monkeypatch.setattr(tailing, name, pause)

    async def work() -> None:
        with path.open("xb", buffering=0) as file:
            claim(file)
            file.write(b"".join(lines[:5]))
            source = await followed(path, lambda _: None)
            source.watch(lambda: None)
            await until(partial(reached, source, 4))
            file.write(lines[5])  # what comes soon after the last is seen soon
            await until(partial(reached, source, 5))
            monkeypatch.setattr(tailing, "QUIET", 0.0)
            await until(lambda: source._tailing._pause() == 30)
            await source.close()

    perform(work)


def test_nobody_waits_for_what_the_file_is_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shared folder whose machine does not answer: whoever follows has their keys, and leaves."""
    path, lines = tmp_path / "r.jsonl", whole()
    path.write_bytes(b"".join(lines[:5]))
    answers, asked = threading.Event(), threading.Event()
    read = os.pread

    def slow(descriptor: int, most: int, at: int) -> bytes:
        if not answers.is_set():
            asked.set()
            answers.wait(30)
        return read(descriptor, most, at)

    async def work() -> None:
        source = await followed(path, lambda _: None)
        source.watch(lambda: None)
        monkeypatch.setattr(os, "pread", slow)
        with path.open("ab", buffering=0) as file:
            file.write(lines[5])
        await until(asked.is_set)
        assert not answers.is_set(), "it waits, and nobody here does"
        answers.set()
        await until(partial(reached, source, 5))
        answers.clear()
        asked.clear()
        await until(asked.is_set)
        await source.close()
        assert not answers.is_set()
        answers.set()

    perform(work)
