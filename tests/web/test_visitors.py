"""Whose progress is kept, for how long, and whose cookie is whose."""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from sockviz.web import visitors
from sockviz.web.limits import FORGOTTEN
from sockviz.web.serving import CannotKeepProgress, visitors_in
from sockviz.web.visitors import Visitors


def _come(those: Visitors, names: Iterable[str], *, reads: bool = True, days_ago: float = 0) -> list[str]:
    """They have come, and read something or nothing; who they are on the disk."""
    told = []
    for name in names:
        file = those.progress(name, ())
        if reads:
            file.write_text("")
        came = time.time() - days_ago * 86_400
        os.utime(file.parent, (came, came))
        told.append(file.parent.name)
    return told


def _kept(directory: Path) -> set[str]:
    return {each.name for each in (directory / "visitors").iterdir()}


def test_who_has_not_come_again_for_long_is_forgotten_once_somebody_comes(tmp_path: Path) -> None:
    those = Visitors(tmp_path)
    old = FORGOTTEN / 86_400 + 1
    _come(those, ["old"], days_ago=old)
    _come(those, ["younger"], days_ago=old - 2)
    assert _kept(tmp_path) == {"younger"}
    _come(those, ["here"], days_ago=old)
    those.progress("new", ["here"])
    assert _kept(tmp_path) == {"here", "younger", "new"}  # who has a session is not forgotten
    those.progress("here", ())  # and who comes again is young
    those.progress("newer", ())
    assert _kept(tmp_path) == {"here", "younger", "new", "newer"}


def test_of_too_many_those_go_first_that_have_read_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "VISITORS", 5)
    those = Visitors(tmp_path)
    readers = _come(those, ["r1", "r2", "r3"], days_ago=3)
    for number in range(50):  # who only opens pages drives nobody out who reads
        _come(those, [f"x{number}"], reads=False)
    assert set(readers) <= _kept(tmp_path)
    assert len(_kept(tmp_path)) == 5
    _come(those, ["r4", "r5", "r6"])
    assert _kept(tmp_path) == {"r2", "r3", "r4", "r5", "r6"}  # the oldest of those who read


@pytest.mark.parametrize("torn", [b"", b"short"])
def test_a_secret_that_is_not_whole_is_made_anew(tmp_path: Path, torn: bytes) -> None:
    """A server may have been killed before it had written it: with none anybody could make cookies."""
    Visitors(tmp_path)
    (tmp_path / "secret").write_bytes(torn)
    number = "0" * 32
    forged = number + hmac.new(torn, number.encode(), hashlib.sha256).hexdigest()
    those = Visitors(tmp_path)
    assert those.name(forged) is None
    assert those.name(Visitors(tmp_path).new()) is not None
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["secret"]
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0


def test_a_cookie_is_of_the_server_that_has_made_it(tmp_path: Path) -> None:
    those, others = Visitors(tmp_path / "a"), Visitors(tmp_path / "b")
    assert (tmp_path / "a").stat().st_mode & 0o077 == 0
    cookie = those.new()
    name = those.name(cookie)
    assert name is not None
    assert name == Visitors(tmp_path / "a").name(cookie)  # also of the next that has its directory
    assert others.name(cookie) is None
    assert (
        those.cookie == Visitors(tmp_path / "a").cookie != others.cookie
    )  # one host may have both, at two ports
    assert cookie[:32] not in name  # who reads the names there is nobody by them
    for forged in (
        cookie[:-1],
        cookie + "0",
        cookie.upper(),
        "0" * 96,
        name,
        "../" + cookie[3:],
        cookie[:32] + "\n" + cookie[33:],
    ):
        assert those.name(forged) is None, forged


def test_where_nothing_can_be_kept_it_is_said_what_stands_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("")
    with pytest.raises(CannotKeepProgress, match="this file exists"):
        visitors_in(tmp_path / "kept")
    with pytest.raises(CannotKeepProgress, match="is not a directory"):
        visitors_in(tmp_path / "kept" / "below")
