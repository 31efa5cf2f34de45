"""Evaluation costs no more than it may, whatever the expression and the values: counted in visits, not in seconds."""

from __future__ import annotations

import ast
import operator
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz.lesson import counted
from sockviz.lesson.document import Expression
from sockviz.lesson.expressions import read_expression
from sockviz.lesson.findings import Findings
from sockviz.lesson.judge import Judgement, judge, shown, text_of
from sockviz.lesson.work import MOST, TooMuch, Work
from sockviz.model.found import Finding, Found
from sockviz.model.process import Process
from sockviz.model.values import DEEPEST, Value, show
from sockviz.model.world import World
from sockviz.words.found import LONGEST, in_english

SERVER = Process("server", 100, 4100, "lab", None, False, 0.0)


class Leaf(int):
    """A number that counts how often it is looked at."""

    looks = 0

    def looked(self) -> int:
        Leaf.looks += 1
        return int(self)

    def __eq__(self, other: object) -> bool:
        return self.looked() == other

    def __lt__(self, other: int) -> bool:
        return self.looked() < other

    def __add__(self, other: int) -> int:
        return self.looked() + other

    __radd__ = __add__

    def __bool__(self) -> bool:
        return self.looked() == -1

    def __hash__(self) -> int:
        return hash(self.looked())

    def __repr__(self) -> str:
        return str(self.looked())


