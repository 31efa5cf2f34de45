from __future__ import annotations

import contextlib
import gc
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import warm
from tests.lab.wire_rig import Rig, a_wire

KINDS = ("host", "isolated")
#: Modules of what happens in a lab. In the others each begins as the program begins it, since that is what they look at.
WARM = ("test_c_library", "test_reach", "test_reports", "test_told", "test_usage")


@pytest.fixture(autouse=True, scope="module")
def warm_labs(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if request.path.stem in WARM:
            warm.labs(patch)
        yield


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def rig() -> Iterator[Rig]:
    with a_wire() as made:
        yield made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that the test moves."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def descriptors() -> dict[int, str]:
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue  # the descriptor of this very listing
    return found


def descendants(pid: str = "self") -> set[int]:
    """All processes that descend from it, zombies too. Of this one's alone: whoever walks all of a machine's takes far longer."""
    found: set[int] = set()
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # ENOENT, ESRCH: it has ended meanwhile
            found |= {int(child) for child in thread.read_text().split()}
    return found.union(*(descendants(str(child)) for child in found))


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After every test: no descriptor of ours more than before, no child, no directory of a lab."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before, children = descriptors(), descendants()

    def left() -> tuple[dict[int, str], set[int], list[Path]]:
        more = {fd: target for fd, target in descriptors().items() if before.get(fd) != target}
        return more, descendants() - children, list(tmp_path.glob("sockviz-lab-*"))

    yield
    if any(left()):
        gc.collect()  # what only a circle holds is let go; where nothing is held, there is nothing to look for
    assert left() == ({}, set(), [])
