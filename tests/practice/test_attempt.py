"""Attempts: built, run in a lab beside the exercise's lines, judged by what the kernel and the peers saw."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from sockviz.player.practice import Practice
from sockviz.practice.attempt import CannotAttempt, attempt
from sockviz.practice.shelf import SUFFIXES, find, read_exercise
from tests.practice.attempts import attempted, exercise, tried, wrote

LISTENS = """
import socket
s = socket.socket()
s.bind(("127.0.0.1", 8080))
s.listen()
"""


@pytest.mark.parametrize("language", SUFFIXES)
def test_a_start_fails_at_its_verdict_and_the_solution_passes(language: str) -> None:
    place = find("forgot-listen")
    start = attempted("forgot-listen", place.file("start", language))
    assert [verdict.ok for verdict in start.verdicts] == [False] * 4
    first = start.verdicts[0]
    assert first.title == "the client is let in"
    assert "client.last.error is 'ECONNREFUSED'" in first.observed
    assert "server has ended with exit status 1" in first.observed
    refused = "bound to 127.0.0.1:8080, not listening: client's SYN was answered by RST (ECONNREFUSED)"
    assert f"server had ended by then, and was {refused}" in first.observed
    assert "accept" in first.cause
    assert "does not listen" in first.cause
    assert first.event is not None
    assert all(verdict.event is None for verdict in start.verdicts[1:])
    solved = attempted("forgot-listen", place.file("solution", language))
    assert solved.passed, solved.verdicts


def test_a_server_that_is_bound_and_waits_is_told_what_is_missing(tmp_path: Path) -> None:
    program = LISTENS.replace("s.listen()", "import time; time.sleep(60)")
    done = attempted("forgot-listen", wrote(tmp_path, program))
    first = done.verdicts[0]
    assert not first.ok
    assert (
        "server: bound to 127.0.0.1:8080, not listening: client's SYN was answered by RST" in first.observed
    )
    assert "has not called listen" in first.cause
    assert "call listen after bind" in first.next


def test_what_cannot_be_built_is_no_verdict(tmp_path: Path) -> None:
    python = attempted("forgot-listen", wrote(tmp_path, "def broken(:\n    pass\n"))
    assert (python.built, python.passed, python.verdicts) == (False, False, ())
    assert "program.py:1: invalid syntax" in python.said
    c = attempted("forgot-listen", wrote(tmp_path, "int main(void) { return undeclared; }\n", "c"))
    assert (c.built, c.verdicts) == (False, ())
    assert "undeclared" in c.said


def test_a_run_whose_other_process_somebody_kills_is_not_judged(tmp_path: Path) -> None:
    """As the kernel does where memory runs out: it is not the program's fault."""
    lesson, its = read_exercise(find("forgot-listen"))
    program = wrote(tmp_path, LISTENS + "s.accept()[0].recv(1)\n")

    async def killing(practice: Practice) -> None:
        def client() -> int:
            process = practice.timeline.world.processes.get("client")
            return process.outer_pid if process is not None and process.sleeping else 0

        while not client():
            await asyncio.sleep(0.01)
        os.kill(client(), signal.SIGKILL)

    async def it() -> None:
        tasks: list[asyncio.Task[None]] = []

        def watch(practice: Practice) -> None:
            tasks.append(asyncio.create_task(killing(practice)))

        with pytest.raises(CannotAttempt, match="client was killed by SIGKILL, and no line has done that"):
            await attempt(lesson, its, program, "python", watch=watch)
        await tasks[0]

    asyncio.run(it())


def test_what_it_printed_and_how_it_ended_can_be_expected(tmp_path: Path) -> None:
    lesson = exercise(
        '```expect\nyou.status == 3\nyou.output == "one\\ntwo\\n"\n"listen" in you.calls\n```\n'
    )
    program = LISTENS + "print('one')\nprint('two')\nraise SystemExit(3)\n"
    assert tried(lesson, wrote(tmp_path, program)).passed


def test_a_program_that_never_answers_is_given_up_where_it_waits(tmp_path: Path) -> None:
    lines = "c = socket.socket()\nc.connect(('127.0.0.1', 8080))\nd = c.recv(9)"
    lesson = exercise(f'```python @client\n{lines}\n```\n\n```expect\n# it answers\nclient.d == b"x"\n```\n')
    done = tried(lesson, wrote(tmp_path, LISTENS + "t, _ = s.accept()\nt.recv(9)\n"))
    (verdict,) = done.verdicts
    assert not verdict.ok
    assert "client sleeps in recv" in verdict.observed
    assert "server sleeps in recv" in verdict.observed


def test_whoever_waits_in_vain_came_no_further_than_where_it_waits(tmp_path: Path) -> None:
    lines = "c = socket.socket()\nc.connect(('127.0.0.1', 8080))\nd = c.recv(9)\nlater = c.recv(9)"
    lesson = exercise(
        f'```python @client\n{lines}\n```\n\n```expect\n# it answers\nclient.later == b"x"\n```\n'
    )
    (verdict,) = tried(lesson, wrote(tmp_path, LISTENS + "t, _ = s.accept()\nt.recv(9)\n")).verdicts
    assert verdict.observed.startswith("client came no further than `d = c.recv(9)`")


@pytest.mark.parametrize("takes", ["for _ in range(3_000_000): pass", "import time; time.sleep(0.2)"])
def test_a_verdict_waits_until_the_program_has_come_to_rest(tmp_path: Path, takes: str) -> None:
    """Who sleeps may be about to end, too: so long a loaded machine may keep a program that has made its last call."""
    lines = "c = socket.socket()\nc.connect(('127.0.0.1', 8080))\nd = c.recv(9)"
    lesson = exercise(f'```python @client\n{lines}\n```\n\n```expect\n# it answers\nclient.d == b"x"\n```\n')
    ends_later = f"t, _ = s.accept()\nt.close()\n{takes}\nraise SystemExit(3)\n"
    (verdict,) = tried(lesson, wrote(tmp_path, LISTENS + ends_later)).verdicts
    assert "client.d is b''" in verdict.observed
    assert "server has ended with exit status 3" in verdict.observed


def test_runs_can_be_started_where_the_exercise_says(tmp_path: Path) -> None:
    body = "```run @server\nfirst\n```\n\n```expect\nserver.output == 'first\\n'\n```\n\n"
    body += "```run @again\nsecond run\n```\n\n```expect\nagain.output == 'second run\\n'\nserver.pid != again.pid\n```\n"
    program = "import sys\nprint(*sys.argv[1:])\n"
    assert tried(exercise(body), wrote(tmp_path, program)).passed


def test_a_program_can_be_sent_a_signal(tmp_path: Path) -> None:
    body = "```run @server\n```\n\n```signal @server\nSIGTERM\n```\n\n"
    body += '```expect\n# it ends in order\nyou.output == "bye\\n"\nyou.status == 0\n```\n'
    program = LISTENS + "import signal, sys\n"
    program += "def end(*_): print('bye'); sys.exit(0)\nsignal.signal(signal.SIGTERM, end)\ns.accept()\n"
    assert tried(exercise(body), wrote(tmp_path, program)).passed
    done = tried(exercise(body), wrote(tmp_path, LISTENS + "s.accept()\n"))
    assert (
        "server was ended by SIGTERM" in next(verdict for verdict in done.verdicts if not verdict.ok).observed
    )
