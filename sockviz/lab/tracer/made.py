"""A system call as it is told: by its name in the table of calls, with its arguments, and how to read what it gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sockviz.lab.tracer.descriptors import CallDescriptors

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    #: Reads what a call that did not fail gave, from the register's value, while its task is stopped.
    Gives: TypeAlias = Callable[[int], Any]


class _Number(int):
    """A descriptor's number, which is true where it is 0, too."""

    def __bool__(self) -> bool:
        return True


class CallEntry:
    """A task that is about to make a call: whose memory it is, the six registers, the descriptors of its process."""

    __slots__ = ("a", "descriptors", "tid")

    def __init__(self, tid: int, a: Sequence[int], descriptors: CallDescriptors) -> None:
        self.tid = tid
        self.a = a
        self.descriptors = descriptors

    def int(self, place: int) -> int:
        """An argument that is an int in C."""
        number = self.a[place] & 0xFFFFFFFF
        return number - (1 << 32) if number >> 31 else number

    def named(self) -> Any:
        """The socket that the first argument names; the bare number where it names none, in a call that is for sockets only."""
        fd = self.int(0)
        return self.descriptors.socket(fd) or fd

    def epoll(self) -> Any:
        """The epoll instance that the first argument names; the bare number where it names none."""
        fd = self.int(0)
        return self.descriptors.epoll(fd) or fd

    def socket(self) -> Any:
        """The socket that the first argument names; the bare number of what is closed; None where something else is open."""
        fd = self.int(0)
        return self.descriptors.socket(fd) or (_Number(fd) if self.descriptors.is_closed(fd) else None)

    def watched(self) -> Any:
        """Likewise, of a call that is made on epoll instances, too."""
        return self.descriptors.watched(self.int(0)) or self.socket()


class Made:
    """What is told of it. ``function`` is its row in the table of calls, where it has one; ``watched`` what a poll waits for;
    ``is_at_import``: a library makes it while it is imported."""

    __slots__ = ("arguments", "function", "gives", "is_at_import", "keywords", "name", "watched")

    def __init__(
        self,
        name: str,
        function: str,
        arguments: list[Any],
        gives: Gives | None = None,
        keywords: dict[str, Any] | None = None,
        watched: list[tuple[int, int]] | None = None,
    ) -> None:
        self.name = name
        self.function = function
        self.arguments = arguments
        self.gives = gives or nothing
        self.keywords = keywords or {}
        self.watched = watched
        self.is_at_import = False


def nothing(_result: int) -> Any:
    """Of a call that says no more than that it succeeded."""
    return None


def number(result: int) -> Any:
    """Of one that counts."""
    return result
