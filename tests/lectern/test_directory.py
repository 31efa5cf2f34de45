"""Where runs and notes meet: theirs alone, or nothing; and nothing is left of it."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from sockviz.lectern import directory
from sockviz.lectern.directory import LOCK, SOCKET, Berth, NotOurs, place, remove_mine, sockets, sweep


@pytest.fixture(autouse=True)
def runtime(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    runtime = short_path / "run"
    runtime.mkdir(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    yield runtime
    assert not directory._mine


def test_the_runtime_directory_where_it_is_ours_alone(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Path(f"/tmp/sockviz-{os.geteuid()}")
    assert place() == runtime / "sockviz"
    runtime.chmod(0o755)
    assert place() == own, "somebody else may look into it"
    for other in ("", "relative", str(runtime / "none")):
        monkeypatch.setenv("XDG_RUNTIME_DIR", other)
        assert place() == own


def test_one_whose_path_is_too_long_for_a_socket_is_not_used(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = runtime / ("d" * 60)
    deep.mkdir(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    assert place() == Path(f"/tmp/sockviz-{os.geteuid()}")


def test_what_is_made_is_ours_alone_and_goes(runtime: Path) -> None:
    berth = Berth()
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(berth.path))
        assert stat.S_IMODE(place().stat().st_mode) == 0o700
        assert sockets() == [berth.path]
        assert sweep() == 0, "its run lives"
        assert sockets() == [berth.path]
        other = Berth()
        berth.remove()
        assert place().exists(), "another is there"
        other.remove()
    assert list(runtime.iterdir()) == []


@pytest.mark.parametrize("how", ["anybody's", "a link", "a file"])
def test_a_directory_that_is_not_ours_alone_is_refused(runtime: Path, how: str) -> None:
    path = runtime / "sockviz"
    match how:
        case "anybody's":
            path.mkdir()
            path.chmod(0o777)
        case "a link":
            (runtime / "elsewhere").mkdir(0o700)
            path.symlink_to(runtime / "elsewhere")
        case _:
            path.touch()
    with pytest.raises((NotOurs, FileExistsError)):
        Berth()
    with pytest.raises(NotOurs, match="not a directory of yours alone"):
        sockets()
    assert sweep() == 0
    assert not list((runtime / "elsewhere").glob("*"))


def test_somebody_elses_directory_is_refused(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (runtime / "sockviz").mkdir(0o700)
    monkeypatch.setattr(directory, "place", lambda: runtime / "sockviz")
    monkeypatch.setattr("sockviz.lectern.directory.os.geteuid", lambda: os.getuid() + 1)
    with pytest.raises(NotOurs):
        sockets()
    with pytest.raises(NotOurs):
        Berth()


def test_what_a_killed_run_left_is_swept_and_nothing_else(runtime: Path) -> None:
    berth = Berth()
    left = berth.path.with_name("run-1-dead" + SOCKET)
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(left))
    left.with_suffix(LOCK).touch(0o600)
    outside = runtime / "precious"
    outside.touch()
    (place() / ("link" + LOCK)).symlink_to(outside)
    assert sweep() == 1
    assert not left.exists()
    assert not left.with_suffix(LOCK).exists()
    assert outside.exists()
    (place() / ("link" + LOCK)).unlink()
    berth.remove()


def test_what_ends_us_at_once_leaves_nothing(runtime: Path) -> None:
    berth = Berth()
    remove_mine()
    assert list(runtime.iterdir()) == []
    berth.remove()
