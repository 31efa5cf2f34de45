"""What is told of a program that takes more than a run may: no more of it is performed than events by hand."""

from __future__ import annotations

import pytest

from sockviz.model.events import Caveat, Event, OutputWritten, OverLimit, ProcessEnded, ProcessStarted
from sockviz.model.timeline import Timeline
from sockviz.practice.verdicts import Verdict, verdicts
from tests.model.runs import HEADER, HOST, START
from tests.practice.attempts import exercise, exercise_of

BODY = "```run @server\n```\n\n```expect\n# it listens\nlen(rows(state='LISTEN')) == 1\n```\n"
BEGIN = "begin with what the task asks for first"


def _told(*events: Event) -> Verdict:
    timeline = Timeline(HEADER)
    timeline.append(ProcessStarted(START, "server", 2, 102, HOST))
    timeline.append(ProcessStarted(START, "client", 3, 103, HOST))
    for event in events:
        timeline.append(event)
    lesson = exercise(BODY)
    (verdict,) = verdicts(timeline, lesson, exercise_of(lesson))
    return verdict


def _printed(process: str, *, unkept: int) -> OutputWritten:
    return OutputWritten(START, process, 1, b"x" * 10, unkept)


@pytest.mark.parametrize(
    ("event", "observed", "cause", "following"),
    [
        (
            OverLimit(START, "server", 64),
            "a run has 64 processes at a time, and server was refused another one (EAGAIN)",
            "server makes one process after the other",
            "look for the loop that forks",
        ),
        (
            Caveat(START, "server", "given up: processes"),
            "makes processes without end, and was ended",
            "server makes one process after the other",
            "look for the loop that forks",
        ),
        (
            Caveat(START, "server", "given up: memory"),
            "takes more memory than it may, and was ended",
            "server takes more and more memory",
            "look for what grows without end",
        ),
        (
            Caveat(START, "server", "given up: lab"),
            "the run ends here: its lab could not go on",
            "the run could not go on, and no call of server is why",
            "judge it once more",
        ),
        (
            _printed("server", unkept=992_000_000),
            "server had printed 992 MB by then",
            "server prints without end",
            "look for the loop that prints",
        ),
    ],
)
def test_that_is_told_of_and_not_what_it_has_not_come_to(
    event: Event, observed: str, cause: str, following: str
) -> None:
    told = _told(event)
    assert observed in told.observed
    assert told.cause == cause
    assert told.next.startswith(following)


def test_of_others_of_little_and_of_what_has_ended_nothing_of_the_kind_is_told() -> None:
    much = 992_000_000
    ended = ProcessEnded(START, "server", 0, None)
    for events in (
        (_printed("server", unkept=5000),),
        (_printed("client", unkept=much),),
        (OverLimit(START, "client", 64),),
        (Caveat(START, "server", "given up: time"),),
        (_printed("server", unkept=much), ended),
    ):
        assert _told(*events).next.startswith(BEGIN), events


def test_what_a_program_did_that_is_ended_in_the_middle_of_it_is_not_told() -> None:
    idle = "server is in no call on a socket"
    assert idle in _told(Caveat(START, "server", "given up: time")).observed
    assert idle not in _told(Caveat(START, "server", "given up: calls")).observed
