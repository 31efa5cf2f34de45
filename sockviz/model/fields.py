"""Dataclasses to JSON and back, field by field, as their types say: strictly, and cheaply enough for 1,000 clients.

How a type is read and written is a `FieldForm`: one table has those of the plain types and of sockviz's own, and one function
makes all others of these, once for each type. A reader raises `Damage` with the reason and the field's name; what it does not
raise for is of its type: nothing is ever converted.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, TypeAlias, Union, get_args, get_origin, get_type_hints

from sockviz.dataclass import dataclass
from sockviz.model.sockets import RowKey
from sockviz.model.values import Address, BadValue, Json, Value, decode, encode

#: The last instant that a calendar has (9999-12-31), and the largest number that a kernel's field holds.
_LATEST, _LARGEST = 253_402_300_799, (1 << 64) - 1

Reader: TypeAlias = Callable[[Any], Any]
Writer: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class FieldForm:
    """How values of a type come from JSON, and how they become it."""

    read: Reader
    write: Writer


class Damage(ValueError):
    """JSON that is not of its type. ``where`` is the way to it, from the outside in."""

    def __init__(self, reason: str, *where: str) -> None:
        self.reason, self.where = reason, where
        super().__init__(f"{reason} @ {'.'.join(where)}" if where else reason)

    def within(self, name: str) -> Damage:
        """The same, told from one level further out."""
        return Damage(self.reason, name, *self.where)


class _Absent:
    """What a field is that is not there."""


_ABSENT: Final = _Absent()


def default_of(field: Field[Any]) -> Any:
    """What a field is where nothing is said: never changed, so one for all. MISSING where it has to be said."""
    return field.default_factory() if field.default_factory is not MISSING else field.default


# -- plain types, and sockviz's own


def _as_it_is(value: Any) -> Any:
    return value


def text(json: Any) -> str:
    """A piece of text."""
    if type(json) is not str:
        raise Damage("expected str")
    return json


def whole(json: Any) -> int:
    """A whole number of at most 64 bits."""
    if type(json) is not int:
        raise Damage("expected int")
    if not -_LARGEST <= json <= _LARGEST:
        raise Damage("expected a number of at most 64 bits")
    return json


def _truth(json: Any) -> bool:
    if type(json) is not bool:
        raise Damage("expected bool")
    return json


def _instant(json: Any) -> float:
    if type(json) is not float and type(json) is not int:
        raise Damage("expected float")
    if not 0 <= json <= _LATEST:  # so is no NaN
        raise Damage("expected float: an instant from 1970 to 9999")
    return float(json)


def _octets(json: Any) -> bytes:
    try:
        return base64.b85decode(text(json))
    except ValueError as error:
        raise Damage(f"no base 85: {error}") from None


def _octets_written(octets: bytes) -> str:
    return base64.b85encode(octets).decode("ascii")


def _address(json: Any) -> Address:
    """An address: text, bytes, or the parts of one. Format 1 tags them as the tuple that they are."""
    address = tuple(json) if type(json) is list else decode(json)
    match address:
        case str() | bytes():
            return address
        case (str() | int(), str() | int(), *_) if all(isinstance(part, str | int) for part in address):
            return tuple(part for part in address if isinstance(part, str | int))
    raise BadValue(f"not an address: {str(json)[:80]}")


def _address_written(address: Address) -> Json:
    return list(address) if isinstance(address, tuple) else encode(address)


def _row_key(json: Any) -> RowKey:
    key = decode(json)
    if isinstance(key, tuple) and all(isinstance(part, str | int | None) for part in key):
        return tuple(part for part in key if isinstance(part, str | int | None))
    raise BadValue(f"not the key of a row: {str(json)[:80]}")


# -- types that are made of others


def _enumerated(kind: type[StrEnum]) -> FieldForm:
    known = {member.value: member for member in kind}

    def read(json: Any) -> StrEnum:
        found = known.get(json) if type(json) is str else None
        if found is None:
            raise Damage(f"{str(json)[:40]!r} is no {kind.__name__}")
        return found

    return FieldForm(read, _as_it_is)


def _optional(some: FieldForm) -> FieldForm:
    read, write = some.read, some.write
    return FieldForm(
        lambda json: None if json is None else read(json),
        lambda value: None if value is None else write(value),
    )


def _items(item: FieldForm) -> FieldForm:
    read_item, write_item = item.read, item.write

    def read(json: Any) -> tuple[Any, ...]:
        if type(json) is not list:
            raise Damage("expected a list")
        return tuple([read_item(each) for each in json]) if json else ()

    return FieldForm(read, lambda value: [write_item(each) for each in value])


def _row(parts: tuple[FieldForm, ...]) -> FieldForm:
    readers, writers = tuple(part.read for part in parts), tuple(part.write for part in parts)

    def read(json: Any) -> tuple[Any, ...]:
        if type(json) is not list or len(json) != len(parts):
            raise Damage(f"expected a list of {len(parts)}")
        return tuple([part(each) for part, each in zip(readers, json, strict=True)])

    return FieldForm(read, lambda value: [part(each) for part, each in zip(writers, value, strict=True)])


def _mapping(item: FieldForm) -> FieldForm:
    read_item, write_item = item.read, item.write

    def read(json: Any) -> Mapping[str, Any]:
        if type(json) is not dict:
            raise Damage("expected an object")
        return {name: read_item(each) for name, each in json.items()}

    return FieldForm(read, lambda value: {name: write_item(each) for name, each in value.items()})


def _dataclass(kind: type[Any]) -> FieldForm:
    """An object. What is as its field's default need not be said, and is not written."""
    own = members(kind)
    parts = [(field.name, own[field.name].read, default_of(field)) for field in fields(kind)]
    told = [(field.name, own[field.name].write, default_of(field)) for field in fields(kind)]

    def read(json: Any) -> Any:
        if type(json) is not dict:
            raise Damage("expected an object")
        arguments, found = [], 0
        for name, part, default in parts:
            value = json.get(name, _ABSENT)
            if value is not _ABSENT:
                found += 1
                try:
                    arguments.append(part(value))
                except Damage as damage:
                    raise damage.within(name) from None
                except BadValue as bad:
                    raise Damage(str(bad), name) from None
            elif default is MISSING:
                raise Damage("nothing there, and it must be", name)
            else:
                arguments.append(default)
        if found != len(json):
            odd = next(name for name in json if all(name != part[0] for part in parts))
            raise Damage("no such field", str(odd)[:80])
        return kind(*arguments)

    def write(value: Any) -> Json:
        return {
            name: part(said)
            for name, part, default in told
            if (said := getattr(value, name)) is not default and (default is MISSING or said != default)
        }

    return FieldForm(read, write)


