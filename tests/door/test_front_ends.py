"""Hostile text in every field of every event, through every front end: what comes out is looked at byte by byte."""

from __future__ import annotations

import asyncio
import io
import json
import re
from pathlib import Path
from typing import Any, ClassVar

import pytest
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

from sockviz import door, plain
from sockviz.cli import main
from sockviz.model.recording import Loaded, save
from sockviz.model.world_json import world_json
from sockviz.player.recorded import Recorded
from sockviz.player.sourced import SourcedLesson
from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import Options
from tests.door.hostile import dangerous, events, spoiled, timeline
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
        app.exit()

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
