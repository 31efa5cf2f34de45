"""Which files are no program of the user's own: the standard library, installed packages, code that is no file's.

What stands in a directory ``lib/python3…`` is, where that is under the interpreter's own prefix, the system's or the user's own,
or a virtual environment's; a user's project may have one, too.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache

_INSTALLED = re.compile(r"/lib(?:64)?/python3[^/]*/")
_OF_THE_SYSTEM = ("/usr", "/usr/local")


class Libraries:
    """Of the interpreter whose program that is."""

    def __init__(self, program: str) -> None:
        home = os.path.dirname(program)
        self._prefixes = {os.path.dirname(home), *_OF_THE_SYSTEM}
        self._unbuilt = f"{home}/Lib/"  # where it was built and not installed

    def has(self, path: str) -> bool:
        """Whether a library is what stands in that file."""
        if path.startswith(("<", self._unbuilt)):
            return True
        return any(self._is_prefix(path[: found.start()]) for found in _INSTALLED.finditer(path))

    def _is_prefix(self, path: str) -> bool:
        return path in self._prefixes or _is_ones(path) or os.path.realpath(path) in self._prefixes


@lru_cache(maxsize=256)
def _is_ones(path: str) -> bool:
    """Whether packages are installed there: for a user (PEP 370), or in a virtual environment (PEP 405)."""
    return path.endswith("/.local") or os.path.exists(f"{path}/pyvenv.cfg")
