"""Where programs to hand out wait for one another, and where their calls do so by themselves."""

from __future__ import annotations

from collections.abc import Callable

from sockviz.lesson.document import Lesson
from sockviz.lesson.programs.folder import Language, program_folder
from sockviz.lesson.programs.plan import plan_programs
from sockviz.lesson.programs.waits import HandStep, waits

Parse = Callable[..., Lesson]

LISTENS = """```python @server
s = socket.socket()
s.bind((HOST, PORT))
s.listen(1)
conn, peer = s.accept()
```

```python @client
c = socket.socket()
c.connect((HOST, PORT))
```
"""


def fence(process: str, *lines: str) -> str:
    return "\n".join(["", f"```python @{process}", *lines, "```", ""])


def steps(lesson: Lesson) -> list[tuple[str, str, str | None]]:
    """What a person does: what, to whom, before which line."""
    sources = {statement.line: statement.source for statement in lesson.statements}
    return [
        (step.kind.value, step.process, sources.get(step.line) if step.line else None)
        for step in waits(plan_programs(lesson)).steps
        if step.kind is not HandStep.START
    ]


def test_who_asks_and_answers_waits_in_its_calls(parse: Parse) -> None:
    body = LISTENS
    for _ in range(3):
        body += fence("client", 'c.send(b"ask")') + fence(
            "server", "data = conn.recv(100)", 'conn.send(b"tell")'
        )
        body += fence("client", "said = c.recv(100)")
    ended = fence("client", "c.close()") + fence(
        "server", "end = conn.recv(100)", "conn.close()", "s.close()"
    )
    assert steps(parse(body + ended)) == []


def test_what_would_be_taken_together_waits(parse: Parse) -> None:
    body = LISTENS + fence("client", 'c.send(b"one")') + fence("server", "one = conn.recv(100)")
    body += fence("client", 'c.send(b"two")', "c.close()") + fence(
        "server", "two = conn.recv(3)", "conn.close()", "s.close()"
    )
    assert steps(parse(body)) == [
        ("enter", "client", 'c.send(b"two")'),
        ("enter", "server", "two = conn.recv(3)"),
    ]


def test_who_looks_and_who_is_looked_at_wait(parse: Parse) -> None:
    body = LISTENS + fence("server", "conn.setblocking(False)", "none = conn.recv(100)")
    body += fence("client", 'c.send(b"late")', "c.close()") + fence("server", "conn.close()", "s.close()")
    assert steps(parse(body)) == [
        ("enter", "client", 'c.send(b"late")'),
        ("enter", "server", "conn.close()"),
    ]


def test_a_listener_that_others_need_stays(parse: Parse) -> None:
    listens = LISTENS.replace("conn, peer = s.accept()\n", "")
    assert steps(parse(listens)) == [("enter", "server", None)]
    # Who has closed all has nothing that others need.
    closed = fence("client", "c.close()") + fence("server", "s.close()")
    assert steps(parse(listens + closed)) == [("enter", "server", "s.close()")]


def test_a_forked_process_has_no_terminal(parse: Parse) -> None:
    """It stops itself where it waits; where the lesson leaves it, its parent ends it."""
    body = """```python @server
s = socket.socket()
s.bind((HOST, PORT))
s.listen(1)
worker = os.fork()
s.close()
```

```python @client
c = socket.socket()
c.connect((HOST, PORT))
```

```python @worker
name = s.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)
```

```python @client
d = socket.socket()
d.connect((HOST, PORT))
```
"""
    lesson = parse(body)
    looks = "name = s.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)"
    assert steps(lesson) == [
        ("continue", "worker", looks),
        ("enter", "client", "d.connect((HOST, PORT))"),
        ("enter", "server", None),
    ]
    python = program_folder(lesson, Language.PYTHON, plain=True).files
    assert python["server.py"].index("signal.pause()") < python["server.py"].index(
        "os.kill(worker, signal.SIGTERM)"
    )
    c = program_folder(lesson, Language.C, plain=True).files
    assert 'stop("3: when client has called connect");' in c["server.c"]
    assert "     3  worker  kill -CONT, when client has called connect\n" in c["README.txt"]


