"""The linear front end: all that the screen says, in plain words, with how long things took."""

from __future__ import annotations

import asyncio
import io
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from sockviz.model.events import StatementBegun
from sockviz.plain import play
from sockviz.player.next import Do
from sockviz.player.recorded import read_recording
from sockviz.player.refusals import CannotGoOn
from sockviz.player.run import Provenance
from sockviz.player.shelf import lessons_directory
from sockviz.player.sourced import SourcedLesson, run_of
from tests.player.lessons import lesson_text
from tests.tui.scripted import ScriptedRun, run

LESSON = lesson_text(
    """
    ## A *first* heading

    **Some** words on `accept`:

    - one
    - two

    | call | sleeps |
    |---|---|
    | `accept` | yes |

    ```predict
    Does `accept` *sleep*?
    - `accept`
    - no
    answer: server.blocked
    ```

    ```python @server
    s = socket.socket()
    s.bind((HOST, PORT))
    s.listen(1)
    conn, peer = s.accept()
    ```

    ```expect
    server.blocked == "accept"
    ```

    ---

    ```python @client
    b = socket.socket()
    b.connect((HOST, PORT2))
    c = socket.socket()
    c.connect((HOST, PORT2))
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.settimeout(0.2)
    u.recv(5)
    c = socket.socket()
    c.connect((HOST, PORT))
    ```

    <!-- note: ask **who** sleeps -->
    """
)


def plain(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "sockviz", "run", *arguments, "--plain", "--language", "en"], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("plain") / "lesson.md"
    path.write_text(LESSON, encoding="utf-8")
    return plain(str(path), "--notes")


@pytest.mark.parametrize(
    "words",
    [
        "\npage 1 of 2\n\nA first heading\n\nSome words on accept:\n\n  one\n  two\n\ncall: accept; sleeps: yes\n",
        "\nPredict: Does accept sleep?\n  1. accept\n  2. no\n", "(instructor: ask who sleeps)",
        "    ECONNREFUSED 111: ", "    what to do: ", "    manual: connect(2)",
    ],
)  # fmt: skip
def test_it_says_what_the_screen_does_without_a_mark(said: str, words: str) -> None:
    assert words in said


def test_how_long_a_call_slept_is_said(said: str) -> None:
    assert re.search(r"server: accept wakes after [0-9.]+ m?s and takes", said)
    assert re.search(
        r"client: recv fails with (?:EAGAIN|TimeoutError).* \(after (?:2\d\d\.\d ms|\d\.\d s)\)", said
    )


def test_what_an_error_means_at_large_is_said_once(said: str) -> None:
    assert said.count("connect fails with ECONNREFUSED") == 2
    assert said.count("ECONNREFUSED 111: ") == 1
    assert "usual cause" not in said, "the cause was found"


def test_nothing_is_counted_that_could_be_said(said: str) -> None:
    assert not re.search(r"and \d+ more", said)


def test_the_time_between_packets_is_said_where_a_timer_of_the_kernels_is_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "dropped.md"
    body = """
    ```python @server
    s = socket.socket()
    s.bind((HOST, PORT))
    s.listen(1)
    ```

    ```python @link
    link.drop("SYN")
    ```

    ```python @client
    c = socket.socket()
    c.connect((HOST, PORT))
    ```

    ```expect
    within 5s: client.c.state == "ESTABLISHED"
    ```
    """
    path.write_text(lesson_text(body, front="lab: two-hosts\n"), encoding="utf-8")
    told = plain(str(path))
    assert re.search(r"client → server: SYN again \(1\.\d s after the packet before it\)", told), told
    assert "SYN+ACK (" not in told, "an answer comes at once"


def test_the_course_says_all_in_plain_words() -> None:
    told = plain(str(lessons_directory() / "07-accept.md"))
    lines = [line for line in told.splitlines() if not line.startswith(("    ", "server", "client", "  "))]
    assert not [line for line in lines if re.search(r"\*\*|`|^#|^[-*] |^\|", line)]


