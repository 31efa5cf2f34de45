"""Which line of its source a program makes a call at: told from outside, and right wherever it is told."""

from __future__ import annotations

import ast
import asyncio
import ctypes
import json
import os
import resource
import shutil
import socket
import struct
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from sockviz.lab.source_texts import Addresses, CallSite, SourceTexts
from sockviz.lab.tracer import c_frames
from sockviz.lab.tracer.c_frames import Compiled, _behind_call_arm
from sockviz.lab.tracer.image import Mapping
from sockviz.lab.tracer.libraries import Libraries
from sockviz.lab.tracer.location_table import line_at
from sockviz.model.events import Caveat, SourceMet
from tests.required import unavailable
from tests.watch.conftest import PROGRAMS
from tests.watch.traced import traced

LINES = PROGRAMS / "lines.py"
#: select(2) knows no descriptor of this number or above.
FD_SETSIZE = 1024
#: How C spells what is told under another name.
IN_C = {
    "accept": "accept4",
}


def test_of_python_each_call_is_at_its_line(tmp_path: Path) -> None:
    """Also of a program whose path is not ASCII, and looks like a library's."""
    text = LINES.read_text().splitlines()
    own = tmp_path / "josé" / "lib" / "python3" / "site-packages" / os.fsdecode(b"\xff.py")
    own.parent.mkdir(parents=True)
    shutil.copy(LINES, own)
    heard = traced(sys.executable, str(own))
    told = [
        (made.entered.name, made.place)
        for made in heard.calls()
        if not made.entered.name.startswith("epoll_")
    ]
    for name, place in told[1:]:  # the first closes what selectors tried, when it was imported
        assert place is not None, name
        assert place.file == str(own)
        assert place.line is not None
        assert name in text[place.line - 1].partition("#")[2].split(), (name, place.line)
    assert len(told) > 25


def test_of_c_with_its_lines_each_call_is_at_its_line(calls: Path) -> None:
    met: list[SourceMet] = []
    texts = SourceTexts(met.append)
    text = (PROGRAMS / "calls.c").read_text().splitlines()
    told = 0
    for made in traced(str(calls)).calls():
        assert made.place is not None, made.entered.name
        found = texts.find(made.place, 0.0)
        assert isinstance(found, tuple)
        name = IN_C.get(made.entered.name, made.entered.name)
        line = text[found[0] - 1]
        assert name in line, (made.entered.name, line)
        told += 1
    texts.close()
    assert told > 60
    assert [(each.number, Path(each.path).name, each.content.splitlines()) for each in met] == [
        (1, "calls.c", text)
    ]


IN_A_HEADER = """
#include <sys/socket.h>
static char room[9];
int main(int argc, char **argv)
{
    int ends[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    send(ends[0], argv[0], 1, 0);
    recv(ends[1], room, argc, 0);
    return 0;
}
"""


