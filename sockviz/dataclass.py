"""`dataclass` as the standard library has it, but nothing is made before it is asked for: no method, and nothing that tells of
its fields.

A start makes some two hundred such classes, and an instance of every third of them. Up to Python 3.12 the standard library
compiles six functions for a frozen one as it is made, one by one: more than half a millisecond a class, a sixth of a whole start.
What it writes down of the fields is a sixth of a millisecond more.
And a frozen one is filled while its class is another, whose fields can be assigned: a third of what it costs to go round what
forbids that, field by field (`replace` copies one so, at a tenth of what `dataclasses.replace` takes).
To whoever checks types this *is* the standard library's; to `dataclasses.fields`, `replace` and `asdict` what it makes are too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError
from functools import partial
from reprlib import recursive_repr
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, TypeVar

_Class = TypeVar("_Class", bound=type[Any])
_Value = TypeVar("_Value")
#: Stands for a field's default that is made anew each time, where none was given.
_ANEW = object()
#: How often one is made of a class before that is compiled.
_MANY = 96
_set = object.__setattr__
standard = dataclasses.dataclass
#: What the standard library keeps in a class: what it knows of the fields, and how the class was made.
_KEPT = ("__dataclass_fields__", "__dataclass_params__")
#: Where we keep our own `_Given`.
_OURS = "__dataclass_given__"
#: What a class has of itself, and one that is made of it anew not of that.
_OF_A_CLASS = ("__dict__", "__weakref__")
#: What a class can be asked to be here; the rest is the standard library's.
KINDS = frozenset(("frozen", "slots", "eq", "order"))
_ORDER = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}


def _dataclass(
    *, frozen: bool = False, slots: bool = False, eq: bool = True, order: bool = False
) -> Callable[[_Class], _Class]:
    """A dataclass. What has fields of other kinds than plain ones, or inherits of a class that is not made here, is left to the
    standard library whole."""

    def made(cls: Any) -> Any:
        given = _given(cls, frozen)
        if given is None:
            return standard(frozen=frozen, slots=slots, eq=eq, order=order)(cls)
        has = _has(cls, given, slots=slots, eq=eq, order=order)
        given.cls = _with_slots(cls, given, has) if slots else _without_slots(cls, given, has)
        return given.cls

    return made


class _Given:
    """A class's fields with those that it inherits: what each is said to be, and what stands behind its ``=``: a default, a
    `Field`, or MISSING. ``own`` are the names that stand in the class itself, ``cls``. ``then``: it has a ``__post_init__``."""

    __slots__ = ("cls", "frozen", "own", "said", "then", "values")

    def __init__(
        self,
        said: Mapping[str, str],
        values: Mapping[str, Any],
        own: Collection[str],
        frozen: bool,
        then: bool,
    ) -> None:
        self.said, self.values, self.own, self.frozen, self.then = said, values, own, frozen, then
        self.cls: Any = None


def _given(cls: Any, frozen: bool) -> _Given | None:
    """None where they are not plain ones."""
    if "__slots__" in cls.__dict__:
        return None
    try:
        own: dict[str, str] = cls.__annotations__
    except (
        NameError
    ):  # from Python 3.14 on: of what is imported for types alone, where a library does not say it as text
        return None
    said: dict[str, str] = {}
    values: dict[str, Any] = {}
    for base in reversed(cls.__mro__[:-1]):
        if _KEPT[0] in base.__dict__:
            inherited: _Given | None = base.__dict__.get(_OURS)
            if inherited is None or inherited.frozen is not frozen:
                return None
            said |= inherited.said
            values |= inherited.values
    for name, kind in own.items():
        value = getattr(cls, name, MISSING)
        # ClassVar, InitVar. And a default that has no hash is taken for one that can change, and refused.
        if (
            not isinstance(kind, str)
            or "Var" in kind
            or "KW_ONLY" in kind
            or value.__class__.__hash__ is None
        ):
            return None
        if isinstance(value, Field) and value.hash is not None:
            return None
        values[name] = MISSING if isinstance(value, MemberDescriptorType) else value
    return _Given(said | own, values, own, frozen, hasattr(cls, "__post_init__"))


def _has(cls: Any, given: _Given, *, slots: bool, eq: bool, order: bool) -> dict[str, Any]:
    """What the class gets."""
    values = given.values
    named: dict[str, Any] = {
        "__init__": _filling(given, slots),
        "__repr__": _repr,
        "__match_args__": tuple([name for name, value in values.items() if _is_by_place(value)]),
    }
    if eq:
        named["__eq__"] = _later(given, "__eq__", lambda: _comparison("__eq__", "==", given))
        named["__hash__"] = _later(given, "__hash__", lambda: _hash(given)) if given.frozen else None
    if order:
        for name, sign in _ORDER.items():
            named[name] = _later(given, name, partial(_comparison, name, sign, given))
    if given.frozen:
        named |= {"__setattr__": _assigned, "__delattr__": _deleted}
        if slots:
            named |= {"__getstate__": _state, "__setstate__": _restored}
    has = {name: value for name, value in named.items() if cls.__dict__.get(name) is None}
    return has | {kept: _Facts(kept, given) for kept in _KEPT} | {_OURS: given}


def _with_slots(cls: Any, given: _Given, has: Mapping[str, Any]) -> Any:
    """Slots are of a class as it is made: it is made anew."""
    taken = {slot for base in cls.__mro__[1:] for slot in _slots(base)}
    named = {
        name: value
        for name, value in cls.__dict__.items()
        if name not in given.own and name not in _OF_A_CLASS and name not in has
    }
    slots = tuple([name for name in given.values if name not in taken])
    named |= {**has, "__slots__": slots, "__qualname__": cls.__qualname__}
    return type(cls)(cls.__name__, cls.__bases__, named)


def _slots(cls: Any) -> Sequence[str]:
    slots = cls.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else slots


def _without_slots(cls: Any, given: _Given, has: Mapping[str, Any]) -> Any:
    for name in given.own:
        value = given.values[name]
        if isinstance(value, Field):
            if value.default is MISSING:
                delattr(cls, name)
            else:
                setattr(cls, name, value.default)
    for name, value in has.items():
        setattr(cls, name, value)
    return cls


class _Facts:
    """What the standard library keeps in a class: it writes it down when it is first asked for, of a class like it."""

    __slots__ = ("_given", "_kept")

    def __init__(self, kept: str, given: _Given) -> None:
        self._kept, self._given = kept, given

    def __get__(self, instance: object, owner: Any) -> Any:
        given = self._given
        values = {name: value for name, value in given.values.items() if value is not MISSING}
        said = {"__annotations__": given.said, "__module__": owner.__module__, "__doc__": owner.__name__}
        like = type(owner.__name__, (), {**values, **said})  # else it asks `inspect` for words about it
        standard(init=False, repr=False, eq=False, frozen=given.frozen)(like)
        made = getattr(like, self._kept)
        setattr(given.cls, self._kept, made)
        return made


def _later(given: _Given, name: str, make: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
    """A method that is made by its first call."""

    def first(self: object, /, *values: object, **by_name: object) -> Any:
        method = make()
        method.__name__, method.__qualname__ = name, f"{given.cls.__qualname__}.{name}"
        setattr(given.cls, name, method)
        return method(self, *values, **by_name)

    return first


def _filling(given: _Given, slots: bool) -> Callable[..., Any]:
    """``__init__``, compiled for a class of which many are made: to compile it takes as long as to fill some hundred without."""
    places: list[str] = []
    plan: list[tuple[str, Any, bool, bool]] = []
    times = 0

    def first(self: object, /, *values: object, **by_name: object) -> None:
        nonlocal places, plan, times
        times += 1
        if not plan:
            places, plan = _plan(given)
        if times < _MANY and _filled(self, places, plan, values, by_name):
            if given.then:
                self.__post_init__()  # type: ignore[attr-defined]
            return
        method = _init(given, slots)
        method.__name__, method.__qualname__ = "__init__", f"{given.cls.__qualname__}.__init__"
        given.cls.__init__ = method
        method(self, *values, **by_name)  # which says what is wrong with them, where something is

    return first


def _plan(given: _Given) -> tuple[list[str], list[tuple[str, Any, bool, bool]]]:
    """The fields that are given by their place; and of each field, those first, its name, its default, and whether that is made
    anew, and whether ``__init__`` takes it."""
    by_place: list[tuple[str, Any, bool, bool]] = []
    others: list[tuple[str, Any, bool, bool]] = []
    for name, value in given.values.items():
        field = value if isinstance(value, Field) else None
        anew = field is not None and field.default_factory is not MISSING
        default = value if field is None else field.default_factory if anew else field.default
        its = by_place if _is_by_place(value) else others
        its.append((name, default, anew, field is None or field.init))
    return [name for name, *_ in by_place], by_place + others


def _filled(
    self: object,
    places: Sequence[str],
    plan: Sequence[tuple[str, Any, bool, bool]],
    values: Sequence[object],
    by_name: Mapping[str, object],
) -> bool:
    """Gives each field its value. False where the values are not those that ``__init__`` takes."""
    count = len(values)
    if count > len(places):
        return False
    for name, value in zip(places, values, strict=False):
        _set(self, name, value)
    if count == len(plan):
        return not by_name
    named = 0
    for name, default, anew, is_taken in plan[count:]:
        if is_taken and name in by_name:
            value = by_name[name]
            named += 1
        elif default is not MISSING:
            value = default() if anew else default
        elif is_taken:
            return False
        else:
            continue
        _set(self, name, value)
    return named == len(by_name)


def _is_by_place(value: object) -> bool:
    return not isinstance(value, Field) or (value.init and value.kw_only is not True)


def _compared(of: str, given: _Given) -> str:
    """A tuple of what is compared of `of`, as it is written."""
    values = given.values.items()
    return f"({''.join(f'{of}.{name}, ' for name, value in values if not isinstance(value, Field) or value.compare)})"


def _compiled(name: str, takes: Sequence[str], body: Iterable[str], known: dict[str, Any]) -> Any:
    # Names of fields and nothing else get here: what the standard library's own does likewise.
    text = f"def {name}({', '.join(('self', *takes))}):\n " + "\n ".join(body or ["pass"])
    made: dict[str, Any] = {}
    exec(text, known, made)
    return made[name]


def _open_twin(names: Iterable[str]) -> Any:
    """A class of the same slots, whose fields can be assigned."""
    return type("_Open", (), {"__slots__": tuple(names)})


def _init(given: _Given, slots: bool) -> Any:
    known: dict[str, Any] = {"_ANEW": _ANEW}
    takes: list[str] = []
    named: list[str] = []
    values: list[tuple[str, str]] = []
    for name, each in given.values.items():
        field = each if isinstance(each, Field) else None
        value, default = name, f"_default_{name}"
        anew = field is not None and field.default_factory is not MISSING
        put = each if field is None else field.default_factory if anew else field.default
        if put is not MISSING:
            known[default] = put
        if field is None or field.init:
            said = f"{name}={'_ANEW' if anew else default}" if default in known else name
            (named if field is not None and field.kw_only is True else takes).append(said)
            value = f"{default}() if {name} is _ANEW else {name}" if anew else name
        elif default in known:
            value = f"{default}()" if anew else default
        else:
            continue
        values.append((name, value))
    body = [f"self.{name} = {value}" for name, value in values]
    if given.frozen:
        known["_set"] = _set
        around = [f"_set(self, {name!r}, {value})" for name, value in values]
        if (
            slots and given.cls.__bases__ == (object,) and not given.then
        ):  # else its layout is another, or it is asked for
            known |= {"_open": _open_twin(given.values), "_frozen": given.cls}
            opened = ["_set(self, '__class__', _open)", *body, "self.__class__ = _frozen"]
            body = ["if self.__class__ is not _frozen:", *(f" {line}" for line in around), " return", *opened]
        else:
            body = around
    if given.then:
        body.append("self.__post_init__()")
    return _compiled("__init__", [*takes, *(["*", *named] if named else [])], body, known)


def _comparison(name: str, sign: str, given: _Given) -> Any:
    both = f"{_compared('self', given)} {sign} {_compared('other', given)}"
    return _compiled(
        name, ["other"], [f"return {both} if other.__class__ is self.__class__ else NotImplemented"], {}
    )


def _hash(given: _Given) -> Any:
    return _compiled("__hash__", [], [f"return hash({_compared('self', given)})"], {})


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
    return [getattr(self, name) for name in _names(self.__class__)]


def _restored(self: Any, state: Sequence[Any]) -> None:
    for name, value in zip(_names(self.__class__), state, strict=True):
        _set(self, name, value)


_COPIES: dict[type[Any], Callable[[Any], Any]] = {}


def _names(cls: Any) -> Sequence[str]:
    """Of the fields: those that we wrote down, where the class was not left to the standard library."""
    given: _Given | None = getattr(cls, _OURS, None)
    if given is not None and given.cls is cls:
        return tuple(given.values)
    return [field.name for field in dataclasses.fields(cls)]


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
    names = _names(cls)
    body = [f"new.{name} = self.{name}" for name in names]
    known = {"_new": object.__new__, "_open": _open_twin(names)}
    return _compiled("_copy", [], ["new = _new(_open)", *body, "return new"], known)


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    dataclass = _dataclass
