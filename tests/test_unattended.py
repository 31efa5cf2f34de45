"""A run that nobody reads as it goes, `run --plain` into a pipe: it ends, also where the lesson itself never would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LESSON = """\
---
title: T
summary: s
---

## P

text

```python @server
s = socket.socket()
s.bind((HOST, PORT))
s.listen(1)
c, p = s.accept()
c.send(b"x")
```

```expect
server.c.fd == 4
```
"""


def test_a_line_that_waits_for_itself_ends_the_run_with_a_sentence(tmp_path: Path) -> None:
    lesson = tmp_path / "waits.md"
    lesson.write_text(LESSON)
    done = subprocess.run(
        [sys.executable, "-m", "sockviz", "run", "--plain", str(lesson)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"{lesson}:15: server is still in accept() of line 14" in done.stderr
    assert "accept(3) sleeps" in done.stdout
