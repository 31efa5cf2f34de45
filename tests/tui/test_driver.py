"""What the driver gives the thread that writes."""

from __future__ import annotations

import threading
from types import SimpleNamespace

from textual._ansi_sequences import SYNC_END, SYNC_START

from sockviz.tui.driver import TerminalDriver


def test_a_frame_is_given_whole_and_all_else_at_once() -> None:
    given: list[str] = []
    driver = TerminalDriver.__new__(TerminalDriver)  # without a terminal
    driver._frame, driver._writing = [], threading.Lock()
    driver._writer_thread = SimpleNamespace(write=given.append)  # type: ignore[assignment]
    for part in ("a", SYNC_START, "b", "c"):
        driver.write(part)
    assert given == ["a"]
    for part in (SYNC_END, "d"):
        driver.write(part)
    assert given == ["a", f"{SYNC_START}bc{SYNC_END}", "d"]
