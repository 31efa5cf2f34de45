"""Lessons on kernels whose tables say less than this machine's: before Linux 6.8, and without sock_diag's modules."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from sockviz.kernel import observe
from sockviz.player.shelf import find
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