def answered(scripted: ScriptedRun, typed: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """All that is told where so much is typed."""
    out, given = io.StringIO(), 0

    async def line() -> str:
        """As somebody types who waits to be asked."""
        nonlocal given
        while len(re.findall(r"q: leave\] |\(Enter passes[^)]*\): ", out.getvalue())) <= given:
            await asyncio.sleep(0)
        given += 1
        return typed[given - 1] + "\n"

    monkeypatch.setattr("sockviz.terminal.line", line)
    asyncio.run(play(scripted, out, ask=True))
    return out.getvalue()


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("1", "\nPredictions: 1 of 1 as the kernel had it.\n\nThe lesson is done.\n"),
        ("2", "\nPredictions: 0 of 1 as the kernel had it (missed on page 1).\n\nThe lesson is done.\n"),
        ("", "\nThe lesson is done.\n"),
    ],
)
def test_at_the_end_it_says_how_many_predictions_were_kept(
    choice: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = answered(run(), [choice, *[""] * 40], monkeypatch)
    assert said.endswith(told), said[-400:]
    assert ("Predictions:" in said) is bool(choice)


def test_votes_are_told_and_are_no_prediction(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted = run()
    told = answered(scripted, ["v 12 7", "V 12 7 3", "", *[""] * 5, "q"], monkeypatch)
    assert "votes are counts, one for each choice: v 12 7 0" in told
    assert "  votes    12 for 1, 7 for 2, 3 for 3\n" in told
    assert "  votes    12 of 22 votes were for it (12 for 1, 7 for 2, 3 for 3)\n" in told
    assert [choice for _line, choice in scripted.answered] == [None]
    assert "you predicted" not in told


def test_the_pages_lines_can_be_read_before_the_prediction(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on the screen, where they stand beside the question."""
    scripted = run()
    told = answered(scripted, ["l", "", "q"], monkeypatch)
    asked, _, rest = told.partition("your prediction")
    page = scripted.script.pages[0]
    assert "\n".join(f"{each.process:8} > {each.source}" for each in page.statements) in rest
    assert page.statements[-1].source not in asked


def test_a_step_that_does_not_come_on_is_given_up_where_there_is_a_recording(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sockviz.plain.LATE", 0.05)
    monkeypatch.setattr("sockviz.plain.LONG", 0.02)
    scripted, out = run(), io.StringIO()
    scripted.batches[1] = replace(scripted.batches[1], gate=asyncio.Event())
    statement = next(iter(scripted.script.statements))
    told = "server has not come on for 0 s: this machine is too slow, or it was stopped"

    async def line() -> str:
        """As somebody types who reads on, and where nothing happens first reads why."""
        await asyncio.sleep(0.005)
        if scripted.performed == 1 and scripted.next.do is Do.BUSY:
            if told not in out.getvalue():
                scripted.append(StatementBegun(time.time(), "server", statement.line))
            while f"{told}  [Enter: go on from its recording, q: leave]" not in out.getvalue():
                await asyncio.sleep(0.01)
        return "\n"

    monkeypatch.setattr("sockviz.terminal.line", line)
    with pytest.raises(CannotGoOn, match=told):
        asyncio.run(play(scripted, out, ask=True, has_way_out=True))
    assert scripted.performed == 1


def replayed(name: str, out: io.StringIO) -> list[str]:
    """What is said of a recording of the course."""
    recording = RECORDINGS / f"{name}.jsonl"
    recorded = run_of(read_recording(recording), Provenance.RECORDED)
    assert isinstance(recorded, SourcedLesson)
    asyncio.run(play(recorded, out, ask=False))
    return out.getvalue().splitlines()


RECORDINGS = Path(__file__).parents[1] / "assets" / "recordings"
_QUEUE = re.compile(r"(\w+)\.(\w+)\.(recv_q|send_q) == (\d+)")


@pytest.mark.parametrize(
    "name", ["05-listen", "06-handshake", "10-send-and-recv", "12-close", "17-when-packets-get-lost"]
)
def test_what_is_expected_was_told_before_and_once(name: str) -> None:
    """Each queue that an expectation is about, each packet that a sentence names, each counter by which a packet is explained."""
    lines = replayed(name, io.StringIO())
    for at, line in enumerate(lines):
        said = lines[:at]
        for process, socket, queue, count in _QUEUE.findall(line) if line.startswith("  expected") else ():
            # Of a listener they are its queue and its backlog (net/ipv4/tcp_diag.c).
            words = {"recv_q": "(?:Recv-Q|the accept queue)", "send_q": "(?:Send-Q|its backlog)"}[queue]
            whose = rf"{process}'s {socket}"
            told = re.compile(rf"{words} of {whose} (?:is|holds) (\d+)|{whose} .*{words} is (\d+)")
            found = [one or other for each in said for one, other in told.findall(each)]
            assert found[-1:] == [count] or (count == "0" and not found), (line, found)
        for number in re.findall(r"\(packet (\d+)\)", line):
            assert any(each.startswith(f"  wire {number} ") for each in said), line
        for counter in re.findall(r"\((\w+) grew by \d+\)", line):
            assert not any(f"kernel   {counter} grew by" in each for each in lines[at : at + 6]), line
    assert not any(one == other == "" for one, other in pairwise(lines))


def test_what_came_is_told_whole_unless_it_is_much() -> None:
    said = "\n".join(replayed("15-other-families", io.StringIO()))
    assert r"gives 28 bytes: b'E\x00\x00\x1c" in said
    assert "…" not in said
    assert "server's conn is ESTABLISHED: door; Recv-Q is 5" in said


class Terminal(io.StringIO):
    """One."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [40, 80])
def test_on_a_terminal_no_sentence_is_torn_apart(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no word is lost. Code is as it is, and so is what has no blank."""
    monkeypatch.setenv("COLUMNS", str(width))
    there, here = (replayed("10-send-and-recv", out) for out in (Terminal(), io.StringIO()))
    assert " ".join(there).split() == " ".join(here).split()
    code = re.compile(r"\w+ +> |    \S")
    wide = [line for line in there if len(line) > width and not code.match(line)]
    assert wide == []
    assert max(map(len, here)) > 150
