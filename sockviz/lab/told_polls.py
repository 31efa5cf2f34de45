"""What the lesson's poll objects wait for: in the kernel there is nothing of them between two calls, and Python does not tell.

Standard library only: part of what runs inside each process of a lesson.
"""

from __future__ import annotations

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

#: What register asks for where it is not told: POLLIN, POLLPRI, POLLOUT (Modules/selectmodule.c).
_USUAL = 7
#: So many objects are known, and so much of the list of each is told.
_MOST_OBJECTS, _MOST_TOLD = 64, 64


class Polls:
    """The lists of a process's poll objects, by their identity: no reference to one is kept."""

    def __init__(self) -> None:
        self._lists: dict[int, dict[int, int]] = {}

    def after(self, key: str, poll: object, values: list[Any], made: object) -> None:
        """Notes what the call `key` on `poll` has changed; `made` is what it returned."""
        if key == "select.poll":
            self._lists.pop(id(made), None)  # of one that is gone, and had the same place
            self._lists[id(made)] = {}
            if len(self._lists) > _MOST_OBJECTS:
                del self._lists[next(iter(self._lists))]
        elif key.startswith("select.poll.") and (watched := self._lists.get(id(poll))) is not None:
            fd = values[0] if isinstance(values[0], int) else values[0].fileno()
            if key.endswith(".unregister"):
                watched.pop(fd, None)
            else:
                watched[fd] = int(values[1]) & 0xFFFF if len(values) > 1 else _USUAL

    def told(self, key: str, poll: object) -> list[tuple[int, int]]:
        """What the call `key` waits for: descriptors and events."""
        watched = self._lists.get(id(poll), {}) if key == "select.poll.poll" else {}
        return list(watched.items())[:_MOST_TOLD]
