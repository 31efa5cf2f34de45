from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.model.ledger import Ledger, ledger
from sockviz.model.log import Log


def test_every_prefix_stays_what_it_was() -> None:
    logs = [Log[int]()]
    for number in range(10):
        logs.append(logs[-1].append(number))
    assert [list(log) for log in logs] == [list(range(length)) for length in range(11)]


def test_prefixes_share_one_list() -> None:
    short = Log([1])
    long = short.append(2)
    assert short._items is long._items


def test_diverging_histories_do_not_disturb_each_other() -> None:
    stem = Log([1, 2])
    one, other = stem.append(3), stem.append(4)
    assert (list(stem), list(one), list(other)) == ([1, 2], [1, 2, 3], [1, 2, 4])
    assert list(other.append(5)) == [1, 2, 4, 5]
    assert list(one.append(6)) == [1, 2, 3, 6]
    assert list(stem.append(4).append(7)) == [1, 2, 4, 7]


def test_it_is_a_sequence() -> None:
    log = Log("abc").append("d")
    stem = Log("abc")
    longer = stem.append("x")
    assert (log[0], log[-1], log[1:3], len(log)) == ("a", "d", ["b", "c"], 4)
    assert list(reversed(stem)) == ["c", "b", "a"]
    assert "x" in longer
    assert "x" not in stem
    with pytest.raises(IndexError):
        stem[3]
    with pytest.raises(IndexError):
        stem[-4]
    assert Log([1]) == Log([1])
    assert Log([1]) != Log([2])
    assert Log([1]) != [1]
    assert repr(Log([1])) == "Log([1])"


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 99))))
def test_any_tree_of_histories_is_as_with_lists(steps: list[tuple[int, int]]) -> None:
    logs, lists = [Log[int]()], [list[int]()]
    for place, item in steps:
        stem = place % len(logs)
        logs.append(logs[stem].append(item))
        lists.append([*lists[stem], item])
    assert [list(log) for log in logs] == lists


@given(
    st.lists(
        st.tuples(
            st.integers(0, 9),
            st.dictionaries(st.integers(0, 200), st.integers()),
            st.lists(st.integers(0, 200), max_size=3),
        )
    )
)
def test_ledgers_are_as_dicts(steps: list[tuple[int, dict[int, int], list[int]]]) -> None:
    made, dicts = [Ledger[int, int]()], [dict[int, int]()]
    for place, changed, gone in steps:
        stem = place % len(made)
        made.append(made[stem].but(changed, gone))
        plain = {key: value for key, value in dicts[stem].items() if key not in gone}
        dicts.append({**plain, **changed})
    for ours, plain in zip(made, dicts, strict=True):
        assert list(ours.items()) == list(plain.items())  # in the same order, too
        assert len(ours) == len(plain)
        assert all(ours[key] == value and key in ours for key, value in plain.items())
        assert 999 not in ours
        assert ours == plain
        assert ledger(ours) is ours
        assert ledger(plain) == ours
        assert list(ours.values()) == list(plain.values())
        assert [ours.get(key, -1) for key in range(201)] == [plain.get(key, -1) for key in range(201)]
        with pytest.raises(KeyError):
            ours[999]
        assert ours.found([*range(201), None]) == [*(plain.get(key) for key in range(201)), None]
    for ours, plain in zip(made, dicts, strict=True):
        for earlier, before in zip(made, dicts, strict=True):
            others = {key for key, value in plain.items() if before.get(key) is not value}
            assert set(ours.other_than(earlier)) == others


def test_one_history_shares_a_book_and_every_change_can_be_gone_back_to() -> None:
    made = [Ledger({0: "first"})]
    for number in range(1, 20):
        made.append(made[-1].but({number % 7: f"change {number}"}, gone=[(number * 3) % 7]))
    assert all(each._book is made[-1]._book for each in made)
    assert [made[-1].as_of(number) for number in range(len(made))] == [dict(each) for each in made]
    with pytest.raises(IndexError):
        made[3].as_of(4)
    other = made[3].but({9: "another history"})
    assert [other.as_of(number) for number in (3, 4)] == [dict(made[3]), dict(other)]
    with pytest.raises(IndexError):
        other.as_of(2)


def test_a_ledger_may_be_written_on_while_it_is_walked_through() -> None:
    before = Ledger({1: 1, 2: 2})
    walked = []
    for key, value in before.items():
        before.but({key + 10: value}, gone=[key])
        walked.append(key)
    assert walked == [1, 2]
