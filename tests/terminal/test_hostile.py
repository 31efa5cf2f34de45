"""A lesson, and its recording, of text that wants to be obeyed or hidden: every byte that reaches the terminal is looked at."""

from __future__ import annotations

import re

from tests.door.hostile import dangerous
from tests.terminal.conftest import END, Person, Sitting

#: What the screen writes of its own: colours, places, modes, questions to the terminal, the pointer's shape.
_OURS = re.compile(
    rb"\x1b\[[0-9;:]*[mHABCDJK]|\x1b\[\?[0-9;]+[hlu]|\x1b\[\?\d+\$p|\x1b\[[<>=][0-9;]*[um]|\x1b\]22;default\x07|\r\n"
)
_THEIRS = re.compile(rb"\x1b\[[0-9;]*66m|\x1b\]2;|\x1b\]52;")

LESSON = r"""---
title: "Hostile 👩 می"
summary: "it &#x202e; hides"
---

## Page &#x202e; heading {hidden}

Prose &#x202e;turned &#x9b;66m &#27;[66m &rlm; &shy; <b>raw</b> `co{hidden}de` [link](http://x/&#x202e;) ![img &#x202e;](x)

- item &#x2028; &#x2066;
- می‌خواهم

| a {hidden} | b |
|---|---|
| &#x202e; | c |

    code {hidden}

<!-- note: for the instructor {hidden} &#x202e; -->

```python @server
n = "\x1b]2;OWNED\x07\x1b[66m\x9b66m\u202e\n\u2028\U000e0041"  # {hidden}
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.bind("\x1b]2;OWNED\x07\nx")
t = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
t.bind(b"\x00\x1b[66m\x9b\nOWNED\xe2\x80\xae")
x = n.encode("\x1b]52;c;T1dORUQ=\x07")
```

```expect
server.n == "\x1b[66mOWNED{hidden}"
server.s.local == "\x1b]2;OWNED\x07\nx"
```

```predict
Which {hidden} &#x202e;?
- `a {hidden} &#x202e;`
- b &#x1b;
answer: server.n
```
""".replace("{hidden}", "\u200b\u200f\U000e0041\u3164")


def clean(sitting: Sitting) -> str:
    """All that was written, without what is ours; nothing else in it is anything but text."""
    written = bytes(sitting.written)
    assert not _THEIRS.search(written)
    told = _OURS.sub(b"\n", written).decode()
    assert not dangerous(told.replace("می\u200cخواهم", ""))
    assert "\\x1b]2;OWNED\\x07" in told
    return told


def test_a_hostile_lesson_and_its_recording(ordinary: Person) -> None:
    lesson, record = ordinary.file("hostile.md", LESSON), ordinary.base / "r.jsonl"
    live = ordinary.start("run", str(lesson), "--notes", "--record", str(record), TEXTUAL_ANIMATIONS="none")
    live.perform("lesson is done")
    for key in ("i", "\t", "\x1b[B", "\x1b[B", "c", "s", "?"):
        live.press(key)
        live.wait_still(lambda: live.text)
    live.wait_for("Perform the next call")
    live.press("\x1b")
    # Not at once `q` after it, which would be Alt-Q where a busy machine reads both together.
    live.wait_for(lambda text: "Perform the next call" not in text)
    ordinary.leave(live)
    assert "می\u200cخواهم" in clean(live)

    replayed = ordinary.start("replay", str(record), TEXTUAL_ANIMATIONS="none")
    replayed.wait_for("RECORDED")
    replayed.press(END)
    replayed.wait_for(lambda text: re.search(r"\b(\d\d+)(?:/| of )\1\b", text) is not None)  # the last event
    assert ordinary.leave(replayed) == 0
    clean(replayed)

    for arguments in (
        ("run", str(lesson), "--plain", "--notes"),
        ("check", str(lesson)),
        ("replay", str(record), "--plain"),
    ):
        told = ordinary.start(*arguments)
        while told.process.poll() is None:
            told.press("\n")
            told.wait_still(lambda told=told: told.text)  # type: ignore[misc]
        told.wait_exit()
        clean(told)
