from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sockviz.kernel.sock_diag import SockDiag
from sockviz.model.values import Address, decode
from tests.required import cannot_become_ordinary, unavailable

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FIXTURES = HERE / "fixtures"
NOBODY = 65534


@dataclass(frozen=True)
class Said:
    """What one socket's own calls said of it."""

    local: Address
    peer: Address | None
    cookie: int
    inode: int
    fd: int
    family: str
    type: str


@dataclass
class Theatre:
    """A process in a private namespace that holds sockets in all states, and what it passed to us."""

    control: socket.socket
    diag: SockDiag
    capture: socket.socket
    pid: int
    uid: int
    sockets: dict[str, Said]

    def run(self, *argv: str) -> str:
        """The output of a command inside the namespace."""
        self.control.send(json.dumps({"run": argv}).encode())
        reply = json.loads(self.control.recv(1 << 20))
        assert reply["status"] == 0, reply
        return str(reply["out"])


def theatre(as_nobody: bool, directory: str) -> Iterator[Theatre]:
    if as_nobody and os.getuid() != 0:
        pytest.skip("only root can become another user")
    if as_nobody and (why := cannot_become_ordinary()):
        unavailable(why)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    other: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if as_nobody else {}
    if as_nobody:
        os.chown(directory, NOBODY, NOBODY)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "stage.py"), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=directory,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
            **other,
        )
    message, fds, _, _ = socket.recv_fds(ours, 1 << 20, 2)
    if not message:
        _, why = process.communicate()
        ours.close()
        if "unshare" in why or "_map" in why or "Operation not permitted" in why:
            unavailable(f"this machine allows no private namespace: {why.splitlines()[-1]}")
        pytest.fail(why)
    report = json.loads(message)
    said = {
        name: Said(**{**facts, "local": decode(facts["local"]), "peer": decode(facts["peer"])})
        for name, facts in report["sockets"].items()
    }
    capture = socket.socket(fileno=fds[1])
    capture.setblocking(False)
    held = Theatre(ours, SockDiag(socket.socket(fileno=fds[0])), capture, report["pid"], report["uid"], said)
    try:
        yield held
    finally:
        held.diag.close()
        capture.close()
        ours.close()
        assert process.stderr is not None
        errors = process.stderr.read()
        process.stderr.close()
        assert process.wait(10) == 0, errors


@pytest.fixture(scope="session", params=["me", "nobody"])
def stage(request: pytest.FixtureRequest) -> Iterator[Theatre]:
    with tempfile.TemporaryDirectory() as directory:
        yield from theatre(request.param == "nobody", directory)


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return FIXTURES
