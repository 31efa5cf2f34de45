"""Trials by their numbers: each is made again by its seed and its number alone."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable


def try_all(
    describe: str, count: int, attempt: Callable[[int, int], tuple[str, list[str]]], introduce: str = ""
) -> int:
    """Makes the trials that the command line asks for, `count` unless it says how many; prints each, and what was wrong with it.
    `attempt` makes that of a seed and a number, and returns both. Returns the exit status: 1 if one went wrong."""
    parser = argparse.ArgumentParser(description=describe)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=count)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--only", metavar="SEED/NUMBER")
    options = parser.parse_args()
    numbers = [(options.seed, n) for n in range(options.first, options.first + options.count)]
    if options.only:
        seed, number = map(int, options.only.split("/"))
        numbers = [(seed, number)]
    if introduce:
        print(f"{introduce}, seed {numbers[0][0]}, {len(numbers)} trials", flush=True)
    counted: Counter[str] = Counter()
    for seed, number in numbers:
        what, found = attempt(seed, number)
        counted["wrong" if found else "right"] += 1
        print(what, *(f"\n    {line}" for line in found), sep="", flush=True)
    print(dict(counted))
    return 1 if counted["wrong"] else 0
