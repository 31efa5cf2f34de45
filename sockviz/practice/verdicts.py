"""What the kernel and the peers say of a student's program, made of a run's events: observed, likely cause, next step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sockviz.dataclass import dataclass, replace
from sockviz.language import _
from sockviz.lesson.document import Exercise, Lesson
from sockviz.model.call import CONNECTING, Call, Stage
from sockviz.model.events import CallReturned, ExpectationJudged, OutputWritten, StatementFinished
from sockviz.model.first_names import of_lab
from sockviz.model.long_values import whole_of
from sockviz.model.moment import Moment
from sockviz.model.process import Process
from sockviz.model.timeline import Timeline
from sockviz.model.world import World
from sockviz.player.started import family
from sockviz.practice.cut_short import cut_short
from sockviz.practice.differing import Difference, difference
from sockviz.practice.left_behind import left_behind
from sockviz.practice.neglected import neglected
from sockviz.words.explanation import Explanation, explain
from sockviz.words.kept_sentences import in_words
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.mistakes.named_sockets import LISTENING
from sockviz.words.mistakes.refused import REFUSED
from sockviz.words.mistakes.rules import STANDING, Rules, as_things_stand
from sockviz.words.programs import place_of
from sockviz.words.situation import Situation
from sockviz.words.wording import call_as_made

#: Errors with which nothing is wrong: whoever asks without waiting gets them.
_HARMLESS = frozenset({"EAGAIN", "EINPROGRESS", "EINTR", "ENOENT", "ENOTTY", "ESPIPE"})
#: Errors by which a stream is over.
_BROKEN_OFF = frozenset({"ECONNRESET", "EPIPE"})
_ERROR_STREAM = 2
#: Calls by which a library only asks, and nothing hangs on the answer.
_ASKING = frozenset({"getpeername", "getsockname", "getsockopt", "ioctl", "lseek"})
#: A program may make calls without end: mistakes are looked for among so many events from the beginning, causes among the last.
_LOOKED_AT = 20_000
#: Mistakes that are not told when they come up: who waits in vain is asked for at the end, and of a name that is in use the error
#: of bind itself says all that there is, whether the kernel was looked at soon after it or not.
_LATER = STANDING | {"in use"}
#: So much of the last line that a program wrote to its standard error is told (characters).
_LONGEST_SAID = 200


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
                Verdict(expectation.line, title, True, judged.actual, event=decided[expectation.line])
            )
        else:
            at = decided.get(expectation.line, len(timeline))
            observed = judged.actual if judged is not None else broken or _("the run ended before it")
            failed = _failed_at(expectation.line, title, observed, timeline, exercise, at)
            differs = difference(expectation, timeline.world_at(at), of_lab(timeline.header.lab))
            if differs is not None:
                seen = f"{differs.said}; {failed.observed}"
                failed = replace(failed, observed=seen, difference=differs)
            found.append(failed)
            is_over = True
    if broken is not None and not is_over:
        last = expected[-1] if expected else None
        line = last.line if last is not None else lesson.pages[-1].line
        title = _("the run comes to its end")
        found.append(_failed_at(line, title, broken, timeline, exercise, len(timeline)))
    return tuple(found)


def _broken(timeline: Timeline, lesson: Lesson, stuck: str | None) -> str | None:
    """Why the run did not come to its end: a line could not be performed, or waited in vain."""
    for event in timeline.events:
        if isinstance(event, StatementFinished) and event.error is not None:
            statement = lesson.statement_at(event.line)
            source = statement.source if statement is not None else ""
            return _("{process} could not go on at `{source}`: {message}").format(
                process=event.process, source=source, message=in_words(event.message) or event.error
            )
    return stuck


def _failed_at(
    line: int, title: str, observed: str, timeline: Timeline, exercise: Exercise, decided: int
) -> Verdict:
    """The verdict on an expectation that has failed. The cause is looked for in all that the run had: after what decided it the
    program has come to rest, and how far it had got before hangs on the machine."""
    at, world = len(timeline), timeline.world
    seen = "; ".join((observed, *_program(world, timeline, exercise, at)))
    own = _own(world, exercise)
    part = cut_short(world, sorted(own)) or left_behind(timeline, at, own)
    if part is not None:
        return Verdict(line, title, False, seen, part.cause, part.next, decided)
    mistake = _mistake(timeline, exercise, at)
    if mistake is not None:
        return Verdict(
            line, title, False, seen, f"{mistake.observed}: {mistake.cause}", mistake.remedy, decided
        )
    idle = neglected(world, sorted(own))
    if idle is not None:
        return Verdict(line, title, False, seen, idle.cause, idle.next, decided)
    explained = _explained(timeline, exercise, at)
    if explained is not None:
        call, why = explained
        cause = _("{call} of {process} failed with {error}: {why}").format(
            call=call_as_made(call), process=call.process, error=why.name, why=why.here
        )
        remedy = why.remedy if call.process in own else _after_reset(call, world) or why.remedy
        return Verdict(line, title, False, seen, cause, remedy or _after_an_end(call, world, own), decided)
    return Verdict(line, title, False, seen, "", "", decided)


def _after_reset(call: Call, world: World) -> str:
    """What somebody who was answered by a RST would have the student's program do; nothing of any other call that failed."""
    if call.error not in _BROKEN_OFF or Situation(call, world).came("RST") is None:
        return ""
    return _(
        "close only when recv has returned 0 bytes; that nothing more will be sent is said by shutdown(SHUT_WR)"
    )


