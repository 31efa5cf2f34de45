"""Why a verdict failed: the rules in their order, what is surest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sockviz.language import _
from sockviz.model.events import CallReturned
from sockviz.model.moment import Moment
from sockviz.model.segments import endpoint
from sockviz.practice.causes.beyond_bounds import beyond_bounds
from sockviz.practice.causes.broken_off import broken_off
from sockviz.practice.causes.case import Advice, Case
from sockviz.practice.causes.cut_short import cut_short
from sockviz.practice.causes.endings import (
    crashed,
    crashed_at_a_call,
    left_running,
    out_of_sight,
    place_of_crash,
    timed_out,
    uncaught,
    wrong_status,
)
from sockviz.practice.causes.failed import failed, was_let_in
from sockviz.practice.causes.last_done import computes, last_done, no_calls, reads_past_the_end, stopped
from sockviz.practice.causes.left_behind import left_behind
from sockviz.practice.causes.left_open import left_open, refused_and_open
from sockviz.practice.causes.lost_on_the_way import lost_on_the_way
from sockviz.practice.causes.neglected import neglected
from sockviz.practice.causes.nobody_listens import nobody_listens
from sockviz.practice.causes.not_done import (
    closed_early,
    connects_too_often,
    kept_open,
    not_closed,
    not_connected,
    not_ended,
)
from sockviz.practice.causes.not_served import not_accepted, shut_and_open
from sockviz.practice.causes.pauses import asked_too_hastily, asked_too_late
from sockviz.practice.causes.questions import (
    asked_elsewhere,
    asked_once_more,
    asked_otherwise,
    asked_too_little,
    asked_too_soon,
    no_more_answers,
    wrong_answer,
)
from sockviz.practice.causes.same_socket import same_socket
from sockviz.practice.causes.too_few import still_awaited, too_few, wrong_amount
from sockviz.practice.causes.wrong_bytes import wrong_bytes
from sockviz.practice.causes.wrong_origin import wrong_origin
from sockviz.practice.causes.wrong_output import wrong_output
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.mistakes.refused import REFUSED
from sockviz.words.mistakes.rules import Rules
from sockviz.words.mistakes.standing import RULES as STANDING
from sockviz.words.mistakes.standing import as_things_stand
from sockviz.words.wording import address_text

#: A program may make calls without end: mistakes are looked for among so many events from the beginning.
_LOOKED_AT = 20_000
#: Mistakes that are not told when they come up: who waits in vain is asked for at the end, and of a name that is in use the error
#: of bind itself says all that there is, whether the kernel was looked at soon after it or not.
_LATER = STANDING | {"in use"}
#: Mistakes that are told of as of something that goes on.
_LASTING = frozenset({"CLOSE-WAIT"})
#: Rules of what a program has done otherwise than it should, though none of its calls tells of it by an error.
_WITHOUT_ERROR = (
    not_connected, connects_too_often, not_ended, left_open, wrong_status, wrong_output, too_few, asked_too_little,
)  # fmt: skip
#: What somebody who talks to a program may be told of that waits for it, or was refused. Of what else others do wrong nothing is
#: the program's fault.
_OF_WHO_WAITS = REFUSED | {
    "both receive", "never accepted", "blocked for another", "queue full", "datagram lost", "datagram elsewhere",
}  # fmt: skip


def why(case: Case) -> tuple[str, Advice]:
    """What is observed besides, where there is something; and the likely cause, with what can be done about it."""
    refused, beyond = nobody_listens(case), beyond_bounds(case)
    lost, never_again = lost_on_the_way(case)
    seen = [each.observed for each in (beyond, refused) if each is not None]
    observed = "; ".join(filter(None, (*seen, lost)))
    if beyond is not None:
        return observed, beyond.advice
    found = next(
        advice
        for advice in _in_order(case, refused.advice if refused is not None else None, never_again)
        if advice is not None
    )
    return observed, found


def _in_order(case: Case, refused: Advice | None, never_again: Advice | None) -> Iterator[Advice | None]:
    """What the rules say, the surest first. The last one always says something."""
    yield out_of_sight(case)
    yield asked_elsewhere(case)
    yield timed_out(case)
    yield crashed_at_a_call(case)
    yield _cut_short(case)
    yield crashed(case)
    yield stopped(case)
    yield reads_past_the_end(case)
    yield left_running(case)
    yield _left_behind(case)
    yield no_calls(case)
    yield asked_too_hastily(case)
    yield asked_too_late(case)
    yield asked_otherwise(case)
    yield wrong_answer(case)
    yield asked_too_soon(case)
    yield asked_once_more(case)
    yield wrong_bytes(case)
    yield wrong_origin(case)
    yield not_closed(case)
    yield kept_open(case)
    yield closed_early(case)
    yield same_socket(case)
    yield never_again
    yield computes(case)
    yield still_awaited(case)
    yield refused_and_open(case)
    yield shut_and_open(case)
    yield _mistaken(case)
    yield not_accepted(case)
    yield _idle(case)
    yield _failed(case, own=True)
    yield refused
    yield broken_off(case)
    yield no_more_answers(case)
    for rule in _WITHOUT_ERROR:
        yield rule(case)
    yield wrong_amount(case)
    yield _failed(case, own=False)
    yield last_done(case)


def _cut_short(case: Case) -> Advice | None:
    all_came = case.sides is not None and case.sides[0].startswith(case.sides[1])
    part = cut_short(case.world, sorted(case.own), all_came=all_came)
    return Advice(part.cause, part.next) if part is not None else None


def _left_behind(case: Case) -> Advice | None:
    left = left_behind(case.timeline, len(case.timeline), set(case.own))
    return Advice(left.cause, left.next) if left is not None else None


def _idle(case: Case) -> Advice | None:
    idle = neglected(case.world, sorted(case.own))
    return Advice(idle.cause, idle.next) if idle is not None else None


def _failed(case: Case, *, own: bool) -> Advice | None:
    """A call that failed. Where nothing is known to help against its error, what a rule says that looks at no error does."""
    found = failed(case, own=own)
    if found is None or found.next:
        return found
    rules = (not_connected, left_open, uncaught, *_WITHOUT_ERROR, last_done)
    others = (advice for rule in rules if (advice := rule(case)) is not None)
    return Advice(found.cause, next(others).next)


def _mistaken(case: Case) -> Advice | None:
    """The first mistake of the student's own, or else the first that anybody made. What somebody waits for in vain is none unless
    it is so now: for a moment it may have been so because the machine was slow."""
    rules, ended = Rules(), _ended_by(case)
    found = [
        mistake
        for number in range(min(len(case.timeline), _LOOKED_AT))
        for mistake in rules.after(Moment(case.timeline, number))
        if mistake.rule in REFUSED or number <= ended.get(mistake.process, number)
    ]
    found += rules.unresolved()
    found = [each for each in found if each.rule not in _LATER] + list(as_things_stand(case.world))
    found = [each for each in found if each.rule not in REFUSED or not was_let_in(case.world, each.process)]
    own = set(case.own)
    theirs = (each for each in found if each.process in own or own & set(map(str, each.about)))
    waiting = (each for each in found if each.rule in _OF_WHO_WAITS)
    told: Mistake | None = next(theirs, next(waiting, None))
    if told is None:
        return None
    cause = f"{told.observed}: {told.cause}"
    maker = case.world.processes.get(told.process)
    if maker is not None and not maker.alive and told.rule in _LASTING:  # it is told as of when it was made
        cause = _("while {process} ran: {cause}").format(process=maker.name, cause=cause)
    if told.rule == "queue full" and told.process in own and not _is_own(told.about, case):
        fewer = _("connect only as often as the task says: whoever listens there accepts no more than that")
        return Advice(cause, fewer)
    if told.rule == "both receive":
        return Advice(cause, _what_ends_it(case))
    if told.rule == "another address" and told.process not in own:
        target = endpoint(told.about[1])
        following = _("bind to {address}: that is where others connect to").format(
            address=address_text(target)
        )
        return Advice(cause, following)
    return Advice(cause, told.remedy)


def _ended_by(case: Case) -> dict[str, int]:
    """Of each process that an exception has ended, the event by which a call had failed last: what it did after that, and what it
    did not do, comes of it."""
    crashed = {each.name for each in case.programs if place_of_crash(case.timeline, each)}
    return {
        event.process: number
        for number, event in enumerate(case.timeline.events)
        if crashed
        and isinstance(event, CallReturned)
        and event.error is not None
        and event.process in crashed
    }


def _what_ends_it(case: Case) -> str:
    """What helps where both ends wait for each other: what the others do is as it is, and the program can do its part."""
    for process in case.programs:
        call = process.current
        own = call.receiver.inode if call is not None and call.receiver is not None else 0
        taken, sent = case.flows.taken(own), case.flows.given(own)
        if taken and (not sent or (taken[-1].call.returned or 0.0) > (sent[-1].call.returned or 0.0)):
            return _(
                "the task says where a message ends (so many bytes, a newline): answer as soon as that has come, without "
                "waiting for more; what a library still holds back goes out by flush"
            )
        if sent:
            return _(
                "if all has been sent, say so by shutdown(SHUT_WR): it ends the sending, and the receiving goes on; else send "
                "what is missing"
            )
    return _("look in the task who speaks first, and send what it says")


def _is_own(about: Iterable[object], case: Case) -> bool:
    """Whether one of these sockets was made by the program."""
    made = (case.world.sockets.get(inode) for inode in about if isinstance(inode, int))
    return any(known is not None and known.creator in case.own for known in made)
