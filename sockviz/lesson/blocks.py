"""The two fences that ask something: ``expect`` and ``predict``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sockviz.lesson.document import Expect, Expectation, Predict, bare_answer
from sockviz.lesson.expressions import read_expression
from sockviz.lesson.findings import Findings
from sockviz.lesson.regions import is_nearly
from sockviz.pattern import pattern

#: How long an expectation is polled where it does not say, and at most, in seconds.
USUAL_LIMIT = 2.0
LONGEST_LIMIT = 300.0
#: Digits answer a prediction.
MOST_CHOICES = 9

_PREFIX = pattern(r"\s*([A-Za-z]+)\b([^:=()'\"\[\]]*):(?!=)")
_BARE = pattern(r"(\s*)(within\s+\S+|still)\s+[\w(]")
_WITHIN = pattern(r"\s+([0-9]+(?:\.[0-9]+)?)\s*(\S*)\s*")
_CHOICE = pattern(r"\s*[-*+](?:\s+(.*))?")
_ANSWER = pattern(r"\s*([A-Za-z]+)\s*:(.*)")

FenceLines = Sequence[tuple[int, int, str]]
_Bad = Callable[[int, int, str], None]


def read_expect(line: int, body: FenceLines, findings: Findings) -> Expect:
    """An expect block; the fence is at `line`. Lines that cannot be read are in `findings` and left out."""
    found: list[Expectation] = []
    read = 0
    title = ""
    for number, column, text in body:
        if not text.strip() or text.lstrip().startswith("#"):
            title = text.strip(" \t#")
            continue
        read += 1
        indent = len(text) - len(text.lstrip())
        rest, within, still = _prefixed(number, column, text, findings)
        expression = None if rest is None else read_expression(text[rest:], number, column + rest, findings)
        if expression is not None:
            about, colon, rest_of = title.partition(":")
            is_subject = about == "about" and bool(colon)
            title = rest_of.strip() if is_subject else title
            source = text.strip()
            found.append(
                Expectation(number, column + indent, source, expression, within, still, title, is_subject)
            )
        title = ""
    if not read:
        findings.problem(line, 1, "expectation", "this expect block is empty; expected an expression a line")
    return Expect(line, tuple(found))


def _prefixed(number: int, column: int, text: str, findings: Findings) -> tuple[int | None, float, bool]:
    """Where the expression begins after ``within 5s:`` or ``still:`` (None: they cannot be read), and what they say."""
    match = _PREFIX.match(text)
    if match is None and (bare := _BARE.match(text)):
        message = f"expected a colon after {bare[2]}: `within 5s:` or `still:` stands before the expression"
        findings.problem(number, column + bare.end(2), "expectation", message)
        return None, USUAL_LIMIT, False
    if match is None:
        return 0, USUAL_LIMIT, False
    word, given = match[1], match[2]
    at = column + match.start(1)
    if word == "still" and not given.strip():
        if _PREFIX.match(text, match.end()):
            findings.problem(
                number, at, "expectation", "`still:` is judged once, at its turn: it has no other limit"
            )
            return None, USUAL_LIMIT, False
        return match.end(), USUAL_LIMIT, True
    if word != "within":
        near = next((known for known in ("within", "still") if is_nearly(word.lower(), known)), None)
        hint = f"; did you mean {near}?" if near else ""
        findings.problem(
            number,
            at,
            "expectation",
            f"expected `within 5s:` or `still:` before the expression, not {word!r}{hint}",
        )
        return None, USUAL_LIMIT, False
    seconds = _WITHIN.fullmatch(given)
    if seconds is None or seconds[2] != "s" or not 0 < float(seconds[1][:12]) <= LONGEST_LIMIT:
        message = f"expected a limit in seconds, at most {LONGEST_LIMIT:.0f}: within 5s:"
        findings.problem(number, at, "expectation", message)
        return None, USUAL_LIMIT, False
    if _PREFIX.match(text, match.end()):
        findings.problem(number, column + match.end(), "expectation", "one `within` or `still` a line")
        return None, USUAL_LIMIT, False
    return match.end(), float(seconds[1]), False


def read_predict(line: int, body: FenceLines, findings: Findings) -> Predict | None:
    """A predict block; the fence is at `line`. None where it cannot be read, with the reasons in `findings`."""

    failed = False

    def bad(number: int, column: int, message: str) -> None:
        nonlocal failed
        failed = True
        findings.problem(number, column, "prediction", message)

    question: list[str] = []
    choices: list[str] = []
    answer: tuple[int, int, str] | None = None
    for number, column, text in body:
        if not text.strip():
            continue
        indent = len(text) - len(text.lstrip())
        word = _ANSWER.fullmatch(text)
        if answer is not None:
            bad(number, column + indent, "nothing follows the answer in a predict block")
        elif word and word[1] == "answer":
            answer = (number, column + word.start(2), word[2])
        elif choice := _CHOICE.fullmatch(text):
            _add_choice(number, column + indent, (choice[1] or "").strip(), choices, bad)
        elif word and is_nearly(word[1].lower(), "answer"):
            bad(number, column + indent, "expected `answer: EXPRESSION`; did you mean answer?")
        elif choices:
            bad(
                number,
                column + indent,
                "expected `- a choice` or `answer: EXPRESSION` (a choice is one line)",
            )
        else:
            question.append(text.strip())
    if not question:
        bad(
            line,
            1,
            "this prediction asks nothing; expected a question, then `- ` choices, then `answer: EXPRESSION`",
        )
    if len(choices) < 2:
        bad(line, 1, "a prediction has at least two choices, each a line `- …`")
    if answer is None:
        bad(line, 1, "this prediction has no answer; expected `answer: EXPRESSION` as its last line")
        return None
    number, column, source = answer
    if not source.strip():
        bad(number, column, "expected an expression after `answer:`")
        return None
    expression = read_expression(source, number, column, findings)
    if failed or expression is None:
        return None
    return Predict(line, " ".join(question), tuple(choices), expression)


def _add_choice(number: int, column: int, text: str, choices: list[str], bad: _Bad) -> None:
    if not text:
        bad(number, column, "expected the text of a choice after the dash")
    elif bare_answer(text) in map(bare_answer, choices):
        bad(number, column, f"the choice {text[:60]} stands here twice")
    elif len(choices) == MOST_CHOICES:
        bad(number, column, f"a prediction has at most {MOST_CHOICES} choices")
    else:
        choices.append(text)
