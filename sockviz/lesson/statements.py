"""The grammar of a performed line: ``target = call``, ``target, target = call``, ``call`` or ``target = value``.

Python's own parser reads the syntax, nothing else of Python is used: what is not named here cannot be performed.
"""

from __future__ import annotations

import ast

from sockviz.calls.restrictions import dotted_name
from sockviz.calls.statement import Statement
from sockviz.language import N_, _
from sockviz.lesson.arguments import ValueReader
from sockviz.lesson.findings import Findings
from sockviz.lesson.lines import LogicalLine, Unparsable, read_syntax
from sockviz.lesson.not_a_line import forms, names_bound, why_no_statement, why_no_target
from sockviz.lesson.symbols import (
    KnownProcess,
    SymbolTable,
    Variable,
    name_refusal,
    process_refusal,
)
from sockviz.model.hosts import LINK
from sockviz.model.limits import MOST_PROCESSES

_REFUSED: dict[type[ast.stmt], str] = {
    ast.AugAssign: N_("`target += value` is not part of a lesson; write target = target + value"),
    ast.AnnAssign: N_("annotations are not part of a lesson; write target = value"),
}


def read_statement(
    line: LogicalLine, process: KnownProcess, symbols: SymbolTable, findings: Findings
) -> Statement | None:
    """The statement of one logical line, performed by `process`; its names are entered into `symbols`.

    None where it is none; the reasons are in `findings`.
    """
    try:
        if line.indented:
            raise Unparsable(_("this line is indented; the lines of a performed block begin at the margin"))
        if why := why_no_statement(line.source):
            findings.problem(line.first, line.column, "statement", why)
            _guess_targets(line, process)
            return None
        tree = read_syntax(line.source, "exec", line.first)
    except Unparsable as error:
        findings.problem(*line.place(error.line, error.offset), "syntax", error.message)
        _guess_targets(line, process)
        return None
    assert isinstance(tree, ast.Module)
    if len(tree.body) != 1:
        where = tree.body[1] if tree.body else None
        column = line.place_of(where) if where else (line.first, line.column)
        findings.problem(*column, "syntax", _("one statement a line: leave out the semicolon"))
        return None
    return _Statement(line, tree.body[0], process, symbols, findings).read()


def _guess_targets(line: LogicalLine, process: KnownProcess) -> None:
    """A line that cannot be read still binds its names, so that one mistake is not reported twenty times."""
    for name in names_bound(line.source):
        process.variables.setdefault(name, []).append(Variable(line.first, 1, "any", True, True))


