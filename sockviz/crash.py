"""What is left of a fault in sockviz itself: a file with the traceback, and one sentence that names it.

What a machine refuses to any program, as room on a disk, is no fault of ours: that is told as what it is, and leaves no file.
"""

from __future__ import annotations

import errno
import os
import tempfile
import time
import traceback
from pathlib import Path

import platformdirs

import sockviz
from sockviz.language import _, said_by_system
from sockviz.output_file import new_file
from sockviz.visible import quoted, visible


def save(error: BaseException, directory: Path | None = None) -> str:
    """Writes the traceback to the user's state directory (else the temporary one); returns what to tell the person."""
    if refused := _refused(error):
        return refused
    what = _("sockviz met a fault of its own ({error}) and had to stop.").format(
        error=f"{type(error).__name__}: {_first_line(error)}"
    )
    text = "".join(
        (
            f"sockviz {sockviz.__version__}, {time.strftime('%Y-%m-%d %H:%M:%S')}\n\n",
            *traceback.format_exception(error),
        )
    )
    stem = f"crash-{time.strftime('%Y%m%d-%H%M%S')}"
    wanted = directory or Path(platformdirs.user_state_dir("sockviz", appauthor=False))
    for place in (wanted, Path(tempfile.gettempdir())):
        try:
            place.mkdir(parents=True, exist_ok=True)
            with new_file(place, stem, ".txt") as file:
                file.write("\n".join(map(visible, text.split("\n"))))  # it will be looked at on a terminal
        except OSError:
            continue
        saved = _("The details are in {file}; please send that file with your report.")
        return f"{what} {saved.format(file=quoted(file.name))}"
    lost = _(
        "The details could not be saved: neither {directory} nor the temporary directory can be written."
    )
    return f"{what} {lost.format(directory=quoted(str(wanted)))}"


def _refused(error: BaseException) -> str | None:
    """The sentence for what the machine refused, with what the person can do; None where that was not it."""
    if isinstance(error, RuntimeError) and "start new thread" in str(error):  # pthread_create(3)
        return _(
            "no more threads can be started. End other programs, or raise the limit (ulimit -u), and try again."
        )
    number = (
        errno.ENOMEM
        if isinstance(error, MemoryError)
        else error.errno
        if isinstance(error, OSError)
        else None
    )
    match number:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            said = _("there is no room for what has to be written ({error}). Make some, and try again.")
        case errno.EMFILE | errno.ENFILE:
            said = _("too many files are open ({error}). Raise the limit (ulimit -n), and try again.")
        case errno.ENOMEM:
            said = _(
                "the memory does not suffice ({error}). End other programs, or raise the limit (ulimit -v), and try again."
            )
        case errno.EIO:
            said = _(
                "a disk or a terminal has failed ({error}). See whether it is still there, and try again."
            )
        case _:
            return None
    file, told = getattr(error, "filename", None), said_by_system(number)
    return said.format(
        error=f"{quoted(os.fsdecode(file))}: {told}" if isinstance(file, str | bytes) else told
    )


def _first_line(error: BaseException) -> str:
    return (str(error).split("\n") or ["no message"])[0][:120]
