"""The second wall of a visitor's session: what its process may ask of this machine, whatever the screen has forgotten to refuse.

Python tells an audit hook (PEP 578) of each file that is opened, each program that is started and each file that is removed or
renamed, before it happens, and there is no way to take a hook away. A visitor's lines are data, and no code of theirs runs here:
so what is refused below would be a door of sockviz's own that somebody left open.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from sockviz.dataclass import dataclass

#: The entry of a lab's first process, and the labs that have a network of their own (`sockviz.lab.supervisor`).
_LABS = str(Path(__file__).resolve().parent.parent / "lab" / "entry" / "init.py")
_PRIVATE = ("isolated", "two-hosts")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_STARTS = frozenset({"os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn", "os.startfile"})
#: What changes a file, and which of its arguments are paths.
_CHANGES = {
    "os.remove": (0,), "os.rename": (0, 1), "os.mkdir": (0,), "os.rmdir": (0,), "os.link": (0, 1), "os.symlink": (1,),
    "os.truncate": (0,), "os.chmod": (0,), "os.chown": (0,), "os.utime": (0,), "shutil.rmtree": (0,), "shutil.move": (0, 1),
    "shutil.copyfile": (1,),
}  # fmt: skip


class VisitorRefused(PermissionError):
    """A session asked for what no visitor has."""


@dataclass(frozen=True, slots=True)
class Wall:
    """What a session whose own directories are ``own`` may do."""

    own: tuple[str, ...]

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """Raises `VisitorRefused` for what it may not."""
        if event == "open":
            self._opened(*arguments)
        elif event in _CHANGES:
            for place in _CHANGES[event]:
                self._within(arguments[place])
        elif event == "subprocess.Popen":
            self._started(arguments[0], arguments[1])
        elif event in _STARTS:
            raise VisitorRefused(f"no program is started for a visitor ({event})")

    def _opened(self, path: object, _mode: object, flags: object, *_: object) -> None:
        writes = isinstance(flags, int) and flags & _WRITES
        if writes and not isinstance(path, int):  # a descriptor has been opened before
            self._within(path)

    def _within(self, path: object) -> None:
        if isinstance(path, int):
            return
        named = os.path.abspath(os.fsdecode(path))  # type: ignore[arg-type]  # as open(2) had it
        if named != os.devnull and not any(named == own or named.startswith(own + "/") for own in self.own):
            raise VisitorRefused(f"no visitor writes here: {named}")

    def _started(self, executable: object, arguments: object) -> None:
        words = [os.fsdecode(each) for each in arguments] if isinstance(arguments, list | tuple) else []
        if executable == sys.executable and words[:5] in (
            [sys.executable, "-I", "-S", _LABS, kind] for kind in _PRIVATE
        ):
            return
        raise VisitorRefused(f"no program is started for a visitor: {executable!r}")


def build(
    *own: str, add: Callable[[Callable[[str, tuple[object, ...]], None]], None] = sys.addaudithook
) -> None:
    """From here on, in this process, for good: files are written beneath `own` alone, and nothing starts but private labs."""
    add(Wall(tuple(map(os.path.abspath, own))))
