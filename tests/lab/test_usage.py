"""The processes of a lab have one budget together: each alone is held by its limits, sixty-four of them by this."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sockviz.lab import usage
from sockviz.lab.hearing import LabLost
from tests.lab.driver import a_lab, run


def test_memory_and_descriptors_are_those_of_the_process() -> None:
    code = "import os, sys; x = b'x' * (64 << 20); fds = [os.dup(0) for _ in range(40)]; print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        held = usage._memory(f"/proc/{process.pid}")
        assert 64 << 20 < held < 160 << 20
        assert (
            usage._descriptors(f"/proc/{process.pid}/fd") == len(os.listdir(f"/proc/{process.pid}/fd")) >= 43
        )
        process.communicate(b"\n")
    assert usage._memory(f"/proc/{process.pid}") == usage._descriptors(f"/proc/{process.pid}/fd") == 0


def test_before_linux_6_2_the_directory_says_nothing_of_its_size(tmp_path: Path) -> None:
    process = tmp_path / "7"
    process.mkdir()
    (process / "statm").write_text("100 60 10 1 0 80 0\n")
    assert usage.too_much([7, 8], str(tmp_path)) is None
    assert usage._memory(str(process)) == 50 * os.sysconf("SC_PAGE_SIZE")


def test_whoever_has_less_of_the_machine_gives_labs_less_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    here = [os.getpid()]
    assert usage.too_much(here) is None
    monkeypatch.setattr(usage._Bound, "memory", usage.MOST_MEMORY)  # and so it is again
    usage.bound_memory(1 << 20)
    told = usage.too_much(here)
    assert told is not None
    assert "1 are the most" in told


@pytest.mark.parametrize(("limit", "word"), [("MOST_MEMORY", "memory"), ("MOST_DESCRIPTORS", "descriptors")])
def test_a_lab_that_takes_too_much_ends_with_a_sentence(
    kind: str, limit: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body() -> None:
        async with a_lab(kind, "server", "client") as lab:
            await lab.do("server", "s = socket.socket()")
            monkeypatch.setattr(usage, limit, 2)
            await lab.hand("client", "x = 1")
            lost = await lab.hear(lambda message: isinstance(message, LabLost), "that the lab ends")
            assert isinstance(lost, LabLost)
            assert word in lost.reason
            assert "2 are the most" in lost.reason or "0 are the most" in lost.reason
            for process in ("server", "client"):
                assert (await lab.ended(process)).signal == "SIGKILL"

    run(body())
