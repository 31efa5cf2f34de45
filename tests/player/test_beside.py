"""What goes beside data, structures and slices in exported programs: real C, with the results of the Python, and no byte read or
written where there is none (AddressSanitizer and UndefinedBehaviorSanitizer look on)."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.programs.folder import Language
from sockviz.player.export import export_programs
from tests.player.lessons import lesson_text
from tests.player.programs import Ran, free_ports, normalised, printed, run_folder
from tests.required import unavailable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the programs' turns need Linux's /proc")

SITUATIONS = Path(__file__).parents[1] / "situations"


@functools.cache
def looked_on() -> str:
    """The flags of the sanitizers, where this compiler has them."""
    flags = "-O0 -Werror -fsanitize=address,undefined -fno-sanitize-recover"
    tried = subprocess.run(
        ["cc", *flags.split(), "-x", "c", "-o", "/dev/null", "-"], input="int main(void) { return 0; }", text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    return flags if tried.returncode == 0 else "-O0 -Werror"


def run(lesson: Lesson, language: Language, directory: Path, port: int) -> Ran:
    if language is Language.C and shutil.which("cc") is None:
        unavailable("there is no C compiler (cc)")
    export_programs(lesson, language, directory)
    if language is Language.C:
        for source in directory.glob("*.c"):
            text = source.read_text(encoding="utf-8")
            assert "in Python:" not in text, "a line that has no C was quoted instead of written"
        return run_folder(directory, port, CFLAGS=looked_on())
    return run_folder(directory, port)


def results(text: str, directory: Path) -> dict[str, str]:
    """What each line gave, by its source: the same in both languages."""
    in_c, in_python = each_languages_results(text, directory)
    assert in_c == in_python
    return in_c


def each_languages_results(text: str, directory: Path) -> list[dict[str, str]]:
    """What each line gave, by its source, in C and in Python."""
    lesson = parse_lesson(text, "test.md")
    found: list[dict[str, str]] = []
    for language in Language:
        port = free_ports()
        ran = run(lesson, language, directory / language.value, port)
        assert ran.status == 0, ran.errors
        assert "runtime error" not in ran.errors
        found.append({})
        for process in lesson.processes:
            lines = [line for line in ran.lines(process) if line != ("os.fork()", "0")]
            for statement, (_, result) in zip(printed(lesson, process), lines, strict=True):
                found[-1][statement.source] = normalised(result, lesson, statement, port)
    return found


def test_a_descriptor_is_passed(tmp_path: Path) -> None:
    text = (SITUATIONS / "scm.md").read_text(encoding="utf-8")
    given = results(text, tmp_path)
    assert given['fd = struct.unpack("i", anc[0][2])[0]'] == "6"
    assert given["data, anc, flags, addr = b.recvmsg(10, 100)"] == '1 b"x", [1:1], 0, none'


def test_what_goes_beside_data(tmp_path: Path) -> None:
    text = lesson_text(
        """
        ```python @server
        a, b = socket.socketpair()
        c, d = socket.socketpair()
        both = struct.pack("2i", c.fileno(), d.fileno())
        beside = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, both)]
        parts = [b"one", b"two"]
        a.sendmsg(parts, beside)
        data, anc, flags, addr = b.recvmsg(10, 100)
        one, other = struct.unpack("2i", anc[0][2])
        level, kind, payload = anc[0]
        os.write(one, b"by the copy")
        got = d.recv(100)
        a.sendmsg([data, b"!"])
        again, none, flags, addr = b.recvmsg(10, 100)
        lost = struct.unpack("i", none[0][2])
        u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        u.bind((HOST, PORT))
        u.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTTL, 1)
        u.sendmsg([b"x"], [(socket.IPPROTO_IP, socket.IP_TTL, struct.pack("i", 9))], 0, (HOST, PORT))
        x, ttl, flags, sender = u.recvmsg(10, 100)
        hops = struct.unpack("i", ttl[0][2])[0]
        linger = u.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
        on, seconds = struct.unpack("ii", linger)
        u.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 1000))
        u.recv(10)
        os.write(1, b"")
        ```

        ```expect
        server.hops == 9
        ```
        """
    )
    given = results(text, tmp_path)
    assert given["data, anc, flags, addr = b.recvmsg(10, 100)"] == '6 b"onetwo", [1:1], 0, none'
    assert given["got = d.recv(100)"] == '11 b"by the copy"'
    assert given["again, none, flags, addr = b.recvmsg(10, 100)"] == '7 b"onetwo!", [], 0, none'
    assert given['lost = struct.unpack("i", none[0][2])'] == "-1 IndexError"
    assert given["x, ttl, flags, sender = u.recvmsg(10, 100)"] == '1 b"x", [0:2], 0, 127.0.0.1:PORT+0'
    assert given['hops = struct.unpack("i", ttl[0][2])[0]'] == "9"
    assert given["u.recv(10)"] == "-1 EAGAIN"


def test_who_sent_it(tmp_path: Path) -> None:
    text = lesson_text(
        f"""
        ```python @server
        a, b = socket.socketpair()
        peer = a.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        whose, uid, gid = struct.unpack("3i", peer)
        b.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        me = os.getpid()
        a.sendmsg([b"x"], [
            (socket.SOL_SOCKET, socket.SCM_CREDENTIALS, struct.pack("3i", me, {os.getuid()}, {os.getgid()})),
            (socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", a.fileno())),
        ])
        x, beside, flags, addr = b.recvmsg(10, 100)
        p, u, g = struct.unpack("3i", beside[0][2])
        fd = struct.unpack("i", beside[1][2])[0]
        os.write(1, b"")
        ```

        ```expect
        server.fd == 5
        ```
        """
    )
    for given in each_languages_results(text, tmp_path):
        assert given['whose, uid, gid = struct.unpack("3i", peer)'].endswith(
            f", {os.getuid()}, {os.getgid()}"
        )
        assert given['p, u, g = struct.unpack("3i", beside[0][2])'].endswith(
            f", {os.getuid()}, {os.getgid()}"
        )
        assert given["x, beside, flags, addr = b.recvmsg(10, 100)"].startswith('1 b"x", [1:2 1:1], 0')
        assert given['fd = struct.unpack("i", beside[1][2])[0]'] == "5"


def test_structures_and_slices_take_no_more_than_there_is(tmp_path: Path) -> None:
    text = lesson_text(
        """
        ```python @server
        a, b = socket.socketpair()
        a.send(b"abc")
        data = b.recv(3)
        a.send(data[1:100])
        tail = b.recv(10)
        a.send(data[-2:])
        end = b.recv(10)
        a.send(data[5:])
        n = a.send(b"q")
        short = struct.unpack("!I", data)
        a.send(struct.pack("!HH4sQ", 258, 3, data, 5))
        mixed = b.recv(100)
        a.send(struct.pack("hi", 1, 2))
        aligned = b.recv(100)
        high, low, text, wide = struct.unpack("!HH4sQ", mixed[1:])
        small, big = struct.unpack("hi", aligned)
        a.send(b"ab" * n)
        twice = b.recv(10)
        many = a.send(b"x" * 100000, socket.MSG_DONTWAIT)
        lots = b.recv(200000)
        os.write(1, b"")
        ```

        ```expect
        server.big == 2
        ```
        """
    )
    given = results(text, tmp_path)
    assert given["tail = b.recv(10)"] == '2 b"bc"'
    assert given["end = b.recv(10)"] == '2 b"bc"'
    assert given['short = struct.unpack("!I", data)'] == "-1 error"
    assert (
        given["mixed = b.recv(100)"]
        == '17 b"q\\x01\\x02\\x00\\x03abc\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x05"'
    )
    assert given['high, low, text, wide = struct.unpack("!HH4sQ", mixed[1:])'] == '258, 3, 4 b"abc\\x00", 5'
    assert given["aligned = b.recv(100)"] == '8 b"\\x01\\x00\\x00\\x00\\x02\\x00\\x00\\x00"'
    assert given["twice = b.recv(10)"] == '2 b"ab"'


def test_arguments_in_every_form(tmp_path: Path) -> None:
    given = results((Path(__file__).parent / "forms.md").read_text(encoding="utf-8"), tmp_path)
    assert given["host, port = s.getsockname()"] == '"127.0.0.1", SIZE'
    assert given["r, w, x = select.select(both, [c], both, t)"] == "[], [4], []"
    assert given["some = conn.recv(100)"] == '18 b"hellollooahelloccc"'
    assert given["xx, from6 = six.recvfrom(10)"].startswith('1 b"x", [::1]:')
    assert given["packet = other.recv(100)"] == '11 b"hello\\x00\\x05\\x00\\x01\\x11p"'
    assert given["p.poll(0)"] == "[11:4]"
