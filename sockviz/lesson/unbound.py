"""A name in a line that stands for nothing there: why, and what was probably meant."""

from __future__ import annotations

from sockviz.calls.constants import constants
from sockviz.calls.table import MODULES, functions
from sockviz.language import _
from sockviz.lesson.findings import nearest
from sockviz.lesson.not_a_line import why_no_module
from sockviz.lesson.symbols import KnownProcess, SymbolTable
from sockviz.lesson.typed import example
from sockviz.model.first_names import BOUND


def underscored(name: str) -> str:
    """That no name of a lesson begins so."""
    return _("{name}: names that begin with an underscore are not part of a lesson").format(name=name)


def why_unbound(name: str, process: KnownProcess, symbols: SymbolTable) -> str:
    """Why `name` is none that `process` has bound."""
    if name.startswith("_"):
        return underscored(name)
    if name in MODULES:
        return _("{name} is a module; name something in it, such as {name}.{example}").format(
            name=name, example=example(name)
        )
    owner = next((other.name for other in symbols.processes.values() if name in other.variables), None)
    if owner is not None:
        told = _("{name} is a name of @{owner}; @{process} is a process of its own and has not bound it")
        return told.format(name=name, owner=owner, process=process.name)
    home = next((each for each in MODULES if name in constants(each) or name in functions(each)), None)
    if home is not None:
        told = _("{name} is not bound in @{process}; did you mean {module}.{name}?")
        return told.format(name=name, process=process.name, module=home)
    if why := why_no_module(name):
        return why
    near = nearest(name, (*process.variables, *BOUND))
    return _("{name} is not bound in @{process} yet{near}").format(name=name, process=process.name, near=near)
