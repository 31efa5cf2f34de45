"""What a session is begun with, as the server says it to the process that begins them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from sockviz.dataclass import dataclass

#: What `SessionRequest.what` may be, beside a lesson's slug.
COURSE, SANDBOX, TWO_HOSTS = "", "sandbox", "sandbox-two-hosts"


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """``what`` is a lesson's slug, or one of those above; ``home`` the session's own directory, ``progress`` its visitor's file.
    ``room`` is the memory that it may have beyond what it begins with (bytes)."""

    what: str
    language: str
    columns: int
    lines: int
    home: str
    progress: str
    room: int

    def encoded(self) -> bytes:
        """As one datagram."""
        return json.dumps(asdict(self)).encode()


def decoded(datagram: bytes) -> SessionRequest:
    """What was `encoded`."""
    return SessionRequest(**json.loads(datagram))


def environment_of(asked: SessionRequest) -> dict[str, str]:
    """All that a session's process has in its environment: every directory that a program would look for is within its own."""
    home = Path(asked.home)
    return {
        "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "TERM_PROGRAM": "textual",
        "TEXTUAL_DRIVER": "sockviz.tui.browser:BrowserDriver", "TEXTUAL_COLOR_SYSTEM": "truecolor",
        "COLUMNS": str(asked.columns), "ROWS": str(asked.lines), "HOME": str(home), "TMPDIR": str(home),
        **{f"XDG_{name}": str(home) for name in ("CONFIG_HOME", "DATA_HOME", "STATE_HOME", "CACHE_HOME", "RUNTIME_DIR")},
    }  # fmt: skip
