"""The turns that exported programs take, where the directory that tells them goes at an awkward moment."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from itertools import count

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize("looks", range(1, 5))
def test_who_waits_leaves_whenever_the_lesson_has_ended(looks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = count(1)

    def there(_path: str) -> bool:
        number = next(looked)
        assert number < looks + 5, "it waits for ever"
        return number <= looks

    turn = runpy.run_path(str(ROOT / "assets" / "programs" / "turn.py"))
    wait: Callable[[int], None] = turn["wait"]
    wait.__globals__.update(at_rest=lambda _n: -1, last=3)
    monkeypatch.setattr("os.path.exists", there)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with pytest.raises(SystemExit) as left:
        wait(4)
    assert not left.value.code
