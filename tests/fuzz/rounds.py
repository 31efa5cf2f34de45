"""Every program of the exercises again and again: whether each is told the same whatever else the machine does.

By hand: python -m tests.fuzz.rounds 50 [--at-once 2] [--keep DIR] [SLUG/NAME ...]

A round attempts each start and solution of the course, and all of tests/practice/programs. Where what is told (which verdicts hold,
at which it fails, the cause, the next step) is another than in the round before, both are printed, and DIR keeps both runs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

from sockviz.dataclass import dataclass
from sockviz.lesson.document import Exercise, Lesson
from sockviz.player.practice import Practice
from sockviz.player.recorder import Recorder
from sockviz.practice.attempt import attempt
from sockviz.practice.shelf import SUFFIXES, find, language_of, places, read_exercise

_NUMBERS = re.compile(r"b'[^']*'|[\d,.]+")
_OTHER_EACH_TIME = re.compile(r":[3-6]\d{4}\b|\b\d+ s\b")
PROGRAMS = Path(__file__).parents[1] / "practice/programs"


@dataclass(frozen=True, slots=True)
class Told:
    """What a student reads after one attempt; ``observed`` may have numbers that are others each time."""

    passed: bool
    verdicts: tuple[tuple[str, bool, str, str], ...]
    observed: tuple[str, ...]
    seconds: float


def programs() -> Iterator[tuple[str, Path]]:
    """The slug of an exercise, and a program."""
    for place in places():
        own = (place.file(name, language) for name in ("start", "solution") for language in SUFFIXES)
        yield from ((place.slug, file) for file in own if file.exists())
        yield from (
            (place.slug, file) for file in sorted((PROGRAMS / place.slug).glob("*_*.*")) if language_of(file)
        )


@cache
def _exercise(slug: str) -> tuple[Lesson, Exercise]:
    return read_exercise(find(slug))


def attempted(slug: str, file: Path, recording: Path) -> Told:
    """One attempt, recorded."""
    lesson, exercise = _exercise(slug)
    language = language_of(file)
    assert language is not None
    with recording.open("w", encoding="utf-8") as kept:

        def record(practice: Practice) -> None:
            Recorder(practice, kept)

        done = asyncio.run(attempt(lesson, exercise, file, language, watch=record))
    return Told(
        done.passed,
        tuple((each.title, each.ok, each.cause, each.next) for each in done.verdicts),
        tuple(each.observed for each in done.verdicts),
        done.seconds,
    )


def _without_numbers(text: object) -> object:
    """What is said, whatever the amounts and the data that it is said of."""
    return _NUMBERS.sub("…", text) if isinstance(text, str) else text


def _plain(text: object) -> object:
    """Without what is another in each run: the ports that the kernel gives, and for how long a timer has still to go."""
    return _OTHER_EACH_TIME.sub("…", text) if isinstance(text, str) else text


def differences(before: Told, now: Told) -> Iterator[tuple[bool, str]]:
    """What is told otherwise than before, a line each, and whether only in its numbers."""
    for old, new in zip(before.verdicts, now.verdicts, strict=True):
        for a, b in zip(old, new, strict=True):
            if _plain(a) != _plain(b):
                yield _without_numbers(a) == _without_numbers(b), f"  - {a!r}\n  + {b!r}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Rounds; 1 where anything differed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rounds", type=int)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--keep", type=Path, required=True, help="a directory, for the runs that differ")
    parser.add_argument("only", nargs="*")
    options = parser.parse_intermixed_args(arguments)
    options.keep.mkdir(parents=True, exist_ok=True)
    wanted = [
        (slug, file)
        for slug, file in programs()
        if not options.only or any(each in f"{slug}/{file.name}" for each in options.only)
    ]
    first: dict[Path, Told] = {}
    found: Counter[str] = Counter()
    with ProcessPoolExecutor(options.at_once) as pool:
        for number in range(1, options.rounds + 1):
            began = time.monotonic()
            runs = [options.keep / f"{slug}.{file.name}.{number}.jsonl" for slug, file in wanted]
            tried = [
                pool.submit(attempted, slug, file, run)
                for (slug, file), run in zip(wanted, runs, strict=True)
            ]
            for (slug, file), run, future in zip(wanted, runs, tried, strict=True):
                now = future.result()
                before = first.setdefault(file, now)
                meant = file.name.startswith(("right_", "solution"))
                differ = list(differences(before, now))
                told = [line for _is_number, line in differ]
                if now.passed != meant:
                    told.append(f"  passed: {now.passed}")
                seen = [_without_numbers(each) for each in now.observed]
                is_seen_so = seen == [_without_numbers(each) for each in before.observed]
                if not told and not is_seen_so:
                    told = [f"  before: {each}" for each in before.observed]
                if told:
                    is_same = now.passed == meant and all(is_number for is_number, _line in differ)
                    kind = "in words" if not is_same else "in numbers" if differ else "in what was observed"
                    found[kind] += 1
                    print(
                        f"{slug}/{file.name}, round {number}, {kind}: {run}",
                        *told,
                        *now.observed,
                        sep="\n",
                        flush=True,
                    )
                elif number > 1:
                    os.unlink(run)
            print(
                f"round {number}: {len(wanted)} programs, {time.monotonic() - began:.0f} s, differences: {dict(found)}",
                flush=True,
            )
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
