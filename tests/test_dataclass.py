"""What `sockviz.dataclass` makes is what the standard library makes; its methods are compiled when they are first called."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from sockviz import dataclass as ours
from sockviz.library_dataclasses import made_when_used


class Plain:
    """Fields of every kind that the house has."""

    host: str
    port: int = 80
    seen: list[int] = dataclasses.field(default_factory=list)
    raw: bytes = dataclasses.field(default=b"", compare=False, repr=False)
    left: int = dataclasses.field(default=7, init=False)
    late: bool = dataclasses.field(default=False, kw_only=True)

    def __len__(self) -> int:
        return self.port


class Own:
    """Methods of its own."""

    host: str
    port: int = 80

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and other.port == self.port

    def __repr__(self) -> str:
        return "Own"


class Then:
    """One that does something once it is filled."""

    host: str
    port: int = dataclasses.field(default=80, hash=False)
    seen: list[int] = dataclasses.field(default_factory=list, compare=False)
    name: str = dataclasses.field(default="", init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", f"{self.host}:{self.port}")


def both(cls: Any, **how: bool) -> tuple[Any, Any]:
    def fresh() -> Any:
        return type(
            cls.__name__, (), {k: v for k, v in cls.__dict__.items() if k not in ("__dict__", "__weakref__")}
        )

    return dataclasses.dataclass(**how)(fresh()), ours._dataclass(**how)(fresh())


HOW = [
    {"frozen": True, "slots": True},
    {"slots": True},
    {"frozen": True, "slots": True, "eq": False},
    {"frozen": True, "slots": True, "order": True},
    {"frozen": True},
    {},
]


def said(do: Callable[[], object]) -> object:
    """What comes of it, in words without the class's own place."""
    try:
        return do()
    except Exception as error:
        return type(error), str(error).replace("both.<locals>.fresh.<locals>.", "")


TRIED: dict[str, Callable[[Any], object]] = {
    "made": lambda cls: repr(cls("a")),
    "made of all": lambda cls: repr(cls("a", 1, [2], b"x", late=True)),
    "by names": lambda cls: repr(cls(port=3, host="b")),
    "too few": lambda cls: cls(),
    "too many": lambda cls: cls(*range(9)),
    "another's": lambda cls: cls("a", colour=1),
    "by a name alone": lambda cls: cls("a", 1, [], b"", True),
    "equal": lambda cls: (cls("a") == cls("a"), cls("a") == cls("b"), cls("a") != cls("b"), cls("a") == 3),
    "but for what is not compared": lambda cls: cls("a", 1, [], b"x") == cls("a", 1, [], b"y"),
    "hash": lambda cls: len({hash(each) for each in [cls("a", 1, ()), cls("a", 1, ())]}),
    "hash of what has none": lambda cls: hash(cls("a")),
    "fresh defaults": lambda cls: cls("a").seen is cls("a").seen,
    "replaced": lambda cls: repr(dataclasses.replace(cls("a"), port=9)),
    "as a dict": lambda cls: dataclasses.asdict(cls("a")),
    "fields": lambda cls: [field.name for field in dataclasses.fields(cls)],
    "matched by": lambda cls: cls.__match_args__,
    "assigned": lambda cls: setattr(cls("a"), "port", 1),
    "deleted": lambda cls: delattr(cls("a"), "port"),
    "copied": lambda cls: repr(copy.copy(cls("a", 5))),
    "copied whole": lambda cls: repr(copy.deepcopy(cls("a", 5, [6]))),
    "its own method": lambda cls: len(cls("a", 4)),
    "itself in it": lambda cls: repr(_around(cls("a"))),
    "ordered": lambda cls: cls("a") < cls("b"),
}  # fmt: skip


def _around(made: Any) -> Any:
    made.seen.append(made)
    return made


@pytest.mark.parametrize("how", HOW, ids=str)
@pytest.mark.parametrize("tried", TRIED)
def test_it_is_what_the_standard_library_makes(tried: str, how: dict[str, bool]) -> None:
    theirs, mine = both(Plain, **how)
    expected = said(lambda: TRIED[tried](theirs))
    if "hash of" in tried and isinstance(expected, int):
        expected = hash(theirs("a"))  # without equality each instance has another
        assert isinstance(said(lambda: TRIED[tried](mine)), int)
        return
    assert said(lambda: TRIED[tried](mine)) == expected


@pytest.mark.parametrize("how", HOW, ids=str)
@pytest.mark.parametrize("many", [False, True])
def test_what_it_does_once_it_is_filled_it_does(how: dict[str, bool], many: bool) -> None:
    theirs, mine = both(Then, **how)
    for _ in range(99 * many):
        mine("many")
    for tried in ("made", "by names", "too few", "equal", "replaced", "as a dict", "copied", "ordered"):
        assert said(partial(TRIED[tried], mine)) == said(partial(TRIED[tried], theirs))


