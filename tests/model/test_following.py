"""A recording read while it is written: the same run, however it comes."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator, Sequence

import pytest

from sockviz.model import following
from sockviz.model.event_writer import EventWriter
from sockviz.model.events import Event, LessonEnded
from sockviz.model.following import Following
from sockviz.model.recording import TOO_LONG, BadRecording, Check, dump_header, load, save
from sockviz.model.script_text import ScriptText, UnreadScript
from sockviz.model.timeline import Timeline
from sockviz.model.world import World
from tests.model.runs import HEADER, START, Conversation

RUN: list[Event] = [*Conversation(2).events(), LessonEnded(START + 9)]


def written(events: Sequence[Event] = RUN) -> bytes:
    file = io.StringIO()
    save(Timeline(HEADER, events), file)
    return file.getvalue().encode()


def pieces(whole: bytes, size: int) -> Iterator[bytes]:
    """Of `size` bytes each; of any, where that is 0."""
    chance, start = random.Random(1), 0
    while start < len(whole):
        end = start + (size or chance.randint(1, 900))
        yield whole[start:end]
        start = end


@pytest.mark.parametrize("size", [0, 1, 7, 4096, 1 << 20])
def test_it_is_the_run_however_it_comes(size: int) -> None:
    reader, come = Following("r.jsonl"), list[Event]()
    for piece in pieces(written(), size):
        assert not reader.ended
        come += reader.appended(piece)
    assert come == RUN
    assert (reader.ended, reader.problem) == (True, None), (
        "its last page was done: nobody need close the file"
    )
    assert reader.timeline is not None
    assert reader.timeline.header == HEADER
    assert reader.timeline.world == Timeline(HEADER, RUN).world
    assert reader.closed() == []


def test_each_event_comes_with_the_end_of_its_line_and_none_before() -> None:
    write, reader = EventWriter(), Following("r.jsonl")
    header = dump_header(HEADER).encode()
    assert (reader.appended(header), reader.timeline) == ((), None)
    assert reader.appended(b"\n") == []
    for event in RUN:
        line = write.line(event).encode()
        for half in (line[:10], line[10:]):
            assert reader.appended(half) == []
        assert reader.appended(b"\n") == [event]


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_a_file_that_is_closed_in_the_middle_of_a_line_plays_to_it_as_it_does_when_it_is_opened(
    cut: int,
) -> None:
    whole = written()[:-cut]
    reader = Following("r.jsonl")
    come = [*reader.appended(whole), *reader.closed()]
    opened = load(io.StringIO(whole.decode()), "r.jsonl")
    assert come == list(opened.timeline.events)
    assert opened.problem is not None
    assert (reader.ended, reader.problem) == (True, opened.problem)


def test_one_that_is_closed_before_its_end_is_whole_as_far_as_it_goes() -> None:
    reader = Following("r.jsonl")
    assert list(reader.appended(written(RUN[:5]))) == RUN[:5]
    assert not reader.ended
    reader.closed()
    assert (reader.ended, reader.problem) == (True, None)


def test_what_comes_after_a_damaged_line_is_not_taken() -> None:
    header, first, *rest = written().splitlines(keepends=True)
    reader = Following("r.jsonl")
    assert reader.appended(header + first + b"{}\n" + b"".join(rest)) == RUN[:1]
    assert reader.ended
    assert reader.problem is not None
    assert reader.problem.startswith("r.jsonl:3: the recording breaks off here (")
    assert reader.appended(b"".join(rest)) == []
    assert reader.closed() == []


def test_what_is_none_is_refused() -> None:
    with pytest.raises(BadRecording, match=r"r\.jsonl:1: not a sockviz recording"):
        Following("r.jsonl").appended(b"hello\n")
    with pytest.raises(BadRecording, match="empty"):
        Following("r.jsonl").closed()
    reader = Following("r.jsonl")
    reader.appended(dump_header(HEADER).encode()[:50])
    with pytest.raises(BadRecording, match=r"r\.jsonl:1: "):
        reader.closed()


def test_what_its_lesson_has_no_place_for_ends_it() -> None:
    def reads(text: str, path: str) -> tuple[ScriptText, Check]:
        def check(event: Event, _world: World, _fits: bool) -> None:
            if isinstance(event, LessonEnded):
                raise ValueError(f"no end to {path}")

        return UnreadScript(text, path), check

    reader = Following("r.jsonl", reads)
    assert list(reader.appended(written())) == RUN[:-1]
    assert reader.problem == f"r.jsonl:{len(RUN) + 1}: the recording breaks off here (no end to 00-x.md)"


def test_neither_a_line_nor_the_file_grows_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "LONGEST_LINE", 5000)
    reader = Following("r.jsonl")
    reader.appended(written(RUN[:3]))
    for _ in range(6):
        assert reader.appended(b"[" * 1000) == []
    assert reader.problem is not None
    assert TOO_LONG in reader.problem
    monkeypatch.setattr(following, "LARGEST_FILE", 30_000)
    reader = Following("r.jsonl")
    reader.appended(written(RUN[:3]))
    while not reader.ended:
        reader.appended(json.dumps({"event": "LinkSet", "at": START, "holding": []}).encode() + b"\n")
    assert reader.problem is not None
    assert "more than 30000 bytes" in reader.problem
