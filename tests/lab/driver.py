"""Drives a lab as the player does, with lines of plain Python, and remembers every process that it ever had.

The lines are turned into trees without the lesson's grammar, so that a process can also be asked for what no lesson may say.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import errno
import os
import select
import socket
import time
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sockviz.calls.table import CALLS, MODULES, method
from sockviz.kernel import procfs
from sockviz.lab.directory import open_labs
from sockviz.lab.hearing import Heard
from sockviz.lab.lab import Job, Passed
from sockviz.lab.loopback import LoopbackLab, open_lab
from sockviz.lab.supervisor import LabRefused
from sockviz.model.events import (
    CallEntered,
    CallReturned,
    PacketCaptured,
    ProcessEnded,
    ProcessStarted,
    StatementFinished,
)
from sockviz.model.segments import Packet
from sockviz.model.sockets import Asleep, ProcessRow, SocketRow
from sockviz.model.values import Json, Value, encode
from tests.required import unavailable

T = TypeVar("T")
#: What a machine that forbids namespaces says: by policy, by limit (ENOSPC: user.max_user_namespaces), or built without.
FORBIDDEN = (errno.EPERM, errno.EACCES, errno.ENOSPC, errno.ENOSYS, errno.EINVAL, errno.EUSERS)
DEADLINE = 30.0
_directories: weakref.WeakKeyDictionary[LoopbackLab, Path] = weakref.WeakKeyDictionary()


def run(work: Coroutine[Any, Any, T], seconds: float = 30.0) -> T:
    """Runs `work` to its end on an event loop of its own, or fails after so long."""

    async def within() -> T:
        async with asyncio.timeout(seconds):
            return await work

    with asyncio.Runner() as runner:
        return runner.run(within())


# --- lines ------------------------------------------------------------------------------------------------------------

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%", ast.BitOr: "|", ast.BitAnd: "&",
    ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not",
}  # fmt: skip


def job(source: str, number: int = 1, child: str | None = None) -> Job:
    """One line as its process is to be told of it."""
    (statement,) = ast.parse(source).body
    targets: list[str] = []
    unpacks = False
    if isinstance(statement, ast.Assign):
        (left,) = statement.targets
        unpacks = isinstance(left, ast.Tuple)
        targets = [name.id for name in ast.walk(left) if isinstance(name, ast.Name)]
    else:
        assert isinstance(statement, ast.Expr)
    return Job(number, tree(statement.value), targets, unpacks, child)


def tree(node: ast.expr) -> Json:
    """An expression as child.py takes it."""
    match node:
        case ast.Constant(value=value):
            return ["value", encode(value)]  # type: ignore[arg-type]  # an Ellipsis is refused by encode itself
        case ast.Name(id=name):
            return ["name", name]
        case ast.Attribute(value=ast.Name(id=module), attr=name) if module in MODULES:
            return ["constant", f"{module}.{name}"]
        case ast.Attribute(value=value, attr=name):
            return ["attribute", tree(value), name]
        case ast.Subscript(value=value, slice=ast.Slice() as cut):
            parts = [None if part is None else tree(part) for part in (cut.lower, cut.upper, cut.step)]
            return ["subscript", tree(value), ["slice", *parts]]
        case ast.Subscript(value=value, slice=index):
            return ["subscript", tree(value), tree(index)]
        case ast.UnaryOp(op=op, operand=operand):
            return ["unary", _OPERATORS[type(op)], tree(operand)]
        case ast.BinOp(left=left, op=op, right=right):
            return ["binary", _OPERATORS[type(op)], tree(left), tree(right)]
        case ast.Tuple(elts=items):
            return ["tuple", [tree(item) for item in items]]
        case ast.List(elts=items):
            return ["list", [tree(item) for item in items]]
        case ast.Dict(keys=keys, values=values):
            return ["dict", [[tree(k), tree(v)] for k, v in zip(keys, values, strict=True) if k is not None]]
        case ast.Call(func=ast.Name(id="bytearray" | "bytes" as kind), args=[length]):
            return ["call", f"builtins.{kind}", None, [tree(length)], {}, False]
        case ast.Call(func=ast.Attribute(value=of, attr=name), args=args, keywords=keywords):
            named = {str(each.arg): tree(each.value) for each in keywords}
            given = [tree(arg) for arg in args]
            if isinstance(of, ast.Name) and (of.id in MODULES or of.id in ("bytes", "int")):
                key, receiver = f"{of.id}.{name}", None
            elif isinstance(of, ast.Name) and of.id == "libc":
                key, receiver = f"ctypes.CDLL.{name}", tree(of)
            else:
                row = method("any", name)
                key, receiver = (row.key if row else f"socket.socket.{name}"), tree(of)
            return ["call", key, receiver, given, named, key not in CALLS or CALLS[key].is_call]
    raise AssertionError(f"no form for {ast.unparse(node)}")


# --- the lab ----------------------------------------------------------------------------------------------------------


class Driver:
    """A lab, and what it has said. ``tracked`` are pidfds of everything that was ever started in it."""

    def __init__(self, lab: LoopbackLab) -> None:
        self.lab = lab
        self.heard: list[Heard] = []
        self.tracked: dict[int, int] = {}
        self.lines = 0

    def track(self, pid: int) -> None:
        if pid not in self.tracked:
            with contextlib.suppress(ProcessLookupError):  # gone already
                self.tracked[pid] = os.pidfd_open(pid)

    def alive(self) -> list[int]:
        """Pids of tracked processes that have not ended."""
        return [pid for pid, pidfd in self.tracked.items() if not _readable(pidfd)]

    def forget(self) -> None:
        for pidfd in self.tracked.values():
            os.close(pidfd)
        self.tracked.clear()

    async def start(self, name: str, *, privileged: bool = False) -> ProcessStarted:
        begun = await self.lab.start(name, "loopback", privileged=privileged)
        self.track(begun.outer_pid)
        return begun

    async def hear(self, wanted: Callable[[Heard], bool], what: str) -> Heard:
        """The first message, also among those heard already, that is `wanted`; it is then taken from them."""
        end = time.monotonic() + DEADLINE
        while True:
            for message in self.heard:
                if wanted(message):
                    self.heard.remove(message)
                    return message
            self.lab.news.clear()
            said = self.lab.hear()
            for each in said:
                if isinstance(each, ProcessStarted):
                    self.track(each.outer_pid)
            self.heard += said
            if said:
                continue
            try:
                async with asyncio.timeout(end - time.monotonic()):
                    await self.lab.news.wait()
            except TimeoutError:
                raise AssertionError(f"never heard {what}; heard {self.heard}") from None

    async def hand(self, process: str, source: str, child: str | None = None) -> int:
        """Hands a line to a process; its number."""
        self.lines += 1
        await self.lab.perform(process, job(source, self.lines, child))
        return self.lines

    async def finished(self, process: str, line: int) -> StatementFinished:
        def is_it(message: Heard) -> bool:
            return isinstance(message, StatementFinished) and (message.process, message.line) == (
                process,
                line,
            )

        message = await self.hear(is_it, f"that {process} is done with line {line}")
        assert isinstance(message, StatementFinished)
        return message

    async def do(self, process: str, source: str, child: str | None = None) -> StatementFinished:
        """Has a line performed to its end."""
        return await self.finished(process, await self.hand(process, source, child))

    async def value(self, process: str, source: str) -> Value:
        """What an expression gives in a process."""
        finished = await self.do(process, f"probed = {source}")
        assert not finished.error, finished
        return finished.bound["probed"]

    async def call(self, process: str, source: str) -> CallReturned:
        """Has a line performed; how the call that it makes came back."""
        finished = await self.do(process, source)
        entered = [
            m
            for m in self.heard
            if isinstance(m, CallEntered) and (m.process, m.line) == (process, finished.line)
        ]
        assert entered, f"no call was made: {finished}"
        message = await self.hear(
            lambda m: isinstance(m, CallReturned) and (m.process, m.call) == (process, entered[-1].call),
            f"{source} return",
        )
        assert isinstance(message, CallReturned)
        return message

    async def enter(self, process: str, source: str) -> CallEntered:
        """Hands a line to a process and waits until its call is entered."""
        line = await self.hand(process, source)
        message = await self.hear(
            lambda m: isinstance(m, CallEntered) and (m.process, m.line) == (process, line),
            f"{source} entered",
        )
        assert isinstance(message, CallEntered)
        return message

    async def asleep_in(self, process: str, syscall: str) -> Asleep:
        """Waits until the kernel says that a process sleeps in a system call."""

        def look() -> Asleep | None:
            seen = self.lab.asleep(process)
            return seen if seen is not None and seen.syscall in (syscall, None) else None

        return await until(look, f"{process} asleep in {syscall}")

    async def fork(self, process: str, child: str) -> ProcessStarted:
        """Forks `child`; both are then done with the line."""
        line = await self.hand(process, f"{child} = os.fork()", child)
        await self.finished(process, line)
        await self.finished(child, line)
        begun = self.lab.begun(child)
        assert begun is not None
        self.track(begun.outer_pid)
        return begun

    async def ended(self, process: str) -> ProcessEnded:
        message = await self.hear(
            lambda m: isinstance(m, ProcessEnded) and m.process == process, f"the end of {process}"
        )
        assert isinstance(message, ProcessEnded)
        return message

    def process(self, name: str) -> ProcessRow:
        (look,) = self.lab.look()
        return next(row for row in look.processes if row.process == name)

    def rows(self) -> list[SocketRow]:
        (look,) = self.lab.look()
        return list(look.rows)


def packets(passed: Iterable[Passed]) -> list[Packet]:
    """The packets among what a lab has drained."""
    return [each.packet for each in passed if isinstance(each, PacketCaptured)]


def _readable(pidfd: int) -> bool:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(0))


async def until(condition: Callable[[], T | None], what: str, seconds: float = DEADLINE) -> T:
    """The first value of `condition` that is true."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.002)
    return found