def test_what_only_the_wire_would_end_is_interrupted(parse: Parse) -> None:
    body = LISTENS + "\n```python @link\nlink.hold()\n```\n" + fence("server", "conn.recv(100)")
    body += '\n```expect\nserver.last.error == "ETIMEDOUT"\n```\n'
    lesson = parse(body, "lab: two-hosts\n")
    assert ("interrupt", "server", "conn.recv(100)") in steps(lesson)
    files = program_folder(lesson, Language.PYTHON, plain=True).files
    assert "except (OSError, KeyboardInterrupt) as error:" in files["server.py"]
    assert "Ctrl-C, if it sleeps in recv" in files["README.txt"]


def test_what_is_left_asleep_and_what_outlives_its_program(parse: Parse) -> None:
    asleep = LISTENS + fence("server", "s.accept()") + '\n```expect\nserver.blocked == "accept"\n```\n'
    lesson = parse(asleep)
    assert steps(lesson) == [("interrupt", "server", None)]
    assert (
        "Ctrl-C: the lesson leaves it asleep in accept"
        in program_folder(lesson, Language.C, plain=True).files["README.txt"]
    )
    listens = "s = socket.socket()\ns.bind((HOST, PORT))\ns.listen(1)\nworker = os.fork()"
    heir = fence("server", *listens.split("\n")) + fence("worker", "conn, peer = s.accept()")
    heir += fence("server", "os._exit(0)") + fence("client", "c = socket.socket()", "c.connect((HOST, PORT))")
    heir += fence("client", "c.send(b'x')") + fence("worker", "data = conn.recv(1)")
    heir += fence("client", "d = socket.socket()", "d.connect((HOST, PORT))")
    lesson = parse(heir)
    assert ("kill", "worker", None) in steps(lesson)
    for language, waiting in ((Language.C, "pause();"), (Language.PYTHON, "signal.pause()")):
        server = next(
            text
            for name, text in program_folder(lesson, language, plain=True).files.items()
            if name.startswith("server.")
        )
        assert waiting in server


def test_who_was_forked_by_a_forked_process_is_ended_by_hand(parse: Parse) -> None:
    """Its number is known to its parent only, and that is ended itself."""
    body = fence("server", "s = socket.socket()", "s.bind((HOST, PORT))", "s.listen(1)", "worker = os.fork()")
    body += fence("worker", "conn, peer = s.accept()") + fence(
        "client", "c = socket.socket()", "c.connect((HOST, PORT))"
    )
    body += (
        fence("worker", "inner = os.fork()")
        + fence("inner", "conn.send(b'x')")
        + fence("client", "c.recv(1)")
    )
    body += fence("server", "os.kill(worker, signal.SIGKILL)", "ended = os.waitpid(worker, 0)")
    lesson = parse(body)
    assert ("kill", "inner", None) in steps(lesson)
    for language in (Language.C, Language.PYTHON):
        server = next(
            text
            for name, text in program_folder(lesson, language, plain=True).files.items()
            if name.startswith("server.")
        )
        assert "kill(inner" not in server


def test_a_call_of_which_nothing_else_says_that_it_has_returned_is_waited_for(parse: Parse) -> None:
    body = (
        LISTENS
        + fence("client", "c.sendall(b'x' * 5000000)")
        + '\n```expect\nclient.blocked == "sendall"\n```\n'
    )
    body += (
        fence("server", "data = conn.recv(5000000, socket.MSG_WAITALL)")
        + "\n```expect\nclient.blocked is None\n```\n"
    )
    body += fence("server", "conn.close()")
    lesson = parse(body)
    assert steps(lesson)[:2] == [
        ("enter", "server", "data = conn.recv(5000000, socket.MSG_WAITALL)"),
        ("enter", "server", "conn.close()"),
    ]
