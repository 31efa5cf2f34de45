"""What keeps a kernel from being tried; other programs, run with a time limit."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import IO


class Trouble(Exception):
    """The message is one sentence for whoever runs the tool."""


def locked(directory: Path) -> IO[str]:
    """Keeps `directory` for this run until the returned file is closed. Raises `Trouble` and OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    file = (directory / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise Trouble(
            f"{directory} is being used by another run: wait for its end, or name another directory"
        ) from None
    return file


#: The Debian package of each program that is run here.
PACKAGES = {
    "apt-get": "apt",
    "dpkg-deb": "dpkg",
    "depmod": "kmod",
    "mkfs.ext4": "e2fsprogs",
    "qemu-system-aarch64": "qemu-system-arm",
    "qemu-system-x86_64": "qemu-system-x86",
    "tar": "tar",
}


def run(
    command: Sequence[str | Path], seconds: float, *, into: Path | None = None, out: Path | None = None
) -> str:
    """What `command` printed, if not to the file `out`. It runs in the directory `into` if there is one. Raises `Trouble`."""
    words = [str(word) for word in command]
    try:
        with out.open("wb") if out else nullcontext(subprocess.PIPE) as output:
            done = subprocess.run(
                [found(words[0]), *words[1:]],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE, timeout=seconds, cwd=into, check=False,
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Trouble(f"`{' '.join(words)}` did not end within {seconds:.0f} s") from None
    printed = (done.stdout or b"").decode(errors="replace")
    if done.returncode:
        said = (done.stderr.decode(errors="replace").strip() or printed.strip() or "nothing").splitlines()[-1]
        raise Trouble(f"`{' '.join(words)}` ended with {done.returncode} and said: {said}")
    return printed


def found(program: str) -> str:
    """Where `program` is: an ordinary user's PATH may lack the directories of system programs. Raises `Trouble`."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if path is None:
        raise Trouble(f"{program} is not installed: apt-get install {PACKAGES.get(program, program)}")
    return path
