"""Visitors: who one is, by a cookie that only this server can have made, and where their progress is kept.

Nothing is kept of who has only looked at a page: a directory is made when a session begins. The cookie is a number that nobody
can guess and, beside it, what this server's secret makes of it (HMAC, RFC 2104); what is on the disk is called by a digest of
the number, so that whoever reads the names there is nobody by them.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import shutil
import time
from collections.abc import Container
from pathlib import Path

from sockviz.web.limits import FORGOTTEN, VISITORS

#: Seconds for which a browser keeps the cookie.
COOKIE_LIVES = int(FORGOTTEN)
_SECRET, _SECRET_BYTES, _BYTES, _PROGRESS = "secret", 32, 16, "progress.toml"
#: What no visitor's number is.
_NAMED = "name"
_COOKIE = re.compile(r"([0-9a-f]{32})([0-9a-f]{64})")


class Visitors:
    """The visitors whose progress is in `directory`, which is made, for this user alone. Raises OSError."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(0o700, parents=True, exist_ok=True)
        self._secret = _secret(directory / _SECRET)
        #: What the cookie is called: a browser tells servers of one host apart by nothing else, not by their ports.
        self.cookie = f"sockviz-{self._seal(_NAMED)[:8]}"
        self._directory = directory / "visitors"
        self._directory.mkdir(0o700, exist_ok=True)

    def new(self) -> str:
        """The cookie of somebody who has none yet."""
        number = os.urandom(_BYTES).hex()
        return number + self._seal(number)

    def name(self, cookie: str | None) -> str | None:
        """What a visitor is called here; None of a cookie that is none of ours."""
        found = _COOKIE.fullmatch(cookie or "")
        if found is None or not hmac.compare_digest(found[2], self._seal(found[1])):
            return None
        return hashlib.sha256(found[1].encode()).hexdigest()[:32]

    def progress(self, name: str, here: Container[str]) -> Path:
        """The file of a visitor's progress, in a directory of its own. Where there are too many, those are forgotten that have
        read nothing, then those that came longest ago, but for who is `here`. Raises OSError."""
        own = self._directory / name
        if not own.is_dir():
            self._forget(here)
            own.mkdir(0o700, exist_ok=True)
        os.utime(own)
        return own / _PROGRESS

    def seen(self, name: str) -> Path | None:
        """The same file where there is one."""
        file = self._directory / name / _PROGRESS
        return file if file.is_file() else None

    def _forget(self, here: Container[str]) -> None:
        known = sorted(
            ((each / _PROGRESS).exists(), each.stat().st_mtime, each) for each in self._directory.iterdir()
        )
        too_many, now = len(known) - VISITORS + 1, time.time()
        for number, (_has_read, came, each) in enumerate(known):
            if each.name not in here and (number < too_many or now - came > FORGOTTEN):
                shutil.rmtree(each, ignore_errors=True)

    def _seal(self, number: str) -> str:
        return hmac.new(self._secret, number.encode(), hashlib.sha256).hexdigest()


def _secret(file: Path) -> bytes:
    """The server's, made where there is none that is whole: with another, empty as it may be, anybody could make cookies."""
    with contextlib.suppress(FileNotFoundError):
        if len(known := file.read_bytes()) == _SECRET_BYTES:
            return known
    whole = file.with_name(f"{file.name}-{os.urandom(4).hex()}")
    with open(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
        new.write(os.urandom(_SECRET_BYTES))
    os.replace(whole, file)
    return file.read_bytes()
