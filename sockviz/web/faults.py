"""What sessions leave that met a fault of their own: kept where those of whoever runs the server are, and not without end."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import platformdirs

#: The file that a session's standard error is.
ERRORS = "errors.txt"
#: How many of a server's sessions may leave something.
_MOST = 20


class Faults:
    """Those of one server."""

    def __init__(self) -> None:
        self._kept = 0

    def keep(self, home: Path) -> Path | None:
        """Keeps what a session with the directory `home` has left of a fault. Returns the file; None where there is none."""
        left = sorted(home.glob("**/crash-*.txt"))
        if not left or self._kept >= _MOST:
            return None
        self._kept += 1
        with contextlib.suppress(OSError):
            directory = Path(platformdirs.user_state_dir("sockviz", appauthor=False))
            directory.mkdir(parents=True, exist_ok=True)
            kept = directory / f"{left[0].stem}-served-{self._kept}.txt"
            shutil.copyfile(left[0], kept)
            return kept
        return None
