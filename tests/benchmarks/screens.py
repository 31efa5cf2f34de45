"""A program on a terminal whose output is only stamped while it runs, and read afterwards: reading must not slow it down."""

from __future__ import annotations

import os
import re
import select
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.terminal.terminal import ASKED, FRAME, REPLY, Terminal

#: What ends a frame, and whatever else is not a character to be seen.
FRAME_ENDS = b"\x1b[?2026l"
#: Where a frame has ended.
_ENDED = re.compile(rb"(?<=%s)" % re.escape(FRAME_ENDS))
_CONTROL = re.compile(rb"\x1b\[[0-9;:?<>=]*[a-zA-Z]")
#: Seconds after which a key is not answered any more.
_PATIENCE = 10.0


class StampedTerminal(Terminal):
    """A terminal that keeps the instant at which each chunk came."""

    def stamp(
        self,
        quiet: float,
        most: float = 30.0,
        until: bytes = b"",
        done: Callable[[bytes], bool] = lambda _: False,
    ) -> list[tuple[float, bytes]]:
        """Takes what comes until nothing has for `quiet` seconds, until `until` has come, or until `done` says of all that came
        that it is enough. Nothing is drawn yet."""
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        chunks: list[tuple[float, bytes]] = []
        came = b""
        end = time.perf_counter() + most
        while time.perf_counter() < end and poll.poll(quiet * 1000):
            try:
                chunk = os.read(self._master, 1 << 16)
            except OSError:
                break  # EIO: the program has gone
            chunks.append((time.perf_counter(), chunk))
            if ASKED in chunk:
                os.write(self._master, REPLY)
            came += chunk
            if (until and until in chunk) or done(came):
                break
        return chunks

    def stamp_until(self, words: str, most: float = 30.0) -> list[tuple[float, bytes]]:
        """Takes what comes until a frame has ended that shows the words, on one line, however long nothing comes before."""

        def shows(came: bytes) -> bool:
            frames, ends, _ = came.rpartition(FRAME_ENDS)
            return bool(ends) and words.encode() in _CONTROL.sub(b"", frames)

        return self.stamp(most, most, done=shows)

    def draw(self, chunks: Sequence[tuple[float, bytes]], seen: Callable[[str], object]) -> float | None:
        """Draws the chunks; returns the stamp of the one that completed the first frame for which `seen` holds."""
        found = None
        for at, chunk in chunks:
            for part in _ENDED.split(chunk):  # a chunk may end in the middle of the frame after
                self._stream.feed(part)
                if found is None and FRAME not in self.display.on and seen(self.text):
                    found = at
        return found

    def answer(self, key: str, seen: Callable[[str], object], quiet: float, until: bytes = b"") -> float:
        """Seconds from a key to the first frame for which `seen` holds. Goes on when nothing has come for `quiet` seconds, or
        when `until` has."""
        begin = time.perf_counter()
        self.press(key)
        at = self.draw(self.stamp(quiet, until=until), seen)
        while at is None and time.perf_counter() - begin < _PATIENCE:  # a busy machine is quiet for longer
            at = self.draw(self.stamp(quiet, until=until), seen)
        assert at is not None, self.text
        return at - begin


def cpu_seconds(pids: Sequence[int]) -> float:
    """Processor time that the processes have used so far."""
    total = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])  # nanoseconds on a processor
    return total / 1e9


def settle(pids: Sequence[int]) -> None:
    """Waits until the processes use as much of a processor as in the second before: what they do at their start is over."""
    before = float("inf")
    for _ in range(60):
        begin = cpu_seconds(pids)
        time.sleep(1.0)
        used = cpu_seconds(pids) - begin
        if used <= 1.1 * before and before <= 1.1 * used + 0.001:
            return
        before = used
    raise AssertionError("the processes never settle")


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` (0 to 1) of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def spawn(command: Sequence[str], environment: Mapping[str, str], cwd: Path) -> StampedTerminal:
    """Starts it at 120×36."""
    return StampedTerminal(command, environment, cwd)
