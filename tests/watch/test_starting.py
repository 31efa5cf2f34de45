"""How a program begins, and why it cannot."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
from collections.abc import Callable

import pytest

from sockviz.lab.confinement import StepRefused
from sockviz.lab.loopback import open_lab
from sockviz.lab.supervisor import LabRefused
from sockviz.lab.tracer import starting
from sockviz.lab.tracer.orders import Orders
from sockviz.model.programs import Program
from sockviz.player.programs_begun import Surroundings
from sockviz.player.started import Started
from tests.lab.driver import run, until
from tests.required import unavailable


def refused() -> OSError:
    """What comes of an attempt to start a program, which must leave no descriptor open."""
    before = os.listdir("/proc/self/fd")
    streams = [os.dup(0) for _ in range(3)]
    try:
        with pytest.raises(OSError) as why:  # noqa: PT011  # its errno is what is asked for
            starting.start(["true"], {}, "/", streams, None, keep=set())
    finally:
        for fd in streams:
            os.close(fd)
    assert os.listdir("/proc/self/fd") == before
    return why.value


def raising(error: Exception) -> Callable[..., None]:
    def fails(*_: object) -> None:
        raise error

    return fails


@pytest.mark.parametrize("error", [StepRefused("capset", errno.EPERM), OSError(errno.EPERM, "no")])
def test_what_a_program_is_refused_before_it_can_be_traced_is_told(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(starting, "drop_capabilities", raising(error))
    assert refused().errno == errno.EPERM


def test_where_there_may_be_no_further_process_nothing_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fork", raising(OSError(errno.EAGAIN, "no")))
    assert refused().errno == errno.EAGAIN


def test_where_there_is_one_pipe_and_no_other_nothing_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    pipes = iter([os.pipe()])

    def pipe() -> tuple[int, int]:
        made = next(pipes, None)
        if made is None:
            raise OSError(errno.EMFILE, "no")
        return made

    before = os.listdir("/proc/self/fd")
    monkeypatch.setattr(os, "pipe", pipe)
    with pytest.raises(OSError, match="no"):
        starting.start(["true"], {}, "/", [0, 1, 2], None, keep=set())
    assert len(os.listdir("/proc/self/fd")) == len(before) - 2  # it has closed those that were made for it


def pipes_of(pid: int) -> int:
    """How many a process has open: what it sends of others it may not have closed yet."""
    found = 0
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            found += os.readlink(f"/proc/{pid}/fd/{fd}").startswith("pipe:")
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="root's: a tracer lets no user look at its descriptors")
def test_the_tracer_keeps_nothing_open_of_a_program_that_is_over() -> None:
    async def body() -> None:
        try:
            lab = await open_lab("isolated", programs=True)
        except LabRefused as refusal:
            unavailable(f"a private network: {refusal}")
        started = Started(lab)
        try:
            held: list[int] = []
            for number in range(4):
                program = Program(f"p{number}", lab.facts.hosts[0], ("/bin/true",))
                await started.start(program, Surroundings({}, "/"))
                await until(lambda: started.over, "its end")
                held.append(pipes_of(started.tracings[0].pid))
            assert len(set(held)) == 1
        finally:
            started.outputs.close()
            await lab.close()

    run(body())


def test_a_program_whose_descriptors_could_not_be_taken_is_refused() -> None:
    """A tracer that has no numbers left is sent four and finds fewer (recvmsg(2), MSG_CTRUNC)."""
    before = os.listdir("/proc/self/fd")
    ours, theirs = socket.socketpair()
    with ours, theirs, open(os.devnull) as file:
        orders = Orders(theirs)
        line = json.dumps({"op": "start", "name": "p"}).encode() + b"\n"
        socket.send_fds(ours, [line], [file.fileno()] * 3)
        assert orders.read() == [({"op": "refuse", "name": "p", "errno": errno.EMFILE}, [])]
        ours.sendall(b'{"op": "tell"}\n')
        assert orders.read() == [({"op": "tell"}, [])]
    assert os.listdir("/proc/self/fd") == before
