"""What a lab lacks is found when it is opened, and said with its cause: never in the middle of a lesson."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sockviz.lab import window
from sockviz.lab.supervisor import LabRefused
from sockviz.player.shelf import find
from sockviz.probes.advice import Settings
from tests.lab import refusing
from tests.required import unavailable

ROOT = Path(__file__).parents[2]
NESTED = "         0       1000          1\n"
FIRST = "         0          0 4294967295\n"


def machine(root: Path, **files: str) -> Settings:
    for name, text in files.items():
        path = root / "proc" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Settings(root)


def checked(*rules: str, lessons: tuple[str, ...] = ("first-connection",)) -> list[dict[str, object]]:
    """What became of lessons of the course where these are refused."""
    if not refusing.is_supported():
        unavailable("refusing.py does not know this machine's system calls")
    command = [*refusing.command(*rules), sys.executable, "-m", "sockviz", "check", "--json"]
    done = subprocess.run(
        [*command, *(str(find(name)) for name in lessons)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    found: list[dict[str, object]] = json.loads(done.stdout)["lessons"]
    return found


def test_without_proc_no_lab_is_opened_and_what_to_do_is_said(tmp_path: Path) -> None:
    with pytest.raises(LabRefused, match=r"no /proc of this PID namespace.*bwrap --proc /proc"):
        window.check_proc(str(tmp_path))
    (tmp_path / "self").symlink_to("1")  # mounted from another PID namespace: all have other numbers there
    if os.getpid() != 1:
        with pytest.raises(LabRefused, match="no /proc of this PID namespace"):
            window.check_proc(str(tmp_path))
    window.check_proc()


@pytest.mark.parametrize("file", ["stat", "fdinfo/0"])
def test_a_proc_that_hides_processes_is_named_before_anything_is_performed(file: str) -> None:
    (lesson,) = checked(f"/proc/[0-9]+/{file}:EACCES")
    assert (lesson["problems"], lesson["calls"]) == ([], 0)
    assert f"/{file}, and no lesson can be shown without it: EACCES" in str(lesson["skipped"])


def test_without_proc_net_and_sock_diag_there_is_no_lab() -> None:
    (lesson,) = checked("/proc/.*/net/.*:EACCES", "socket[0]=16:EPERM")
    assert lesson["problems"] == []
    assert "its sockets cannot be read: EACCES" in str(lesson["skipped"])


def test_without_proc_net_alone_lessons_hold() -> None:
    (lesson,) = checked("/proc/.*/net/.*:EACCES")
    assert (lesson["problems"], lesson["skipped"]) == ([], None)


def test_without_pidfds_the_end_of_a_forked_child_is_seen() -> None:
    (lesson,) = checked("pidfd_open:EPERM", lessons=("bind",))
    assert (lesson["problems"], lesson["skipped"]) == ([], None)


def test_without_af_inet6_what_needs_it_is_skipped_with_the_reason() -> None:
    first, other = checked("socket[0]=10:EAFNOSUPPORT", lessons=("first-connection", "other-families"))
    assert (first["problems"], first["skipped"]) == ([], None)
    assert other["problems"] == []
    assert "needs IPv6" in str(other["skipped"])
    assert "Address family not supported by protocol (errno 97)" in str(other["skipped"])


def test_without_netlink_what_reads_a_backlog_is_skipped_with_the_reason() -> None:
    (lesson,) = checked("socket[0]=16:EPERM", lessons=("listen",))
    assert lesson["problems"] == []
    assert "each listener's backlog" in str(lesson["skipped"])
    assert "sock_diag is refused" in str(lesson["skipped"])


def test_a_process_that_cannot_start_is_a_problem_of_the_lesson_and_says_where_to_look() -> None:
    (lesson,) = checked("/proc/self/fd/.*:EACCES")
    if lesson["problems"]:  # else nothing that a process needs is opened so any more
        assert "could not be started" in str(lesson["problems"])
        assert "sockviz doctor" in str(lesson["problems"])


@pytest.mark.parametrize(
    ("uid_map", "now", "advice"),
    [
        (NESTED, "2147483647", "run sockviz outside of this sandbox"),
        (NESTED, "0", "sudo sysctl user.max_user_namespaces=1000 (now 0 here; "),
        (FIRST, "0", "sudo sysctl user.max_user_namespaces=1000 (now 0 here; "),
        (FIRST, "31000", "sudo sysctl user.max_user_namespaces=62000 (now 31000 here; "),
    ],
)
def test_the_limit_that_is_to_be_raised_is_one_that_can_be(
    tmp_path: Path, uid_map: str, now: str, advice: str
) -> None:
    settings = machine(tmp_path, self__uid_map=uid_map, sys__user__max_user_namespaces=now)
    assert settings.for_namespace("unshare(CLONE_NEWUSER)", 28).startswith(advice)


def test_a_file_of_proc_that_is_not_there_may_mean_that_proc_is_not(tmp_path: Path) -> None:
    settings = machine(tmp_path)
    assert "mount -t proc proc /proc" in settings.for_process(2, "stat")
    assert "mount -t proc proc /proc" in settings.for_namespace("/proc/self/setgroups", 2)
    settings = machine(tmp_path, self__stat="1 (x) S 0")
    assert settings.for_process(2, "wchan") == "a kernel built with it (wchan is missing from /proc/PID)"
