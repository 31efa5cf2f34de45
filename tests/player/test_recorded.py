"""A run that is recorded and played again: the same events, the same worlds; a file that is cut plays to the cut."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from sockviz import plain
from sockviz.lab.loopback import open_lab
from sockviz.lesson.parser import parse_lesson
from sockviz.model.recording import BadRecording
from sockviz.player.next import Do
from sockviz.player.performance import Performance
from sockviz.player.recorded import open_recording
from sockviz.player.recorder import Recorder
from sockviz.player.run import LessonRun, Provenance
from tests.conftest import ROOT
from tests.player.lessons import CONNECTED, LISTENING, lesson_text, run

TEXT = lesson_text(LISTENING + '\n```expect\nserver.s.state == "LISTEN"\n```', CONNECTED)


def transcript(of: LessonRun) -> str:
    out = io.StringIO()
    run(plain.play(of, out, ask=False))
    return out.getvalue()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "run.jsonl"

    async def work() -> None:
        performance = Performance(parse_lesson(TEXT, "test.md"), await open_lab("isolated"), "0")
        with path.open("w", encoding="utf-8") as file:
            Recorder(performance, file)
            while performance.next.do is not Do.END:
                await performance.advance()
            await performance.close()
        again = open_recording(path)
        for ours, theirs in zip(again.timeline.events, performance.timeline.events, strict=False):
            assert ours == theirs
        assert len(again.timeline) == len(performance.timeline)
        assert again.timeline.world == performance.timeline.world

    run(work())
    return path


def test_a_recording_is_the_run(recording: Path) -> None:
    again = open_recording(recording)
    assert again.provenance is Provenance.RECORDED
    assert again.problem is None
    assert again.timeline.world.ended
    text = transcript(again)
    assert "RECORDED" in text
    assert "client → server: SYN" in text
    assert 'server.s.state == "LISTEN": holds' in text


def test_a_recording_cut_in_the_middle_of_a_line_plays_to_the_cut(recording: Path) -> None:
    whole = recording.read_bytes()
    recording.write_bytes(whole[: len(whole) * 2 // 3])
    lines = len(recording.read_bytes().splitlines())
    again = open_recording(recording)
    assert again.problem is not None
    assert f"{recording}:{lines}:" in again.problem
    assert len(again.timeline) == lines - 2  # the header and the cut line are not events
    assert "server starts" in transcript(again)


def test_what_is_not_a_recording_says_so(tmp_path: Path) -> None:
    path = tmp_path / "foreign"
    for content in (b"", b"hello\n", b"\xff\xfe\x00", b'{"a": 1}\n', b'{"sockviz": 99}\n'):
        path.write_bytes(content)
        with pytest.raises(BadRecording, match=str(path)):
            open_recording(path)


def test_no_page_is_turned_back(tmp_path: Path) -> None:
    """No run does; a recording that would costs its reader the text of a page for each of its lines."""
    whole = (ROOT / "tests/sandbox/recorded/from-nothing.jsonl").read_text(encoding="utf-8").splitlines()
    opened = next(n for n, line in enumerate(whole) if "PageOpened" in line)
    path = tmp_path / "run.jsonl"
    path.write_text("\n".join([*whole[: opened + 1], whole[opened], ""]), encoding="utf-8")
    read = open_recording(path)
    assert read.problem is not None
    assert "a run turns no page back" in read.problem
    assert len(read.timeline) == opened