@contextlib.asynccontextmanager
async def a_lab(kind: str, *processes: str) -> AsyncIterator[Driver]:
    """An open lab with processes in it. At its end nothing of it may be left."""
    before = set(open_labs())
    try:
        lab = await open_lab(kind)
    except LabRefused as refusal:
        if kind == "host" or refusal.number not in FORBIDDEN:
            raise  # every Linux has the one, and no machine's policy is behind the other's failure: a fault of ours
        unavailable(f"this machine allows no {kind} lab: {refusal}")
    (_directories[lab],) = set(open_labs()) - before
    driver = Driver(lab)
    driver.track(first_pid(lab))
    async with inhabited(driver, processes):
        yield driver


@contextlib.asynccontextmanager
async def inhabited(driver: Driver, processes: Sequence[str]) -> AsyncIterator[None]:
    """Its lab with processes in it, then closed: of what the driver tracks nobody may be left."""
    try:
        for name in processes:
            await driver.start(name)
        yield
    finally:
        await driver.lab.close()
        left = driver.alive()
        driver.forget()
        assert not left, f"alive after close: {[(pid, procfs.read_stat(pid)) for pid in left]}"


def first_pid(lab: LoopbackLab) -> int:
    """The pid of the lab's first process, as `sockviz shell` finds it."""
    return int((directory_of(lab) / "init-pid").read_text().split()[1])


def directory_of(lab: LoopbackLab) -> Path:
    """The temporary directory of a lab that `a_lab` opened."""
    return _directories[lab]


def refuse_connections_to(port: int) -> bool:
    """Whether nobody listens on `port` of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