@pytest.fixture(autouse=True)
def no_test_hangs() -> Iterator[None]:
    """What these tests are about would, where it fails, go on for years."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise AssertionError("still evaluating")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(30)
    Leaf.looks = 0
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def expression(source: str) -> Expression:
    findings = Findings()
    read = read_expression(source, 1, 1, findings)
    assert read is not None, (source, findings.problems)
    return read


def verdict(source: str, **names: Value) -> Judgement:
    world = World(processes={"server": replace(SERVER, names={"one": Leaf(1), "two": Leaf(2), **names})})
    return judge(expression(source), world, {})


def doubled(levels: int, times: int = 1000, leaf: str = "server.one", bracket: str = "[]") -> str:
    """An expression of few characters whose value has ``times ** levels`` parts."""
    for _ in range(levels):
        leaf = f"[{leaf}]*{times}" if bracket == "[]" else f"({leaf},)*{times}"
    return leaf


LARGE = doubled(6)
TUPLE = doubled(6, bracket="()")
LONG = "('a'*1000000)"
ENDLESS = [
    f"{LARGE} == {doubled(6, leaf='server.two - 1')}",
    f"{LARGE} != {doubled(6, leaf='server.two - 1')}",
    f"{TUPLE} == {TUPLE}",
    f"{LARGE} < {LARGE}",
    f"{LARGE} <= {LARGE}",
    f"({LARGE}) in [{LARGE}]",
    f"({LARGE}) not in ({TUPLE}, {LARGE})",
    f"sorted([{LARGE}, {LARGE}])",
    f"sorted(({doubled(3)})*9)",
    f"[{LARGE}, {LARGE}][0] == [{LARGE}][0]",
    "sum([server.one]*1000000)",
    "sorted([server.one, server.two]*100000)",
    "server.two in [server.one]*1000000",
    "[server.one]*1000000 == [server.two - 1]*1000000",
    f"sorted([{LONG}+'b', {LONG}+'a']*5000)",
    f"({LONG}+'b') in [{LONG}+'a']*5000",
    " or ".join(["'b' in " + LONG] * 30),
    " and ".join(["[0]*1000000"] * 60),
    " and ".join([f"{LONG}*1"] * 40),
    f"[{', '.join(['[0]*1000000'] * 40)}] == 1",
    f"server.keyed[{TUPLE}]",
    f"({TUPLE}) in server.keyed",
    "all(sorted([(0, server.one)]*20000))",
]


@pytest.mark.parametrize("source", ENDLESS, ids=[source[:60] for source in ENDLESS])
def test_what_would_go_on_for_ever_ends_in_a_sentence(source: str) -> None:
    found = verdict(source, keyed={("a",): 1})
    assert not found.holds
    assert found.hopeless
    assert found.missing == Found(Finding.TOO_MUCH)
    assert found.tell() == (found.missing,)
    assert found.text is None
    assert Leaf.looks <= MOST


FORMS = [
    "{0} == {0}", "{0} < {0}", "sorted({0}) == {0}", "{0} in [{0}]", "not any({0})", "{0} or {0} == 1", "sum({0}) == 1",
    "len({0}) == 1", "{0}[0] == {0}[1]", "({0})[1:] == ({0})[:1]", "{0}", "({0}) in server.keyed",
]  # fmt: skip


@settings(max_examples=120, deadline=None, database=None)
@given(
    st.lists(st.tuples(st.sampled_from(["[]", "()"]), st.integers(2, 900)), min_size=1, max_size=14),
    st.sampled_from(FORMS),
)
def test_nested_doublings(levels: list[tuple[str, int]], form: str) -> None:
    """Whatever is done with a value whose parts are shared: visited within the budget, once for the value, once to show it."""
    Leaf.looks = 0
    value = "server.one"
    for bracket, times in levels:
        value = doubled(1, times, value, bracket)
    source = form.format(value)
    if len(source) <= 1000:
        found = verdict(source, keyed={1: 2})
        assert Leaf.looks <= 2 * MOST
        assert found.missing is None or not found.holds
        assert len(in_english(found.tell())) <= LONGEST


#: What Python does with two values, and what is done here, part by part.
TWO: list[tuple[Callable[[Any, Any], Any], Callable[[Any, Any, Work], Any]]] = [
    (operator.eq, counted.equal),
    (operator.lt, lambda a, b, work: counted.compare(ast.Lt(), a, b, work)),
    (operator.ge, lambda a, b, work: counted.compare(ast.GtE(), a, b, work)),
    (operator.contains, counted.contains),
    (operator.getitem, counted.part),
]
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "len": len,
    "any": any,
    "all": all,
    "sum": sum,
    "sorted": sorted,
}
PLAIN = st.recursive(
    st.one_of(st.integers(0, 3), st.sampled_from(["", "a", "ab", b"a", None, True, 1.5])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=20),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.sampled_from(["a", 1, (1, "a")]), inner, max_size=2),
    ),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None, database=None)
@given(PLAIN, PLAIN, st.sampled_from(TWO), st.sampled_from(sorted(FUNCTIONS)))
def test_counting_changes_no_result(
    left: Any, right: Any, two: tuple[Callable[..., Any], Callable[..., Any]], name: str
) -> None:
    work = Work(10**9)
    assert outcome(two[0], left, right) == outcome(two[1], left, right, work)
    if isinstance(left, str | bytes | tuple | list | dict):
        assert outcome(FUNCTIONS[name], left) == outcome(counted.function, name, left, work)


def outcome(function: Callable[..., Any], *arguments: object) -> tuple[type, object]:
    """What it gives, or the kind of error that it raises."""
    try:
        found = function(*arguments)
    except (TypeError, LookupError) as error:
        return type(error), None
    return type(found), found


def test_work_is_paid_for_before_it_is_done() -> None:
    work = Work(3)
    work.spend(2)
    with pytest.raises(TooMuch):
        work.spend(2)


def test_a_long_list_of_plain_values_is_no_hard_work() -> None:
    numbers = tuple(range(65536))
    assert verdict("len(server.t) == 65536 and server.t[9] == 9 and 65535 in server.t", t=numbers).holds
    assert verdict("sum(server.t) > 65536", t=numbers).holds
    assert verdict("server.t == server.u", t=numbers, u=(*numbers,)).holds
    assert verdict(
        "server.a == server.b and b'x' in server.a", a=b"a" * 1_000_000 + b"x", b=b"a" * 1_000_000 + b"x"
    ).holds


# --- showing --------------------------------------------------------------------------------------------------------


def shared(levels: int, kind: type[list[Any]] | type[tuple[Any, ...]] = list) -> Value:
    value: Any = Leaf(1)
    for _ in range(levels):
        value = kind([value]) * 1000
    found: Value = value
    return found


@pytest.mark.parametrize("kind", [list, tuple])
def test_showing_a_value_costs_what_is_shown_of_it(kind: type[list[Any]]) -> None:
    for text, limit in (
        (show(shared(9, kind)), 60),
        (shown(shared(9, kind)), 120),
        (text_of(shared(9, kind)), 400),
    ):
        assert len(text) == limit
        assert text.endswith("…")
    assert Leaf.looks < 1000


def test_what_is_shown_of_other_long_values() -> None:
    assert show({"a" * 100: [1]}).endswith("…")
    assert show({"k": b"x" * 1_000_000, "l": 1}, 80) == "{'k': b'" + "x" * 56 + "'…"
    assert text_of(1 << 100_000) == "<a number of 100001 bits>"
    mixed: Value = {1: (2,), "a": []}
    assert text_of(mixed) == "{1: (2,), 'a': []}"
    assert show(()) == "()"
    deep: Value = 1
    for _ in range(DEEPEST):
        deep = [deep]
    assert len(shown(deep)) == 120


def test_an_answer_is_no_process_written_out() -> None:
    assert verdict("server").text == "server"