class _Statement:
    """Reads one statement's tree."""

    def __init__(
        self,
        line: LogicalLine,
        tree: ast.stmt,
        process: KnownProcess,
        symbols: SymbolTable,
        findings: Findings,
    ) -> None:
        self.line, self.tree, self.process, self.symbols, self.findings = (
            line,
            tree,
            process,
            symbols,
            findings,
        )
        self.failed = False

    def bad(self, node: ast.AST, message: str, kind: str = "statement") -> None:
        self.failed = True
        self.findings.problem(*self.line.place_of(node), kind, message)

    def read(self) -> Statement | None:
        tree = self.tree
        if isinstance(tree, ast.Expr):
            targets: list[ast.Name] = []
            unpacks, value = False, tree.value
            if not isinstance(value, ast.Call):
                self.bad(value, _("this line does nothing; {forms}").format(forms=forms()))
        elif isinstance(tree, ast.Assign):
            targets, unpacks = self.targets(tree)
            value = tree.value
        else:
            what = type(tree).__name__.lower()
            known = _REFUSED.get(type(tree))
            other = _("`{what}` statements are not part of a lesson; {forms}").format(
                what=what, forms=forms()
            )
            self.bad(tree, _(known) if known is not None else other)
            return None
        reader = ValueReader(self.line, self.process, self.symbols, self.findings)
        forks = self.is_fork(value, targets, unpacks)
        typed = reader.read(value)
        if unpacks and not self.failed and isinstance(typed.kind, tuple) and len(typed.kind) != len(targets):
            self.bad(
                tree,
                _("{count} names on the left, {values} values on the right").format(
                    count=len(targets), values=len(typed.kind)
                ),
            )
        if unpacks and not self.failed and typed.kind in ("socket.socket", "int", "None", "bool", "float"):
            self.bad(tree, _("{count} names on the left, one value on the right").format(count=len(targets)))
        names = tuple(target.id for target in targets)
        rebinds = tuple(name for name in names if name in self.process.variables)
        kinds = self.bind(targets, typed.kind, unpacks)
        if forks:
            self.make_process(targets[0])
        if self.failed or reader.failed:
            return None
        return Statement(
            process=self.process.name, line=self.line.first, last_line=self.line.last, column=self.line.column,
            source=self.line.code, comment=self.line.comment, targets=names, unpacks=unpacks, value=typed.tree,
            calls=tuple(reader.calls), forks=forks, kinds={**reader.kinds, **kinds}, rebinds=rebinds,
        )  # fmt: skip

    def targets(self, tree: ast.Assign) -> tuple[list[ast.Name], bool]:
        if len(tree.targets) > 1:
            self.bad(tree.targets[1], _("one `=` a line"))
        left = tree.targets[0]
        unpacks = isinstance(left, ast.Tuple | ast.List)
        nodes = left.elts if isinstance(left, ast.Tuple | ast.List) else [left]
        found: list[ast.Name] = []
        for node in nodes:
            if not isinstance(node, ast.Name):
                self.bad(node, why_no_target(node))
            elif refusal := name_refusal(node.id):
                self.bad(node, refusal, "name")
            elif any(node.id == other.id for other in found):
                self.bad(node, _("{id} stands twice on the left of `=`").format(id=node.id), "name")
            else:
                found.append(node)
        if not nodes:
            self.bad(left, _("expected a name on the left of `=`"))
        return found, unpacks

    def bind(self, targets: list[ast.Name], kind: str | tuple[str, ...], unpacks: bool) -> dict[str, str]:
        """Enters the targets into the table; the kind of each."""
        kinds: dict[str, str] = {}
        for position, target in enumerate(targets):
            one = kind if isinstance(kind, str) else "tuple"
            if unpacks:
                one = kind[position] if isinstance(kind, tuple) and position < len(kind) else "any"
            line, column = self.line.place_of(target)
            self.process.variables.setdefault(target.id, []).append(Variable(line, column, one, unpacks))
            kinds[target.id] = one
        return kinds

    # --- fork -------------------------------------------------------------------------------------------

    def is_fork(self, value: ast.expr, targets: list[ast.Name], unpacks: bool) -> bool:
        if "fork" not in self.line.source and self.line.source.isascii():
            return False  # Python reads other letters as these (NFKC)
        for node in ast.walk(value):
            if isinstance(node, ast.Call) and dotted_name(node.func) == "os.fork":
                if node is value and not unpacks and (len(targets) == 1 or self.failed):
                    return len(targets) == 1  # of a name that is refused that is said already
                self.bad(node, _("os.fork() stands alone on the right of one name: worker = os.fork()"))
        return False

    def make_process(self, target: ast.Name) -> None:
        name = target.id
        existing = self.symbols.processes.get(name)
        if existing:
            what = (
                _("a program of your own")
                if existing.is_program
                else _("a process already (line {line})").format(line=existing.line)
            )
            self.bad(
                target,
                _("{name} names {what}; fork into another name").format(name=name, what=what),
                "name",
            )
        elif refusal := process_refusal(name) or (name == LINK and _("link is the wire's own name")) or "":
            self.bad(target, refusal, "name")
        elif len(self.symbols.processes) >= MOST_PROCESSES:
            self.bad(
                target,
                _("a lesson has at most {most} processes").format(most=MOST_PROCESSES),
                "limit",
            )
        else:
            for variable in self.process.variables[name]:
                variable.used = True  # it names the process
            self.symbols.fork(self.process, name, self.line.first)
