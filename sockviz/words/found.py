"""What the judge of an expectation, or of an answer, has found, in words: a reader's; or English, as in recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sockviz.language import N_, _
from sockviz.model.events import ExpectationJudged, PredictionSettled
from sockviz.model.found import Finding, Found
from sockviz.words.kept_sentences import OFF_SCRIPT, in_words, parts_in_words

#: What was found is not told further than so many characters.
LONGEST = 1000

_FORMS: Mapping[Finding, str] = {
    Finding.IS: N_("{part} is {value}"),
    Finding.NO_VALUE: N_("{part} has no value"),
    Finding.NO_VALUE_YET: N_("{part} has no value yet"),
    Finding.NOT_STARTED: N_("the process {part} has not started yet"),
    Finding.NO_CALL: N_("no call of {part} has returned yet"),
    Finding.NO_FIELD_OF_CALL: N_("a call has no {part}"),
    Finding.NO_FIELD_OF_SOCKET: N_("a socket has no {part}"),
    Finding.NO_ATTRIBUTE: N_("{part} is {value}, which has no .{other}"),
    Finding.NO_SLICE: N_("{part} is {value}, which has no such slice"),
    Finding.NO_ITEM: N_("{part} is {value}: it has no [{other}]"),
    Finding.NO_SEQUENCE: N_("{part} is {value}: {other} needs a list, text or bytes"),
    Finding.NOT_DONE: N_("{other} cannot be done with {part}, which is {value}"),
    Finding.NOT_COMPARED: N_("{value} and {other} cannot be compared so"),
    Finding.NO_NUMBER: N_("{part} is {value}, not a number"),
    Finding.NO_WHOLE_NUMBER: N_("{part} is {value}, not a whole number"),
    Finding.TOO_LARGE: N_("{part} would be too large"),
    Finding.FAILS: N_("{part} has no value: {other}"),
    Finding.PORT_UNKNOWN: N_(
        "the kernel chose the port of {part}, lists no row of it, and nobody has asked getsockname for it"
    ),
    Finding.NO_COUNTER: N_("counters.{part}: no such counter in {other} has been read"),
    Finding.NOT_TOLD: N_("{other}, which is read here instead of sock_diag, does not say a socket's {part}"),
    Finding.TOO_MUCH: N_(
        "this expression needs more work than an expectation may: its values have too many parts, shared ones counted each time; "
        "ask for something smaller, such as len(…) or one part"
    ),
    Finding.NOT_BEFORE: N_("it did not hold before the page's first call, as «still» says"),
    Finding.OFF_SCRIPT: OFF_SCRIPT,
    Finding.MORE: "…",
}


def in_english(found: Iterable[Found]) -> str:
    """What was found in the words of a recording, which are the same in every run: its ``actual`` and its ``reason``."""
    return _told(found, lambda form: form)


def found_in_words(found: Iterable[Found]) -> str:
    """What was found, in the reader's language."""
    return _told(found, lambda form: _(form))


def actual_in_words(judged: ExpectationJudged) -> str:
    """What the parts of an expectation were found to be. A recording that was made before that was data has it in English."""
    return found_in_words(judged.found) if judged.found else parts_in_words(judged.actual, judged.source)


def reason_in_words(settled: PredictionSettled) -> str:
    """Why a question has no answer, likewise."""
    return found_in_words(settled.found) if settled.found else in_words(settled.reason)


def _told(found: Iterable[Found], spoken: Callable[[str], str]) -> str:
    text = ""
    for each in found:
        between = "; " if each.what is Finding.NOT_BEFORE else ", "
        said = spoken(_FORMS[each.what]).format(part=each.part, value=each.value, other=each.other)
        text = f"{text}{between}{said}" if text else said
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
