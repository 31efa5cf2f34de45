"""What is set on a socket, and what an epoll waits for, stands in the table of descriptors, at every size."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockviz.model.events import CallReturned, Observed
from sockviz.model.sockets import FdEntry, ProcessRow, Watched
from sockviz.model.values import SocketValue, Value
from sockviz.tui.stage.descriptors import table
from tests.tui.driving import in_lesson, run_async
from tests.tui.scripted import told
from tests.tui.stage import scripted
from tests.tui.stage.scripted import Script

O_NONBLOCK = 0o4000


def options_set() -> Script:
    """A listener with three options, that does not block, and an epoll that waits for it."""
    script = scripted.real_listen()
    held = script.timeline.world.processes["server"].names["s"]
    assert isinstance(held, SocketValue)

    def sets(level: int, number: int, value: Value, was: Value, now: Value) -> None:
        call = script.enter("server", None, "setsockopt", held, level, number, value)
        script.say(CallReturned(script.at, "server", call, option_was=was, option_is=now))

    sets(1, 2, 1, 0, 1)
    sets(6, 1, 1, 0, 1)
    sets(1, 8, 8192, 131072, 16384)
    watched = (Watched(held.fd, 0x80000019, held.fd, held.inode),)
    fds = (
        *(FdEntry(number, "/dev/null", 0) for number in range(3)),
        FdEntry(held.fd, f"socket:[{held.inode}]", held.inode, "TCP", O_NONBLOCK),
        FdEntry(5, "anon_inode:[eventpoll]", 0, watched=watched),
    )
    script.say(Observed(script.at, script.host, processes=(ProcessRow("server", "S", fds),)))
    return script


@pytest.mark.parametrize("width", [28, 40, 60])
def test_a_table_with_room_tells_all(width: int) -> None:
    script = options_set()
    view = scripted.view(script)
    drawn = "\n".join(it.text for it in table(view, view.world.processes["server"], width, 12, {}))
    for words in ("SO_RCVBUF 16384 bytes", "TCP_NODELAY", "SO_REUSEADDR", "O_NONBLOCK", "EPOLLIN|EPOLLET"):
        assert words in drawn, drawn


def test_with_little_room_the_latest_comes_first_and_the_others_are_counted() -> None:
    script = options_set()
    view = scripted.view(script)
    drawn = "\n".join(it.text for it in table(view, view.world.processes["server"], 60, 2, {}))
    assert "SO_RCVBUF 16384 bytes +3" in drawn or "SO_RCVBUF 16384 bytes TCP_NODELAY +2" in drawn, drawn


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
def test_it_is_on_the_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, told(options_set()), size=size, open_page=False) as session:
            await session.until(lambda: "LISTEN" in session.text)
            assert "SO_RCVBUF 16384 bytes" in session.text
            assert "SO_REUSEADDR" in session.text
            assert "EPOLLIN" in session.text

    run_async(it())
