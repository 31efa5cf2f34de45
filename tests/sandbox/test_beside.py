"""Programs of the user's own beside what is typed: a server of one's own, the client typed by hand. Real labs."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sockviz.lesson.typed_lines import BadLine, Typed
from sockviz.model.call import Stage
from sockviz.model.programs import Program
from sockviz.model.recording import save
from sockviz.model.sockets import State
from sockviz.player import accompanied, beside
from sockviz.player.recorded import open_recording
from sockviz.player.refusals import CannotPerform
from sockviz.sandbox.keeping import CannotKeep, kept_as
from sockviz.sandbox.session import Session
from tests.player.lessons import run
from tests.required import unavailable
from tests.sandbox.beside import begun, echo_server, session, type_all

CONNECT = ("client> c = socket.socket()", 'client> c.connect(("127.0.0.1", 9000))')
TALK = ("client> c.send(b'hi')", "client> data = c.recv(10)")


def has_printed(typed: Session, words: bytes) -> bool:
    """Whether that is the end of what the program has printed, in however many pieces it came."""
    pieces = typed.run.timeline.world.processes["echo"].printed
    return b"".join(each for each in pieces if isinstance(each, bytes)).endswith(words)


def test_a_server_of_ones_own_and_a_typed_client_undone_and_kept(tmp_path: Path) -> None:
    async def it() -> None:
        async with session(echo_server(tmp_path)) as typed:
            world = typed.run.timeline.world
            assert [call.name for call in world.processes["echo"].sleeping] == ["accept"], (
                "it can be talked to"
            )
            await type_all(typed, *CONNECT, *TALK, "client> c.close()")
            world = typed.run.timeline.world
            closed = next(row for row in world.rows.values() if row.state is State.TIME_WAIT)
            assert closed.peer is not None
            assert closed.peer[1] == 9000, "who closed first, the client, keeps it"
            while not has_printed(typed, b"served\n"):
                await typed.hear()
            before = world.processes["echo"].outer_pid

            await typed.undo()
            world = typed.run.timeline.world
            assert world.processes["echo"].outer_pid != before, "started again, in another lab"
            assert {row.state for row in world.rows.values()} == {State.LISTEN, State.ESTABLISHED}
            last = world.processes["client"].last
            assert last is not None
            assert last.value == b"hi"

            for name in ("echo", "echo_2"):
                with pytest.raises(BadLine, match="echo is a program of your own"):
                    typed.run.additions.add(Typed(name, "x = 1"))
            for child in ("echo = os.fork()", "echo_7 = os.fork()"):
                with pytest.raises(BadLine, match=r"program of your own|what echo runs or forks"):
                    typed.run.additions.add(Typed("client", child))
            with pytest.raises(CannotKeep, match="echo is a program"):
                kept_as(tmp_path / "kept.md", typed.run, "python")
            with pytest.raises(CannotKeep, match=r"\.jsonl keeps all"):
                kept_as(tmp_path / "kept", typed.run, "c", is_directory=True)
            kept_as(tmp_path / "kept.jsonl", typed.run, "python")
        assert not list(tmp_path.glob("kept.md"))
        replayed = open_recording(tmp_path / "kept.jsonl")
        assert replayed.problem is None
        assert (replayed.script.beside, replayed.script.processes) == (("echo",), ("echo", "client"))
        world = replayed.timeline.world
        assert world.processes["echo"].sleeping[0].origin is not None, "its lines are known"

    run(it(), 60.0)


def test_a_line_finds_a_server_that_takes_its_time_to_begin_and_to_answer(tmp_path: Path) -> None:
    text = """\
import socket, time
def work():
    end = time.monotonic() + 0.3
    while time.monotonic() < end: pass
work()
s = socket.create_server(("127.0.0.1", 9000))
conn, peer = s.accept()
while data := conn.recv(10):
    work()
    conn.sendall(data)
"""

    async def it() -> None:
        async with session(echo_server(tmp_path, text)) as typed:
            await type_all(typed, *CONNECT, "client> c.setblocking(False)", *TALK)
            last = typed.run.timeline.world.processes["client"].last
            assert last is not None
            assert last.value == b"hi", "it was waited for, or EAGAIN had come"

    run(it(), 60.0)


@pytest.mark.parametrize(
    ("ending", "status"), [("raise SystemExit(3)", 3), ("os.kill(os.getpid(), 9)", "SIGKILL")]
)
def test_a_program_ends_as_it_likes_and_typing_goes_on(tmp_path: Path, ending: str, status: object) -> None:
    text = f"""\
