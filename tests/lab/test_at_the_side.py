"""Steps that wait for the kernel wait together."""

from __future__ import annotations

import errno
import threading

import pytest

from sockviz.lab.at_the_side import begin


def test_two_steps_wait_at_once() -> None:
    meeting = threading.Barrier(2, timeout=30)
    for end in [begin(lambda: _meet(meeting)) for _ in range(2)]:
        end()
    assert not meeting.broken


def _meet(meeting: threading.Barrier) -> None:
    meeting.wait()


def test_what_a_step_raises_is_raised_where_it_is_waited_for() -> None:
    def refused() -> None:
        raise OSError(errno.EPERM, "no")

    end = begin(refused)
    with pytest.raises(OSError, match="no"):
        end()


def test_without_a_thread_the_step_is_done_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    done: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", none_left)
        end = begin(lambda: done.append(1))
    end()
    assert done == [1]
