"""Runs inside each process of a lesson: makes the calls it is told to make, and reports what they returned.

Standard library only; entered (entry/child.py, by cradle.py) with two descriptors as arguments, of the control channel and of the
lifeline, and nothing else open but 0, 1, 2, so that the first socket of a lesson is descriptor 3, as in a student's own program.
Everything it is told is data: a call is looked up among the modules and kinds below, its arguments are values, names, constants
and bounded arithmetic. Nothing is ever compiled.

It keeps no reference to an object of the lesson beyond the name that holds it, so rebinding a name closes a socket as it
would in the student's program. At end-of-file on its control channel it ends.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
import types

from sockviz.lab.bounds import ROOM, Refused, binary, bounded, decode
from sockviz.lab.c_library import CONNECT, CLibrary
from sockviz.lab.guard import Guard
from sockviz.lab.reach import Reach
from sockviz.lab.reports import Reporter, Room, described, said
from sockviz.lab.seal import KEY, Seal
from sockviz.lab.telling import ENDING, HEADER, Teller, returns_at_once
from sockviz.lab.tied import tie_again, tie_to_loopback
from sockviz.lab.told_names import told_names
from sockviz.lab.told_options import told_after, told_option
from sockviz.lab.told_polls import Polls

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any, NoReturn

MODULES: dict[str, Any] = {
    "builtins": types.SimpleNamespace(bytearray=bytearray, bytes=bytes), "ctypes": types.SimpleNamespace(CDLL=CLibrary),
    "errno": errno, "fcntl": fcntl, "os": os, "resource": resource,
    "select": select, "signal": signal, "socket": socket, "struct": struct,
}  # fmt: skip
KINDS: dict[str, Any] = {
    "socket.socket": socket.socket, "ctypes.CDLL": CLibrary, "select.poll": type(select.poll()), "select.epoll": select.epoll,
    "bytes": bytes, "bytearray": bytearray, "str": str, "int": int, "tuple": tuple, "list": list,
    "dict": dict, "struct.Struct": struct.Struct,
}  # fmt: skip


class Child:
    """The lesson's names, and the channel to sockviz."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.guard = Guard(control.fileno())
        self.teller = Teller(control, Seal(self._exactly(KEY)[0]))
        self.names: dict[str, Any] = {}
        self.constants: dict[str, int] = {}  # of the line, those that not every Python has
        self.calls = 0
        self.line = 0
        self.may_sleep = False  # whether a call of that line may
        self.reporter = Reporter()
        self.polls = Polls()
        self.spare: tuple[socket.socket, Seal] | None = None  # the channel for the child of the next fork

    # --- the channel ------------------------------------------------------------------------------------

    def tell(self, **message: Any) -> None:
        """Reports to sockviz."""
        self.teller.tell(**message)

    def hear(self) -> dict[str, Any]:
        """Waits for the next thing to do."""
        head, fds = self._exactly(HEADER.size)
        body, more = self._exactly(HEADER.unpack(head)[0])
        message: dict[str, Any] = json.loads(body)
        for fd in fds + more:
            with contextlib.suppress(
                OSError
            ):  # EINVAL, EMFILE: the lesson's own RLIMIT_NOFILE; it cannot fork then
                self.spare = (
                    socket.socket(fileno=aside(fd, self.guard.past)),
                    self.teller.seal.heir(message["fork"]),
                )
            os.close(fd)
        return message

    def _exactly(self, size: int) -> tuple[bytes, list[int]]:
        data = b""
        fds: list[int] = []
        while len(data) < size:
            try:
                part, ancillary, _flags, _address = self.control.recvmsg(
                    min(size - len(data), 1 << 20), socket.CMSG_SPACE(4)
                )
            except OSError:
                os._exit(0)  # sockviz has gone
            if not part:
                os._exit(0)
            data += part
            for _level, kind, payload in ancillary:
                if kind == socket.SCM_RIGHTS:
                    fds += struct.unpack(f"{len(payload) // 4}i", payload)
        return data, fds

    # --- one line of the lesson --------------------------------------------------------------------------

    def serve(self) -> NoReturn:
        """Performs lines until the channel ends."""
        while True:
            message = self.hear()
            if message["op"] == "bind":
                self.names.update({name: decode(value) for name, value in message["names"].items()})
                self.guard.reach = Reach(**message["reach"])
                self.guard.reach.held = self.names.values()
            elif message["op"] == "perform":
                self.guard.pids = set(message["pids"])
                self.guard.ours = frozenset(message["ours"])
                self.guard.reach.ports = numbers(message["ports"])
                self.guard.reach.strangers = numbers(message["strangers"])
                self.constants = self.guard.reach.constants = message.get("constants", {})
                self.perform_together(message["lines"])

    def perform_together(self, lines: list[dict[str, Any]]) -> None:
        """Performs one line; or several with nothing between them, and reports when that is done."""
        if len(lines) > 1:
            self.teller.keep()
        for number, line in enumerate(lines):
            self.line, self.may_sleep = line["line"], line["may_sleep"]
            if number:
                self.tell(event="begun", line=self.line, at=time.time())
            self.perform(line["value"], line["targets"], line["unpacks"])
        if self.teller.is_keeping:
            self.teller.keep_no_more()

    def perform(self, tree: Any, targets: list[str], unpacks: bool) -> None:
        """Performs one line and reports what it bound."""
        bound: dict[str, Any] = {}
        failure = ("", "")
        try:
            self.assign(self.evaluate(tree), targets, unpacks, bound)
        except Reported:
            pass  # the call that failed has been told of; its target keeps what it had
        except Refused as refusal:
            failure = ("Refused", str(refusal))
        except OSError as error:  # of a function that is no call of the timeline, as inet_pton
            failure = (described(error)["error"], said(error))
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            MemoryError,
            TypeError,
            ValueError,
            struct.error,
        ) as error:
            failure = (type(error).__name__, said(error))
        fds = {name: value.fileno() for name, value in self.names.items() if isinstance(value, socket.socket)}
        self.tell(
            event="finished",
            line=self.line,
            bound=bound,
            fds=fds,
            error=failure[0],
            message=failure[1],
            at=time.time(),
        )

    def assign(self, value: Any, targets: list[str], unpacks: bool, bound: dict[str, Any]) -> None:
        """Binds the targets of a line."""
        if unpacks:
            values = list(itertools.islice(value, len(targets) + 1))
            if len(values) != len(targets):
                count = "more" if len(values) > len(targets) else len(values)
                raise ValueError(f"{len(targets)} names for {count} values")
        else:
            values = [value] * len(targets)
        room = Room()
        for target, each in zip(targets, values, strict=True):
            self.names[target] = each
            bound[target] = self.reporter.report(each, room)

    # --- expressions ----------------------------------------------------------------------------------------

    def evaluate(self, tree: Any) -> Any:
        """The value of an expression of the statement grammar."""
        form, rest = tree[0], tree[1:]
        if form == "value":
            return decode(rest[0])
        if form == "name":
            if rest[0] not in self.names:
                raise LookupError(f"the name {rest[0]} is not bound yet")
            return self.names[rest[0]]
        if form == "constant":
            return self.constant(rest[0])
        if form == "attribute":
            if rest[1].startswith("_"):
                raise Refused(f"no attribute {rest[1]}")
            value = getattr(self.evaluate(rest[0]), rest[1])
            if callable(value):
                raise Refused(f"{rest[1]} is a function, not a value")
            return value
        if form == "subscript":
            return self.evaluate(rest[0])[self.index(rest[1])]
        if form == "unary":
            value = self.evaluate(rest[1])
            if rest[0] == "-":
                return -value
            if rest[0] == "+":
                return +value
            return ~value if rest[0] == "~" else not value
        if form == "binary":
            return binary(rest[0], self.evaluate(rest[1]), self.evaluate(rest[2]))
        if form == "tuple":
            return bounded(tuple([self.evaluate(item) for item in rest[0]]))
        if form == "list":
            return bounded([self.evaluate(item) for item in rest[0]])
        if form == "dict":
            return bounded({self.evaluate(key): self.evaluate(value) for key, value in rest[0]})
        if form == "call":
            return self.call(*rest)
        raise Refused(f"no such form: {form}")

    def index(self, tree: Any) -> Any:
        """A subscript: a value or a slice."""
        if tree[0] == "slice":
            return slice(*[None if part is None else self.evaluate(part) for part in tree[1:]])
        return self.evaluate(tree)

    def constant(self, dotted: str) -> Any:
        """A constant of a module, by its dotted name."""
        if dotted in self.constants:
            return self.constants[dotted]
        module, _, name = dotted.partition(".")
        value = getattr(MODULES[module], name)
        if name.startswith("_") or not isinstance(value, (int, str, signal.Handlers)):
            raise Refused(f"{dotted} is not a constant")
        return value

    # --- calls --------------------------------------------------------------------------------------------------

    def call(
        self, key: str, receiver: Any, arguments: list[Any], keywords: dict[str, Any], is_call: bool
    ) -> Any:
        """Makes a call of the table; told of before and after where it is one for the timeline."""
        kind, _, name = key.rpartition(".")
        if name.startswith("_") and key != "os._exit":
            raise Refused(f"{key} may not be called")
        values = [self.evaluate(item) for item in arguments]
        named = {keyword: self.evaluate(item) for keyword, item in keywords.items()}
        if receiver is None:
            target = KINDS.get(kind) or MODULES.get(kind)
            if target is None:
                raise Refused(f"no module {kind}")
            function, told = getattr(target, name), values
        else:
            held = self.evaluate(receiver)
            if not isinstance(held, KINDS[kind]):
                raise TypeError(f"{name} needs a {kind}, not a {type(held).__name__}")
            function, told = getattr(held, name), [held, *values]
            self.guard.look(key, held, values, named)
            if key == CONNECT:  # what the number stands for is told, where a name of the lesson's holds it
                told = [self.guard.reach.holder(values[0]) or values[0], *values[1:]]
            held = None
        if receiver is None:
            self.guard.look(key, None, values, named)
        if key == "os.fork" and self.spare is None:
            raise Refused("no room for another process: a lesson has at most 64, and each needs a descriptor")
        if not is_call:
            value = bounded(function(*values, **named))
            self.polls.after(key, getattr(function, "__self__", None), values, value)
            return value
        was = told_option(name, getattr(function, "__self__", None), values)
        self.calls += 1
        number, room = self.calls, Room()
        self.tell(
            event="entered", call=number, line=self.line, name=name, function=key,
            arguments=[self.reporter.encode(value, room) for value in told],
            keywords={keyword: self.reporter.encode(value, room) for keyword, value in named.items()},
            watched=self.polls.told(key, getattr(function, "__self__", None)), at=time.time(),
        )  # fmt: skip
        if self.teller.is_keeping and (self.may_sleep or key in ENDING):
            held = told[0] if receiver is not None else None
            if key in ENDING or not returns_at_once(name, held, values):
                self.teller.tell_kept()
            held = None
        subject = told[0] if key == CONNECT else getattr(function, "__self__", None)
        del told
        if key == "os.fork":
            return self.fork(number)
        try:
            value = function(*values, **named)
            at = time.time()
            if key == "socket.socket" and self.guard.reach.home and value.family != socket.AF_UNIX:
                tie_to_loopback(value)
            elif key == CONNECT and value == -1:
                raise function.__self__.error()
            elif key == CONNECT and isinstance(subject, socket.socket) and self.guard.reach.home:
                tie_again(subject)
        except OSError as error:
            at = time.time()
            told = told_names(name, subject)
            self.tell(event="returned", call=number, at=at, told=told, **described(error))
            if key == CONNECT:
                return -1  # it raises nothing
            raise Reported from None
        except (Refused, ValueError, TypeError, OverflowError, MemoryError, struct.error) as error:
            self.tell(
                event="returned", call=number, at=time.time(), error=type(error).__name__, message=said(error)
            )  # raised by Python before or after the system call
            raise Reported from None
        told = told_names(name, subject, value)
        now = told_after(name, getattr(function, "__self__", None), values)
        self.tell(
            event="returned", call=number, at=at, told=told, value=self.reporter.report(value),
            option=[self.reporter.report(was), self.reporter.report(now)],
        )  # fmt: skip
        return value

    def fork(self, number: int) -> int:
        """Forks: the child goes on with the spare channel, the parent with its own."""
        assert self.spare is not None  # see guard
        (spare, seal), self.spare = self.spare, None
        try:
            pid = os.fork()
        except OSError as error:
            spare.close()
            self.tell(event="returned", call=number, at=time.time(), **described(error))
            raise Reported from None
        if pid == 0:
            self.control.close()
            self.control, self.teller = spare, Teller(spare, seal)
            self.tell(event="hello", pid=os.getpid(), at=time.time())
        else:
            spare.close()
        self.tell(event="returned", call=number, at=time.time(), value=pid)
        return pid


def numbers(ports: dict[str, list[int]]) -> dict[str, frozenset[int]]:
    """Ports by protocol."""
    return {protocol: frozenset(each) for protocol, each in ports.items()}


def aside(fd: int, past: int) -> int:
    """A copy of `fd` past the numbers that a lesson can have. Raises OSError where its limits leave no room."""
    lesson_s = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(past + ROOM, lesson_s[1] % (1 << 63)), lesson_s[1]))
        return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, past)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, lesson_s)


class Reported(Exception):
    """A call failed and sockviz has been told."""


def main() -> None:
    """Reports for work and does it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python's handler would raise in the middle of a report
    child = Child(socket.socket(fileno=int(sys.argv[1])))
    child.tell(event="hello", pid=os.getpid(), at=time.time())
    child.serve()
