"""A program that takes more than a run may: it makes processes or prints without end, or takes too much memory; or whose run
could not go on. What else of its run went wrong comes of that."""

from __future__ import annotations

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.call import Call
from sockviz.model.events import OutputWritten, OverLimit
from sockviz.model.long_values import whole_of
from sockviz.practice.causes.case import Advice, Case
from sockviz.practice.causes.endings import goes_on

#: Nobody prints so much (bytes) at an exercise who does not do so without end.
_MUCH = 1 << 20
#: Who has come to a line so often prints what a loop of calls has it print: that is told.
_MANY = 5


@dataclass(frozen=True, slots=True)
class Beyond:
    """What is observed of it besides, where there is something; and what can be done about it."""

    observed: str
    advice: Advice


def beyond_bounds(case: Case) -> Beyond | None:
    """Of the student's program."""
    own = set(case.own)
    refused: OverLimit | None = None
    printed: dict[str, int] = {}
    for event in case.timeline.events:
        if isinstance(event, OutputWritten) and event.process in own:
            data = whole_of(event.data)
            kept = len(data) if isinstance(data, bytes) else 0
            printed[event.process] = printed.get(event.process, 0) + kept + event.unkept
        elif isinstance(event, OverLimit) and event.process in own:
            refused = refused or event
    why = case.given_up
    you = case.exercise.you
    if refused is not None or why == "processes":
        return _processes(case, you, refused)
    if why == "memory":
        cause = _("{process} takes more and more memory").format(process=you)
        following = _("look for what grows without end: what a loop adds to, or keeps of each round")
        return Beyond("", Advice(cause, following))
    if why == "lab":
        cause = _("the run could not go on, and no call of {process} is why")
        following = _(
            "judge it once more; where it comes again, `sockviz doctor` says what this machine lacks"
        )
        return Beyond("", Advice(cause.format(process=you), following))
    for name, count in printed.items():
        process = case.world.processes[name]
        if count >= _MUCH and process.alive and goes_on(case, process, _MANY) is None:
            observed = _("{process} had printed {amount} MB by then").format(
                process=name, amount=count // 1_000_000
            )
            following = _("look for the loop that prints, and what should end it")
            return Beyond(observed, Advice(_("{process} prints without end").format(process=name), following))
    return None


def _accepted_in_vain(case: Case) -> Call | None:
    """The first accept that has failed, where many have."""
    failed = [
        call
        for process in case.programs
        for call in process.calls
        if call.name == "accept" and call.error not in (None, "EAGAIN")
    ]
    return min(failed, key=lambda call: call.entered) if len(failed) >= _MANY else None


def _processes(case: Case, you: str, refused: OverLimit | None) -> Beyond:
    observed = ""
    if refused is not None:
        observed = _(
            "a run has {most} processes at a time, and {process} was refused another one (EAGAIN)"
        ).format(most=refused.most, process=you)
    if (vain := _accepted_in_vain(case)) is not None:
        return Beyond(
            observed,
            Advice(
                _("{accept} of {process} failed with {error} again and again, and it has forked all the same").format(
                    accept=case.made(vain), process=vain.process, error=vain.error
                ),
                _("fork only where accept has given a client; a child leaves the loop once its client is served (_exit), and "
                  "the parent closes its own descriptor of each"),
            ),
        )  # fmt: skip
    following = _(
        "look for the loop that forks, and what should end it; a child leaves it (_exit), and its parent waits for it (waitpid)"
    )
    return Beyond(
        observed, Advice(_("{process} makes one process after the other").format(process=you), following)
    )