def _after_an_end(call: Call, world: World, own: set[str]) -> str:
    """What a program of the student's is to do where its peer has broken off; nothing where that is not what happened."""
    if call.process not in own or call.error not in _BROKEN_OFF or call.receiver is None:
        return ""
    process = world.processes[call.process]
    if not process.alive:
        return _(
            "a client that breaks off ends nothing but its own connection: close that, and go on with the others"
        )
    if any(entry.inode == call.receiver.inode for entry in process.fds):
        return _("close the descriptor where a call fails, too: {process} still holds {fd}, and nothing will come of it").format(
            process=process.name, fd=call.receiver.fd
        )  # fmt: skip
    return ""


def _program(world: World, timeline: Timeline, exercise: Exercise, at: int) -> Iterator[str]:
    """What became of the student's program, where it is or how it has ended; and where others wait for it."""
    runs = [process for run in exercise.runs if (process := world.processes.get(run)) is not None]
    if not runs:
        yield _("{process} was not started").format(process=exercise.you)
    for process in runs:
        if not process.alive:
            yield _ended(process, _last_said(timeline, process.name, at))
        else:
            yield from _asleep(world, family(world, process.name))
    yield from _asleep(world, [name for name in world.processes if name not in _own(world, exercise)])


def _ended(process: Process, said: str) -> str:
    if process.signal is not None:
        how = _("{process} was ended by {signal}").format(process=process.name, signal=process.signal)
    else:
        how = _("{process} has ended with exit status {status}").format(
            process=process.name, status=process.exit_code
        )
    return how + (_(" and said «{said}»").format(said=said) if said and process.status != 0 else "")


def _last_said(timeline: Timeline, run: str, at: int) -> str:
    parts = [
        event.data
        for event in timeline.events[:at]
        if isinstance(event, OutputWritten) and event.process == run and event.stream == _ERROR_STREAM
    ]
    text = b"".join(part for part in map(whole_of, parts) if isinstance(part, bytes)).decode(
        "utf-8", "backslashreplace"
    )
    lines = text.strip().split("\n")  # what else ends a line somewhere is shown as what it is
    return lines[-1].strip()[:_LONGEST_SAID] if lines else ""


def _asleep(world: World, names: Iterable[str]) -> Iterator[str]:
    for process in (world.processes[name] for name in names):
        call = process.current
        if process.alive and call is not None and call.stage is Stage.ASLEEP:
            place = place_of(call, world)
            yield _("{process} sleeps in {call}").format(process=process.name, call=call_as_made(call)) + (
                f" ({place})" if place else ""
            )


def _mistake(timeline: Timeline, exercise: Exercise, at: int) -> Mistake | None:
    """The mistake that is told: the first of the student's own, or else the first that anybody made. What somebody waits for in
    vain is none unless it is so now: for a moment it may have been so because the machine was slow."""
    rules = Rules()
    looked_at = range(min(at, _LOOKED_AT))
    found = [mistake for number in looked_at for mistake in rules.after(Moment(timeline, number))]
    world = timeline.world_at(at)
    own = _own(world, exercise)
    found = [each for each in found if each.rule not in _LATER] + list(as_things_stand(world))
    found = [each for each in found if each.rule not in REFUSED or not _was_let_in(world, each.process)]
    theirs = (each for each in found if each.process in own or own & set(map(str, each.about)))
    return next(theirs, found[0] if found else None)


def _was_let_in(world: World, process: str) -> bool:
    """Whether the last connect of a process was let in: then that another was refused before is not what is wrong. The datagram
    sockets that getaddrinfo connects, to put its list in order, are none that anybody lets in."""
    calls = world.processes[process].calls if process in world.processes else ()
    last = next(
        (
            call
            for call in reversed(calls)
            if call.name in CONNECTING and call.receiver is not None and call.receiver.type in LISTENING
        ),
        None,
    )
    return last is not None and last.stage is Stage.RETURNED


def _own(world: World, exercise: Exercise) -> set[str]:
    """The processes of the student's program."""
    return {name for run in exercise.runs for name in family(world, run)}


def _explained(timeline: Timeline, exercise: Exercise, at: int) -> tuple[Call, Explanation] | None:
    """The last call that failed: of the student's program, or else of whoever talks to it."""
    world = timeline.world_at(at)
    own = _own(world, exercise)
    others: tuple[Call, Explanation] | None = None
    for number in range(at - 1, max(at - _LOOKED_AT, 0) - 1, -1):
        event = timeline.events[number]
        if not isinstance(event, CallReturned) or event.error is None or event.error in _HARMLESS:
            continue
        moment = Moment(timeline, number)
        call = moment.call(event.process, event.call)
        if call is None or call.name in _ASKING:
            continue
        if call.name in CONNECTING and _was_let_in(world, call.process):
            continue
        why = explain(call, moment.after)
        if why is None:
            continue
        if event.process in own:
            return call, why
        others = others or (call, why)
    return others
