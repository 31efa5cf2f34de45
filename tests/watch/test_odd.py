"""Calls that are wrong, or ask for what cannot be: told as they were asked. programs/odd.c makes them."""

from __future__ import annotations

import os
import platform
import shutil
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from sockviz.model.events import CallEntered, CallReturned, Caveat, Executed, ProcessStarted
from sockviz.model.fold import fold
from sockviz.model.linux.files import POLL
from sockviz.model.values import ObjectValue, SocketValue, Value
from sockviz.model.world import World
from sockviz.words.call_sentences import gave
from tests.watch.traced import Heard, traced

ABSURD = (1 << 64) - 1
#: Elsewhere (arm64) the C library gives the kernel an int as wide as a register, with its sign.
IS_X86 = platform.machine() == "x86_64"


@pytest.fixture(scope="module")
def heard(odd: Path) -> Heard:
    return traced(str(odd))


def _given(heard: Heard, *names: str) -> list[tuple[Value, ...]]:
    """What calls were given, a socket by its descriptor and a pointer by what stands beside it; then what came of them."""

    def plain(value: Value) -> Value:
        match value:
            case SocketValue(fd=fd):
                return f"s{fd}"
            case ObjectValue(kind="pointer", text=text):
                return "&" + text.partition(", ")[2]
            case ObjectValue(text=text):
                return f"e{text}"
            case [*items]:
                return [plain(item) for item in items]
        return value

    return [
        (*map(plain, made.entered.arguments), *made.entered.keywords.values(), made.error)
        for made in heard.calls(*names)
    ]


def test_what_is_closed_twice_is_told_and_a_sweep_by_its_beginning(heard: Heard) -> None:
    assert _given(heard, "close") == [
        (-5, "EBADF"), ("s4", None), (4, "EBADF"), (999, "EBADF"), (-1, "EBADF"), (100, "EBADF"), ("e4", None),
        ("s6", None), ("e5", None), ("s9", None),
    ]  # fmt: skip


def test_what_closes_a_socket_is_told_and_what_closes_none_is_not(heard: Heard) -> None:
    first = (3, 5, None) if IS_X86 else (3, 5, True, None)  # made of dup3, where the kernel has no dup2
    assert _given(heard, "dup2") == [first, ("s5", 70, None), (3, 70, False, None)]
    assert _given(heard, "close_range") == [(70, 80, 4, None), (4, 5, None)]


def test_what_is_closed_beside_is_said(heard: Heard) -> None:
    world = fold(World(), ProcessStarted(0.0, "p", 1, 1, "loopback", None))
    for said in heard.said:
        if isinstance(said, CallEntered | CallReturned) and said.process == "p":
            world = fold(world, replace(said, text=0) if isinstance(said, CallEntered) else said)
    told = [gave(call, world) for call in world.processes["p"].calls if call.name in ("close_range", "dup2")]
    assert told == [
        "gives descriptor 5 to what descriptor 3 is, and closes what it was, if anything",
        "gives descriptor 70 to the same socket, and closes what it was",
        "has what is open from 70 to 80 close when the program becomes another by exec",
        "closes what is open from 4 to 5",
        "gives descriptor 70 to what descriptor 3 is, and closes what it was, if anything",
    ]


def test_lists_of_epoll_that_are_none(heard: Heard) -> None:
    assert _given(heard, "epoll_ctl", "epoll_wait", "poll") == [
        ("e4", 77, 3, "EPERM"), (4, 1, 3, 1, "EBADF"), (999, 1, 0, "EBADF"), ("&5", 0, "EFAULT"),
        ("e5", 1, 6, 1, None), ("e<poll of 1>", 0, None), ("e<poll of 1>", 0, None),
    ]  # fmt: skip


def test_sets_of_descriptors_are_told_where_one_is_an_epolls_or_was_a_sockets(heard: Heard) -> None:
    polls = [made for made in heard.calls("poll") if made.entered.watched]
    assert [(made.entered.watched, made.value) for made in polls] == [
        (((5, 1),), []),
        (((6, 1),), [(6, POLL["POLLNVAL"])]),
    ]
    assert _given(heard, "select")[-1] == ([6], [], [], "EBADF")


def test_descriptors_that_two_processes_share_are_what_either_makes_of_them(heard: Heard) -> None:
    shared = [made.entered for made in heard.calls() if made.entered.arguments[:1]]
    held = [call.arguments[0] for call in shared if call.name == "listen"]
    assert [each.family for each in held if isinstance(each, SocketValue)] == ["AF_INET", "AF_INET6"]
    assert not [made for made in heard.calls("read") if made.value]  # the file's
    assert [said.what for said in heard.said if isinstance(said, Caveat)] == ["tables"]  # a thread's own