# -- by type

_MEMBERS: dict[type[Any], Mapping[str, FieldForm]] = {}
_FORMS: dict[Any, FieldForm] = {
    str: FieldForm(text, _as_it_is),
    int: FieldForm(whole, _as_it_is),
    bool: FieldForm(_truth, _as_it_is),
    float: FieldForm(_instant, _as_it_is),
    bytes: FieldForm(_octets, _octets_written),
    Value: FieldForm(decode, encode),
    Address: FieldForm(_address, _address_written),
    RowKey: FieldForm(_row_key, encode),
}


def form(kind: Any) -> FieldForm:
    """How a type is read and written."""
    made = _FORMS.get(kind)
    if made is None:
        made = _FORMS[kind] = _made(kind)
    return made


def reader(kind: Any) -> Reader:
    """Reads what `writer(kind)` writes."""
    return form(kind).read


def writer(kind: Any) -> Writer:
    """Writes a value of type `kind`. Of a dataclass, what differs from its fields' defaults."""
    return form(kind).write


def members(kind: type[Any]) -> Mapping[str, FieldForm]:
    """The forms of a dataclass's fields, by name."""
    made = _MEMBERS.get(kind)
    if made is None:
        hints = get_type_hints(kind)
        made = _MEMBERS[kind] = {field.name: form(hints[field.name]) for field in fields(kind)}
    return made


def _made(kind: Any) -> FieldForm:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _enumerated(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return _dataclass(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        (some,) = (each for each in arguments if each is not NoneType)
        return _optional(form(some))
    if origin is tuple:
        return _items(form(arguments[0])) if arguments[1:] == (...,) else _row(tuple(map(form, arguments)))
    if origin is Mapping:
        return _mapping(form(arguments[1]))
    raise TypeError(f"no fields of type {kind}")
