"""Dataclasses to JSON and back, field by field, as their types say: strictly, and cheaply enough for 1,000 clients.

`reader(kind)` and `writer(kind)` are made once for each type. A reader raises `Damage` with the reason and the field's name; what
it does not raise for is of its type: nothing is ever converted.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, TypeAlias, Union, get_args, get_origin, get_type_hints

from sockviz.model.sockets import RowKey
from sockviz.model.values import Address, BadValue, Json, Value, decode, encode

#: The last instant that a calendar has (9999-12-31), and the largest number that a kernel's field holds.
_LATEST, _LARGEST = 253_402_300_799, (1 << 64) - 1

Reader: TypeAlias = Callable[[Any], Any]
Writer: TypeAlias = Callable[[Any], Any]


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


def reader(kind: Any) -> Reader:
    """Reads what `writer(kind)` writes."""
    made = _READERS.get(kind)
    if made is None:
        made = _READERS[kind] = _reader(kind)
    return made


def _reader(kind: Any) -> Reader:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _member(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return _dataclass_reader(kind)
    arguments = get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        (some,) = (each for each in arguments if each is not NoneType)
        read = reader(some)
        return lambda json: None if json is None else read(json)
    if get_origin(kind) is tuple:
        return (
            _items(reader(arguments[0])) if arguments[1:] == (...,) else _row(tuple(map(reader, arguments)))
        )
    if get_origin(kind) is Mapping:
        return _mapping(reader(arguments[1]))
    raise TypeError(f"no fields of type {kind}")


def members(kind: type[Any]) -> Mapping[str, Reader]:
    """The readers of a dataclass's fields, by name."""
    made = _MEMBERS.get(kind)
    if made is None:
        hints = get_type_hints(kind)
        made = _MEMBERS[kind] = {field.name: reader(hints[field.name]) for field in fields(kind)}
    return made


def _dataclass_reader(kind: type[Any]) -> Reader:
    parts = [(field.name, members(kind)[field.name], default_of(field)) for field in fields(kind)]

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

    return read


def default_of(field: Field[Any]) -> Any:
    """What a field is where nothing is said: never changed, so one for all. MISSING where it has to be said."""
    return field.default_factory() if field.default_factory is not MISSING else field.default


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


def _member(kind: type[StrEnum]) -> Reader:
    known = {member.value: member for member in kind}

    def read(json: Any) -> StrEnum:
        found = known.get(json) if type(json) is str else None
        if found is None:
            raise Damage(f"{str(json)[:40]!r} is no {kind.__name__}")
        return found

    return read


def _items(read: Reader) -> Reader:
    def items(json: Any) -> tuple[Any, ...]:
        if type(json) is not list:
            raise Damage("expected a list")
        return tuple([read(each) for each in json]) if json else ()

    return items


def _row(parts: tuple[Reader, ...]) -> Reader:
    def row(json: Any) -> tuple[Any, ...]:
        if type(json) is not list or len(json) != len(parts):
            raise Damage(f"expected a list of {len(parts)}")
        return tuple([read(each) for read, each in zip(parts, json, strict=True)])

    return row


def _mapping(read: Reader) -> Reader:
    def mapping(json: Any) -> Mapping[str, Any]:
        if type(json) is not dict:
            raise Damage("expected an object")
        return {name: read(each) for name, each in json.items()}

    return mapping


def _address(json: Any) -> Address:
    """An address: text, bytes, or the parts of one. Format 1 tags them as the tuple that they are."""
    address = tuple(json) if type(json) is list else decode(json)
    match address:
        case str() | bytes():
            return address
        case (str() | int(), str() | int(), *_) if all(isinstance(part, str | int) for part in address):
            return tuple(part for part in address if isinstance(part, str | int))
    raise BadValue(f"not an address: {str(json)[:80]}")


def _row_key(json: Any) -> RowKey:
    key = decode(json)
    if isinstance(key, tuple) and all(isinstance(part, str | int | None) for part in key):
        return tuple(part for part in key if isinstance(part, str | int | None))
    raise BadValue(f"not the key of a row: {str(json)[:80]}")


_MEMBERS: dict[type[Any], Mapping[str, Reader]] = {}
_READERS: dict[Any, Reader] = {
    str: text, int: whole, bool: _truth, float: _instant, bytes: _octets, Value: decode, Address: _address, RowKey: _row_key,
}  # fmt: skip


# -- out

_WRITERS: dict[Any, Writer] = {}
_MEMBER_WRITERS: dict[type[Any], Mapping[str, Writer]] = {}


def writer(kind: Any) -> Writer:
    """Writes a value of type `kind`. Of a dataclass, what differs from its fields' defaults."""
    made = _WRITERS.get(kind)
    if made is None:
        made = _WRITERS[kind] = _writer(kind)
    return made


def _writer(kind: Any) -> Writer:
    if kind in (str, int, float, bool) or (isinstance(kind, type) and issubclass(kind, StrEnum)):
        return _as_it_is
    if kind is bytes:
        return lambda value: base64.b85encode(value).decode("ascii")
    if kind in (Value, RowKey):
        return encode
    if kind is Address:
        return _address_written
    if isinstance(kind, type) and is_dataclass(kind):
        return _dataclass_writer(kind)
    arguments = get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        (some,) = (each for each in arguments if each is not NoneType)
        write = writer(some)
        return lambda value: None if value is None else write(value)
    if get_origin(kind) is tuple:
        if arguments[1:] == (...,):
            each = writer(arguments[0])
            return lambda value: [each(item) for item in value]
        parts = tuple(map(writer, arguments))
        return lambda value: [write(item) for write, item in zip(parts, value, strict=True)]
    if get_origin(kind) is Mapping:
        item = writer(arguments[1])
        return lambda value: {name: item(each) for name, each in value.items()}
    raise TypeError(f"no fields of type {kind}")


def member_writers(kind: type[Any]) -> Mapping[str, Writer]:
    """The writers of a dataclass's fields, by name."""
    made = _MEMBER_WRITERS.get(kind)
    if made is None:
        hints = get_type_hints(kind)
        made = _MEMBER_WRITERS[kind] = {field.name: writer(hints[field.name]) for field in fields(kind)}
    return made


def _dataclass_writer(kind: type[Any]) -> Writer:
    parts = [(field.name, member_writers(kind)[field.name], default_of(field)) for field in fields(kind)]

    def write(value: Any) -> Json:
        return {
            name: part(said)
            for name, part, default in parts
            if (said := getattr(value, name)) is not default and (default is MISSING or said != default)
        }

    return write


def _as_it_is(value: Any) -> Any:
    return value


def _address_written(address: Address) -> Json:
    return list(address) if isinstance(address, tuple) else encode(address)
