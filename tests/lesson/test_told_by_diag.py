"""What a lesson reads that only sock_diag tells, found in its expressions."""

from __future__ import annotations

import pytest

from tests.lesson.conftest import Parse

MADE = """```python @server
t = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
t.listen(1)
u = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
u.bind("door")
u.listen(1)
c, d = socket.socketpair()
e, f = socket.socketpair(socket.AF_UNIX)
v, peer = u.accept()
w = v.dup()
w6 = socket.socket(family=socket.AF_UNIX)
w6 = socket.socket()
```

```python @server
child = os.fork()
```

```expect
{expression}
```
"""


@pytest.mark.parametrize(
    ("expression", "reads"),
    [
        ("server.t.state == 'LISTEN'", ()),
        ("server.t.accept_queue == 0 and server.t.recv_q == 0", ()),
        ("server.t.timer is None", ()),
        ("server.t.backlog == 1", ("backlog",)),
        ("server.t.send_q == 1", ("backlog",)),
        ("server.w6.send_q == 0", ()),
        ("rows(state='LISTEN')[0].send_q == 1", ("backlog",)),
        ("rows(state='ESTABLISHED')[0].send_q == 1", ()),
        ("rows()[0].backlog == 1", ("backlog",)),
        ("rows(family='AF_UNIX')[0].peer is None", ("UNIX queues",)),
        ("server.u.local == 'door'", ()),
        ("server.u.backlog == 1", ("UNIX queues",)),
        ("server.c.recv_q == 0", ("UNIX queues",)),
        ("server.f.send_q == 0", ("UNIX queues",)),
        ("server.v.peer is None", ("UNIX queues",)),
        ("server.w.recv_q == 0", ("UNIX queues",)),
        ("child.w.recv_q == 0", ("UNIX queues",)),
        ("child.t.send_q == 1", ("backlog",)),
        ("server.t.backlog == 1 and server.u.recv_q == 0", ("backlog", "UNIX queues")),
    ],
)
def test_it_is_found_by_what_is_read_of_whom(parse: Parse, expression: str, reads: tuple[str, ...]) -> None:
    assert parse(MADE.replace("{expression}", expression)).reads == reads


def test_an_answer_reads_too(parse: Parse) -> None:
    text = MADE.replace("{expression}", "server.t.fd == 3")
    assert parse(text).reads == ()
    asked = "```predict\nHow long?\n- 1\n- 2\nanswer: server.t.backlog\n```\n\n" + text
    assert parse(asked).reads == ("backlog",)
