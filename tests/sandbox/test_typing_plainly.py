"""``sandbox --plain``, lines from a pipe: what comes of each, where one is wrong, and what is kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TYPED = """\
server> s = socket.socket()
s.bind((HOST, PORT))
s.lsten(1)
  s.listen(1)
conn, peer = s.accept()
@client> c = socket.socket()
c.connect((HOST, PORT))
undo
server> conn.close()
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
        "sockviz: line 3, column 3: a socket has no method lsten that a lesson can call; did you mean listen?",
        "sockviz: line 10, column 2: this is not Python: invalid decimal literal",
    ]
    assert wrong[1:3] == ["  s.lsten(1)", "    ^"]
    said = done.stdout
    assert "off the script" not in said, "there is none"
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


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    there = tmp_path / "kept.md"
    there.write_text("mine", encoding="utf-8")
    command = [sys.executable, "-m", "sockviz", "sandbox", "--plain", "--save", str(there)]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, there.read_text(encoding="utf-8")) == (2, "mine")
    assert str(there) in done.stderr
