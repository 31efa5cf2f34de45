"""What `sockviz serve` says where it cannot, and what it warns of."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from sockviz import cli
from sockviz.web.address import ServedAt
from tests.terminal.conftest import program


def _said(capfd: pytest.CaptureFixture[str], *options: str) -> str:
    assert cli.main(["serve", *options]) == 2
    return capfd.readouterr().err


def test_without_the_extra_it_says_how_to_have_it(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sockviz.commands.serving.find_spec", lambda _name: None)
    assert importlib.util.find_spec("aiohttp") is not None
    said = _said(capfd)
    assert "textual-serve, aiohttp" in said
    assert "pip install 'sockviz[web]'" in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--sessions", "0"), "1 to 1000"), (("--memory", "5"), "96 to"), (("--idle", "0"), "1 to 1440"),
        (("--port", "70000"), "0 to 65535"), (("--host", "example.org"), "an address of this machine"),
        (("--public-url", "example.org"), "as https://"), (("--public-url", "ftp://x"), "as https://"),
        (("--public-url", "https://me:secret@x.org"), "as https://"), (("--public-url", "https://[x"), "as https://"),
        (("--public-url", ""), "as https://"), (("--public-url", "https://x.org/\n"), "as https://"),
        (("--per-address", "0"), "1 to 1000"), (("--sessions", "-1"), "1 to 1000"),
        (("--host", ""), "an address of this machine"),
        (("--host", "0"), "an address of this machine"), (("--port", "-1"), "0 to 65535"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    capfd: pytest.CaptureFixture[str], options: tuple[str, ...], words: str
) -> None:
    assert words in _said(capfd, *options)


def test_where_there_is_no_lab_without_a_network_nothing_is_served(tmp_path: Path) -> None:
    refusing = Path(__file__).parents[1] / "lab" / "refusing.py"
    done = subprocess.run(
        [sys.executable, str(refusing), "--deny", "unshare:EPERM", "--", *program(), "serve", "--port", "0"],
        capture_output=True, text=True, timeout=60, check=False,
        env={"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 2
    assert "no lab without a network can be made here" in done.stderr
    assert "EPERM" in done.stderr
    assert "doctor" in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*program(), "serve", "--port", str(port)], capture_output=True, text=True, timeout=60, check=False,
            env={"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
    assert done.returncode == 2
    assert f"port {port}" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("address", "url", "loopback", "secure"),
    [
        (ServedAt("127.0.0.1", 8000), "http://127.0.0.1:8000", True, False),
        (ServedAt("::1", 80), "http://[::1]:80", True, False),
        (ServedAt("localhost", 1), "http://localhost:1", True, False),
        (ServedAt("10.0.0.1", 80), "http://10.0.0.1:80", False, False),
        (ServedAt("127.0.0.1", 8000, "https://x.org/a"), "https://x.org/a", True, True),
    ],
)  # fmt: skip
def test_an_address_says_what_it_is(address: ServedAt, url: str, loopback: bool, secure: bool) -> None:
    assert (address.url, address.is_loopback, address.is_secure) == (url, loopback, secure)


PROXIED = ServedAt("127.0.0.1", 8000, "https://x.org/a")
PLAIN = ServedAt("127.0.0.1", 8000)


@pytest.mark.parametrize(
    ("address", "origin", "authority", "own"),
    [
        (PLAIN, "http://127.0.0.1:8000", "127.0.0.1:8000", True), (PLAIN, "http://localhost:8000", "localhost:8000", True),
        (PLAIN, "http://127.0.0.1:8000", "localhost:8000", False), (PLAIN, "http://evil.org:8000", "evil.org:8000", False),
        (PLAIN, None, "127.0.0.1:8000", False), (PLAIN, "null", "127.0.0.1:8000", False), (PLAIN, "file://", "", False),
        (PROXIED, "https://x.org", "x.org", True), (PROXIED, "https://x.org", "127.0.0.1:8000", True),
        (PROXIED, "https://y.org", "x.org", False), (PROXIED, "http://y.org", "y.org", False),
        (PROXIED, "https://x.org.evil", "x.org", False),
        (ServedAt("127.0.0.1", 8000, "https://X.org:443/a"), "https://x.org", "x.org", True),
        (ServedAt("127.0.0.1", 8000, "http://x.org:80"), "http://x.org", "x.org", True),
        (ServedAt("127.0.0.1", 8000, "http://x.org:443"), "http://x.org", "127.0.0.1:8000", False),
    ],
)  # fmt: skip
def test_only_its_own_pages_are_its_own(
    address: ServedAt, origin: str | None, authority: str, own: bool
) -> None:
    assert address.is_own(origin, authority) is own


@pytest.mark.parametrize(
    ("address", "peer", "forwarded", "told"),
    [
        (PLAIN, "192.0.2.7", None, "192.0.2.7"), (PLAIN, "127.0.0.1", "192.0.2.7", "127.0.0.1"),
        (PROXIED, "127.0.0.1", "192.0.2.7", "192.0.2.7"), (PROXIED, "127.0.0.1", "6.6.6.6, 192.0.2.7", "192.0.2.7"),
        (PROXIED, "192.0.2.9", "192.0.2.7", "192.0.2.9"), (PROXIED, "127.0.0.1", "none", "127.0.0.1"),
        (PROXIED, "127.0.0.1", "", "127.0.0.1"), (PROXIED, "::1", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        (PLAIN, "::ffff:192.0.2.7", None, "192.0.2.7"), (PLAIN, "2001:db8:1:2:3::4", None, "2001:db8:1:2::/64"),
        (PLAIN, "", None, ""),
    ],
)  # fmt: skip
def test_visitors_of_one_address_are_told_by_it(
    address: ServedAt, peer: str, forwarded: str | None, told: str
) -> None:
    assert address.address_of(peer, forwarded) == told
