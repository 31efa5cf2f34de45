"""Lines of one process as they are typed, one after the other, and what may stand where the cursor is."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.lesson.completion import Completion, completions
from sockviz.lesson.findings import Findings
from sockviz.lesson.lines import logical_lines
from sockviz.lesson.link_statements import read_link_statement
from sockviz.lesson.statements import read_statement
from sockviz.lesson.symbols import KnownProcess, SymbolTable
from sockviz.model.hosts import LINK
from sockviz.problem import Problem

#: A line that gives a value of each kind that has methods.
KINDS = (
    "s = socket.socket()", "conn, peer = s.accept()", "data, sender = s.recvfrom(5)", "ep = select.epoll()", "po = select.poll()",
    "n = 5", "text = data.decode()", "libc = ctypes.CDLL(None)", "unknown = s.getsockopt(1, 4)",
)  # fmt: skip


class Typed:
    """The lines of one process, typed one after the other."""

    def __init__(self, *lines: str, name: str = "server") -> None:
        self.symbols = SymbolTable()
        self.process = self.symbols.enter(name, 1)
        self.line = 0
        for line in lines:
            assert not self.problems(line), line

    def problems(self, text: str, process: KnownProcess | None = None) -> Sequence[Problem]:
        """Types a line; what is wrong with it."""
        findings = Findings()
        self.line += 1
        for line in logical_lines([(self.line, 1, text)]):
            if self.process.name == LINK:
                read_link_statement(line, findings)
            else:
                read_statement(line, process or self.process, self.symbols, findings)
        return findings.problems

    def at(self, line: str, process: KnownProcess | None = None) -> Sequence[Completion]:
        """What may stand where the line has ``¦``, else at its end."""
        before, _bar, after = line.partition("¦")
        return completions(before + after, len(before), process or self.process, self.symbols)

    def texts(self, line: str, process: KnownProcess | None = None) -> list[str]:
        return [each.text for each in self.at(line, process)]

    def first(self, line: str, how_many: int) -> list[str]:
        return self.texts(line)[:how_many]

    def lines(self, line: str) -> list[str]:
        """The line as it is with each of them."""
        return [line[: each.start] + each.text for each in self.at(line)]
