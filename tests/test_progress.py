"""The progress file: what it holds, and that it is never lost or overwritten."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz import progress, progress_text
from sockviz.progress import ProgressStore
from sockviz.progress_text import (
    AnswerNoted,
    BadProgress,
    LessonProgress,
    PageSeen,
    PredictionNoted,
    Progress,
)

_changes = st.lists(
    st.one_of(
        st.builds(PageSeen, st.text(), st.integers(0, 50), st.integers(0, 50)),
        st.builds(PredictionNoted, st.text(), st.text(), st.none() | st.integers(0, 9)),
        st.builds(AnswerNoted, st.text(), st.text(), st.none() | st.integers(0, 9)),
    )
)


@settings(database=None)  # the checkout may belong to somebody else
@given(_changes)
def test_what_is_written_is_read(changes: list[progress_text.Change]) -> None:
    known = Progress()
    for change in changes:
        known = progress_text.applied(known, change)
    assert progress_text.loads(progress_text.dumps(known)) == known


def test_a_change_is_in_the_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "progress.toml"
    ProgressStore(path).page_seen("listen", 2, 7)
    again = ProgressStore(path).progress
    assert again.last == ("listen", 2)
    assert again.of("listen") == LessonProgress(7, frozenset({2}))
    assert sorted(p.name for p in path.parent.iterdir()) == ["progress.lock", "progress.toml"]


def test_who_draws_has_a_change_written_after_that_once_for_all_there_are_by_then(tmp_path: Path) -> None:
    path = tmp_path / "progress.toml"
    later: list[Callable[[], None]] = []
    store = ProgressStore(path, later.append)
    store.page_seen("listen", 0, 12)
    store.page_seen("listen", 1, 12)
    assert store.progress.last == ("listen", 1), "known at once"
    assert not path.exists()
    (save,) = later
    save()
    assert ProgressStore(path).progress == store.progress
    store.page_seen("listen", 2, 12)
    assert len(later) == 2
    store.save_rest()  # it ends before
    assert ProgressStore(path).progress.last == ("listen", 2)
    path.unlink()
    later[1]()
    assert not path.exists(), "nothing is left to be written"


def test_predictions_are_kept_or_missed_by_what_the_kernel_said(tmp_path: Path) -> None:
    store = ProgressStore(tmp_path / "p.toml")
    for question, choice, right in (("0.0", 1, 1), ("0.1", 2, 0), ("1.0", None, 1), ("1.1", 0, None)):
        store.prediction_made("a", question, choice)
        store.prediction_settled("a", question, right)
    store.prediction_made("a", "2.0", 1)  # not answered yet
    read = ProgressStore(tmp_path / "p.toml").progress.of("a")
    assert (read.kept, read.made) == (1, 3)
    store.prediction_made("a", "0.1", 0)
    assert store.progress.of("a").kept == 2, "made again, and right this time"


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
        "format = 1\n[lessons.a]\npages = 1\nseen = []\npredictions = 3", "format = 1\ndeep = " + "[" * 5000,
        "format = 1\nlong = " + "9" * 5000, "format = 1\n" + ".".join("a" * 3000) + ".b = [",
    ],
)  # fmt: skip
def test_a_damaged_file_is_set_aside_never_overwritten(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadProgress):
        progress_text.loads(text)
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


WRITER = """
import sys
from pathlib import Path
from sockviz.progress import ProgressStore
store = ProgressStore(Path(sys.argv[1]))
for page in range(20):
    store.page_seen(sys.argv[2], page, 20)
    store.prediction_made(sys.argv[2], f"{page}.0", page)
"""


def test_five_who_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in "abcde"]
    assert [writer.wait(120) for writer in writers] == [0] * 5
    kept = ProgressStore(path).progress
    for name in "abcde":
        assert kept.of(name) == LessonProgress(20, frozenset(range(20)), {f"{n}.0": n for n in range(20)})


def test_what_could_not_be_written_is_written_at_the_end(tmp_path: Path) -> None:
    blocked = tmp_path / "directory"
    blocked.write_text("")
    store = ProgressStore(blocked / "p.toml")
    store.page_seen("a", 0, 1)
    assert "kept until you quit" in (store.message or "")
    blocked.unlink()
    store.save_rest()
    assert store.message is None
    assert ProgressStore(blocked / "p.toml").progress.of("a").is_complete


def test_what_is_lost_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_AT_THE_END", 0.0)
    store = ProgressStore(tmp_path / "p.toml")
    store.page_seen("a", 0, 3)
    descriptor = os.open(tmp_path / "p.lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    store.page_seen("a", 1, 3)
    assert store.message is None  # it will be written with the next
    store.save_rest()
    os.close(descriptor)
    assert "another program has locked it" in (store.message or "")
    assert "is lost" in (store.message or "")


@pytest.mark.parametrize("there", [True, False], ids=["there", "dangling"])
def test_a_link_is_followed(tmp_path: Path, there: bool) -> None:
    real, link = tmp_path / "elsewhere" / "mine.toml", tmp_path / "p.toml"
    if there:
        ProgressStore(real).page_seen("a", 0, 2)
    link.symlink_to(real)
    ProgressStore(link).page_seen("a", 1, 2)
    assert link.is_symlink()
    assert ProgressStore(real).progress.of("a").seen == ({0, 1} if there else {1})
    real.write_text("no toml [")
    assert "mine.damaged-1" in (ProgressStore(link).message or "")
    assert link.is_symlink()


@pytest.mark.parametrize("kind", ["directory", "FIFO", "device"])
def test_what_is_no_file_is_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "p.toml"
    match kind:
        case "directory":
            path.mkdir()
        case "FIFO":
            os.mkfifo(path)
        case _:
            path.symlink_to("/dev/zero")
    before = path.lstat()
    store = ProgressStore(path)
    store.page_seen("a", 0, 1)
    store.save_rest()
    assert "cannot be written" in (store.message or "")
    assert "it is a " in (store.message or "")
    assert (path.lstat().st_ino, path.lstat().st_mode) == (before.st_ino, before.st_mode)
    assert [p.name for p in tmp_path.iterdir()] == ["p.toml"]


def test_two_who_find_it_damaged_set_it_aside_once(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("no toml [")
    code = "import sys; from pathlib import Path; from sockviz.progress import ProgressStore; "
    code += "ProgressStore(Path(sys.argv[1])).page_seen(sys.argv[2], 0, 1)"
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in "ab"]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert [p.name for p in sorted(tmp_path.glob("*damaged*"))] == ["p.damaged-1"]
    assert set(ProgressStore(path).progress.lessons) == {"a", "b"}


def test_a_lesson_that_was_ended_is_left_after_its_last_page(tmp_path: Path) -> None:
    store = ProgressStore(path := tmp_path / "progress.toml")
    store.page_seen("a", 2, 3)
    store.lesson_ended("a", 3)
    progress = ProgressStore(path).progress
    assert progress.last == ("a", 3)
    assert progress.of("a").seen == {2}
    assert progress.of("a").unread == 0
    store.page_seen("a", 1, 3)  # and read again
    assert store.progress.last == ("a", 1)


@pytest.mark.parametrize("ending", ["new", "lock"])
def test_a_file_may_be_called_as_what_stands_beside_it(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"mine.{ending}"
    for slug in ("listen", "bind"):
        ProgressStore(path).page_seen(slug, 0, 3)
    read = ProgressStore(path).progress
    assert (read.of("listen"), read.of("bind")) == (LessonProgress(3, frozenset({0})),) * 2