def test_lengths_and_flags_are_what_was_asked(heard: Heard) -> None:
    assert _given(heard, "send") == [
        ("s3", f"&{ABSURD}", 0x4000, "EFAULT"), ("s3", "&10", 0x4000, "EFAULT"), ("s3", b"", None), ("s3", b"ab", None),
    ]  # fmt: skip
    # Where the buffer is near the end of all addresses the kernel looks no further.
    (*received, error), *into_nowhere = _given(
        heard, "recv", "read", "getsockname", "getsockopt", "ioctl", "fcntl", "select"
    )
    assert received == ["s4", ABSURD, 64]
    assert error in ("EAGAIN", "EFAULT")
    assert into_nowhere[:-1] == [
        ("s4", "&5", "EFAULT"), ("s4", "&1", "EFAULT"), ("s3", "&", "EFAULT"), ("s3", 1, 4, "&", "EFAULT"),
        ("s3", 0x1234, 5, "ENOTTY"), ("s3", 9999, 1, "EINVAL"), (9, "&", "EFAULT"),
    ]  # fmt: skip
    assert _given(heard, "sendmsg", "recvmsg") == [
        ("s3", "&", 0x4000, "EFAULT"), ("s4", "&", 64, "EFAULT"), ("s3", "&3", "EFAULT"), ("s3", [b"x", "&5"], "EFAULT"),
    ]  # fmt: skip
    assert _given(heard, "writev", "sendmmsg") == [
        ("s3", "&1025", "EINVAL"), ("s3", f"&{2 ** (32 if IS_X86 else 64) - 5}", "EINVAL"), ("s3", "&5000", "EFAULT"),
    ]  # fmt: skip
    assert _given(heard, "setsockopt") == [("s3", 1, 8, "&-5", "EINVAL"), ("s3", 1, 8, "&4", "EFAULT")]
    assert _given(heard, "bind") == [
        ("s3", "&16", "EFAULT"),
        ("s3", "&1025", "EINVAL"),
        ("s3", "&-5", "EINVAL"),
    ]
    assert _given(heard, "sendfile") == [(999, 3, 1, "EBADF"), ("s3", -1, ABSURD, "EBADF")]


def _of_32_bits(path: Path) -> Path:
    """A program of i386 that ends with status 0."""
    code = b"\xb8\x01\0\0\0\x31\xdb\xcd\x80"  # mov $1, %eax; xor %ebx, %ebx; int $0x80
    size = 52 + 32 + len(code)
    header = struct.pack(
        "<4s5B7xHHIIIIIHHHHHH", b"\x7fELF", 1, 1, 1, 0, 0, 2, 3, 1, 0x8048054, 52, 0, 0, 52, 32, 1, 0, 0, 0
    )
    path.write_bytes(header + struct.pack("<8I", 1, 0, 0x8048000, 0x8048000, size, size, 5, 4096) + code)
    path.chmod(0o755)
    return path


def _of_another_user(path: Path) -> str:
    """A program with that one's rights."""
    if os.geteuid():
        return shutil.which("su") or ""
    shutil.copy("/bin/true", path)
    os.chown(path, 65533, 65533)
    path.chmod(0o4755)
    return str(path)


def test_what_is_out_of_sight_is_said_once(odd: Path, tmp_path: Path) -> None:
    narrow, anothers = _of_32_bits(tmp_path / "narrow"), _of_another_user(tmp_path / "anothers")
    try:
        runs_narrow = subprocess.run([narrow], check=False).returncode == 0
    except OSError:  # ENOEXEC: another machine, or a kernel without them
        runs_narrow = False
    script = f"{narrow} a b; {anothers or 'true'} </dev/null; exec {odd} caveats"
    heard = traced("/bin/sh", "-c", script)
    told = [(said.process, said.what) for said in heard.said if isinstance(said, Caveat)]
    expected = [("p_2", "32-bit")] if runs_narrow else []
    expected += [("p_3", "privileges")] if anothers else []
    here = [
        "io_uring",
        "aio",
        *(["32-bit calls"] if platform.machine() == "x86_64" else []),
        "traced",
        "untraced",
        "filter",
    ]
    assert told == expected + [("p", what) for what in here]
    commands = [said.arguments for said in heard.said if isinstance(said, Executed)]
    assert not runs_narrow or (str(narrow), "a", "b") in commands
    assert not heard.calls("listen")  # its own filter comes before ours
