"""Odd lines, as somebody types them who tries: their programs in C compile, and make no call that Python refuses."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.programs.folder import FLAGS, Language, program_folder
from sockviz.lesson.programs.texts import PLAIN_FLAGS
from sockviz.player.shelf import shelf

#: Refused by Python before anybody makes a call: a number that has no room, a size below 0, no host, a port that is none.
REFUSED = """\
s.recv(-1)
data = s.recv(-1)
data, peer = s.recvfrom(-5)
s.recvmsg(10, -1)
s.recv_into(bytearray(10), -1)
os.read(0, -1)
s.recv(10, 4294967296)
s.send(b"x", -2147483649)
s.listen(2147483648)
s.listen(-2147483649)
s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, -1)
s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 100000)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2147483648)
s.settimeout(-1)
s.settimeout(1e300)
select.select([], [], [], -1)
s.bind(("127.0.0.1", -1))
s.bind(("127.0.0.1", 65536))
s.bind(("127.0.0.1", 99999999999999999999))
s.bind((HOST, socket.htons(70000)))
s.connect((None, 1))
s.sendto(b"x", ("127.0.0.1", -5))
s.sendto(b"x", 0, ("127.0.0.1", 65536))
os.dup2(3, 99999999999)
os.waitpid(99999999999, 0)
os._exit(99999999999)
socket.htons(65536)
socket.htons(-1)
socket.ntohl(4294967296)
signal.alarm(99999999999)
struct.pack("!H", 70000)
packed = struct.pack("!H", -1)
select.select([2000], [], [], 0)
select.select([s, -1], [], [], 0)
socket.inet_ntop(socket.AF_INET, b"")
socket.inet_ntop(socket.AF_INET6, b"1234")
socket.inet_ntoa(b"12345")
""".splitlines()
#: What Python makes a call of, or none at all.
TAKEN = """\
s.listen(-1)
s.send(b"x", -1)
s.setsockopt(-1, -1, -1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, None, 5)
s.settimeout(None)
s.shutdown(99)
s.connect(("no such", 1))
s.bind(b"\\0abs")
t = socket.socket(99, -1, -1)
os.close(-1)
os.dup2(-1, -1)
os.lseek(3, -1, 99)
os._exit(256)
fcntl.fcntl(-1, fcntl.F_GETFL, -1)
x = 99999999999999999999999
x = -9223372036854775808
x = 9999999999
x = 1 + 99999999999
x = b""
x = None
x = socket.htons(80)
x = struct.calcsize("!HH")
int.from_bytes(b"", "little")
socket.inet_ntop(socket.AF_INET, b"\\x01\\x02\\x03\\x04")
socket.inet_pton(socket.AF_INET6, "127.0.0.1")
socket.getaddrinfo(None, None)
s.sendmsg([])
s.recvfrom(0)
signal.alarm(5)
n = signal.alarm(5)
n = signal.alarm(5) + 1
signal.alarm(-1)
""".splitlines()


def in_c(line: str, *, plain: bool) -> str:
    """The program of a process that makes a socket and then performs `line`."""
    text = f"---\ntitle: Odd\nsummary: Odd\n---\n\n## Odd\n\n```python @server\ns = socket.socket()\n{line}\n```\n"
    folder = program_folder(parse_lesson(text, "odd.md"), Language.C, plain=plain)
    return folder.files["server.c"]


@pytest.mark.parametrize(("python", "c"), [
    ("7 // 2", "7 / 2"), ("-7 // 2", "-4"), ("7 // -2", "-4"), ("-7 % 3", "2"), ("7 % -3", "-2"), ("-8 // 2", "-8 / 2"),
    ("-7 // -2", "-7 / -2"), ("-1 % 2 + 1", "(1) + 1"),
])  # fmt: skip
def test_a_quotient_of_literals_is_the_one_that_python_has(python: str, c: str) -> None:
    assert f"listen(s, {c})" in in_c(f"s.listen({python})", plain=True)


@pytest.mark.parametrize(("names", "python", "c"), [
    ("n = s.send(b'abc')", "n // 2", "n / 2"), ("n = s.send(b'abc')", "n % 2", "n % 2"),
    ("n = s.send(b'abc')", "-n // 2", "(-n - (-n % 2 + 2) % 2) / 2"), ("m = -7", "m % 2", "(m % 2 + 2) % 2"),
    ("m = -7", "m // 2", "(m - (m % 2 + 2) % 2) / 2"), ("d = 2 - 4", "7 % d", "(7 % d + d) % d"),
    ("m = -7\nm = 7", "m // 2", "m / 2"),
])  # fmt: skip
def test_a_quotient_of_names_that_may_be_below_zero_is_too(names: str, python: str, c: str) -> None:
    assert f"listen(s, {c})" in in_c(f"{names}\ns.listen({python})", plain=True)


@pytest.mark.parametrize("plain", [False, True])
def test_the_programs_of_odd_lines_compile(tmp_path: Path, *, plain: bool) -> None:
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler here")
    for number, line in enumerate([*REFUSED, *TAKEN]):
        (tmp_path / f"{number}.c").write_text(in_c(line, plain=plain), encoding="utf-8")
    flags = PLAIN_FLAGS if plain else FLAGS
    done = subprocess.run(
        ["cc", *flags.split(), "-Werror", "-fsyntax-only", f"-I{shelf() / 'assets' / 'programs'}",
         *map(str, sorted(tmp_path.glob("*.c")))], capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[:2000]


@pytest.mark.parametrize("line", REFUSED)
def test_a_call_that_python_refuses_is_quoted_and_not_made(line: str) -> None:
    for plain in (False, True):
        text = in_c(line, plain=plain)
        quoted = f"/* not in C, but in Python: {line} */"
        assert quoted in text
        code = [
            row
            for row in text.partition("int main(void)")[2].splitlines()
            if not row.lstrip().startswith("show")
        ]
        called = line.rpartition(".")[2].partition("(")[0]
        assert not any(f"{called}(" in row and quoted not in row for row in code), (
            "no other call is made instead"
        )


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("line", ["signal.alarm(5)", "n = signal.alarm(5)", "n = signal.alarm(5) + 1"])
def test_an_alarm_is_set_once(line: str, *, plain: bool) -> None:
    code = in_c(line, plain=plain).partition("int main(void)")[2].splitlines()
    assert sum("alarm(5)" in row and not row.lstrip().startswith("show") for row in code) == 1
    assert not any(row.lstrip().startswith("show") and row.count("alarm(5)") > 1 for row in code)
