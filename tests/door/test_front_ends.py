"""Hostile text in every field of every event, through every front end: what comes out is looked at byte by byte."""

from __future__ import annotations

import asyncio
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
from textual.drivers.headless_driver import HeadlessDriver
from textual.events import Paste
from textual.pilot import Pilot

from sockviz import door, plain
from sockviz.cli import main
from sockviz.commands.noting import _Drawn, _Linear, _Notes
from sockviz.lectern.sheet import Sheet
from sockviz.lesson.document import Exercise
from sockviz.lesson.parser import parse_lesson
from sockviz.model.recording import Loaded, save
from sockviz.model.timeline import Timeline
from sockviz.model.world_json import world_json
from sockviz.player.recorded import Recorded, read_recording
from sockviz.player.sourced import SourcedLesson
from sockviz.practice.attempt import Attempt
from sockviz.practice.differing import Difference
from sockviz.practice.printed import printed
from sockviz.practice.report import as_json, as_lines, unjudged
from sockviz.practice.verdicts import Verdict, verdicts
from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import Options
from sockviz.tui.widgets.typed_line import Purpose, TypedLine
from sockviz.watch.following import tell
from sockviz.watch.json_lines import JsonLines
from tests.conftest import ROOT
from tests.door.hostile import LESSON, PAYLOADS, dangerous, events, spoiled, timeline
from tests.tui.settling import instead_of_sleeping

instead_of_sleeping()
pytestmark = pytest.mark.usefixtures("misfits")  # every field of every event is hostile

#: What the screen writes of its own: colours, places, modes, the pointer's shape (ECMA-48, xterm's control sequences).
_OURS = re.compile(
    r"\x1b\[[0-9;]*[mHABCDJK]|\x1b\[\?[0-9;]+[hl]|\x1b\[\?\d+\$p|\x1b\[[<>=]\d*u|\x1b\]22;default\x07"
)
_THEIRS = re.compile(r"\x1b\[[0-9;]*66m")


def lines_forged(text: str) -> list[str]:
    """Lines that begin with what a payload has behind its line end."""
    return [line for line in text.split("\n") if line.strip().startswith(("OWNED", "DENWO"))]


def test_there_is_something_to_find() -> None:
    told = [path for kind in events() for path, _ in spoiled(kind)]
    assert len(told) > 1000
    assert dangerous("a\x1b]2;x\x07") == ["'\\x1b'", "'\\x07'"]
    assert all(
        dangerous(text) for text in ("\u202e", "\x9b", "\u200b", "\udc80", "\u2028", "a\r", "x \u0301")
    )


def test_a_transcript() -> None:
    out = io.StringIO()
    asyncio.run(
        plain.play(SourcedLesson(Recorded(Loaded(timeline(every=True), None))), out, ask=False, notes=True)
    )
    assert "\\x1b]2;OWNED\\x07" in out.getvalue()
    assert not dangerous(out.getvalue())
    assert not lines_forged(out.getvalue())


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_the_world_as_json_is_what_it_is_and_hides_nothing(encoding: str) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding)
    world = world_json(timeline(every=True).world)
    door.Door(out).say_json(world)
    text = raw.getvalue().decode(encoding)
    assert not dangerous(text)
    assert json.loads(text) == json.loads(json.dumps(world))


