"""Performs the whole course on Debian's kernels, under qemu without KVM: by hand, before a release.

    python -m tools.kernels --cache DIR [--machine arm64] [KERNEL…]

A KERNEL is 5.10, 6.1, 6.12 or newest (what Debian 11, 12, 13 and unstable have today; all four where none is named), a package
linux-image-…[=VERSION], or a file FILE.deb (several joined by commas where the modules are a package of their own).
Each kernel runs Debian 12's Python and sockviz from this checkout; all lessons and exercises are performed in every lab by a
user without rights, and so is the lesson that the README shows. Prints a table for the README, and what failed; DIR/results
has the details as JSON, and what each kernel said. A kernel takes a quarter of an hour of a processor's time.
Exit code 0: all hold; 1: some do not; 2: wrong usage.

It needs qemu-system-x86 (for arm64: qemu-system-arm), kmod, e2fsprogs, and Debian's apt; no root. Nothing is installed on this
machine.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tools.kernels.architecture import ARCHITECTURES, Architecture
from tools.kernels.archive import mirrors
from tools.kernels.course import README_LESSON, Outcome, as_json, example, problems, read, steps, table
from tools.kernels.kernel import SUITES, get_kernel
from tools.kernels.machine import CONSOLE, boot, first_files
from tools.kernels.trouble import Trouble, locked
from tools.kernels.userland import Userland

CHECKOUT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Tries the kernels that are asked for, one after the other."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.kernels",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kernels", metavar="KERNEL", nargs="*")
    parser.add_argument(
        "--cache", metavar="DIR", type=Path, required=True, help="keep what is downloaded and built in DIR"
    )
    parser.add_argument(
        "--seconds",
        metavar="N",
        type=float,
        default=3600.0,
        help="how long one kernel may take, by this machine's clock (3600)",
    )
    parser.add_argument(
        "--machine",
        choices=ARCHITECTURES,
        default="amd64",
        help="what kind of machine, as Debian calls it (amd64)",
    )
    options = parser.parse_args(arguments)
    # An end that is asked for ends the machine too: its `finally` runs.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with locked(options.cache.absolute()):
            machine = ARCHITECTURES[options.machine]
            return perform(
                options.kernels or list(SUITES), options.cache.absolute(), options.seconds, machine
            )
    except (Trouble, OSError) as trouble:
        print(f"nothing was performed: {trouble}", file=sys.stderr)
        return 1


def perform(words: Sequence[str], cache: Path, seconds: float, machine: Architecture) -> int:
    """Performs the course on each kernel and prints what became of it. Raises `Trouble` where nothing can be performed at all."""
    lesson = example((CHECKOUT / "README.md").read_text())
    of = mirrors()
    userland = Userland(cache, of, machine)
    say("preparing the guest's disks")
    disks = (userland.system(), userland.installed(CHECKOUT))
    outcomes: list[Outcome] = []
    for word in words:
        say(f"{word}: getting the kernel")
        try:
            kernel = get_kernel(word, cache, of, machine)
            home = cache / "results" / kernel.release
            home.mkdir(parents=True, exist_ok=True)
            first = first_files(kernel, userland.busybox, steps(), {README_LESSON: lesson.encode()})
            say(f"{word}: Linux {kernel.release} performs the course: {home / CONSOLE} has what it says")
            results = boot(machine, kernel, (disks[0], kernel.modules, disks[1]), first, home, seconds)
            outcome = read(results, kernel.release, kernel.version)
            (home / "outcome.json").write_text(
                as_json(outcome, {"kernel": word, "date": date.today().isoformat()})
            )
            outcomes.append(outcome)
        except (Trouble, OSError) as trouble:
            print(f"{word}: {trouble}", file=sys.stderr)
    print(table(outcomes))
    for line in (line for outcome in outcomes for line in problems(outcome)):
        print(line)
    return 0 if len(outcomes) == len(words) and all(outcome.ok for outcome in outcomes) else 1


def say(what: str) -> None:
    """Tells how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
