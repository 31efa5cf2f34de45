"""Lessons on kernels whose tables say less than this machine's: before Linux 6.8, and without sock_diag's modules."""

from __future__ import annotations

import errno
import json
import re
import subprocess
from pathlib import Path

import pytest

from sockviz.kernel import observe
from sockviz.kernel.errors import KernelRefused
from sockviz.model.sockets import SocketRow
from sockviz.player.shelf import find
from sockviz.tui.stage.queues import is_full
from tests.lab import older
from tests.player.lessons import LABS, lesson_text, performed

ROOT = Path(__file__).parents[2]
#: The course's lessons that are about names without more.
NAMING = ("addresses", "bind", "listen", "time-wait")

NAMES = """
```python @server
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.bind((HOST, 0))
t = socket.socket()
t.bind((HOST, PORT))
u = socket.socket()
u.bind((HOST, PORT))
d = t.dup()
w = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
w.bind((HOST, 0))
x = socket.socket(socket.AF_UNIX)
x.bind("door")
y = socket.socket()
```

```python @client
c = socket.socket()
c.connect((HOST, PORT))
```

```expect
server.s.local[0] == HOST and server.s.local[1] > 0
server.t.local == (HOST, PORT)
server.d.local == (HOST, PORT)
server.u.local == ("0.0.0.0", 0)
server.y.local == ("0.0.0.0", 0)
server.w.local[1] > 0
server.x.local == "door"
client.c.state == "CLOSED"
```
"""
SHARED = """
```python @server
child = os.fork()
```

```python @child
t.listen(1)
t.close()
```

```python @server
s.close()
t.bind((HOST, PORT2))
t = socket.socket()
```

```expect
child.t.local == (HOST, PORT)
server.t.local == ("0.0.0.0", 0)
server.s.fd is None
server.d.state == "LISTEN"
```
"""


def sockviz(*arguments: str, without: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*older.command(*without), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def readme_lesson() -> str:
    """The lesson that README shows."""
    found = re.search(
        r"^````markdown\n(.*?)^````$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert found is not None
    return found[1]


@pytest.mark.parametrize("kind", LABS)
def test_before_6_8_a_name_is_what_was_returned(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "read_bound_only", older.no_listing)
    world = performed(lesson_text(NAMES, SHARED), kind)
    assert [(e.source, e.actual) for e in world.expectations.values() if not e.ok] == []
    assert not any(row.bound_only for row in world.rows.values())


@pytest.mark.parametrize("kind", LABS)
def test_before_6_8_the_course_s_lessons_on_names_and_readme_s_hold(kind: str, tmp_path: Path) -> None:
    own = tmp_path / "readme.md"
    own.write_text(readme_lesson(), encoding="utf-8")
    paths = [str(own), *(str(find(name)) for name in NAMING)]
    report = json.loads(sockviz("check", "--json", "--lab", kind, *paths, without=("listing",)).stdout)
    assert [lesson["problems"] for lesson in report["lessons"]] == [[]] * len(paths)
    assert [lesson["skipped"] for lesson in report["lessons"]] == [None] * len(paths)


@pytest.mark.parametrize(
    ("without", "skipped", "why"),
    [
        ("all", {"listen", "listen-queue", "the-notes-say"}, "each listener's backlog"),
        ("tcp", {"listen", "listen-queue", "the-notes-say"}, "sock_diag TCP AF_INET: ENOENT"),
        ("unix", {"the-notes-say"}, "the queues and peers of AF_UNIX sockets"),
    ],
)
def test_without_a_module_of_sock_diag_lessons_that_read_what_only_it_tells_are_skipped(
    without: str, skipped: set[str], why: str
) -> None:
    names = ["first-connection", "listen", "listen-queue", "other-families", "the-notes-say"]
    paths = [str(find(name)) for name in names]
    report = json.loads(sockviz("check", "--json", *paths, without=(without, "listing")).stdout)
    assert [lesson["problems"] for lesson in report["lessons"]] == [[]] * len(paths)
    reasons = {
        name: lesson["skipped"]
        for name, lesson in zip(names, report["lessons"], strict=True)
        if lesson["skipped"]
    }
    assert reasons.keys() == skipped
    assert all(why in reason for reason in reasons.values())


def test_what_no_table_says_has_no_value_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "read_sockets", _refused)
    text = lesson_text(
        """
        ```python @server
        s = socket.socket()
        s.bind((HOST, PORT))
        s.listen(1)
        x = socket.socket(socket.AF_UNIX)
        x.bind("door")
        x.listen(1)
        ```

        ```expect
        server.s.state == "LISTEN" and server.s.accept_queue == 0
        rows(local_port=PORT)[0].send_q == 0
        rows(local_port=PORT)[0].backlog == 1
        server.x.state == "LISTEN"
        rows(family="AF_UNIX", state="LISTEN")[0].accept_queue == 0
        ```
        """
    )
    world = performed(text)
    assert [judged.ok for judged in world.expectations.values()] == [True, False, False, True, False]
    actual = [judged.actual for judged in world.expectations.values()]
    assert (
        "/proc/net/tcp, which is read here instead of sock_diag, does not say a socket's backlog" in actual[2]
    )
    assert "/proc/net/unix" in actual[4]
    listener = next(row for row in world.rows.values() if row.is_listening and row.protocol == "TCP")
    assert (listener.backlog, is_full(listener)) == (None, False)


def _refused(_diag: object, *, now: float, states: int, still: bool = False) -> list[SocketRow]:
    del now, states, still
    raise KernelRefused(errno.ENOENT, "sock_diag TCP")
