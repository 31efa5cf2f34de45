"""``sandbox --plain``, lines from a pipe: what comes of each, where one is wrong, and what is kept."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

TYPED = """\
server> s = socket.socket()
s.bind((HOST, PORT))
s.getpeername()
s.lsten(1)
  s.listen(1)
conn, peer = s.accept()
@client> c = socket.socket()
c.connect((HOST, PORT))
undo
again
server> conn.close()
help
 9x> s.close()
"""


def test_lines_from_a_pipe(tmp_path: Path) -> None:
    kept, recording = tmp_path / "kept.md", tmp_path / "run.jsonl"
    command = [
        sys.executable,
        "-m",
        "sockviz",
        "sandbox",
        "--plain",
        "--save",
        str(kept),
        "--record",
        str(recording),
    ]
    done = subprocess.run(command, input=TYPED, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, "some lines were wrong"
    wrong = done.stderr.splitlines()
    assert [line for line in wrong if "line " in line] == [
        "sockviz: line 4, column 3: a socket has no method lsten that a lesson can call; did you mean listen?",
        "sockviz: line 13, column 2: '9x' cannot name a process: a letter, then letters, digits and underscores",
    ]
    assert wrong[1:3] == ["  s.lsten(1)", "    ^"]
    said = done.stdout
    assert "off the script" not in said, "there is none"
    assert "A line is performed when you press Enter. undo takes the last one back, quit ends." in said
    assert "ENOTCONN 107: it is not connected" in said, "what the manual says of it, not the system"
    assert said.count("All are performed again, in a new lab.\n\npage 1 of 1\n") == 1
    assert said.index("client → server: SYN\n") < said.index("Taken back") < said.rindex("accept(3) sleeps")
    assert "server is still in accept(): conn.close() waits for that to return." in said
    assert "waited in vain to the end: server> conn.close()" in said
    text = kept.read_text(encoding="utf-8")
    assert "s.listen(1)" in text
    assert "connect" not in text
    assert 'server.blocked == "accept"' in text
    replay = [sys.executable, "-m", "sockviz", "replay", "--plain", str(recording)]
    played = subprocess.run(replay, capture_output=True, text=True, timeout=60, check=True)
    assert "server   > s.listen(1)" in played.stdout
    assert played.stdout.endswith("\nNothing more was typed.\n"), "whoever follows it knows that it is over"


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    there = tmp_path / "kept.md"
    there.write_text("mine", encoding="utf-8")
    command = [sys.executable, "-m", "sockviz", "sandbox", "--plain", "--save", str(there)]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, there.read_text(encoding="utf-8")) == (2, "mine")
    assert str(there) in done.stderr


def test_odd_lines_cost_nothing_and_what_is_under_way_is_kept_as_it_ends(tmp_path: Path) -> None:
    kept = tmp_path / "kept.md"
    odd = b"\xef\xbb\xbfserver> s = socket.socket()\r\nx = 1 #\rserver> y\n\xe9> x = 2\nz = '\xe2\x80\xa8'\n"
    endless = b"s.bind(" + b"x" * 70000
    typed = odd + endless + b"\ns.settimeout(0.2)\ns.bind((HOST, PORT))\ns.listen(1)\ns.accept()\ns.close()"
    command = [sys.executable, "-m", "sockviz", "sandbox", "--plain", "--save", str(kept)]
    done = subprocess.run(command, input=typed, capture_output=True, timeout=60, check=False)
    said = done.stderr.decode().splitlines()
    wrong = [
        line.removeprefix("sockviz: ").partition(",")[0] for line in said if line.startswith("sockviz: line")
    ]
    assert wrong == ["line 2", "line 3", "line 4", "line 5"], said
    assert max(map(len, said)) < 300, "an endless line is not said back"
    text = kept.read_text(encoding="utf-8")
    fences = [part.splitlines()[1:] for part in text.split("```") if part.startswith("python")]
    assert fences == [
        ["s = socket.socket()", "s.settimeout(0.2)", "s.bind((HOST, PORT))", "s.listen(1)", "s.accept()"],
        ["s.close()"],
    ], "and between them accept is waited for"
    assert "LISTEN" not in text, "it was closed in the end"
    check = [sys.executable, "-m", "sockviz", "check", str(kept)]
    subprocess.run(check, capture_output=True, timeout=60, check=True)


def test_what_was_typed_is_kept_whatever_ends_it(tmp_path: Path) -> None:
    kept = tmp_path / "kept.md"
    command = [sys.executable, "-m", "sockviz", "sandbox", "--plain", "--save", str(kept)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write("server> s = socket.socket()\n")
        running.stdin.flush()
        while "gives descriptor 3" not in running.stdout.readline():
            pass
        running.terminate()
        running.stdout.read()
    assert running.returncode == 128 + signal.SIGTERM
    assert "s = socket.socket()" in kept.read_text(encoding="utf-8")


def test_once_no_more_lines_are_taken_no_more_are_read() -> None:
    limited = (
        "import sys; from sockviz import __main__; import sockviz.lesson.typed_lines as typed; typed.MOST_TYPED = 2; "
        "from sockviz.cli import main; sys.exit(main(['sandbox', '--plain']))"
    )
    text = "".join(f"server> x{number} = {number}\n" for number in range(1000))
    done = subprocess.run(
        [sys.executable, "-c", limited], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.count("at most 2 lines are typed at a run") == 1, done.stderr
    assert "server: x1 = 1" in done.stdout
