"""An event that cannot have come where it came is an error in tests, a fact of the run elsewhere, and refused where a recording
has it and nothing of it can be told."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallReturned,
    Event,
    LinkActed,
    ProcessEnded,
    ProcessStarted,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.fitting import MOST_MISFITS, MOST_TASKS, refusal
from sockviz.model.misfit import Unfit
from sockviz.model.timeline import Timeline
from sockviz.model.world_json import world_json
from sockviz.words.headlines import headline
from sockviz.words.misfits import unfit
from sockviz.words.narration import narrate_at
from tests.conftest import DoesNotFit
from tests.model.runs import HEADER, HOST

STARTED = ProcessStarted(1.0, "server", 4, 4121, HOST)
BEGUN = StatementBegun(2.0, "server", 7)
ENTERED = CallEntered(3.0, "server", 1, 7, "accept", "socket.socket.accept")
RETURNED = CallReturned(4.0, "server", 1, 5)
FINISHED = StatementFinished(5.0, "server", 7)
ENDED = ProcessEnded(6.0, "server", 0)

UNFIT: list[tuple[Unfit, Sequence[Event], str]] = [
    (Unfit.NO_PROCESS, (CallReturned(4.0, "nobody", 1),), "no process nobody has started"),
    (Unfit.NO_PROCESS, (StatementBegun(4.0, "nobody", 1),), "no process nobody has started"),
    (Unfit.NO_PARENT, (ProcessStarted(4.0, "worker", 5, 5, HOST, "nobody"),), "no process nobody has started"),
    (Unfit.ALIVE, (STARTED, STARTED), "server is there already"),
    (Unfit.ENDED, (STARTED, ENDED, ENTERED), "server had ended"),
    (Unfit.ENDED, (STARTED, ENDED, ENDED), "server had ended"),
    (Unfit.NOT_ENTERED, (STARTED, RETURNED), "server has entered no call 1"),
    (Unfit.NOT_ENTERED, (STARTED, CallBlocked(4.0, "server", 1, None)), "server has entered no call 1"),
    (Unfit.OVER, (STARTED, BEGUN, ENTERED, RETURNED, RETURNED), "call 1 of server was over"),
    (Unfit.IN_A_CALL, (STARTED, BEGUN, ENTERED, CallEntered(4.0, "server", 2, 7, "recv", "socket.socket.recv")),
     "server is still in call 1"),
    (Unfit.AT_A_LINE, (STARTED, BEGUN, StatementBegun(3.0, "server", 8)), "server is still at line 7"),
    (Unfit.NOT_BEGUN, (STARTED, FINISHED), "server has begun no line 7"),
    (Unfit.NOT_BEGUN, (StatementFinished(4.0, "link", 9),), "link has begun no line 9"),
    (Unfit.NOT_AT, (STARTED, BEGUN, FINISHED, FINISHED), "server is not at line 7"),
    (Unfit.NOT_AT, (STARTED, BEGUN, FINISHED, StatementBegun(6.0, "server", 8), FINISHED), "server is not at line 7"),
    (Unfit.NOT_AT, (STARTED, BEGUN, ProcessStarted(2.0, "client", 5, 5, HOST), StatementFinished(5.0, "client", 7)),
     "client is not at line 7"),
    (Unfit.NOT_AT, (StatementBegun(4.0, "link", 9), *[StatementFinished(4.0, "link", 9)] * 2), "link is not at line 9"),
    (Unfit.NOT_ON_LINK, (LinkActed(4.0, "deliver", 1),), "the link has no such packet"),
]  # fmt: skip
WHOLE = (STARTED, BEGUN, ENTERED, CallBlocked(3.5, "server", 1, None), RETURNED, FINISHED)


@pytest.mark.parametrize(("why", "events", "words"), UNFIT)
def test_what_does_not_fit_is_an_error_in_tests(why: Unfit, events: Sequence[Event], words: str) -> None:
    timeline = Timeline(HEADER, events[:-1])
    with pytest.raises(DoesNotFit):
        timeline.append(events[-1])


@pytest.mark.parametrize(("why", "events", "words"), UNFIT)
def test_it_never_vanishes(why: Unfit, events: Sequence[Event], words: str, misfits: None) -> None:
    timeline = Timeline(HEADER, events)
    (found,) = timeline.world.misfits
    assert (found.why, found.event) == (why, events[-1])
    assert unfit(found) == f"this does not fit: {words}"
    assert narrate_at(timeline, len(events)).endswith(f"; this does not fit: {words}")
    assert words in headline(timeline, len(events))
    (told,) = json.loads(json.dumps(world_json(timeline.world)["misfits"]))
    assert (told["event"], told["why"]) == (type(events[-1]).__name__, why.value)


def test_a_second_call_at_one_task_does_not_hide_the_first(misfits: None) -> None:
    recv = CallEntered(4.0, "server", 2, 7, "recv", "socket.socket.recv")
    timeline = Timeline(HEADER, (STARTED, BEGUN, ENTERED, recv))
    assert [call.name for call in timeline.world.processes["server"].under_way] == ["accept", "recv"]
    timeline.append(RETURNED)
    server = timeline.world.processes["server"]
    assert [call.name for call in server.under_way] == ["recv"]
    assert server.last is not None
    assert (server.last.name, server.last.value) == ("accept", 5)


@pytest.mark.parametrize(
    "late",
    [
        (CallBlocked(9.0, "server", 1, None),),  # a look that is told of after the call has come back
        (StatementBegun(6.0, "link", 9), StatementFinished(6.0, "link", 9)),  # the link is no process
        (ENDED, CallReturned(9.0, "server", 1, 5), FINISHED),  # what a process said before it ended
        (ENDED, STARTED),
        (ENDED, StatementBegun(7.0, "server", 8), StatementFinished(7.0, "server", 8, error="ProcessEnded")),
    ],
)
def test_what_only_comes_late_fits(late: Sequence[Event]) -> None:
    assert not Timeline(HEADER, (*WHOLE, *late)).world.misfits


def test_a_child_returns_from_its_parents_call_and_finishes_its_line() -> None:
    fork = CallEntered(3.0, "server", 1, 7, "fork", "os.fork")
    child = ProcessStarted(3.5, "worker", 5, 5, HOST, "server")
    of_child = (CallReturned(4.0, "worker", 1, 0), StatementFinished(4.0, "worker", 7))
    assert not Timeline(HEADER, (STARTED, BEGUN, fork, child, *of_child, RETURNED, FINISHED)).world.misfits
    assert not Timeline(HEADER, (STARTED, BEGUN, fork, child, RETURNED, FINISHED, *of_child)).world.misfits


@pytest.mark.parametrize(
    ("event", "refused"),
    [
        (CallReturned(4.0, "nobody", 1), "no process nobody has started"),
        (StatementBegun(4.0, "server", 1, -1), f"no task has a number above {MOST_TASKS} or below 0"),
        (
            StatementBegun(4.0, "server", 1, MOST_TASKS + 1),
            f"no task has a number above {MOST_TASKS} or below 0",
        ),
        (RETURNED, None),  # a misfit, and told as one
        (BEGUN, None),
    ],
)
def test_what_a_recording_is_refused_for(event: Event, refused: str | None) -> None:
    assert refusal(event, Timeline(HEADER, (STARTED,)).world) == refused


def test_a_recording_of_nothing_but_misfits_ends_somewhere(misfits: None) -> None:
    timeline = Timeline(HEADER, (STARTED, *[RETURNED] * MOST_MISFITS))
    assert refusal(BEGUN, timeline.world) is None
    assert (
        refusal(RETURNED, timeline.world)
        == f"more than {MOST_MISFITS} events that cannot have come where they came"
    )
