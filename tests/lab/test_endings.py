"""However a lab ends, nothing of it is left."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from sockviz.lab import init
from sockviz.lab.channel import Channel
from sockviz.lab.directory import PREFIX, PROBING, LabDirectory, open_labs, remove_mine, sweep
from sockviz.lab.hearing import LabLost, ProcessReady, from_child
from sockviz.lab.readers import Readers
from sockviz.lab.seal import KEY, Seal
from sockviz.model.values import BadValue, Json
from tests.lab.conftest import descriptors
from tests.lab.driver import DEADLINE, a_lab, directory_of, first_pid, refuse_connections_to, run, until
from tests.terminal.family import residents

ROOT = Path(__file__).parents[2]
INIT = Path(init.__file__).with_name("entry") / "init.py"


def test_closing_leaves_no_process_namespace_directory_or_descriptor(kind: str) -> None:
    """Also a worker asleep whose parent is gone; `a_lab` itself looks at every process of the lab. Whoever waits for the end
    first is cancelled, as what a screen does is when its application ends: the next to close it waits for all of it."""
    before = descriptors()

    async def body() -> None:
        async with a_lab(kind, "server", "client") as lab:
            await lab.do("server", "s = socket.socket()")
            await lab.do("server", "s.bind((HOST, PORT))")
            await lab.do("server", "s.listen(5)")
            await lab.fork("server", "worker")
            await lab.enter("worker", "conn, peer = s.accept()")
            await lab.asleep_in("worker", "accept4")
            await lab.hand("server", "os._exit(0)")
            await lab.ended("server")
            directory = directory_of(lab.lab)
            assert directory in open_labs()
            if kind == "isolated":
                namespace = os.readlink(f"/proc/{first_pid(lab.lab)}/ns/net")
                living = residents({namespace})
                assert len(living) >= 3  # the first process, the client, the worker
                for pid in living:
                    lab.track(pid)
            closing = asyncio.ensure_future(lab.lab.close())
            await asyncio.sleep(0)
            closing.cancel()
            await asyncio.wait({closing})
            assert closing.cancelled()
            await lab.lab.close()
            assert not lab.alive()
            assert not directory.exists()
            if kind == "host":
                assert refuse_connections_to(lab.lab.facts.ports[0])
            lab.forget()

    run(body())
    assert descriptors() == before


def test_twenty_labs_one_after_the_other_leak_nothing(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server"):
            pass
        before = descriptors()
        for _ in range(20):
            async with a_lab(kind, "server") as lab:
                assert (await lab.do("server", "s = socket.socket()")).open_fds == {"s": 3}
        assert descriptors() == before

    run(body(), 120.0)


def test_an_exception_in_the_midst_of_a_lesson_leaves_nothing(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            await lab.do("server", "s = socket.socket()")
            await lab.do("server", "s.listen(1)")
            await lab.enter("server", "s.accept()")
            raise KeyError("the player's own fault")

    with pytest.raises(KeyError):
        run(body())


def test_the_lab_says_so_when_its_first_process_is_killed(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server", "client") as lab:
            await lab.do("server", "s = socket.socket()")
            await lab.do("server", "s.listen(5)")
            await lab.fork("server", "worker")
            await lab.enter("worker", "s.accept()")
            await lab.asleep_in("worker", "accept4")
            os.kill(first_pid(lab.lab), signal.SIGKILL)
            lost = await lab.hear(lambda message: isinstance(message, LabLost), "that the lab is lost")
            assert isinstance(lost, LabLost)
            assert "first process" in lost.reason
            await lab.lab.close()
            await until(lambda: not lab.alive() or None, "the end of every process", 1.0)

    run(body())


NONSENSE = ("[" * 100_000, '{"event": "hello"}', "[]", '"x"', "1e999")


def sealed(seal: Seal, words: bytes) -> bytes:
    """A report as child.py sends it."""
    return len(words).to_bytes(4, "big") + seal.next(words) + words


@pytest.mark.parametrize("nonsense", NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_on_a_control_channel_is_heard_as_that(nonsense: str) -> None:
    async def body() -> None:
        heard: list[Json] = []
        channel = Channel(heard.append, lambda: None, lambda words: pytest.fail(repr(words)), Readers())
        assert channel.theirs is not None
        seal = Seal(channel.theirs.recv(KEY))
        for part in (nonsense.encode(), b'{"event": "hello", "pid": 5, "at": 1.0}'):
            channel.theirs.sendall(sealed(seal, part))
        await until(lambda: heard[1:], "both messages")
        with pytest.raises(BadValue, match="not a message of a lesson process"):
            from_child("server", heard[0])
        assert from_child("server", heard[1]) == ProcessReady(5, 1.0)  # what follows is not lost
        channel.close()

    run(body())


def test_a_fork_s_child_has_a_seal_of_its_own_that_both_ends_derive() -> None:
    key = bytes(range(KEY))
    one, other = Seal(key), Seal(key)
    assert one.heir(1).next(b"x") == other.heir(1).next(b"x")
    assert len({seal.next(b"x") for seal in (one, one.heir(1), one.heir(2), one.heir(1).heir(1))}) == 4


REPORT = b'{"event": "hello", "pid": 5, "at": 1.0}'


@pytest.mark.parametrize(
    "forged",
    [
        lambda _seal, _said: len(REPORT).to_bytes(4, "big") + bytes(16) + REPORT,
        lambda _seal, _said: len(REPORT).to_bytes(4, "big") + REPORT,  # without room for a seal
        lambda _seal, said: said,  # said once by the process, and again by whoever overheard it
        lambda seal, _said: sealed(seal, REPORT)[:-1] + b" ",
        lambda _seal, _said: b"\xff" * 20,  # four gigabytes are announced
        lambda _seal, _said: sealed(Seal(bytes(KEY)), REPORT),
    ],
    ids=["no seal", "no room", "replayed", "altered", "endless", "another key"],
)
def test_what_a_process_did_not_seal_is_never_heard(forged: Callable[[Seal, bytes], bytes]) -> None:
    async def body() -> None:
        heard: list[Json] = []
        forgeries: list[bytes] = []
        channel = Channel(heard.append, lambda: None, forgeries.append, Readers())
        assert channel.theirs is not None
        seal = Seal(channel.theirs.recv(KEY))
        said = sealed(seal, REPORT)
        channel.theirs.sendall(said)
        await until(lambda: heard, "the report that is its own")
        with contextlib.suppress(BrokenPipeError):
            channel.theirs.sendall(forged(seal, said))
            channel.theirs.sendall(sealed(seal, REPORT))
        await until(lambda: forgeries, "that it was noticed")
        assert len(heard) == len(forgeries) == 1
        channel.close()

    run(body())


# --- killed -----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def held(
    kind: str, tmp_path: Path
) -> Iterator[tuple[subprocess.Popen[str], dict[str, object], dict[int, int]]]:
    """A process that holds a lab with processes asleep in it, what it says of it, and pidfds of all of them."""
    holder = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.holder", kind], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert holder.stdout is not None
    pidfds: dict[int, int] = {}
    try:
        line = holder.stdout.readline()
        if not line:
            pytest.fail(f"the holder ended with {holder.wait()}")
        told = json.loads(line)
        pidfds = {pid: os.pidfd_open(pid) for pid in told["pids"]}
        yield holder, told, pidfds
    finally:
        for pidfd in pidfds.values():
            os.close(pidfd)
        if holder.poll() is None:
            holder.kill()
        holder.wait()
        holder.stdout.close()


def still_alive(pidfds: dict[int, int], seconds: float) -> list[int]:
    """The pids that have not ended after so long."""
    end = time.monotonic() + seconds
    left = dict(pidfds)
    poll = select.poll()
    for pidfd in left.values():
        poll.register(pidfd, select.POLLIN)
    while left and (remaining := end - time.monotonic()) > 0:
        for ready, _ in poll.poll(remaining * 1000):
            poll.unregister(ready)
            left = {pid: pidfd for pid, pidfd in left.items() if pidfd != ready}
    return list(left)


def test_a_killed_sockviz_takes_everything_along_within_a_second(kind: str, tmp_path: Path) -> None:
    with held(kind, tmp_path) as (holder, told, pidfds):
        assert len(pidfds) == 5  # the first process, client, worker, grandchild, late
        holder.kill()
        assert still_alive(pidfds, 1.0) == []
        holder.wait()
        directory = Path(str(told["directory"]))
        assert directory.exists()  # no one was there to remove it
        assert open_labs() == []
        if kind == "host":
            assert refuse_connections_to(int(str(told["port"])))
    run(open_and_close(kind))
    assert not directory.exists()


async def open_and_close(kind: str) -> None:
    async with a_lab(kind):
        pass


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGSEGV]
)
def test_so_does_one_that_a_signal_ends(number: signal.Signals, tmp_path: Path) -> None:
    with held("host", tmp_path) as (holder, _, pidfds):
        holder.send_signal(number)
        assert still_alive(pidfds, 1.0) == []
        holder.wait(DEADLINE)  # at SIGINT it closes the lab itself
    sweep()


SLEEPER = "import os, sys, time\nos.write(int(sys.argv[1]), b'x')\ntime.sleep(float(sys.argv[0].rpartition('-')[2]))\n"


def test_its_first_process_waits_for_the_others_though_sockviz_has_not_read_all_it_said(
    tmp_path: Path,
) -> None:
    """What is unread when a socket closes makes the other end's next call fail with ECONNRESET."""
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    lifeline, ours = os.pipe()  # it stays open: these processes end by themselves
    setup = {"directory": str(tmp_path), "sysctls": {}, "ports": [], "below": 0, "ephemeral": [1, 0]}
    command = [
        sys.executable,
        "-I",
        "-S",
        str(INIT),
        "host",
        str(theirs.fileno()),
        str(os.getpid()),
        json.dumps(setup),
    ]
    first = subprocess.Popen(command, pass_fds=[theirs.fileno()], start_new_session=True)
    theirs.close()
    channels = []
    try:
        assert json.loads(control.recv(1 << 16))["event"] == "ready"
        for name in (
            "slow-0.5",
            "quick-0",
        ):  # or the first one's end might be said before the second has started
            program = tmp_path / name
            program.write_text(SLEEPER)
            channel, given = socket.socketpair()
            channels.append(channel)
            request = {
                "name": name, "host": "loopback", "directory": str(tmp_path), "privileged": False, "program": str(program),
            }  # fmt: skip
            socket.send_fds(control, [json.dumps(request).encode()], [given.fileno(), lifeline])
            given.close()
            assert json.loads(control.recv(1 << 16))["event"] == "started"
            assert channel.recv(1) == b"x"
        (slow, quick) = channels
        assert quick.recv(1) == b""  # it has ended
        assert select.select([control], [], [], DEADLINE)[0]  # and that has been said
        control.close()
        assert first.wait(DEADLINE) == 0
        assert slow.recv(1, socket.MSG_DONTWAIT) == b""  # had ended before
    finally:
        first.kill()
        first.wait()
        for fd in (lifeline, ours):
            os.close(fd)
        for sock in (control, *channels):
            sock.close()


