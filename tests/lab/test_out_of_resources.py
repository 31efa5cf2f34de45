"""Where no further file can be opened, or the disk is full: a lab is refused, or does without, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sockviz.kernel import procfs
from sockviz.kernel.errors import KernelRefused
from sockviz.lab.directory import open_labs
from sockviz.lab.ends import Ends
from sockviz.lab.loopback import LoopbackLab, open_lab
from sockviz.lab.readers import Readers
from sockviz.lab.supervisor import LabRefused
from sockviz.lab.wait_status import ending
from sockviz.model.programs import Program
from sockviz.player.programs_begun import NotStarted, Surroundings
from sockviz.player.started import Started
from tests.lab.conftest import descriptors
from tests.lab.driver import run, until
from tests.required import unavailable

#: A lab has its processes by then.
PLENTY = 40


@contextmanager
def at_most(number: int) -> Iterator[None]:
    """No descriptor of this number or above can be had."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def furnish() -> LoopbackLab:
    """A lab with a process and a tracer. Raises `LabRefused`, and has closed it then."""
    lab = await open_lab("isolated", programs=True)
    try:
        (host,) = lab.facts.hosts
        await lab.start("server", host, privileged=False)
        await lab.tracing(host)
    except BaseException:
        await lab.close()
        raise
    return lab


def test_wherever_descriptors_run_out_the_lab_is_refused_and_none_is_left_open() -> None:
    async def body() -> None:
        try:
            await (await furnish()).close()  # what is opened but once is by now
        except LabRefused as refusal:
            unavailable(f"a private network: {refusal}")
        before = descriptors()
        free = next(number for number in range(len(before) + 1) if number not in before)
        refused = []
        for limit in range(free, free + PLENTY):
            try:
                with at_most(limit):
                    lab = await furnish()
            except LabRefused as refusal:
                refused.append(refusal.number)
            else:
                await lab.close()
                break
            left = {number: what for number, what in descriptors().items() if before.get(number) != what}
            assert not left, f"at {limit}"
            assert not open_labs(), f"at {limit}"
        else:
            pytest.fail(f"no lab with {PLENTY} descriptors")
        assert set(refused) == {errno.EMFILE}

    run(body())


def test_wherever_descriptors_run_out_a_program_is_started_or_it_is_said_why_not() -> None:
    async def body() -> None:
        try:
            lab = await furnish()
        except LabRefused as refusal:
            unavailable(f"a private network: {refusal}")
        faults: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context))
        started = Started(lab)
        before = descriptors()
        free = next(number for number in range(len(before) + 1) if number not in before)
        refused = set()
        for limit in range(free, free + PLENTY):
            program = Program(f"p{limit}", lab.facts.hosts[0], ("/bin/true",))
            try:
                with at_most(limit):
                    await started.start(program, Surroundings({}, "/"))
                    await lab.catch_up()
            except NotStarted as why:
                refused.add(str(why))
                await until(lambda: not started.outputs._streams, "the ends of its pipes")
            except LabRefused as refusal:  # no tracer
                refused.add(os.strerror(refusal.number))
            else:
                break
        else:
            pytest.fail(f"no program with {PLENTY} descriptors")
        await until(lambda: started.over, "its end")
        started.outputs.close()
        await lab.close()
        assert refused == {os.strerror(errno.EMFILE)}
        assert not faults

    run(body())


def test_an_end_is_told_though_proc_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise KernelRefused(errno.EMFILE, "open /proc/PID/stat")

    async def body() -> None:
        told: list[tuple[str, int | None, str | None]] = []
        ends = Ends(Readers(), lambda *how: told.append(how))
        child = os.posix_spawn("/bin/true", ["true"], {})
        monkeypatch.setattr(procfs, "read_stat", refused)
        ends.watch("server", child, os.pidfd_open(child))
        await until(lambda: told, "its end")
        assert told == [("server", None, None)]
        assert ending(os.waitpid(child, 0)[1]) == (0, None)
        ends.close()

    run(body())


def test_a_lab_does_without_its_notes_where_the_disk_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def body() -> None:
        monkeypatch.setattr(Path, "write_text", full)
        lab = await open_lab("host")
        await lab.close()

    run(body())


def test_a_lab_is_closed_though_what_it_leaves_behind_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        lab = await open_lab("host")
        before = open_labs()

        def refused() -> None:
            raise KernelRefused(errno.EMFILE, "open /proc/net/tcp")

        for window in lab._windows.values():
            monkeypatch.setattr(window, "all_rows", refused)
        assert await lab.close() == ()
        assert before
        assert not open_labs()

    run(body())