def test_a_library_has_its_dataclasses_made_as_ours_or_by_the_standard_library_whole() -> None:
    with made_when_used():
        make: Any = dataclasses.dataclass
    assert dataclasses.dataclass is not make

    def fresh() -> Any:
        return type("Made", (), {"__annotations__": {"port": "int"}, "port": 80})

    mine = [make(fresh()), make()(fresh()), make(frozen=True)(fresh()), make(slots=True)(fresh())]
    theirs = [make(kw_only=True)(fresh()), make(unsafe_hash=True)(fresh()), make(init=False)(fresh())]
    assert [hasattr(each, ours._OURS) for each in mine + theirs] == [True] * 4 + [False] * 3
    assert [repr(each()) for each in mine + theirs] == ["Made(port=80)"] * 7
    shared: Any = make(type("Shared", (), {"__annotations__": {"port": "typing.ClassVar[int]"}, "port": 80}))
    assert not hasattr(shared, ours._OURS)


@pytest.mark.parametrize("how", HOW, ids=str)
def test_its_own_methods_stay(how: dict[str, bool]) -> None:
    if how.get("order"):
        return  # the standard library's whole
    theirs, mine = both(Own, **how)
    assert repr(mine("a")) == "Own"
    assert mine("a", 1) == mine("b", 1)
    assert said(lambda: hash(mine("a")) is None) == said(lambda: hash(theirs("a")) is None)


@ours.dataclass(frozen=True, slots=True)
class Kept:
    """One that pickle finds by its name."""

    host: str
    port: int = 80


@pytest.mark.parametrize("heir_of", [dataclasses.dataclass, ours._dataclass])
def test_another_may_inherit_of_it(heir_of: Any) -> None:
    class Heir(Kept):
        backlog: int = 5

    made = heir_of(frozen=True, slots=True)(Heir)("a", backlog=6)
    assert dataclasses.astuple(made) == ("a", 80, 6)
    assert said(lambda: setattr(made, "backlog", 7)) == (
        dataclasses.FrozenInstanceError,
        "cannot assign to field 'backlog'",
    )


def test_pickle_takes_it() -> None:
    assert pickle.loads(pickle.dumps(Kept("a", 2))) == Kept("a", 2)


def test_nothing_is_compiled_before_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    compiled = ours._compiled

    def counted(name: str, *given: Any) -> Any:
        made.append(name)
        return compiled(name, *given)

    monkeypatch.setattr(ours, "_compiled", counted)
    _theirs, cls = both(Plain, frozen=True, slots=True)
    assert made == []
    first, second = cls("a", 1, ()), cls("a", 1, ())
    assert made == []  # few are made of most
    assert first == second
    assert hash(first) == hash(second)
    assert made == ["__eq__", "__hash__"]
    assert all(cls("b") != first for _ in range(99))
    assert made == ["__eq__", "__hash__", "__init__"]


@pytest.mark.parametrize("how", HOW, ids=str)
@pytest.mark.parametrize("tried", TRIED)
def test_it_is_the_same_when_many_have_been_made(tried: str, how: dict[str, bool]) -> None:
    theirs, mine = both(Plain, **how)
    for _ in range(99):
        mine("many")
    if "hash of" not in tried:
        assert said(lambda: TRIED[tried](mine)) == said(lambda: TRIED[tried](theirs))


class Base:
    """What another inherits of."""

    host: str
    port: int = 80


def heir(make: Callable[..., Any], of: Any, **how: bool) -> Any:
    class Heir(make(**how)(of)):  # type: ignore[misc]
        """A field more, and one said anew."""

        port: int = 9
        late: int = dataclasses.field(default=0, compare=False)

    return make(**how)(Heir)


INHERITED = (
    "made",
    "too few",
    "too many",
    "equal",
    "replaced",
    "as a dict",
    "fields",
    "matched by",
    "assigned",
    "ordered",
)


@pytest.mark.parametrize("how", HOW, ids=str)
def test_what_it_inherits_is_the_standard_librarys(how: dict[str, bool]) -> None:
    def told(make: Callable[..., Any]) -> list[str]:
        of = type("Base", (), {"__annotations__": Base.__annotations__, "port": 80})
        cls = heir(make, of, **how)
        return [str(said(partial(TRIED[each], cls))).replace("heir.<locals>.", "") for each in INHERITED]

    assert told(ours._dataclass) == told(dataclasses.dataclass)


def test_a_class_without_fields_may_come_of_another() -> None:
    nothing = ours._dataclass(frozen=True, slots=True)(type("Nothing", (), {}))
    assert nothing() == nothing()
    assert dataclasses.fields(nothing) == ()
    assert dataclasses.is_dataclass(nothing)


def test_threads_that_make_the_first_of_a_class_at_once_all_do() -> None:
    made: Any = ours._dataclass(frozen=True, slots=True)(
        type("Both", (), {"__annotations__": {"host": "str"}})
    )
    first = made.__init__
    one: Any = object.__new__(made)
    other: Any = object.__new__(made)
    first(one, "a")
    first(other, "b")  # as a thread does that has just looked the method up
    assert (one.host, other.host) == ("a", "b")
