"""The process that begins sessions, by itself: what becomes of it when something goes wrong on the way to one."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from sockviz.web import spawner, zygote
from sockviz.web.request import SessionRequest
from sockviz.web.spawner import CannotBegin, Spawner

#: It imports nothing more; then what the test changes, and it serves.
_PROGRAM = """
import os, socket, sys
from sockviz.web import zygote
zygote._LATER = zygote._WHOLE = ()
{changed}
zygote.serve(socket.socket(fileno=int(sys.argv[1])))
"""
#: The server is gone by then.
_ANSWERED_TOO_LATE = """
import select
def begin(channel, _asked, _fds):
    hung_up = select.poll()
    hung_up.register(channel, 0)
    hung_up.poll()
    channel.send(b"1")
zygote._begin = begin
"""
#: Its first session has ended before its pidfd is asked for.
_GONE_AT_ONCE = """
import time
opened = os.pidfd_open
def late(pid):
    while os.path.exists(f"/proc/{pid}"):
        time.sleep(0.001)
    zygote.os.pidfd_open = opened
    return opened(pid)
zygote.os.pidfd_open = late
zygote._become = lambda asked, _stream: os._exit(0) if asked.what == "short" else os.read(0, 1)
"""
#: A recorded lesson that is read in the process that has imported what sessions need.
_READING = """
import asyncio, sys
from pathlib import Path
from sockviz.web import zygote
zygote._prepare()
del __import__("os").environ["TEXTUAL_DRIVER"]
from tests.tui.driving import running, until
from sockviz.player.recorded import open_recording
from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import Options
from sockviz.tui.screens.lesson import LessonScreen
late = []
sys.addaudithook(lambda event, told: late.append(told[0]) if event == "import" else None)
recording, progress = map(Path, sys.argv[1:])
async def read():
    run = open_recording(recording)
    entry = CourseEntry(1, "first-connection", "The first connection", "x", 10, "1.md", "loopback")
    async def given(_entry):
        return run
    app = SockvizApp([entry], given, ProgressStore(progress), Options(entry, ascii=False))
    async with running(app, (120, 36)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, LessonScreen) and run.timeline.world.page is not None)
        for keys in ("space " * 9, "i i s s c c C f f h g escape question_mark escape m escape b left right l v escape"):
            await pilot.press(*keys.split())
            await pilot.pause()
    await app.close_runs()
asyncio.run(read())
print(*(name for name in late if name.startswith("sockviz.")))
"""


@contextmanager
def _zygote(home: Path, changed: str = "") -> Iterator[tuple[socket.socket, subprocess.Popen[str]]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(30)
    with ours, theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM.format(changed=changed), str(theirs.fileno())],
            pass_fds=[theirs.fileno()], stderr=subprocess.PIPE, text=True,
            env={**os.environ, "XDG_STATE_HOME": str(home / "state")},
        )  # fmt: skip
        theirs.close()
        try:
            yield ours, process
        finally:
            process.kill()
            process.communicate()


def _ask(channel: socket.socket, what: str) -> tuple[bytes, int]:
    """The answer, and how many descriptors came with it."""
    stream, theirs = socket.socketpair()
    with stream, theirs:
        asked = SessionRequest(what, "en", 80, 24, "/", "/", 1 << 20)
        socket.send_fds(channel, [asked.encoded()], [theirs.fileno()])
        answer, fds, _flags, _address = socket.recv_fds(channel, 4096, 1)
    for fd in fds:
        os.close(fd)
    return answer, len(fds)


def test_a_session_that_is_gone_at_once_is_none_and_the_next_one_begins(tmp_path: Path) -> None:
    with _zygote(tmp_path, _GONE_AT_ONCE) as (channel, _process):
        assert channel.recv(100) == b"ready"
        channel.send(os.fsencode(tmp_path / "own"))
        assert _ask(channel, "short") == (f"{-errno.ESRCH}".encode(), 0)
        answer, fds = _ask(channel, "long")
        assert int(answer) > 0
        assert fds == 1


def test_a_request_that_came_without_its_descriptor_is_refused_and_nothing_of_the_others_goes(
    tmp_path: Path,
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    with _zygote(tmp_path) as (channel, process):
        assert channel.recv(100) == b"ready"
        channel.send(os.fsencode(own))
        channel.send(SessionRequest("", "en", 80, 24, "/", "/", 1 << 20).encoded())
        assert channel.recv(100) == f"{-errno.EMFILE}".encode()
        assert own.exists()
        assert process.poll() is None


def test_a_server_that_goes_before_its_answer_leaves_nothing(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    with _zygote(tmp_path, _ANSWERED_TOO_LATE) as (channel, process):
        assert channel.recv(100) == b"ready"
        channel.send(os.fsencode(own))
        channel.send(SessionRequest("", "en", 80, 24, "/", "/", 1 << 20).encoded())
        channel.close()
        _out, said = process.communicate(timeout=30)
    assert said == ""
    assert not own.exists()


def test_a_fault_of_its_own_is_told(tmp_path: Path) -> None:
    with _zygote(tmp_path, "zygote._LATER = ('sockviz.no_such_module',)") as (channel, process):
        assert channel.recv(100) == b""
        _out, said = process.communicate(timeout=30)
    assert "sockviz met a fault of its own (ModuleNotFoundError" in said
    assert list((tmp_path / "state" / "sockviz").glob("crash-*"))


def test_an_answer_that_came_too_late_is_nobody_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked for that session has been told that there is none; who asks next has their own."""

    def late(channel: socket.socket) -> NoReturn:
        """Answers nobody before somebody else has asked."""
        channel.send(b"ready")
        channel.recv(100)
        for _request in range(2):
            for fd in socket.recv_fds(channel, 1 << 16, 1)[1]:
                os.close(fd)
        for pid in (111, 222):
            socket.send_fds(channel, [f"{pid}".encode()], [0])
        channel.recv(100)
        os._exit(0)

    async def it() -> int:
        await those.ready(Path("/nonexistent"))
        monkeypatch.setattr(spawner, "_PATIENCE", 0.0)
        with pytest.raises(CannotBegin):
            await those.begin(SessionRequest("", "en", 80, 24, "/", "/", 1 << 20))
        monkeypatch.setattr(spawner, "_PATIENCE", 30.0)
        before = len(os.listdir("/proc/self/fd"))
        begun = await those.begin(SessionRequest("", "en", 80, 24, "/", "/", 1 << 20))
        assert len(os.listdir("/proc/self/fd")) == before + 2, "the late one's pidfd is closed"
        begun.stream.close()
        os.close(begun.pidfd)
        return begun.pid

    monkeypatch.setattr(zygote, "serve", late)
    those = Spawner()
    try:
        assert asyncio.run(it()) == 222
    finally:
        those.end()


def test_what_a_session_imports_is_there_before_it_is_forked(tmp_path: Path) -> None:
    """Else each would hold it apart; and a server whose sockviz is replaced by another below it would mix the two."""
    root = Path(__file__).resolve().parents[2]
    recording = root / "assets/recordings/01-first-connection.jsonl"
    environment = {**os.environ, "PYTHONPATH": str(root), "XDG_STATE_HOME": str(tmp_path / "state")}
    read = subprocess.run(
        [sys.executable, "-c", _READING, str(recording), str(tmp_path / "progress.toml")],
        capture_output=True, text=True, env=environment, timeout=60,
    )  # fmt: skip
    assert (read.stdout, read.stderr, read.returncode) == ("\n", "", 0)