def test_a_call_that_a_header_of_the_systems_makes_is_at_the_users_line(tmp_path: Path) -> None:
    """With _FORTIFY_SOURCE, as many systems compile, recv is a function of bits/socket2.h that becomes part of its caller."""
    source, program = tmp_path / "own.c", tmp_path / "own"
    source.write_text(IN_A_HEADER)
    subprocess.run(
        ["cc", "-g", "-O2", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2", "-w", "-o", program, source],
        check=True,
    )
    texts = SourceTexts(lambda _met: None)
    places = {made.entered.name: made.place for made in traced(str(program)).calls()}
    lines = IN_A_HEADER.splitlines()
    for name in ("socketpair", "send", "recv"):
        place = places[name]
        assert place is not None
        found = texts.find(place, 0.0)
        assert isinstance(found, tuple)
        assert f"{name}(" in lines[found[0] - 1]
    texts.close()


#: A library that is part of a program, as Go's is of each of Go's. It keeps frame pointers, and a section's name tells of it.
LINKED_IN = """
#include <sys/socket.h>
static const char table[] __attribute__((section(".gopclntab"), used)) = "";
static int room[2];
__attribute__((noinline)) int inner(int kind)
{
    volatile char deep[200] = {0};
    return socketpair(AF_UNIX, kind, 0, room) + deep[9];
}
__attribute__((noinline)) int outer(int kind) { volatile int more = kind; return inner(more) + more; }
"""
USING_IT = """
int outer(int kind);
static int once(void)
{
    return outer(1) + 1;
}
int main(void)
{
    int sum = once() + 1;
    sum += outer(2) + 1;
    return sum * 0;
}
"""


def test_of_go_a_call_that_its_library_makes_is_at_the_users_line(tmp_path: Path) -> None:
    library, own, program = tmp_path / "go" / "pkg" / "mod" / "linked.c", tmp_path / "own.c", tmp_path / "own"
    library.parent.mkdir(parents=True)
    library.write_text(LINKED_IN)
    own.write_text(USING_IT)
    subprocess.run(
        [
            "cc",
            "-g",
            "-O1",
            "-fno-omit-frame-pointer",
            "-fno-optimize-sibling-calls",
            "-w",
            "-o",
            program,
            library,
            own,
        ],
        check=True,
    )
    met: list[SourceMet] = []
    texts = SourceTexts(met.append)
    places = [made.place for made in traced(str(program)).calls("socketpair")]
    found = [texts.find(place, 0.0) for place in places if place is not None]
    assert [place and len(place.callers) >= 1 for place in places] == [True, True]
    lines = USING_IT.splitlines()
    assert [lines[each[0] - 1].strip() for each in found if isinstance(each, tuple)] == [
        "return outer(1) + 1;",
        "sum += outer(2) + 1;",
    ]
    assert [each.path for each in met] == [str(own)]
    texts.close()


def test_on_arm64_whoever_makes_a_system_call_has_left_no_address_on_the_stack(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The link register has it, or the stack has; either may be signed. Not run on such a machine: its code is read here."""
    call, other, signed = 0x94000010, 0xD503201F, 0x00A5 << 48  # BL, NOP
    code = ctypes.create_string_buffer(struct.pack("<6I", other, other, other, call, other, other))
    low = ctypes.addressof(code)
    stack = ctypes.create_string_buffer(struct.pack("<4Q", 7, low + 12, low + 16 | signed, 0))
    part = Mapping(low, low + 24, "r-xp", 0x1000, "/program")
    tid, top = os.getpid(), ctypes.addressof(stack)
    for link, found in ((low + 16 | signed, [0x500C]), (low + 8, [0x500C]), (0, [0x500C])):
        monkeypatch.setattr(c_frames, "frames", lambda _tid, link=link: (0, link))
        compiled = Compiled("/program", [(0x1000, 0x5000, 0x100)], [part], _behind_call_arm)
        assert [address + 1 - 4 for address in compiled.addresses(tid, top)] == found
    monkeypatch.setattr(c_frames, "frames", lambda _tid: (0, low + 16))
    assert (
        len(Compiled("/program", [(0x1000, 0x5000, 0x100)], [part], _behind_call_arm).addresses(tid, 8)) == 1
    )


def test_a_python_whose_frames_are_not_known_is_said_to_be(tmp_path: Path) -> None:
    """Its own C, which may have its lines, is none of the user's."""
    program = tmp_path / "bin" / "python3.99"
    program.parent.mkdir()
    source = tmp_path / "python.c"
    source.write_text(IN_A_HEADER + "int _PyRuntime = 7;\n")
    subprocess.run(["cc", "-g", "-rdynamic", "-w", "-o", program, source], check=True)
    heard = traced(str(program))
    assert [said.what for said in heard.said if isinstance(said, Caveat)] == ["no lines"]
    assert [made.place for made in heard.calls()] == [None] * 3


def test_of_many_programs_a_few_are_asked_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Asked:
        def __init__(self, path: str) -> None:
            self.path = path
            asked.append(path)

        def find(self, _address: int) -> tuple[str, int]:
            return self.path, 7

        def close(self) -> None:
            asked.remove(self.path)

    monkeypatch.setattr(Addresses, "of", Asked)
    texts = SourceTexts(lambda _met: None)
    for n in range(100):
        for path in ("/first", f"/{n}"):
            assert texts.find(CallSite(path, None, 1), 0.0) is not None
    assert len(asked) == 32
    assert {"/first", "/99"} <= {*asked}
    texts.close()
    assert not asked


def test_a_program_is_asked_for_its_lines_though_many_files_are_open(calls: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * FD_SETSIZE:
        pytest.skip(f"no more than {hard} files can be opened here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * FD_SETSIZE, hard))
    held = [os.open("/dev/null", os.O_RDONLY)]
    try:
        while held[-1] < FD_SETSIZE:
            held.append(os.dup(held[0]))
        addresses = Addresses.of(str(calls))
        if addresses is None:
            unavailable("there is no addr2line here")
        assert addresses.find(0) is None  # and nothing is raised
        addresses.close()
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_without_its_lines_the_call_is_all_that_is_known(calls: Path, tmp_path: Path) -> None:
    stripped = tmp_path / "stripped"
    subprocess.run(["strip", "-o", stripped, calls], check=True)
    assert {made.place for made in traced(str(stripped)).calls()} == {None}


def test_of_a_library_alone_that_is_said_and_code_of_no_file_is_none() -> None:
    program = "import socket, _socket; socket.socketpair(); _socket.socketpair(); object()"
    heard = traced(sys.executable, "-c", program)
    assert {made.place for made in heard.calls()} == {None}
    tried, *_closed, made, bare = (
        made.entered.library for made in heard.calls("epoll_create1", "socketpair")
    )
    assert "/selectors.py:" in tried
    text = Path(socket.__file__).read_text().splitlines()
    assert made.startswith(f"{socket.__file__}:")
    assert "_socket.socketpair(" in text[int(made.rpartition(":")[2]) - 1]
    assert bare == ""


def test_libraries_are_known_by_where_they_are(tmp_path: Path) -> None:
    libraries = Libraries("/opt/own/bin/python3.12")
    environment = tmp_path / "venv"
    environment.mkdir()
    (environment / "pyvenv.cfg").touch()
    for path in (
        "<frozen os>", "/usr/lib/python3.11/socket.py", "/opt/own/lib/python3.12/asyncio/tasks.py",
        "/usr/lib/python3/dist-packages/x.py",
        "/home/u/.local/lib/python3.12/site-packages/x.py", f"{environment}/lib64/python3.12/site-packages/x.py",
    ):  # fmt: skip
        assert libraries.has(path), path
    for path in (
        "/home/u/lib/python3/x.py",
        "/home/u/site-packages/x.py",
        f"{tmp_path}/lib/python3.12/x.py",
        "/opt/own/x.py",
    ):
        assert not libraries.has(path), path


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


@pytest.mark.parametrize("module", [socket, asyncio.base_events, json.decoder, ast])
def test_lines_are_those_that_python_itself_finds(module: types.ModuleType) -> None:
    assert module.__file__ is not None
    source = Path(module.__file__)
    looked = 0
    for code in _codes(compile(source.read_text(), str(source), "exec")):
        for start, end, line in code.co_lines():
            for offset in range(start, end, 2):
                assert line_at(code.co_linetable, code.co_firstlineno, offset) == line
                looked += 1
    assert looked > 1000


def test_a_table_that_breaks_off_has_no_line() -> None:
    code = compile("def f():\n    return [g(x) for x in y]\n", "x", "exec")
    whole = code.co_linetable
    for length in range(len(whole)):
        assert line_at(whole[:length], 1, 1 << 20) is None