import os, socket
s = socket.create_server(("127.0.0.1", 9000))
conn, peer = s.accept()
{ending}
"""

    async def it() -> None:
        async with session(echo_server(tmp_path, text)) as typed:
            await type_all(typed, *CONNECT, "client> data = c.recv(10)")
            world = typed.run.timeline.world
            assert world.processes["echo"].status == status
            assert typed.run.problem is None
            last = world.processes["client"].last
            assert last is not None
            assert last.value == b"", "the kernel closed its descriptors"
            await type_all(typed, "client> d = socket.socket()")
            assert typed.run.timeline.world.processes["client"].alive

    run(it(), 60.0)


def test_who_prints_letter_by_letter_is_waited_for_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither when it starts nor before a line: it is known to print without end long before there is more than is kept of it."""
    monkeypatch.setattr(beside, "BEGINS", 3600.0)
    monkeypatch.setattr(accompanied, "RESTS", 3600.0)

    async def it() -> None:
        async with session(echo_server(tmp_path, "import os\nwhile True: os.write(1, b'x')\n")) as typed:
            await type_all(typed, "client> c = socket.socket()")
            assert typed.run.timeline.world.processes["client"].last is not None

    run(it(), 60.0)


def test_what_it_has_forked_ends_with_the_run(tmp_path: Path) -> None:
    text = """\
import os, socket, time
s = socket.create_server(("127.0.0.1", 9000))
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        s.accept()
        time.sleep(1000)
    os._exit(0)
os.wait()
s.accept()
"""

    async def it() -> list[int]:
        async with session(echo_server(tmp_path, text)) as typed:
            await type_all(typed, "client> c = socket.socket()")
            world = typed.run.timeline.world
            assert {name for name, each in world.processes.items() if each.alive} == {
                "echo",
                "echo_3",
                "client",
            }
            return [each.outer_pid for each in world.processes.values() if each.alive]

    assert not [pid for pid in run(it(), 60.0) if Path(f"/proc/{pid}").exists()]


def test_a_program_that_cannot_be_started_is_named() -> None:
    async def it() -> None:
        with pytest.raises(CannotPerform, match=r"nosuch: cannot be started: No such file"):
            await begun(Program("echo", "loopback", ("./nosuch",)))

    run(it(), 60.0)


def test_two_hosts_and_a_line_of_the_link(tmp_path: Path) -> None:
    async def it() -> None:
        async with session(echo_server(tmp_path), two_hosts=True) as typed:
            world = typed.run.timeline.world
            assert world.processes["echo"].host == "server"
            await type_all(
                typed,
                "link> link.hold()",
                "client> c = socket.socket()",
                "client> c.connect((HOST, 9000))",
                'link> link.deliver("client SYN")',
            )
            world = typed.run.timeline.world
            states = sorted(row.state.value for row in world.rows.values())
            assert states == ["LISTEN", "SYN-RECEIVED", "SYN-SENT"]
            assert world.processes["echo"].sleeping[0].stage is Stage.ASLEEP, "nobody has come to it yet"
            await type_all(
                typed, "link> link.release()", "client> c.send(b'over')", "client> data = c.recv(10)"
            )
            last = typed.run.timeline.world.processes["client"].last
            assert last is not None
            assert last.value == b"over"

    run(it(), 60.0)


TOO_GREEDY = """\
import socket
s = socket.create_server(("127.0.0.1", 9000))
conn, peer = s.accept()
data = conn.recv(100, socket.MSG_WAITALL)
conn.sendall(data)
"""


def test_what_goes_wrong_between_a_program_and_a_line_is_told_and_what_a_line_does_alone_is_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "greedy.py").write_text(TOO_GREEDY, encoding="utf-8")
    done = sockviz(
        "sandbox", "--plain", "--and", f"server={sys.executable} -S greedy.py", cwd=tmp_path,
        typed='c = socket.socket()\nc.connect((HOST, 9000))\nc.send(b"hi")\nc.recv(10)\n'
        "other> s = socket.socket()\ns.bind((HOST, 9001))\nthird> t = socket.socket()\nt.connect((HOST, 9001))\n",
    )  # fmt: skip
    told = [line for line in done.stdout.splitlines() if line.lstrip().startswith("!")]
    assert len(told) == 1, done.stdout
    assert "server and client sleep in recv at the two ends of one connection" in told[0]


def calls_of(text: str, process: str) -> list[str]:
    """What a program has done, held or made, without what differs from run to run."""
    lines = [line.strip() for line in text.splitlines() if line.startswith(f"  {process} ")]
    return [
        re.sub(r":\d{5}|\(after .*?\)", "", line).partition(" · ")[0]
        for line in lines
        if "held" in line or "→" in line
    ]


