"""What the judge has found is data in a run, told in its reader's language; who reads recordings has it in English, too."""

from __future__ import annotations

import pytest

from sockviz import language
from sockviz.model.event_reader import EventReader
from sockviz.model.event_writer import EventWriter
from sockviz.model.events import ExpectationJudged, PredictionSettled
from sockviz.model.found import Finding, Found
from sockviz.words.found import actual_in_words, found_in_words, in_english, reason_in_words

pytestmark = pytest.mark.usefixtures("afterwards_in_english")

#: Two things that a judge finds, in a run and in its reader's words.
FOUND = (Found(Finding.IS, "client.end", "b'a, 2 is b'"), Found(Finding.NO_VALUE_YET, "client.x"))
ENGLISH = "client.end is b'a, 2 is b', client.x has no value yet"
SPANISH = "client.end es b'a, 2 is b', client.x no tiene valor todavía"


@pytest.mark.parametrize("what", [each for each in Finding if each is not Finding.MORE])
def test_each_is_told_in_every_language_with_what_it_is_about(what: Finding) -> None:
    found = Found(what, "<part>", "<value>", "<other>")
    recorded, told = set(), {}
    for each in language.languages():
        language.use(each)
        told[each] = found_in_words([found])
        recorded.add(in_english([found]))
    assert recorded == {told[language.ORIGINAL]}
    assert len(set(told.values())) == len(told)
    about = [value for value in (found.part, found.value, found.other) if value in told[language.ORIGINAL]]
    assert all(value in each for value in about for each in told.values())


def test_a_judgement_is_told_of_its_facts_and_of_an_older_recording_by_its_text() -> None:
    source = "client.end == b'' and client.x == 1"
    language.use("es")
    judged = ExpectationJudged(1.0, 9, source, False, in_english(FOUND), False, FOUND)
    assert judged.actual == ENGLISH
    assert actual_in_words(judged) == SPANISH
    assert actual_in_words(ExpectationJudged(1.0, 9, source, False, ENGLISH)) == SPANISH
    missing = (Found(Finding.OFF_SCRIPT),)
    settled = PredictionSettled(1.0, 5, None, in_english(missing), missing)
    assert (
        reason_in_words(settled)
        == reason_in_words(PredictionSettled(1.0, 5, None, settled.reason))
        != settled.reason
    )


def test_a_recording_has_both_and_older_ones_the_text_alone() -> None:
    judged = ExpectationJudged(1.0, 9, "client.x == 1", False, in_english(FOUND[1:]), found=FOUND[1:])
    written = EventWriter().line(judged)
    assert '"actual":"client.x has no value yet"' in written
    assert '"found":[{"what":"no value yet","part":"client.x"}]' in written
    for version in (1, 2):
        assert EventReader(version).event(written) == judged
        older = '{"event":"ExpectationJudged","at":1.0,"line":9,"source":"client.x == 1","ok":false,"actual":"client.x is 2"}'
        assert EventReader(version).event(older) == ExpectationJudged(
            1.0, 9, "client.x == 1", False, "client.x is 2"
        )
    with pytest.raises(ValueError, match="'nonsense' is no Finding"):
        EventReader(2).event(written.replace('no value yet","part', 'nonsense","part'))
