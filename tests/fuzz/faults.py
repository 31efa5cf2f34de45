"""What the fuzzers share: a limit for each mutant, of a processor's time, whatever else the machine does; and what went wrong, each
kind of it once, with the seeds to see it again."""

from __future__ import annotations

import re
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from sockviz.memory import resident

#: No mutant may take longer (seconds), nor the fuzzer more memory (bytes).
SECONDS, MEMORY = 10, 512 << 20
#: What is never printed: controls but for the newline, and characters that reorder others.
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Fault(Exception):
    """Something that must not be. The message says what."""


class TooLong(BaseException):
    """The time is up. No handler of the program's own catches it."""


class Faults:
    """Collects faults by their kind."""

    def __init__(self) -> None:
        self.seeds: dict[str, list[str]] = {}
        self.slowest = (0.0, "")

    @contextmanager
    def watched(self, seed: str) -> Iterator[None]:
        """Runs what follows for so many seconds at most, and notes what it raises."""
        before = signal.signal(signal.SIGPROF, _over)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            with self.noted(seed, time.process_time):
                yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)

    @contextmanager
    def noted(self, seed: str, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
        """Runs what follows, and notes what it raises, and how long it took by the `clock`."""
        began = clock()
        try:
            yield
        except (Exception, TooLong) as error:
            self.note(seed, _kind(error))
        self.slowest = max(self.slowest, (clock() - began, seed))
        if resident() > MEMORY:
            self.note(seed, f"more than {MEMORY >> 20} MiB of memory")

    def note(self, seed: str, kind: str) -> None:
        """Adds a fault."""
        if kind not in self.seeds:
            print(f"\n-- seed {seed}\n{kind}", flush=True)
        self.seeds.setdefault(kind, []).append(seed)

    def report(self, what: str) -> int:
        """Prints how it ended; returns an exit code."""
        print(
            f"\n{what}: the slowest took {self.slowest[0]:.1f} s (seed {self.slowest[1]}), {resident() >> 20} MiB at the end"
        )
        for kind, seeds in self.seeds.items():
            last = kind.strip().splitlines()[-1]
            print(f"{len(seeds):6} × {last[:150]}   seeds {' '.join(seeds[:5])}")
        return 1 if self.seeds else 0


def clean(text: str, where: str) -> None:
    """Raises `Fault` where `text`, as printed, has a raw control character."""
    found = RAW.search(text)
    if found is not None:
        around = text[max(0, found.start() - 40) : found.end() + 20]
        raise Fault(f"a raw {found[0]!r} in {where}: {around!r}")


def _over(_number: int, _frame: FrameType | None) -> None:
    raise TooLong(f"still at it after {SECONDS} s")


def _kind(error: BaseException) -> str:
    """The last places of a traceback, without what differs from one mutant to the next."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = "\n".join(
        f"  {frame.filename.rpartition('/sockviz/')[2]}:{frame.lineno} {frame.name}" for frame in frames
    )
    said = (
        re.sub(r"0x[0-9a-f]+|\d+", "#", str(error))[:100]
        if not isinstance(error, Fault)
        else re.split(r" in |: ", str(error))[0]
    )
    return f"{places}\n{type(error).__name__}: {said}"
