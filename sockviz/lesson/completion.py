"""What may stand at the cursor of a line that is being typed, and how the call is called in which the cursor stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sockviz.calls.constants import constants
from sockviz.calls.table import CALLS, MODULES
from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.lesson.arguments import ATTRIBUTES, CLASSES
from sockviz.lesson.call_help import CallHelp, call_at
from sockviz.lesson.fitting import examples, is_allowed, kinds_fitting, kinds_taken, takes_descriptor, written
from sockviz.lesson.half_line import HalfLine, Token, read_half
from sockviz.lesson.link_completion import link_offers
from sockviz.lesson.offers import (
    MODULES_BY_USE,
    Completion,
    Offer,
    by_meaning,
    by_name,
    call_offer,
    chosen,
    constant_offer,
    module_offer,
    written_offer,
)
from sockviz.lesson.slots import Slot, slot_of, value_of
from sockviz.lesson.symbols import KnownProcess, SymbolTable, process_refusal
from sockviz.lesson.typed import KINDS
from sockviz.model.first_names import BOUND
from sockviz.model.hosts import LINK

__all__ = ["CallHelp", "Completion", "call_at", "completions"]

_FORK = "os.fork"
#: Of these kinds are what a line begins with.
_ACTING = ("socket.socket", "select.epoll", "select.poll")
#: Calls that are about somebody whom a name holds, if there is one: whom something came from, a child.
_ANSWERING = ("sendto", "getnameinfo", "kill")


def completions(
    line: str, cursor: int, process: KnownProcess, symbols: SymbolTable, held: Sequence[str] = ()
) -> Sequence[Completion]:
    """What may stand at `cursor` (0-based) of `line`, a half-written line of `process`, the best first; each replaces the text
    from its ``start`` to the cursor. ``held`` are the names of packets that the link holds, the oldest first.

    Whatever the text and the cursor, it only looks: no name is used or bound by it, and nothing is raised.
    """
    half = read_half(line, cursor)
    rest = line[len(half.text) :]
    if half.strange or half.comment or rest[:1].isalnum() or rest[:1] == "_":
        return ()
    if process.name == LINK:
        return link_offers(half, rest, held)
    if half.string is not None:
        return ()
    return chosen(_Place(half, process, symbols).offers(), half.typed, half.start, rest)


@dataclass(frozen=True, slots=True)
class _Place:
    """The cursor in the line of a process."""

    half: HalfLine
    process: KnownProcess
    symbols: SymbolTable

    def offers(self) -> Iterator[Offer]:
        """All that may stand here, the best first, whatever has been typed of it."""
        half = self.half
        targets = self._targets()
        if half.assigned is not None and not targets:
            return
        begins = half.assigned is None and not half.brackets  # nothing before: the line itself begins here
        slot = slot_of(half, self.process) if half.brackets else None
        if span := half.receiver():
            if not begins or span[0] == 0:
                yield from self._members(*span, slot, begins)
        elif begins and half.tokens:
            if half.last == "," and targets is not None:
                yield from self._names(each for each in self._known() if each not in targets)
        elif half.wants_operand:
            yield from self._operands(slot, begins)

    def _targets(self) -> list[str] | None:
        """The names on the left of ``=``, so far; None where something else stands there."""
        left = self.half.tokens[: self.half.assigned]
        if any(each.kind is not Token.NAME and each.text not in (",", "(", ")", "[", "]") for each in left):
            return None
        return [each.text for each in left if each.kind is Token.NAME]

    def _may_fork(self, first: int) -> bool:
        """Whether fork may stand there: alone on the right of one name, which is no process yet."""
        if self.half.assigned != 1 or first != 2 or self.half.brackets:
            return False
        name = self.half.tokens[0].text
        return name.isidentifier() and name not in self.symbols.processes and not process_refusal(name)

    # --- behind a dot -----------------------------------------------------------------------------------

    def _members(self, first: int, last: int, slot: Slot | None, begins: bool) -> Iterator[Offer]:
        owner = self.half.span(first, last)
        if owner in (*MODULES, *CLASSES) and owner not in self.process.variables:
            fitting = written(slot, self.process) if slot is not None and not self._is_too_many(slot) else ()
            for dotted in fitting:
                if dotted.startswith(f"{owner}.") and dotted[len(owner) + 1 :].isidentifier():
                    yield constant_offer(dotted, dotted[len(owner) + 1 :])
            for row in CALLS.values():
                is_its = row.receiver is None and row.key.rpartition(".")[0] == owner
                if is_its and (row.key != _FORK or self._may_fork(first)):
                    yield call_offer(row, row.name)
            if owner in MODULES and not begins:
                yield from self._constants(owner, slot)
            return
        kind = value_of(owner, self.process).one
        if kind == "bad":
            return
        rows = [row for row in CALLS.values() if row.receiver == (kind if kind != "any" else "socket.socket")]
        yield from (call_offer(row, row.name) for row in rows)
        if not begins:
            for name in ATTRIBUTES.get("socket.socket" if kind == "any" else kind, ()):
                yield Offer(name, name, _(KINDS["int"]))
        if kind == "any" and self.half.typed:  # what only another kind has
            mine = {row.name for row in rows}
            others = (row for row in CALLS.values() if row.receiver is not None and row.name not in mine)
            yield from (call_offer(row, row.name) for row in others)

    def _constants(self, module: str, slot: Slot | None) -> Iterator[Offer]:
        """All of a module's, but for what the row refuses where they would stand."""
        for name in by_meaning(constants(module)):
            dotted = f"{module}.{name}"
            if (
                slot is None
                or slot.parameter is None
                or is_allowed(slot.row.key, slot.parameter.name, dotted)
            ):
                yield constant_offer(dotted, name)

    # --- where a value begins ---------------------------------------------------------------------------

    def _operands(self, slot: Slot | None, begins: bool) -> Iterator[Offer]:
        """The best for this place, and then whatever else may begin a value."""
        if slot is None:
            yield from self._makers(begins)
        elif self._is_too_many(slot):
            return
        elif slot.by_name and not slot.named:  # after one that is given by name none is given by its place
            yield from by_name(slot) if slot.begins else ()
            return
        else:
            yield from self._arguments(slot)
        kinds = kinds_taken(slot) if slot is not None else ()
        if kinds and not self.half.typed:
            # What does not fit may lead to what does, once somebody begins to write it.
            yield from self._names(self._fitting((*kinds, "any")))
            return
        yield from self._names(self._known())
        if not begins:
            yield from self._first_names()
        yield from (module_offer(name) for name in MODULES_BY_USE)
        forks = self._may_fork(len(self.half.tokens))
        for row in CALLS.values():
            if row.key.startswith("builtins."):
                yield call_offer(row, row.name)
            elif row.receiver is None and self.half.typed and (row.key != _FORK or forks):
                yield call_offer(row, row.key)
        if begins:
            yield from self._first_names()
        elif self.half.typed:
            yield from (Offer(name, name, "") for name in ("True", "False", "None"))

    def _makers(self, begins: bool) -> Iterator[Offer]:
        """What a line begins with, or the value that it binds: what can act, and to one name a new socket."""
        assigned = self.half.assigned
        is_value = assigned is not None and len(self.half.tokens) == assigned + 1
        if is_value and assigned == 1:
            yield module_offer(MODULES_BY_USE[0])
        if begins or is_value:
            yield from self._names(self._fitting(_ACTING))

    def _arguments(self, slot: Slot) -> Iterator[Offer]:
        best = self._fitting(kinds_fitting(slot))
        if slot.row.name in _ANSWERING:
            yield from self._names(best)
        yield from (written_offer(text) for text in written(slot, self.process))
        yield from self._names(best)
        if slot.row.key.startswith("os.") and takes_descriptor(slot):
            yield from (written_offer(f"{name}.fileno()") for name in self._fitting(("socket.socket",)))
        yield from (written_offer(text) for text in examples(slot))
        if slot.row.named and slot.begins and not slot.named:
            yield from by_name(slot)

    def _fitting(self, kinds: Sequence[str]) -> list[str]:
        """The process's names of these kinds, those of the first before the others."""
        kind = {name: self.process.kind(name) for name in self._known()}
        return sorted(
            (name for name in kind if kind[name] in kinds), key=lambda name: kinds.index(kind[name])
        )

    def _is_too_many(self, slot: Slot) -> bool:
        return slot.parameter is None and not slot.by_name

    def _known(self) -> list[str]:
        """The process's own names, the one bound last first."""
        variables = self.process.variables
        named = [name for name, bindings in variables.items() if bindings and not name.startswith("_")]
        return sorted(named, key=lambda name: variables[name][-1].line, reverse=True)

    def _names(self, names: Iterable[str]) -> Iterator[Offer]:
        for name in names:
            kinds = dict.fromkeys(each.kind for each in self.process.variables[name])
            about = ", ".join(_(KINDS.get(kind, kind)) for kind in kinds if kind != "any")
            yield Offer(name, name, about)

    def _first_names(self) -> Iterator[Offer]:
        return (written_offer(name) for name in BOUND)
