"""On the machine's own loopback nothing leaves the machine: a neighbour on a wire of its own sees no frame at all."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.required import unavailable

ROOT = Path(__file__).parents[2]
#: Lines that would reach the neighbour, were they performed.
REACHING = """\
s = socket.socket()
s.bind(("10.99.0.1", PORT))
s.connect(("10.99.0.2", 80))
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.setsockopt(socket.SOL_SOCKET, 25, b"outside")
u.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
u.sendto(b"x", ("10.99.0.2", PORT))
u.sendto(b"x", (b"10.99.0.2", PORT))
u.sendto(b"x", ("10.99.0.255", PORT))
u.sendto(b"x", ("255.255.255.255", PORT))
u.sendto(b"x", ("224.0.0.1", PORT))
u.setsockopt(socket.IPPROTO_IP, 35, struct.pack("4s4s", socket.inet_aton("224.1.1.1"), socket.inet_aton("10.99.0.1")))
u.sendmsg([b"x"], [(0, 8, struct.pack("iII", 2, 0, 0))], 0, ("127.0.0.1", PORT))
u.connect(("example.com", PORT))
a = socket.getaddrinfo("example.com", 80)
b = socket.getaddrinfo("neighbour", "http")
c = socket.getnameinfo(("10.99.0.2", 80), 0)
d = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
d.sendto(b"x", ("::ffff:10.99.0.2", PORT))
d.sendto(b"x", ("ff02::1%outside", PORT))
p = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3)
"""


def seen(tmp_path: Path, *command: str) -> tuple[int, str, list[str]]:
    """Exit code, output, and the frames that the neighbour saw."""
    for tool in ("unshare", "ip"):
        if shutil.which(tool) is None:
            unavailable(f"{tool} is not installed")
    answer = tmp_path / "frames.json"
    line = [
        "unshare",
        "--user",
        "--map-root-user",
        "--net",
        sys.executable,
        "-m",
        "tests.lab.outside",
        str(answer),
        *command,
    ]
    done = subprocess.run(line, capture_output=True, text=True, cwd=ROOT, check=False)
    if "unshare:" in done.stderr:
        unavailable(done.stderr.strip())
    told = json.loads(done.stdout)
    return told["code"], told["out"] + told["err"], told["frames"]


def test_the_neighbour_would_see_what_leaves(tmp_path: Path) -> None:
    code = 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("10.99.0.2", 9))'
    _, _, frames = seen(tmp_path, sys.executable, "-c", code)
    assert frames != []


def test_no_line_of_a_lesson_leaves_the_machine(tmp_path: Path) -> None:
    lesson = tmp_path / "reaching.md"
    head = "---\ntitle: T\nsummary: s\n---\n\n## P\n\ntext\n\n"
    lesson.write_text(f"{head}```python @server\n{REACHING}```\n\n```expect\nserver.alive\n```\n")
    code, said, frames = seen(
        tmp_path, sys.executable, "-m", "sockviz", "check", "--lab", "host", str(lesson)
    )
    assert code == 1
    assert frames == []
    lines = REACHING.splitlines()
    first = 11
    harmless = ("s = ", "u = ", "d = ", "u.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST")
    for number, line in enumerate(lines, start=first):
        if not line.startswith(harmless):
            assert f"reaching.md:{number}:1: Refused" in said, line


def test_lessons_leave_no_trace_outside(tmp_path: Path) -> None:
    lessons = [str(ROOT / "lessons" / f"{name}.md") for name in ("03-addresses", "04-bind", "14-datagrams")]
    code, said, frames = seen(tmp_path, sys.executable, "-m", "sockviz", "check", "--lab", "host", *lessons)
    assert (code, frames) == (0, []), said
    assert "3 of 3 lessons hold" in said
