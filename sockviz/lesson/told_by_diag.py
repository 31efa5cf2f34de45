"""What a lesson's expressions read that only sock_diag tells.

It says more of a socket than /proc/net, which is read where it is refused. A lesson that reads what only sock_diag has needs it
without saying so, and is skipped elsewhere with the reason. No I/O.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import field

from sockviz.calls.statement import Statement
from sockviz.dataclass import dataclass
from sockviz.lesson.document import Expect, Expression, Page, Perform
from sockviz.lesson.expressions import ROWS
from sockviz.model.values import Json

BACKLOG, UNIX_QUEUES = "backlog", "UNIX queues"
#: As a lab's `missing` names them.
TOLD_BY_DIAG = (BACKLOG, UNIX_QUEUES)
#: Attributes that /proc/net/unix has no column for.
_OF_UNIX = frozenset({"recv_q", "send_q", "accept_queue", "backlog", "peer"})
_UNIX = ["constant", "socket.AF_UNIX"]


def what_it_reads(pages: Sequence[Page]) -> tuple[str, ...]:
    """Those of `TOLD_BY_DIAG` that the lesson of these pages reads."""
    reading = _Reading()
    for page in pages:
        for block in page.blocks:
            if isinstance(block, Perform):
                for statement in block.statements:
                    reading.perform(statement)
            elif isinstance(block, Expect):
                for expectation in block.expectations:
                    reading.read(expectation.expression)
        for prediction in page.predictions:  # judged at the page's end
            reading.read(prediction.answer)
    return tuple(each for each in TOLD_BY_DIAG if each in reading.found)


@dataclass(slots=True)
class _Reading:
    """What is known of the lesson's variables, by process and name, as far as it has been read."""

    found: set[str] = field(default_factory=set)
    of_unix: set[tuple[str, str]] = field(default_factory=set)
    listening: set[tuple[str, str]] = field(default_factory=set)

    def perform(self, statement: Statement) -> None:
        process, value = statement.process, statement.value
        if statement.forks:
            child = statement.targets[0]
            for names in (self.of_unix, self.listening):
                names |= {(child, name) for owner, name in names if owner == process}
        is_unix = self._makes_unix(process, value)
        for name in statement.targets:
            for names in (self.of_unix, self.listening):
                names.discard((process, name))
            if is_unix:
                self.of_unix.add((process, name))
        match value:
            case ["call", "socket.socket.listen", ["name", str(name)], *_]:
                self.listening.add((process, name))

    def _makes_unix(self, process: str, value: Json) -> bool:
        match value:
            case ["call", "socket.socketpair", _, list(given), dict(named), *_]:
                return (given[0] if given else named.get("family", _UNIX)) == _UNIX
            case ["call", "socket.socket", _, list(given), dict(named), *_]:
                return (given[0] if given else named.get("family")) == _UNIX
            case ["call", "socket.socket.accept" | "socket.socket.dup", ["name", str(name)], *_]:
                return (process, name) in self.of_unix
            case ["name", str(name)]:
                return (process, name) in self.of_unix
        return False

    def read(self, expression: Expression) -> None:
        for node in ast.walk(expression.tree):
            if isinstance(node, ast.Attribute):
                self.found.update(self._of_attribute(node.value, node.attr))

    def _of_attribute(self, owner: ast.expr, name: str) -> Iterator[str]:
        match owner:
            case ast.Attribute(value=ast.Name(id=process), attr=variable):
                held = (process, variable)
                if held in self.of_unix:
                    if name in _OF_UNIX:
                        yield UNIX_QUEUES
                elif name == "backlog" or (name == "send_q" and held in self.listening):
                    yield BACKLOG
            case ast.Subscript(value=ast.Call(func=ast.Name(id=called), keywords=words)) if called == ROWS:
                wanted = {word.arg: getattr(word.value, "value", None) for word in words}
                if wanted.get("family") == "AF_UNIX":
                    if name in _OF_UNIX:
                        yield UNIX_QUEUES
                elif name == "backlog" or (name == "send_q" and wanted.get("state") == "LISTEN"):
                    yield BACKLOG
            case _ if name == "backlog":
                yield BACKLOG
