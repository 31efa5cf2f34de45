from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

KINDS = ("host", "isolated")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def descriptors() -> dict[int, str]:
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue  # the descriptor of this very listing
    return found


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After every test: no descriptor of ours more than before, no child, no directory of a lab."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = descriptors()
    children = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    gc.collect()
    after = descriptors()
    assert {fd: target for fd, target in after.items() if before.get(fd) != target} == {}
    assert [child for child in psutil.Process().children(recursive=True) if child.pid not in children] == []
    assert list(tmp_path.glob("sockviz-lab-*")) == []
