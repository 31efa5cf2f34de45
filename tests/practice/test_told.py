"""What a student is told of the mistakes that exercises are about: what was observed, the likely cause, the next step."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockviz.practice.attempt import PATIENT
from sockviz.practice.shelf import find
from sockviz.practice.verdicts import Verdict
from tests.practice.attempts import attempted, exercise, tried, wrote

#: Of each start: the title of the verdict that it fails at, and parts of what is observed, of the cause, of what is next.
STARTS = {
    "bind-order": (
        "it comes from 127.0.0.2, port 5000", "server.peer is ('127.0.0.1', ", "connect has given it one",
        "call bind before connect",
    ),
    "byte-order": (
        "then to the address and port of the six bytes", "accept_queue is 0", "37151 is the same two bytes the other way round",
        "htons",
    ),
    "echo-server": (
        "all that it sends after that, too", "client.a.recv_q is 0", "descriptor 4 of server has 10,000 bytes unread (Recv-Q)",
        "call it for the same descriptor until it gives no bytes",
    ),
    "half-close": (
        "it says that it has sent all: a FIN comes", "client sleeps in recv", "server has received 15 bytes and asks for more",
        "shutdown(SHUT_WR)",
    ),
    "lines": (
        "a line that comes in pieces gets one answer", "client.first is b'1\\n'",
        "server had received 1 byte of 4 bytes that client sent by one sendall when it answered, by send(4, ",
        "answer once a message in it is whole",
    ),
}  # fmt: skip


def _failed(slug: str) -> Verdict:
    done = attempted(slug, find(slug).file("start", "python"))
    return next(verdict for verdict in done.verdicts if not verdict.ok)


@pytest.mark.parametrize("slug", STARTS)
def test_of_a_start_it_is_told_what_is_wrong(slug: str) -> None:
    title, observed, cause, following = STARTS[slug]
    told = _failed(slug)
    assert told.title == title
    assert observed in told.observed
    assert cause in told.cause
    assert following in told.next
    assert (told.difference is not None) is (slug == "lines")


def test_whose_runs_are_all_judged_anew_need_not_wait_for_an_old_connection() -> None:
    told = _failed("restart")
    assert "still in TIME-WAIT" in told.cause
    assert told.next == (
        "set SO_REUSEADDR before bind, in every run: it lets it through where the old socket had it, too"
    )


SERVES_ONE = """```python @peer
p = socket.socket()
p.bind(("127.0.0.1", 8080))
p.listen(1)
```

```run @server
```

```python @peer
conn, address = p.accept()
got = conn.recv(5, socket.MSG_WAITALL)
```

"""


def test_who_connects_too_often_is_not_told_to_accept(tmp_path: Path) -> None:
    body = SERVES_ONE + '```expect\npeer.got == b"hello"\nyou.status == 0\n```\n'
    program = "import socket\nfor _ in range(9):\n"
    program += "    with socket.create_connection(('127.0.0.1', 8080)) as c: c.send(b'hel')\n"
    (failed, *_) = [v for v in tried(exercise(body), wrote(tmp_path, program)).verdicts if not v.ok]
    assert "the accept queue of peer's p is full" in failed.cause
    assert failed.next.startswith("connect only as often as the task says")


def test_who_stops_himself_is_told_that_at_once(tmp_path: Path) -> None:
    body = SERVES_ONE + '```expect\npeer.got == b"hello"\nyou.status == 0\n```\n'
    program = "import os, signal, socket\nc = socket.create_connection(('127.0.0.1', 8080))\n"
    program += "os.kill(os.getpid(), signal.SIGSTOP)\n"
    done = tried(exercise(body), wrote(tmp_path, program))
    (failed, *_) = [v for v in done.verdicts if not v.ok]
    assert "server is stopped by SIGSTOP" in failed.observed
    assert failed.cause == "server is stopped by SIGSTOP, and does nothing more: nobody sends it SIGCONT"
    assert done.timeline is not None
    waited = done.timeline.events[-1].at - done.timeline.events[0].at
    assert waited < PATIENT, "the line that waits for it was given up, and had not to wait so long"


ASKED_TWICE = """```run @server
```

```python @peer at once
p = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
p.connect(("127.0.0.1", 8080))
p.send(b"time?")
first = p.recv(100)
```

```python @peer
p.send(b"time?")
second = p.recv(100)
```

```expect
peer.second == b"noon"
```
"""


def test_who_answers_once_is_told_to_go_on(tmp_path: Path) -> None:
    program = "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(('', 8080))\n"
    program += "_question, asker = s.recvfrom(100)\ns.sendto(b'noon', asker)\n"
    (failed, *_) = [v for v in tried(exercise(ASKED_TWICE), wrote(tmp_path, program)).verdicts if not v.ok]
    assert failed.cause.startswith(
        "server had ended by then, and its socket with it; the last that it did was sendto(3, b'noon'"
    )
    assert failed.next.startswith("go on receiving")
