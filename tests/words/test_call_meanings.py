"""Each call, each verb of the link and each module has its phrase, in every language."""

from __future__ import annotations

import pytest

from sockviz.calls.table import CALLS, MODULES
from sockviz.language import _
from sockviz.lesson.link_statements import VERBS
from sockviz.words import call_meanings


def test_each_has_one_and_no_other() -> None:
    assert call_meanings.CALLS.keys() == CALLS.keys()
    assert call_meanings.LINK.keys() == VERBS.keys()
    assert sorted(call_meanings.MODULES) == sorted(MODULES)


@pytest.mark.usefixtures("spanish")
@pytest.mark.parametrize("phrases", [call_meanings.CALLS, call_meanings.FAMILIES, call_meanings.LINK])
def test_a_phrase_is_short_and_translated(phrases: dict[str, str]) -> None:
    for phrase in phrases.values():
        assert _(phrase) != phrase
        assert max(len(phrase), len(_(phrase))) <= 64, _(phrase)
        assert not phrase.endswith(".")
