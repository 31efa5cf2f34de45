"""Faults of ours, a session's and the server's: kept where those of whoever runs it are, who is told of them; not without end."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

import platformdirs

from sockviz import crash
from sockviz.language import _
from sockviz.visible import quoted

#: The file that a session's standard error is.
ERRORS = "errors.txt"
#: How many of a server's are told of, and how many of its sessions'.
_MOST = 20


class Faults:
    """Those of one server; `tell` is told of each."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._kept = self._told = 0

    def of_server(self, error: BaseException) -> None:
        """One of the server's own: it goes on."""
        if self._told < _MOST:
            self._told += 1
            self._tell(crash.save(error))

    def of_session(self, home: Path) -> None:
        """Keeps what a session with the directory `home` has left of a fault, if it has met one; and tells what it had to say, as
        that a visitor's progress cannot be kept."""
        if self._kept >= _MOST:
            return
        left, said = sorted(home.glob("**/crash-*.txt")), _said(home / ERRORS)
        if said and not left:
            self._kept += 1
            self._tell(_("a session says: {said}").format(said=quoted(said)))
        if not left:
            return
        self._kept += 1
        with contextlib.suppress(OSError):
            directory = Path(platformdirs.user_state_dir("sockviz", appauthor=False))
            directory.mkdir(parents=True, exist_ok=True)
            kept = directory / f"{left[0].stem}-served-{self._kept}.txt"
            shutil.copyfile(left[0], kept)
            self._tell(
                _("a session met a fault of its own: the details are in {file}").format(
                    file=quoted(str(kept))
                )
            )


def _said(errors: Path) -> str:
    """Its first line."""
    with contextlib.suppress(OSError), errors.open("rb") as file:
        return file.read(1000).decode("utf-8", "replace").partition("\n")[0].strip()
    return ""