def test_a_program_that_is_held_is_let_go_beside_lines_and_held_again_where_a_line_is_taken_back(
    tmp_path: Path,
) -> None:
    (tmp_path / "greedy.py").write_text(TOO_GREEDY, encoding="utf-8")
    lines = [
        "",
        "go",
        "",
        "go",
        "go server",
        "client> c = socket.socket()",
        "c.connect((HOST, 9000))",
        "go nobody",
        "",
    ]
    done = sockviz(
        "sandbox", "--plain", "--hold", "--and", f"server={sys.executable} -S greedy.py", cwd=tmp_path,
        typed="\n".join([*lines, "c.send(b'hi')", "undo", "run", "hold", "c.send(b'x' * 100)", ""]),
    )  # fmt: skip
    before, _undone, after = done.stdout.partition("Taken back")
    assert "«nobody» is none of those that are held." in before
    first = calls_of(before, "server")
    assert any("is held before recv(4, 100, MSG_WAITALL)" in each for each in first), before
    again = calls_of(after, "server")
    assert again[: len(first)] == first, "each was let go where it was before, and no other"
    assert any("recv(4, 100, MSG_WAITALL) →" in each for each in again), "run has all run"
    assert "is held before send(4" in again[-1], "and hold has each wait at its next call"


NO_LISTEN = """\
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
int main(void) {
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bind(s, (struct sockaddr *)&name, sizeof name);
    pause();
}
"""


def sockviz(*words: str, typed: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sockviz", *words]
    return subprocess.run(
        command, input=typed, capture_output=True, text=True, timeout=120, check=False, cwd=cwd
    )


def test_a_server_in_c_that_forgot_to_listen_as_plain_text_and_replayed(tmp_path: Path) -> None:
    if shutil.which("cc") is None:
        unavailable("no C compiler here")
    (tmp_path / "nolisten.c").write_text(NO_LISTEN, encoding="utf-8")
    subprocess.run(["cc", "-g", "-o", "nolisten", "nolisten.c"], cwd=tmp_path, check=True, timeout=60)
    done = sockviz(
        "sandbox", "--plain", "--record", "run.jsonl", "--and", "server=./nolisten", cwd=tmp_path,
        typed="c = socket.socket()\nc.connect((HOST, PORT))\nserver> s.listen(1)\nundo\n",
    )  # fmt: skip
    refused = "client: connect fails with ECONNREFUSED: a RST answered: 127.0.0.1:8080 is bound, but nobody called listen on it"
    assert refused in done.stdout
    assert "  server   nolisten.c:7 bind(3, 127.0.0.1:8080) → 0" in done.stdout
    assert (
        "server has bound its socket 3 there, and has not called listen. In server, call listen"
        in done.stdout
    )
    assert done.stderr.startswith("sockviz: line 3, column 1: server is a program of your own")
    assert "server is started again, from its beginning" in done.stdout
    assert done.returncode == 1, "a line was wrong"
    played = sockviz("replay", "--plain", "run.jsonl", typed="", cwd=tmp_path)
    assert played.returncode == 0, played.stderr
    assert "nolisten.c:7 bind(3, 127.0.0.1:8080)" in played.stdout
    assert "client   > c = socket.socket()" in played.stdout
    assert "connect" not in played.stdout, "it was taken back"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--and", "server=true", "8"), "--and server: lines of this lesson are performed by server"),
        (("--and", "true", "--lab", "host"), "it needs a network of its own"),
        (("--and", "true", "--save", "kept.md"), "--record FILE.jsonl keeps all of it"),
        (("--and", ""), "no command stands in it"),
        (("--hold",), "there is no program to be held"),
        (("--and", "link=true"), "so others are called"),
    ],
)
def test_what_cannot_be_had_is_said(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    done = sockviz("sandbox", "--plain", *words, typed="", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


def test_a_recording_in_which_a_program_performs_a_line_is_refused(tmp_path: Path) -> None:
    async def it() -> str:
        async with session(echo_server(tmp_path)) as typed:
            await type_all(typed, *CONNECT)
            out = io.StringIO()
            save(typed.run.timeline, out)
            return out.getvalue()

    lines = run(it(), 60.0).splitlines(keepends=True)
    typed = next(place for place, each in enumerate(lines) if "c = socket.socket()" in each)
    forged = lines[typed].replace('"client"', '"echo"')
    assert forged != lines[typed]
    file = tmp_path / "forged.jsonl"
    file.write_text("".join([*lines[:typed], forged, *lines[typed + 1 :]]), encoding="utf-8")
    assert "echo is a program" in (open_recording(file).problem or "")
