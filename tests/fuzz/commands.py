"""A sample of the mutants, and odd recordings, through the commands as typed: 10 s, 512 MiB, no traceback, no raw control on a pipe.

By hand: python -m tests.fuzz.commands 60 --seed 1
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sockviz.memory import resident
from tests.fuzz import lessons, recordings
from tests.fuzz.faults import SECONDS, Faults

MEMORY = 512 << 20
#: As bytes: C0 but for the newline, DEL, and C1, bidi controls and line separators in UTF-8.
RAW = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]")


def dense(header: str) -> Iterator[tuple[str, Callable[[], Iterator[str]]]]:
    """Recordings that are small on disk and large to whoever believes them."""
    turned = '{"event": "PageOpened", "at": 1.0, "page": 0}'
    started = '{"event": "ProcessStarted", "at": 1.0, "process": "server", "pid": 4, "outer_pid": 4, "host": "loopback"}'
    finished = '{"event": "StatementFinished", "at": 1.0, "process": "server", "line": 5, "bound": {"a": %s}}'
    large = '{"$": "bytes", "base64": "' + "eHh4" * 700_000 + '"}'
    nested = '{"$": "list", "items": [' + ", ".join(['{"$": "list", "items": []}'] * 25_000) + "]}"
    counted = '{"event": "Observed", "at": 1.0, "host": "loopback", "counters": {%s}}'

    def many(times: int, *lines: str) -> Callable[[], Iterator[str]]:
        return lambda: (line + "\n" for line in (header, turned, started, *(lines * times)))

    yield "many turns", many(800_000, turned)  # of which each but the first is refused
    yield "many large values", many(50, finished % large)
    yield "many lists of lists", many(150, finished % nested)
    typed = [
        f'{{"event": "LineTyped", "at": 1.0, "process": "server", "line": {1000 + n}, "source": "x = [{n}]"}}'
        for n in range(2000)
    ]
    yield "many typed lines", many(1, *typed)
    yield "many counters", many(60, counted % ", ".join(f'"c{n}": 1' for n in range(200_000)))
    yield "a line without end", many(1, "[" * (200 << 20))
    yield "a value nested deeply", many(1, finished % ('{"$": "list", "items": [' * 50_000))


class Commands:
    """Runs commands and notes what they must not do."""

    def __init__(self, directory: Path) -> None:
        self.faults = Faults()
        self.directory = directory
        self.largest = 0
        self.ran = 0

    def run(self, seed: str, *arguments: str, codes: tuple[int, ...] = (0, 1, 2)) -> None:
        """One command. Its memory is what it is seen to have: what wait4 says begins with what this process had when it forked."""
        command = [sys.executable, "-m", "sockviz", *arguments]
        with tempfile.TemporaryFile() as out:
            began = time.monotonic()
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=recordings.ROOT
            )
            memory = self._watch(process, began)
            seconds = time.monotonic() - began
            out.seek(0)
            said = out.read(64 << 20)
        self.ran += 1
        self.faults.slowest = max(self.faults.slowest, (seconds, seed))
        self.largest = max(self.largest, memory)
        what = f"{arguments[0]} {' '.join(word for word in arguments if word.startswith('--'))}"
        code = process.returncode
        raw = RAW.search(said)
        for wrong, kind in (
            (seconds > SECONDS, f"longer than {SECONDS} s"), (memory > MEMORY, "more than 512 MiB"), (code not in codes, f"exit {code}"),
            (b"Traceback" in said, "a traceback"), (b"a fault of its own" in said, "a fault of its own"), (raw is not None, "a raw control"),
        ):  # fmt: skip
            if wrong:
                around = said[max(0, raw.start() - 60) : raw.end() + 20] if raw else said[-200:]
                self.faults.note(seed, f"{what}: {kind}")
                print(f"   {seed}: {around!r}", flush=True)

    def _watch(self, process: subprocess.Popen[bytes], began: float) -> int:
        most = 0
        while process.poll() is None:
            most = max(most, resident(process.pid))
            if time.monotonic() - began > 6 * SECONDS:
                process.kill()
            time.sleep(0.01)
        return most


def finished(recording: Path) -> Path:
    """The recording with a line behind it at which it breaks off, if not before: whoever follows it waits for no more."""
    with recording.open("ab") as file:
        file.write(b"\n{}\n")
    return recording


def main() -> int:
    """Tries as many as are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=60)
    parser.add_argument("--seed", type=int, default=0, help="of the first; each next is one more")
    parser.add_argument("--no-dense", action="store_true", help="leave the large recordings out")
    options = parser.parse_args()
    course = lessons.course()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        commands = Commands(directory)
        recording, lesson = directory / "mutant.jsonl", directory / "mutant.md"
        for seed in range(options.seed, options.seed + options.count):
            recording.write_bytes(recordings.mutant(seed, recordings.bases()))
            lesson.write_text(lessons.mutant(seed, course), encoding="utf-8")
            commands.run(f"r{seed}", "replay", "--plain", str(recording))
            commands.run(f"r{seed}", "replay", "--at", "3", "--json", str(recording))
            commands.run(f"r{seed}", "export", str(recording), "--pcapng", str(directory / f"{seed}.pcapng"))
            commands.run(f"r{seed}", "replay", "--follow", "--json", str(finished(recording)))
            commands.run(f"r{seed}", "export", str(recording), "--html", str(directory / f"{seed}.html"))
            commands.run(f"l{seed}", "check", str(lesson))
            commands.run(f"l{seed}", "export", str(lesson), "--html", str(directory / f"{seed}-lesson.html"))
            commands.run(f"l{seed}", "export", str(lesson), "--code", "c", str(directory / f"{seed}"))
        if not options.no_dense:
            header = recordings.bases()[0][0]
            for what, lines in dense(header):
                with recording.open("w", encoding="utf-8") as file:
                    file.writelines(lines())
                commands.run(what, "replay", "--plain", str(recording))
                commands.run(what, "replay", "--json", str(recording))
                commands.run(what, "export", str(recording), "--pcapng", str(directory / f"{what}.pcapng"))
                commands.run(what, "export", str(recording), "--html", str(directory / f"{what}.html"))
        return commands.faults.report(
            f"{commands.ran} commands from seed {options.seed} on; the largest took {commands.largest >> 20} MiB"
        )


if __name__ == "__main__":
    sys.exit(main())
