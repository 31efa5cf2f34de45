"""An event that cannot have come where it came is an error in tests, a fact of the run elsewhere, and refused where a recording
has it and nothing of it can be told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import get_args

import pytest

from sockviz.model.events import (
    ActedByHand,
    CallBlocked,
    CallEntered,
    CallHeld,
    CallInterrupted,
    CallLetGo,
    CallReturned,
    CaptureLost,
    Caveat,
    Event,
    Executed,
    ExpectationJudged,
    LessonEnded,
    LineTyped,
    LinkActed,
    LinkSet,
    Observed,
    OutputWritten,
    OverLimit,
    PacketCaptured,
    PageOpened,
    PredictionMade,
    PredictionSettled,
    ProcessEnded,
    ProcessStarted,
    ProcessStopped,
    Signalled,
    SourceMet,
    StatementBegun,
    StatementFinished,
    ThreadBegan,
    ThreadEnded,
    Treated,
    VotesCounted,
)
from sockviz.model.fitting import MOST_MISFITS, MOST_TASKS, refusal
from sockviz.model.misfit import Unfit
from sockviz.model.segments import Packet
from sockviz.model.sockets import ProcessRow
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

PERFORMED = (STARTED, BEGUN, ENTERED)
PACKET = Packet(
    2.0, "AF_INET", "TCP", ("10.0.0.1", 4000), ("10.0.0.2", 80), 0, 64, 40, None, None, b"", "lo", b""
)
ON_LINK = PacketCaptured(2.0, HOST, PACKET, "client", "server", frame=1, entry=1)
THREAD = ThreadBegan(2.0, "server", 1)
TEXT = SourceMet(2.0, 1, "/x.py", "")
HELD = CallHeld(3.0, "server", 1)

UNFIT: list[tuple[Unfit, Sequence[Event], str]] = [
    *((Unfit.NO_PROCESS, (event,), "no process nobody has started") for event in (
        StatementBegun(4.0, "nobody", 1), StatementFinished(4.0, "nobody", 1), CallEntered(4.0, "nobody", 1, None, "recv", ""),
        CallBlocked(4.0, "nobody", 1, None), CallReturned(4.0, "nobody", 1), CallHeld(4.0, "nobody", 1),
        CallLetGo(4.0, "nobody", 1), CallInterrupted(4.0, "nobody", 1), ThreadBegan(4.0, "nobody", 1),
        ThreadEnded(4.0, "nobody", 1), Executed(4.0, "nobody", ("x",)), Signalled(4.0, "nobody", "SIGINT"),
        ProcessStopped(4.0, "nobody", "SIGSTOP"), OutputWritten(4.0, "nobody", 1, b"x"), OverLimit(4.0, "nobody", 64),
        Caveat(4.0, "nobody", "filter"), Treated(4.0, "short", "nobody", 1), ProcessEnded(4.0, "nobody", 0),
        Observed(4.0, HOST, processes=(ProcessRow("nobody", "S", ()),)),
    )),
    (Unfit.NO_PROCESS, (CallReturned(4.0, "", 1),), "no process  has started"),
    (Unfit.NO_PARENT, (ProcessStarted(4.0, "worker", 5, 5, HOST, "nobody"),), "no process nobody has started"),
    (Unfit.ALIVE, (STARTED, STARTED), "server is there already"),
    (Unfit.ENDED, (STARTED, ENDED, ENTERED), "server had ended"),
    (Unfit.ENDED, (STARTED, ENDED, ENDED), "server had ended"),
    *((Unfit.NOT_ENTERED, (STARTED, event), "server has entered no call 1") for event in (
        RETURNED, CallBlocked(4.0, "server", 1, None), HELD, CallLetGo(4.0, "server", 1), CallInterrupted(4.0, "server", 1),
        Treated(4.0, "short", "server", 1),
    )),
    *((Unfit.OVER, (*PERFORMED, RETURNED, event), "call 1 of server was over") for event in (
        RETURNED, HELD, CallLetGo(5.0, "server", 1), CallInterrupted(5.0, "server", 1), Treated(5.0, "short", "server", 1),
    )),
    (Unfit.OVER, (*PERFORMED, CallReturned(4.0, "server", 1, 5, task=1)), "call 1 of server was over"),
    (Unfit.ENTERED, (*PERFORMED, RETURNED, ENTERED), "server has entered call 1 before"),
    (Unfit.NOT_HELD, (*PERFORMED, CallLetGo(4.0, "server", 1)), "nobody holds call 1 of server"),
    (Unfit.NOT_HELD, (*PERFORMED, HELD, *[CallLetGo(4.0, "server", 1)] * 2), "nobody holds call 1 of server"),
    (Unfit.NOT_INTERRUPTED, (*PERFORMED, CallInterrupted(4.0, "server", 1, over=True)),
     "no signal has interrupted call 1 of server"),
    (Unfit.NO_THREAD, (STARTED, ThreadEnded(4.0, "server", 1)), "there is no thread server/2"),
    (Unfit.NO_THREAD, (STARTED, THREAD, *[ThreadEnded(4.0, "server", 1)] * 2), "there is no thread server/2"),
    (Unfit.THREAD_IS_THERE, (STARTED, THREAD, THREAD), "server/2 is there already"),
    (Unfit.THREAD_IS_THERE, (STARTED, ThreadBegan(2.0, "server", 0)), "server is there already"),
    (Unfit.IN_A_CALL, (*PERFORMED, CallEntered(4.0, "server", 2, 7, "recv", "socket.socket.recv")),
     "server is still in call 1"),
    (Unfit.AT_A_LINE, (STARTED, BEGUN, StatementBegun(3.0, "server", 8)), "server is still at line 7"),
    (Unfit.AT_A_LINE, (StatementBegun(4.0, "link", 9), StatementBegun(4.0, "link", 10)), "link is still at line 9"),
    (Unfit.NOT_BEGUN, (STARTED, FINISHED), "server has begun no line 7"),
    (Unfit.NOT_BEGUN, (StatementFinished(4.0, "link", 9),), "link has begun no line 9"),
    (Unfit.NOT_AT, (STARTED, BEGUN, FINISHED, FINISHED), "server is not at line 7"),
    (Unfit.NOT_AT, (STARTED, BEGUN, FINISHED, StatementBegun(6.0, "server", 8), FINISHED), "server is not at line 7"),
    (Unfit.NOT_AT, (STARTED, BEGUN, ProcessStarted(2.0, "client", 5, 5, HOST), StatementFinished(5.0, "client", 7)),
     "client is not at line 7"),
    (Unfit.NOT_AT, (StatementBegun(4.0, "link", 9), *[StatementFinished(4.0, "link", 9)] * 2), "link is not at line 9"),
    (Unfit.NOT_ON_LINK, (LinkActed(4.0, "deliver", 1),), "the link has no such packet"),
    (Unfit.NOT_ON_LINK, (ON_LINK, LinkActed(4.0, "drop", 1), LinkActed(5.0, "drop", 1)), "the link has no such packet"),
    (Unfit.ON_LINK, (ON_LINK, ON_LINK), "the link has this packet already"),
    (Unfit.NOT_CAPTURED, (PacketCaptured(2.0, "elsewhere", PACKET, "client", "server"),), "nothing is captured on elsewhere"),
    (Unfit.NO_ROW, (Observed(4.0, HOST, gone=(("TCP", 7),)),), f"the kernel of {HOST} had no such row"),
    (Unfit.NO_TEXT, (STARTED, CallEntered(3.0, "server", 1, 7, "accept", "", text=1)), "no text 1 is known"),
    (Unfit.TEXT_IS_KNOWN, (TEXT, TEXT), "text 1 is known already"),
    (Unfit.TURNED_BACK, (PageOpened(1.0, 1), PageOpened(2.0, 0)), "page 1 was open before, or is past"),
    (Unfit.TURNED_BACK, (PageOpened(1.0, 1), PageOpened(2.0, 1)), "page 2 was open before, or is past"),
    (Unfit.AT_ITS_END, (LessonEnded(1.0), PageOpened(2.0, 1)), "the lesson had ended"),
    (Unfit.AT_ITS_END, (LessonEnded(1.0), LessonEnded(2.0)), "the lesson had ended"),
]  # fmt: skip
#: Events that can come at any time, and why.
ALWAYS = {
    LinkSet: "the link is told what to keep as often as one likes",
    ActedByHand: "what the reader asked for may have gone meanwhile",
    LineTyped: "of a new process, or in the place of another line",
    CaptureLost: "no capture says so beforehand",
    ExpectationJudged: "which lines are any only the lesson knows: its reader asks it",
    PredictionMade: "likewise",
    PredictionSettled: "likewise",
    VotesCounted: "likewise",
}
WHOLE = (STARTED, BEGUN, ENTERED, CallBlocked(3.5, "server", 1, None), RETURNED, FINISHED)


def test_every_kind_of_event_has_its_misfits() -> None:
    fed = {type(events[-1]) for _why, events, _words in UNFIT}
    assert fed | ALWAYS.keys() == set(get_args(Event))
    assert not fed & ALWAYS.keys()
    assert {why for why, _events, _words in UNFIT} == set(Unfit)


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
        (StatementBegun(4.0, "server", 1, MOST_TASKS), None),
        (ProcessStarted(4.0, "a b", 5, 5, HOST, None), "'a b' is no name of a process or a host"),
        (ProcessStarted(4.0, "a", 5, 5, "\x1b[2J", None), "'\\x1b[2J' is no name of a process or a host"),
        (ProcessStarted(4.0, "a" * 200, 5, 5, HOST, None), None),
        (ProcessStarted(4.0, "a" * 201, 5, 5, HOST, None), f"{'a' * 40!r} is no name of a process or a host"),
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