def test_what_is_told_of_an_export(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    recording = tmp_path / "a\n\x1b]2;OWNED\x07.jsonl"
    with recording.open("w", encoding="utf-8") as file:
        save(timeline(every=True), file)
    main(["export", str(recording), "--pcapng", str(tmp_path / "\u202eout.pcapng")])
    for arguments in (["--plain"], ["--json"]):
        assert main(["replay", str(recording), *arguments]) in (0, 1)
    told = "\n".join(capfd.readouterr())
    assert "OWNED" in told
    assert not dangerous(told)
    assert not lines_forged(told)


def test_events_as_lines_of_json_hide_nothing() -> None:
    out = io.StringIO()
    lines = JsonLines(timeline(every=True), door.Door(out), live=False)
    lines.title()
    lines.end()
    told = out.getvalue()
    assert "OWNED" in told
    assert not dangerous(told)
    kinds = {json.loads(line)["event"] for line in told.splitlines()}
    assert kinds >= {type(event).__name__ for event in timeline(every=True).events}


def test_programs_that_were_watched() -> None:
    script = read_recording(ROOT / "tests/watch/recorded/refused-then-served.jsonl").timeline.header
    out = io.StringIO()
    tell(Timeline(script, timeline(every=True).events), door.Door(out))
    assert "\\x1b]2;OWNED\\x07" in out.getvalue()
    assert not dangerous(out.getvalue())
    assert not lines_forged(out.getvalue())


@pytest.mark.parametrize("form", ["--plain", "--json"])
def test_what_is_followed(form: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    recording = tmp_path / "a\n\x1b]2;OWNED\x07\u202e.jsonl"
    with recording.open("w", encoding="utf-8") as file:
        save(timeline(every=True), file)
        file.write("{}\n")  # where it breaks off, if not before
    assert main(["replay", "--follow", form, str(recording)]) == 1
    told = "\n".join(capfd.readouterr())
    assert "OWNED" in told
    assert not dangerous(told)
    assert not lines_forged(told)


def test_a_student_s_program() -> None:
    run, told = timeline(every=True), io.StringIO()
    lesson, out = parse_lesson(LESSON, "listener.md"), door.Door(told)
    exercise = Exercise("server", ("server",), ("python",))
    for payload in PAYLOADS:
        judged = (
            Verdict(
                1, payload, False, payload, payload, payload, 3, Difference(0, payload, payload, payload, 0)
            ),
            *verdicts(run, lesson, exercise),
        )
        attempt = Attempt(lesson, "python", True, payload, judged, 0.1, run)
        out.say(*as_lines(attempt))
        out.say(*(f"  stdout  {text}" for _stream, text in printed(attempt, 400).lines))
        out.say_json_line(as_json(attempt, payload, payload))
        out.say_json_line(unjudged(payload, payload, payload))
    assert "OWNED" in told.getvalue()
    assert not dangerous(told.getvalue())
    assert not lines_forged(told.getvalue())


@pytest.mark.parametrize("form", [_Drawn, _Linear])
def test_notes_that_follow(form: type[_Notes], capfd: pytest.CaptureFixture[str]) -> None:
    notes, before = form(None), None
    sheet = notes._sheet = Sheet(parse_lesson(LESSON, "listener.md"))
    for payload in PAYLOADS:
        state = notes._state = {
            "page": 0, "mode": payload, "problem": payload, "answers": {"16": payload}, "began": payload, "covered": True,
            "next": {"do": "perform", "line": [payload, payload, payload]},
        }  # fmt: skip
        notes.show(sheet, before, state)
        state = {**state, "next": {"do": "wait", "sleeps": [payload, payload]}}
        notes.show(sheet, notes._state, state)
        before = state
        notes.waits(payload)
    told = "\n".join(capfd.readouterr())
    assert "OWNED" in told
    assert not dangerous(told)
    assert not lines_forged(told)


def test_lines_that_are_typed() -> None:
    """Each payload as a line, as who performs it, and in a text that is performed."""
    lines = [
        line.encode("utf-8", "surrogateescape")
        for payload in PAYLOADS
        if "\n" not in payload  # it would be two lines
        for line in (
            payload,
            f"{payload}> s = socket.socket()",
            f"server> s{payload} = 1",
            f"server> x = {payload!a}",
        )
    ]
    command = [sys.executable, "-m", "sockviz", "sandbox", "--plain"]
    done = subprocess.run(command, input=b"\n".join(lines), capture_output=True, timeout=120, check=False)
    told = (done.stdout + done.stderr).decode()
    assert done.returncode == 1
    assert "OWNED" in told
    assert not dangerous(told)
    assert not lines_forged(told)


# --- the screen ---------------------------------------------------------------------------------------------


class Captured(HeadlessDriver):
    """A terminal of which every byte is kept."""

    written: ClassVar[list[str]] = []

    @property
    def is_headless(self) -> bool:
        """No: it is drawn for."""
        return False

    def write(self, data: str) -> None:
        """Keeps it."""
        self.written.append(data)


def test_the_screen(tmp_path: Path) -> None:
    run = SourcedLesson(Recorded(Loaded(timeline(every=False), "broken off: \x1b]2;OWNED\x07\n\u202e")))
    entry = CourseEntry(1, "x", "\x1b[66mOWNED\u202e", "\x9b66mOWNED\n", 1, "x.md", "loopback")

    async def opened(_: CourseEntry) -> SourcedLesson:
        return run

    async def look_at_it(pilot: Pilot[Any]) -> None:
        app = pilot.app
        await pilot.press("home")
        for number in range(len(run.timeline)):
            await pilot.press("right")
            if number % 12 == 5:
                await pilot.press("tab", "down", "i")
            if number % 12 == 9:
                await pilot.press("escape")
        app.notify("\x1b[66mOWNED\n\u202e", title="\x1b[66mOWNED")
        app.copy_to_clipboard("\x1b[66mOWNED\udc80")
        await pilot.press("ctrl+p", *"page")
        await pilot.press("escape", "s", "escape", "question_mark", "escape", "m", "escape")
        await type_hostile_lines(pilot)
        app.exit()

    async def type_hostile_lines(pilot: Pilot[Any]) -> None:
        line = TypedLine(lambda _name, _line, _at: ((), None), has_link=False)
        await pilot.app.screen.mount(line, before="#timeline")
        for payload in PAYLOADS:
            line.ask(Purpose.PERFORM, payload, payload)
            line.input.post_message(Paste(f"{payload}\n{payload}"))
            await pilot.pause()
            line.say(payload, 2)
            await pilot.pause()
        await line.remove()

    Captured.written.clear()
    app = SockvizApp([entry], opened, ProgressStore(tmp_path / "progress.toml"), Options(entry, ascii=False))
    app.animation_level = "none"
    app.driver_class = Captured
    asyncio.run(app.run_async(size=(120, 36), auto_pilot=look_at_it))
    written = "".join(Captured.written)
    assert app.fault is None
    assert "\\x1b" in written
    assert "\\x9b66mOWNED" in written
    assert not _THEIRS.search(written)
    told = _OURS.sub("", written)
    (copied,) = re.findall("\x1b\\]52;c;([A-Za-z0-9+/=]*)\x07", told)
    assert not dangerous(told.replace(f"\x1b]52;c;{copied}\x07", ""))
