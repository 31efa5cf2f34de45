"""`dataclass` as the standard library has it, but a class's methods are compiled when they are first called.

A start makes some two hundred such classes, and an instance of every third of them. Up to Python 3.12 the standard library
compiles six functions for a frozen one as it is made, one by one: more than half a millisecond a class, a sixth of a whole start.
And a frozen one is filled while its class is another, whose fields can be assigned: a third of what it costs to go round what
forbids that, field by field (`replace` copies one so, at a tenth of what `dataclasses.replace` takes).
To whoever checks types this *is* the standard library's; to `dataclasses.fields`, `replace` and `asdict` what it makes are too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, TypeVar

_Class = TypeVar("_Class", bound=type[Any])
_Value = TypeVar("_Value")
#: Stands for a field's default that is made anew each time, where none was given.
_ANEW = object()


def _dataclass(
    *, frozen: bool = False, slots: bool = False, eq: bool = True, order: bool = False
) -> Callable[[_Class], _Class]:
    """A dataclass with slots; what has none, or an order, or inherits of another, is left to the standard library whole."""

    def made(cls: Any) -> Any:
        if not slots or order or dataclasses.is_dataclass(cls) or hasattr(cls, "__post_init__"):
            return dataclasses.dataclass(frozen=frozen, slots=slots, eq=eq, order=order)(cls)
        whole: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
        own = dataclasses.fields(whole)
        _later(whole, "__init__", lambda: _init(own, whole if frozen else None))
        if "__repr__" not in cls.__dict__:
            whole.__repr__ = _repr
        if eq:
            compared = [field.name for field in own if field.compare]
            _later(whole, "__eq__", lambda: _eq(compared))
            if frozen:
                _later(whole, "__hash__", lambda: _hash(compared))
            elif "__hash__" not in whole.__dict__:
                whole.__hash__ = None
        if frozen:
            whole.__dataclass_params__.frozen = True  # for what inherits of it
            whole.__setattr__, whole.__delattr__ = _assigned, _deleted
            whole.__getstate__, whole.__setstate__ = _state, _restored
        return whole

    return made


def _later(cls: Any, name: str, make: Callable[[], Callable[..., Any]]) -> None:
    """Gives `cls` a method that is made by its first call."""
    if name in cls.__dict__ and cls.__dict__[name] is not None:  # its own
        return

    def first(self: object, /, *given: object, **named: object) -> Any:
        method = make()
        method.__name__, method.__qualname__ = name, f"{cls.__qualname__}.{name}"
        setattr(cls, name, method)
        return method(self, *given, **named)

    setattr(cls, name, first)


def _compiled(name: str, takes: Sequence[str], body: Sequence[str], known: dict[str, Any]) -> Any:
    # Names of fields and nothing else get here: what the standard library's own does likewise.
    text = f"def {name}({', '.join(('self', *takes))}):\n " + "\n ".join(body or ["pass"])
    made: dict[str, Any] = {}
    exec(text, known, made)
    return made[name]


def _open_twin(cls: Any) -> Any:
    """A class of the same slots, whose fields can be assigned."""
    names = tuple(field.name for field in dataclasses.fields(cls))
    return type(cls.__name__, (), {"__slots__": names})


def _init(fields: Sequence[Field[Any]], frozen: Any) -> Any:
    known: dict[str, Any] = {"_ANEW": _ANEW}
    takes: list[str] = []
    named: list[str] = []
    values: list[tuple[str, str]] = []
    for field in fields:
        name, value, default = field.name, field.name, f"_default_{field.name}"
        anew = field.default_factory is not MISSING
        if anew or field.default is not MISSING:
            known[default] = field.default_factory if anew else field.default
            value = f"{default}() if {name} is _ANEW else {name}" if anew else name
        if field.init:
            given = f"={'_ANEW' if anew else default}" if default in known else ""
            (named if field.kw_only else takes).append(name + given)
        elif default in known:
            value = f"{default}()" if anew else default
        else:
            continue
        values.append((name, value))
    body = [f"self.{name} = {value}" for name, value in values]
    if frozen is not None:
        known |= {"_open": _open_twin(frozen), "_frozen": frozen, "_set": object.__setattr__}
        inherited = [*(f" _set(self, {name!r}, {value})" for name, value in values), " return"]
        opened = ["_set(self, '__class__', _open)", *body, "self.__class__ = _frozen"]
        body = ["if self.__class__ is not _frozen:", *inherited, *opened]
    return _compiled("__init__", [*takes, *(["*", *named] if named else [])], body, known)


def _eq(names: Sequence[str]) -> Any:
    mine, theirs = (f"({''.join(f'{of}.{name}, ' for name in names)})" for of in ("self", "other"))
    same = f"return {mine} == {theirs} if other.__class__ is self.__class__ else NotImplemented"
    return _compiled("__eq__", ["other"], [same], {})


def _hash(names: Sequence[str]) -> Any:
    return _compiled("__hash__", [], [f"return hash(({''.join(f'self.{name}, ' for name in names)}))"], {})


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in dataclasses.fields(self) if each.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _assigned(self: object, name: str, value: object) -> None:
    del self, value
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _deleted(self: object, name: str) -> None:
    del self
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    """What copy and pickle take of it, which could not assign what they have taken."""
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restored(self: Any, state: Sequence[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


_COPIES: dict[type[Any], Callable[[Any], Any]] = {}


def replace(value: _Value, /, **changes: object) -> _Value:
    """As `dataclasses.replace`, of a frozen one with slots and no more than that, whose fields the caller names rightly."""
    cls: Any = value.__class__
    copy = _COPIES.get(cls)
    if copy is None:
        copy = _COPIES[cls] = _copy(cls)
    new = copy(value)
    for name, its in changes.items():
        setattr(new, name, its)
    new.__class__ = cls
    made: _Value = new
    return made


def _copy(cls: Any) -> Any:
    body = [f"new.{field.name} = self.{field.name}" for field in dataclasses.fields(cls)]
    known = {"_new": object.__new__, "_open": _open_twin(cls)}
    return _compiled("_copy", [], ["new = _new(_open)", *body, "return new"], known)


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    dataclass = _dataclass
