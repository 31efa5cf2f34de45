"""Nothing is lost, and nothing is told that was not: each task's calls, in order, as strace sees them of the same program."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from sockviz.lab.tracer.numbers import Machine
from tests.required import unavailable
from tests.watch.traced import traced

#: An event loop that serves as many clients as it is told.
MANY = Path(__file__).parents[1] / "benchmarks" / "programs" / "many.py"
#: How a call of the kernel's is told.
TOLD = {
    "accept4": "accept", "recvfrom": "recv", "sendto": "send", "epoll_pwait": "epoll_wait", "pselect6": "select",
    "ppoll": "poll", "dup3": "dup2",
}  # fmt: skip
#: Of these strace shows all, the tracer those of sockets.
OF_ANY_FILE = {
    "read",
    "write",
    "readv",
    "writev",
    "close",
    "dup",
    "dup2",
    "fcntl",
    "ioctl",
    "poll",
    "select",
    "sendfile",
    "close_range",
}
LINE = re.compile(r"^(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)$")


def strace(log: Path, *program: str) -> list[list[str]]:
    """The calls of each task, in the order of the tasks' first ones."""
    if shutil.which("strace") is None:
        unavailable("there is no strace")
    watched = ",".join(Machine().watched)
    command = [
        "strace",
        "-f",
        "-y",
        "-qq",
        "-o",
        str(log),
        "-e",
        f"trace={watched},restart_syscall,rt_sigreturn",
        *program,
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    made: list[list[str]] = []  # of each call its task, its name, what is shown of it
    last: dict[str, list[str]] = {}
    for line in log.read_text().splitlines():
        found = LINE.match(line)
        if found is None:
            continue
        task, resumed, name, rest = found.groups()
        before = last.get(task)
        if name == "rt_sigreturn":
            if before is not None and "EINTR" in rest:
                before[2] = before[2].replace("ERESTART", "")  # its program was told
            continue
        if before is not None and (resumed or ("ERESTART" in before[2] and before[1] == name)):
            before[2] = (
                before[2].replace("ERESTART", "") + rest
            )  # the kernel goes on with it, or makes it again
            continue
        last[task] = [task, name, rest]
        made.append(last[task])
    tasks: dict[str, list[str]] = defaultdict(list)
    swept = ""
    for task, name, rest in made:
        is_in_vain = name == "close" and "EBADF" in rest
        is_swept = is_in_vain and rest.startswith(f"{swept}) ")
        swept = str(int(re.split(r"[) ]", rest)[0]) + 1) if is_in_vain else ""
        if not is_swept and (told := _told(name, rest)) is not None:
            tasks[task].append(told)
    return list(tasks.values())


def _told(name: str, rest: str) -> str | None:
    told = TOLD.get(name, name)
    if (told == "send" and re.search(r"\{sa_family", rest)) or (told == "recv" and "sa_family" in rest):
        told += "to" if told == "send" else "from"
    if told in ("poll", "select") and "EFAULT" in rest:
        return told  # whatever it is that it would have waited for
    if rest.startswith(("200, F_GETFD", "[{fd=400,")):  # of what no socket has been
        return None
    if (
        told in OF_ANY_FILE
        and "<socket:" not in rest
        and "eventpoll" not in rest
        and not re.search("EBADF|POLLNVAL", rest)
    ):
        return None
    return told


@pytest.mark.parametrize("name", ["calls", "odd"])
def test_all_calls_of_all_tasks_in_order(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    program = request.getfixturevalue(name)
    heard = traced(str(program))
    tasks: dict[tuple[str, int], list[str]] = defaultdict(list)
    for made in heard.calls():
        if made.entered.name != "close_range":  # strace does not say what it closes
            tasks[made.process, made.task].append(made.entered.name)
    for ours, theirs in zip(tasks.values(), strace(tmp_path / "log", str(program)), strict=True):
        assert ours == theirs


def test_all_calls_of_an_event_loop_with_many_clients(tmp_path: Path) -> None:
    """Its calls come in another order in each run, and it waits more often or less; what it does besides is the same."""
    program = [sys.executable, "-I", str(MANY), "12"]
    heard = traced(*program)
    made = heard.calls()
    assert all(each.returned is not None for each in made)
    assert [each.entered.call for each in made] == list(range(1, len(made) + 1))
    ours = Counter(each.entered.name for each in made if each.task == 0)
    theirs = Counter(name for task in strace(tmp_path / "log", *program) for name in task)
    del ours["epoll_wait"], theirs["epoll_wait"]
    assert ours == theirs
    assert ours["accept"] >= 12
