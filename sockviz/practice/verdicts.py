"""What the kernel and the peers say of a student's program, made of a run's events: observed, likely cause, next step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sockviz.dataclass import dataclass
from sockviz.language import _, ngettext
from sockviz.lesson.document import Exercise, Lesson
from sockviz.lesson.expressions import source_of
from sockviz.lesson.families import living
from sockviz.lesson.judge import shown
from sockviz.model.call import Call, Stage
from sockviz.model.events import Caveat, ExpectationJudged, StatementFinished
from sockviz.model.families import family
from sockviz.model.first_names import of_lab
from sockviz.model.found import Finding, Found
from sockviz.model.process import Process
from sockviz.model.timeline import Timeline
from sockviz.practice.causes.case import ENDLESS, Case
from sockviz.practice.causes.endings import is_on_its_way, said_on_error
from sockviz.practice.causes.why import why
from sockviz.practice.differing import Difference, difference
from sockviz.words.caveats import GIVEN_UP, caveat
from sockviz.words.found import actual_in_words, found_in_words
from sockviz.words.kept_sentences import in_words

#: So much of the last line that a program wrote to its standard error is told (characters).
_LONGEST_SAID = 200
#: So many processes are named that a program has left behind.
_MOST_NAMED = 3
#: So much of a value that came is told.
_LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True)
class Verdict:
    """One expectation, judged. ``line`` is its line in the exercise's text, ``title`` what it is about, ``event`` how many events
    the run had when it was decided; None where it was never judged."""

    line: int
    title: str
    ok: bool
    observed: str
    cause: str = ""
    next: str = ""
    event: int | None = None
    difference: Difference | None = None


def verdicts(
    timeline: Timeline, lesson: Lesson, exercise: Exercise, stuck: str | None = None
) -> tuple[Verdict, ...]:
    """A verdict for each expectation, in order. `stuck` says what kept the run from its end. Where one has failed, or the run
    could not go on, those that come after are not judged: they say nothing more."""
    expected = [each for page in lesson.pages for each in page.expectations]
    decided = {
        event.line: number
        for number, event in enumerate(timeline.events, 1)
        if isinstance(event, ExpectationJudged)
    }
    found: list[Verdict] = []
    broken = _broken(timeline, lesson, stuck)
    is_over = False
    for expectation in expected:
        judged = timeline.world.expectations.get(expectation.line)
        title = expectation.title or expectation.source
        if is_over:
            found.append(Verdict(expectation.line, title, False, _("not judged: the run was over before")))
        elif judged is not None and judged.ok:
            found.append(
                Verdict(
                    expectation.line, title, True, actual_in_words(judged), event=decided[expectation.line]
                )
            )
        else:
            case = Case(timeline, exercise, expectation, of_lab(timeline.header.lab))
            observed = (
                _observed(case, judged) if judged is not None else broken or _("the run ended before it")
            )
            at = decided.get(expectation.line, len(timeline))
            found.append(_failed(case, expectation.line, title, observed, at))
            is_over = True
    if broken is not None and not is_over:
        last = expected[-1] if expected else None
        line = last.line if last is not None else lesson.pages[-1].line
        title = _("the run comes to its end")
        case = Case(timeline, exercise, None, of_lab(timeline.header.lab))
        found.append(_failed(case, line, title, broken, len(timeline)))
    return tuple(found)


def _broken(timeline: Timeline, lesson: Lesson, stuck: str | None) -> str | None:
    """Why the run did not come to its end: a line could not be performed, or waited in vain."""
    given_up = stuck
    for event in timeline.events:
        if isinstance(event, StatementFinished) and event.error is not None:
            before = _failed_before(timeline, event)
            if before is not None:
                return _("{process} could not go on: `{source}` failed with {error}").format(
                    process=event.process, source=_source(lesson, before.line), error=before.error
                )
            return _("{process} could not go on at `{source}`: {message}").format(
                process=event.process,
                source=_source(lesson, event.line),
                message=in_words(event.message) or event.error,
            )
        if isinstance(event, Caveat) and event.what.startswith(GIVEN_UP):
            given_up = given_up or caveat(event)  # a recording keeps no more of it
    return given_up


def _source(lesson: Lesson, line: int | None) -> str:
    statement = lesson.statement_at(line) if line is not None else None
    return statement.source if statement is not None else ""


def _failed_before(timeline: Timeline, broken: StatementFinished) -> Call | None:
    """Of a line that lacks a name, which no call has failed at: the first call of its process that has, on a line before."""
    process = timeline.world.processes.get(broken.process)
    calls = process.calls if process is not None else ()
    if broken.error != "LookupError" or any(call.line == broken.line and call.error for call in calls):
        return None
    return next(
        (
            call
            for call in calls
            if call.error not in (None, "EAGAIN") and call.line is not None and call.entered <= broken.at
        ),
        None,
    )


def _failed(case: Case, line: int, title: str, observed: str, decided: int) -> Verdict:
    """With all that is known of it. The cause is looked for in all that the run had: after what decided it the program has come
    to rest, and how far it had got before hangs on the machine."""
    differs = _difference(case)
    besides, advice = why(case)
    seen = (differs.said if differs is not None else "", observed, besides, *_program(case))
    return Verdict(
        line, title, False, "; ".join(filter(None, seen)), advice.cause, advice.next, decided, differs
    )  # fmt: skip


def _observed(case: Case, judged: ExpectationJudged) -> str:
    """What its parts are; where bytes are not those that were expected only those that came: both are shown side by side."""
    compared = case.compared
    if case.expectation is None or compared is None or _difference(case) is None:
        return actual_in_words(judged)
    if compared.unknown:
        return ""  # how much of it has come is told
    came = compared.came
    if isinstance(came, bytes) and case.asks_for("output"):
        came = came.decode("utf-8", "backslashreplace")
    assert isinstance(came, bytes | str)
    part = source_of(case.expectation.expression, compared.source)
    return found_in_words((Found(Finding.IS, part, shown(came, _LONGEST_VALUE)),))


def _difference(case: Case) -> Difference | None:
    """Where the bytes that came, or were printed, are not those that were expected."""
    if case.sides is None or (case.compared is not None and case.compared.unknown and not case.sides[0]):
        return None  # nothing has come, and what sleeps there is told
    return difference(*case.sides, is_over=case.compared is None or not case.compared.unknown)


def _program(case: Case) -> Iterator[str]:
    """What became of the student's program, where it is or how it has ended; and where others wait for it."""
    world = case.world
    runs = [process for run in case.exercise.runs if (process := world.processes.get(run)) is not None]
    if not runs:
        yield _("{process} was not started").format(process=case.exercise.you)
    for process in runs:
        if not process.alive:
            yield _ended(process, said_on_error(case.timeline, process.name))
            if left := living(case.world, process):
                told = ngettext(
                    "{others}, which it has forked, runs on",
                    "{others}, which it has forked, run on",
                    len(left),
                )
                names = ", ".join(each.name for each in left[:_MOST_NAMED])
                yield told.format(others=names + ("…" if len(left) > _MOST_NAMED else ""))
        elif process.name in case.computing:
            told = _("{process} computes without end: it makes no call, and its CPU time grows")
            yield told.format(process=process.name)
        elif process.stopped is not None:
            yield _("{process} is stopped by {signal}").format(process=process.name, signal=process.stopped)
        elif process.current is None and case.given_up not in ENDLESS and not is_on_its_way(case, process):
            yield _("{process} is in no call on a socket").format(process=process.name)
        told_of = [
            each for each in family(world, process.name) if not is_on_its_way(case, world.processes[each])
        ]
        yield from _asleep(case, told_of)
    yield from _asleep(case, (process.name for process in case.others))


def _ended(process: Process, error: str) -> str:
    if process.signal is not None:
        how = _("{process} was ended by {signal}").format(process=process.name, signal=process.signal)
    else:
        how = _("{process} has ended with exit status {status}").format(
            process=process.name, status=process.exit_code
        )
    said = error.split("\n")[-1].strip()[
        :_LONGEST_SAID
    ]  # what else ends a line somewhere is shown as what it is
    return how + (_(" and said «{said}»").format(said=said) if said and process.status != 0 else "")


def _asleep(case: Case, names: Iterable[str]) -> Iterator[str]:
    for process in (case.world.processes[name] for name in names):
        call = process.current
        if process.alive and call is not None and call.stage is Stage.ASLEEP:
            yield _("{process} sleeps in {call}").format(process=process.name, call=case.made(call))
