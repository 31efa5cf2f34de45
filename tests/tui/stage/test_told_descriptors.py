"""What the calls of a program have said since its table was looked at last is true of the table, too."""

from __future__ import annotations

from sockviz.dataclass import replace
from sockviz.model.call import Call, Stage
from sockviz.model.log import Log
from sockviz.model.process import Process
from sockviz.model.sockets import FdEntry
from sockviz.model.values import SocketValue, Value
from sockviz.model.world import World
from sockviz.words.told_descriptors import descriptors

CACHE = FdEntry(3, "/etc/ld.so.cache", 0)
LISTENER, CLIENT = (SocketValue(inode, fd, "AF_INET", "SOCK_STREAM", 6) for inode, fd in ((70, 3), (71, 4)))
WORLD = World(looked={"loopback": 10.0})


def _made(
    number: int, name: str, at: float, value: Value = None, *arguments: Value, error: str | None = None
) -> Call:
    call = Call("server", number, None, name, name, arguments, {}, at)
    return replace(call, stage=Stage.RETURNED, returned=at, value=value, error=error)


def _shown(*calls: Call, command: tuple[str, ...] = ("./server",)) -> list[tuple[int, int, bool]]:
    process = Process(
        "server", 6, 6, "loopback", None, False, 1.0, fds=(CACHE,), command=command, calls=Log(calls)
    )
    return [(entry.fd, entry.inode, is_told) for entry, is_told in descriptors(WORLD, process)]


def test_a_descriptor_is_there_from_the_call_on_that_gave_it_and_to_the_one_that_took_it() -> None:
    made = [
        _made(1, "socket", 11.0, LISTENER),
        _made(2, "accept", 12.0, (CLIENT, ("127.0.0.1", 5))),
        _made(3, "close", 13.0, None, CLIENT),
    ]
    assert _shown() == [(3, 0, False)]
    assert _shown(*made[:1]) == [(3, 70, True)], "and not what had that number before"
    assert _shown(*made[:2]) == [(3, 70, True), (4, 71, True)]
    assert _shown(*made) == [(3, 70, True)]


def test_what_was_looked_at_since_stays_and_a_call_that_failed_changes_nothing() -> None:
    assert _shown(_made(1, "socket", 9.0, LISTENER)) == [(3, 0, False)], "it is closed again"
    assert _shown(_made(1, "close", 11.0, None, LISTENER, error="EBADF")) == [(3, 0, False)]
    assert _shown(_made(1, "socket", 11.0, LISTENER), command=()) == [(3, 0, False)], "a lesson's process"
