"""The progress file: what it holds, and that it is never lost or overwritten."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz import progress
from sockviz.progress import BadProgress, LessonProgress, PageSeen, PredictionNoted, Progress, ProgressStore

_changes = st.lists(
    st.one_of(
        st.builds(PageSeen, st.text(), st.integers(0, 50), st.integers(0, 50)),
        st.builds(PredictionNoted, st.text(), st.text(), st.none() | st.integers(0, 9)),
    )
)


@settings(database=None)  # the checkout may belong to somebody else
@given(_changes)
def test_what_is_written_is_read(changes: list[progress.Change]) -> None:
    known = Progress()
    for change in changes:
        known = progress.applied(known, change)
    assert progress.loads(progress.dumps(known)) == known


def test_a_change_is_in_the_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "progress.toml"
    ProgressStore(path).page_seen("listen", 2, 7)
    again = ProgressStore(path).progress
    assert again.last == ("listen", 2)
    assert again.of("listen") == LessonProgress(7, frozenset({2}))
    assert sorted(p.name for p in path.parent.iterdir()) == ["progress.lock", "progress.toml"]


def test_two_terminals_keep_each_others_changes(tmp_path: Path) -> None:
    one, two = ProgressStore(tmp_path / "p.toml"), ProgressStore(tmp_path / "p.toml")
    one.page_seen("a", 0, 3)
    two.prediction_made("b", "0.0", None)
    one.page_seen("a", 1, 3)
    kept = ProgressStore(tmp_path / "p.toml").progress
    assert kept.of("a").seen == {0, 1}
    assert kept.of("b").predictions == {"0.0": None}


def test_a_change_under_somebody_elses_lock_is_written_with_the_next(tmp_path: Path) -> None:
    store = ProgressStore(tmp_path / "p.toml")
    store.page_seen("a", 0, 3)
    descriptor = os.open(tmp_path / "p.lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    store.page_seen("a", 1, 3)
    assert ProgressStore(tmp_path / "p.toml").progress.of("a").seen == {0}
    assert store.progress.of("a").seen == {0, 1}
    os.close(descriptor)
    store.page_seen("a", 2, 3)
    assert ProgressStore(tmp_path / "p.toml").progress.of("a").is_complete


@pytest.mark.parametrize(
    "text",
    [
        "no toml [", "format = 2", "format = 1\nlessons = 3", "format = 1\nlast = 3", "format = 1\n[lessons.a]\nseen = [0]",
        "format = 1\n[lessons.a]\npages = 1\nseen = [true]", 'format = 1\n[lessons.a]\npages = 1\nseen = ["0"]',
        "format = 1\n[lessons.a]\npages = 1\nseen = []\npredictions = 3",
    ],
)  # fmt: skip
def test_a_damaged_file_is_set_aside_never_overwritten(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadProgress):
        progress.loads(text)
    path = tmp_path / "progress.toml"
    (tmp_path / "progress.damaged-1").write_text("an older one")
    path.write_text(text)
    store = ProgressStore(path)
    assert "progress.damaged-2" in (store.message or "")
    assert (tmp_path / "progress.damaged-1").read_text() == "an older one"
    assert (tmp_path / "progress.damaged-2").read_text() == text
    store.page_seen("a", 0, 1)
    assert ProgressStore(path).progress.of("a").is_complete


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "progress.toml").write_bytes(b"\xff\xfe\x00")
    assert "progress.damaged-1" in (ProgressStore(tmp_path / "progress.toml").message or "")


def test_where_nothing_can_be_written_it_is_kept_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = ProgressStore(tmp_path / "file" / "progress.toml")
    store.page_seen("a", 0, 1)
    assert store.progress.of("a").is_complete
    assert "--progress FILE" in (store.message or "")
