"""The second wall of a visitor's session: what its process may ask of this machine, whatever the screen has forgotten to refuse.

Python tells an audit hook (PEP 578) of each file that is opened, each program that is started and each file that is removed or
renamed, before it happens, and there is no way to take a hook away. A visitor's lines are data, and no code of theirs runs here:
so what is refused below would be a door of sockviz's own that somebody left open.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sockviz.dataclass import dataclass

#: The entry of a lab's first process, and the labs that have a network of their own (`sockviz.lab.supervisor`).
_LABS = str(Path(__file__).resolve().parent.parent / "lab" / "entry" / "init.py")
_PRIVATE = ("isolated", "two-hosts")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_STARTS = frozenset({"os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn", "os.startfile"})
#: What changes a file: which of its arguments are paths, and which the descriptor of the directory that each is in.
_CHANGES: Mapping[str, Sequence[tuple[int, int | None]]] = {
    "os.remove": ((0, 1),), "os.rename": ((0, 2), (1, 3)), "os.mkdir": ((0, 2),), "os.rmdir": ((0, 1),),
    "os.link": ((0, 2), (1, 3)), "os.symlink": ((1, 2),), "os.truncate": ((0, None),), "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),), "os.utime": ((0, 3),), "shutil.rmtree": ((0, 1),), "shutil.move": ((0, None), (1, None)),
    "shutil.copyfile": ((1, None),),
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
            for place, directory in _CHANGES[event]:
                beneath = (
                    arguments[directory] if directory is not None and directory < len(arguments) else None
                )
                self._within(arguments[place], beneath)
        elif event == "subprocess.Popen":
            self._started(arguments[0], arguments[1])
        elif event in _STARTS:
            raise VisitorRefused(f"no program is started for a visitor ({event})")

    def _opened(self, path: object, _mode: object, flags: object, *_: object) -> None:
        writes = isinstance(flags, int) and flags & _WRITES
        if writes and not isinstance(path, int):  # a descriptor has been opened before
            self._within(path)

    def _within(self, path: object, directory: object = None) -> None:
        if isinstance(path, int):
            return
        # As open(2) had it; Python says -1 where no directory was given.
        beneath = f"/proc/self/fd/{directory}" if isinstance(directory, int) and directory >= 0 else "."
        named = os.path.abspath(os.path.join(os.path.realpath(beneath), os.fsdecode(path)))  # type: ignore[arg-type]
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
    add(Wall(tuple({spelled(each): None for each in own for spelled in (os.path.abspath, os.path.realpath)})))
