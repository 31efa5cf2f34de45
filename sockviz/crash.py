"""What is left of a fault in sockviz itself: a file with the traceback, and one sentence that names it."""

from __future__ import annotations

import tempfile
import time
import traceback
from pathlib import Path

import platformdirs

import sockviz


def save(error: BaseException, directory: Path | None = None) -> str:
    """Writes the traceback to the user's state directory (else the temporary one); returns what to tell the person."""
    what = f"sockviz met a fault of its own ({type(error).__name__}: {_first_line(error)}) and had to stop."
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
        return f"{what} The details are in {place / name}; please send that file with your report."
    return (
        f"{what} The details could not be saved: neither {wanted} nor the temporary directory can be written."
    )


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or ["no message"])[0][:120]