# --- directories ------------------------------------------------------------------------------------------------------


def test_only_abandoned_directories_are_swept() -> None:
    base = Path(tempfile.gettempdir())
    abandoned, half_made, other, link = (
        base / name
        for name in ("sockviz-lab-abandoned", "sockviz-lab-half-made", "somebody-else", "sockviz-lab-link")
    )
    for path in (abandoned, half_made, other):
        path.mkdir()
    (abandoned / "lock").touch()
    link.symlink_to(other)

    async def body() -> None:
        async with a_lab("host") as lab:
            assert open_labs() == [directory_of(lab.lab)]
            assert sweep() == 0

    run(body())
    assert other.exists()
    assert link.exists()
    assert not abandoned.exists()
    assert not half_made.exists()
    link.unlink()
    other.rmdir()


class Killed(BaseException):
    """Stands for a SIGKILL: nothing answers it."""


def killed_at(monkeypatch: pytest.MonkeyPatch, step: int, what: Callable[[], object]) -> bool:
    """Performs it up to its `step`th call of the kernel on a lab's directory. False if it has fewer."""
    left = iter(range(step))

    def counted(call: Callable[..., object]) -> Callable[..., object]:
        def stepped(*arguments: object, **named: object) -> object:
            if any(prefix in f"{arguments}" for prefix in (PREFIX, PROBING)) and next(left, None) is None:
                raise Killed
            return call(*arguments, **named)

        return stepped

    with monkeypatch.context() as patched:
        for owner, name in (
            (Path, "mkdir"), (Path, "open"), (Path, "lstat"), (Path, "rmdir"), (Path, "unlink"), (fcntl, "flock"),
            (os, "rmdir"), (os, "unlink"), (os, "scandir"),
        ):  # fmt: skip
            patched.setattr(owner, name, counted(getattr(owner, name)))
        try:
            what()
        except Killed:
            return True
    return False


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.parametrize("prefix", [PREFIX, PROBING])
def test_one_that_is_killed_at_any_step_of_making_or_removing_it_is_swept(
    monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    base = Path(tempfile.gettempdir())

    def live() -> None:
        LabDirectory(prefix).remove()

    step = 0
    while killed_at(monkeypatch, step, live):
        gc.collect()  # the lock goes with its process
        left = list(base.glob(f"{prefix}*"))
        assert sweep() == len(left)
        assert not list(base.glob(f"{prefix}*"))
        step += 1
    assert step > 8
    assert not list(base.glob(f"{prefix}*"))


@pytest.mark.parametrize("moment", ["before", "after"])
def test_one_that_is_swept_before_it_is_locked_is_made_again(
    moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = fcntl.flock
    swept: list[int] = []

    def interrupted(file: IO[str], how: int) -> None:
        if swept:
            return lock(file, how)
        swept.append(0)
        if moment == "before":  # another sockviz sweeps it first
            swept.append(sweep())
        lock(file, how)
        if moment == "after":  # the lock is had, but of a file that nobody finds any more
            swept.append(len(list(Path(tempfile.gettempdir()).glob("sockviz-lab-*"))))
            remove_mine()
        return None

    monkeypatch.setattr(fcntl, "flock", interrupted)
    directory = LabDirectory()
    assert swept == [0, 1]
    assert open_labs() == [directory.path]
    assert sweep() == 0
    directory.remove()
    assert not list(Path(tempfile.gettempdir()).glob("sockviz-lab-*"))


def test_what_breaks_off_in_the_middle_of_its_removal_is_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object, **__: object) -> None:
        raise Killed

    directory = LabDirectory()
    directory.note("ports", "8080\n")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rmdir", killed)
        patched.setattr("os.unlink", lambda path: killed() if str(path).endswith("lock") else os.remove(path))
        with pytest.raises(Killed):
            directory.remove()
    assert [entry.name for entry in directory.path.iterdir()] == ["lock"]
    assert sweep() == 0  # whoever removes it has it locked
    directory._lock.close()
    assert sweep() == 1
    directory.remove()


def test_a_lab_that_is_refused_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from sockviz.lab import supervisor
    from sockviz.lab.loopback import open_lab

    monkeypatch.setattr(supervisor, "PATIENCE", DEADLINE)
    monkeypatch.setattr(sys, "executable", "/bin/false")  # the first process ends at once
    with pytest.raises(supervisor.LabRefused, match="starting the lab"):
        run(open_lab("host"))


def test_a_socket_that_the_lab_never_made_is_left_alone() -> None:
    """Closing a lab closes no descriptor twice: one that was given out again would be somebody else's."""

    async def body() -> None:
        async with a_lab("host", "server") as lab:
            await lab.lab.close()
            with socket.socket() as other:
                await lab.lab.close()
                assert other.fileno() >= 0
                assert os.fstat(other.fileno())

    run(body())
