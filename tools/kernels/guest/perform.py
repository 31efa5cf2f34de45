"""Runs inside the guest, as root: each step as an ordinary user with a time limit; what it printed goes to the results' disk.

    perform.py STEPS RESULTS DISK

STEPS is a JSON list of {"name", "command", "seconds"}. After each step the whole of RESULTS is written to DISK as a tar, so that
what a crash leaves is there to be read.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

#: Has no name, no home and no rights.
USER = 65534
ENVIRONMENT = {"HOME": "/nonexistent", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "dumb"}


def perform(step: dict[str, Any], results: Path) -> dict[str, Any]:
    """Runs one step to its end, or ends it. Its output is RESULTS/NAME.out and NAME.err."""
    started = time.monotonic()
    name = step["name"]
    with (results / f"{name}.out").open("wb") as out, (results / f"{name}.err").open("wb") as err:
        process = subprocess.Popen(
            step["command"], stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd="/tmp", env=ENVIRONMENT,
            user=USER, group=USER, extra_groups=[], start_new_session=True,
        )  # fmt: skip
        try:
            code: int | None = process.wait(step["seconds"])
        except subprocess.TimeoutExpired:
            code = None
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return {"name": name, "code": code, "seconds": round(time.monotonic() - started, 1)}


def write(results: Path, done: list[dict[str, Any]], *, whole: bool, disk: Path) -> None:
    """Writes everything so far to `disk`."""
    (results / "done.json").write_text(
        json.dumps({"release": os.uname().release, "whole": whole, "steps": done})
    )
    with disk.open("r+b") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            tar.add(results, arcname=".")
        file.flush()
        os.fsync(file.fileno())


def main(steps_file: str, results_directory: str, disk: str) -> None:
    """Performs all steps."""
    results = Path(results_directory)
    results.mkdir()
    steps = json.loads(Path(steps_file).read_text())
    done: list[dict[str, Any]] = []
    for step in steps:
        done.append(perform(step, results))
        print(f"guest: {done[-1]}", flush=True)
        write(results, done, whole=len(done) == len(steps), disk=Path(disk))


if __name__ == "__main__":
    main(*sys.argv[1:])
