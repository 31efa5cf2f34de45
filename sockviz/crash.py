"""What is left of a fault in sockviz itself: a file with the traceback, and one sentence that names it."""

from __future__ import annotations

import tempfile
import time
import traceback
from pathlib import Path

import platformdirs

import sockviz
from sockviz.language import _


def save(error: BaseException, directory: Path | None = None) -> str:
    """Writes the traceback to the user's state directory (else the temporary one); returns what to tell the person."""
    what = _("sockviz met a fault of its own ({error}) and had to stop.").format(
        error=f"{type(error).__name__}: {_first_line(error)}"
    )
    text = "".join(
        (
            f"sockviz {sockviz.__version__}, {time.strftime('%Y-%m-%d %H:%M:%S')}\n\n",
            *traceback.format_exception(error),
        )
    )
    name = f"crash-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    wanted = directory or Path(platformdirs.user_state_dir("sockviz", appauthor=False))
    for place in (wanted, Path(tempfile.gettempdir())):
        try:
            place.mkdir(parents=True, exist_ok=True)
            with (place / name).open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError:
            continue
        saved = _("The details are in {file}; please send that file with your report.")
        return f"{what} {saved.format(file=place / name)}"
    lost = _(
        "The details could not be saved: neither {directory} nor the temporary directory can be written."
    )
    return f"{what} {lost.format(directory=wanted)}"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or ["no message"])[0][:120]
