"""Threads of a program: named alike everywhere, those that do the same told together, held told from asleep."""

from __future__ import annotations

from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallHeld,
    CallReturned,
    Event,
    ProcessEnded,
    ProcessStarted,
    ProcessStopped,
    SourceMet,
    Treated,
)
from sockviz.model.lab_facts import LabFacts
from sockviz.model.programs import Program, Programs
from sockviz.model.sockets import Asleep
from sockviz.model.timeline import Header, Timeline
from sockviz.player.next import Do, Next
from sockviz.tui.stage.held_pane import ChosenTask, draw_held
from sockviz.tui.stage.process_panel import draw_process
from sockviz.tui.stage.program_calls import calls_drawn
from sockviz.tui.stage.source_text import TextAt, draw_source
from sockviz.tui.stage.tally import Tally
from sockviz.tui.view import Look, Mode, View

THREADS = 48
_IN_RECV = Asleep("recvfrom", (4, 0, 1, 0, 0, 0), "wait_woken", "S", "/proc/105/syscall", "45 0x4 0x0 0x1")


def _view(*events: Event) -> View:
    script = Programs((Program("server", "loopback", ("./server",)),))
    timeline = Timeline(Header(script, LabFacts("isolated", hosts=("loopback",)), "6.18.0", 1.0), events)
    world = timeline.world
    return View(
        version=1, script=script, page=script.pages[0], timeline=timeline, cursor=len(timeline), world=world,
        before=timeline.world_at(timeline.stops[-2]), next=Next(Do.BUSY), mode=Mode.LIVE, look=Look(animate=False),
    )  # fmt: skip


def _threads() -> list[Event]:
    events: list[Event] = [ProcessStarted(1.0, "server", 5, 105, "loopback")]
    number = 0
    for _turn in range(3):
        number += 1
        events.append(CallEntered(1.0, "server", number, None, "close", "socket.socket.close", (9,)))
        events.append(CallReturned(1.0, "server", number))
    for task in range(1, THREADS + 1):
        number += 1
        events.append(
            CallEntered(1.1, "server", number, None, "recv", "socket.socket.recv", (4, 1), task=task)
        )
        events.append(CallBlocked(1.2, "server", number, _IN_RECV, task))
    for task in (THREADS + 1, THREADS + 2):
        events.append(
            CallEntered(
                1.3, "server", number + task, None, "send", "socket.socket.send", (task, b"x"), task=task
            )
        )
        events.append(CallHeld(1.3, "server", number + task, task))
    return events


def _texts(lines: list[object]) -> list[str]:
    return [" ".join(getattr(each, "text", "").split()) for each in lines]


def test_threads_that_do_the_same_share_a_line_and_the_others_are_named() -> None:
    view = _view(*_threads())
    panel = _texts([*draw_process(view, "server", 70, 20)])
    assert sum("asleep" in text for text in panel) == 1
    assert any(f"/2 ×{THREADS} recv(4, 1)" in text for text in panel)
    assert any("/50 send(49, b'x') held" in text for text in panel)
    assert any("×3 close(9)" in text for text in panel)
    listed = _texts([*draw_held(view, ChosenTask(), Tally(), 60, 20)])
    assert listed[0] == "2 tasks are held at their calls"
    assert listed[1].startswith("▸ server/50 send(49, b'x')")
    assert any(text.startswith(f"server/2 ×{THREADS} ◐ asleep in") for text in listed)


def test_one_line_of_a_panel_says_that_a_task_is_held() -> None:
    (folded,) = draw_process(_view(*_threads()), "server", 78, 1)
    assert "▸ held before send(49, b'x')" in folded.text


def test_what_sockviz_did_to_a_call_stands_beneath_it() -> None:
    view = _view(
        ProcessStarted(1.0, "server", 5, 105, "loopback"),
        CallEntered(1.0, "server", 1, None, "recv", "socket.socket.recv", (4, 65536)),
        Treated(1.1, "short", "server", 1, 0, 1, 65536),
        CallBlocked(1.2, "server", 1, _IN_RECV),
        Treated(1.3, "interrupts", "server", 1),
        CallReturned(1.4, "server", 1, b"0"),
    )
    panel = _texts([*draw_process(view, "server", 40, 20)])
    at = next(n for n, text in enumerate(panel) if "recv(4, 65536)" in text)
    assert "sockviz: 1 of 65,536, stopped once" in panel[at + 1]


def test_the_source_stays_in_sight_once_all_have_ended_wherever_the_last_calls_came_from() -> None:
    view = _view(
        ProcessStarted(1.0, "server", 5, 105, "loopback"),
        SourceMet(1.0, 1, "/home/me/server.py", "import socket\ns = socket.socket()\n"),
        CallEntered(1.0, "server", 1, 2, "socket", "socket.socket", (2, 1, 0), text=1),
        CallReturned(1.1, "server", 1, 3),
        CallEntered(1.2, "server", 2, None, "close", "socket.socket.close", (3,)),
        CallReturned(1.3, "server", 2),
        ProcessEnded(1.4, "server", 0),
    )
    listed = _texts([*draw_held(view, ChosenTask(), Tally(), 60, 20)])
    assert "server.py" in listed
    assert any("s = socket.socket()" in text for text in listed)


def test_who_is_stopped_by_a_signal_is_told_from_who_runs_and_who_sleeps() -> None:
    events: list[Event] = [
        ProcessStarted(1.0, "server", 5, 105, "loopback"),
        CallEntered(1.0, "server", 1, None, "recv", "socket.socket.recv", (4, 1)),
        CallBlocked(1.2, "server", 1, _IN_RECV),
        ProcessStopped(1.3, "server", "SIGSTOP"),
    ]
    for told, view in ((True, _view(*events)), (False, _view(*events, ProcessStopped(1.4, "server", None)))):
        drawn = [
            draw_held(view, ChosenTask(), Tally(), 60, 20),
            draw_process(view, "server", 78, 1),
            draw_process(view, "server", 60, 9),
        ]
        assert [any("stopped by SIGSTOP" in text for text in _texts([*each])) for each in drawn] == [told] * 3


def _wordy() -> View:
    """Two calls that have come back and one that sleeps, none of which goes into thirty cells."""
    events: list[Event] = [
        ProcessStarted(1.0, "server", 5, 105, "loopback"),
        CallEntered(1.1, "server", 1, None, "socket", "socket.socket", (2, 1, 0)),
        CallReturned(1.1, "server", 1, value=3),
        CallEntered(1.2, "server", 2, None, "setsockopt", "socket.socket.setsockopt", (3, 1, 2, 1)),
        CallReturned(1.2, "server", 2, value=0),
        CallEntered(1.3, "server", 3, None, "send", "socket.socket.send", (3, b"x" * 24)),
        CallBlocked(1.4, "server", 3, _IN_RECV),
    ]
    return _view(*events)


def test_a_call_under_way_is_whole_and_the_others_are_where_there_is_room() -> None:
    view = _wordy()
    process = view.world.processes["server"]
    wide = "".join("".join(it.text for it in calls_drawn(view, process, 30, 12)).split())
    assert "…" not in wide
    for call in (
        "socket(AF_INET,SOCK_STREAM,0)",
        "setsockopt(3,SOL_SOCKET,SO_REUSEADDR,1)",
        f"send(3,b'{'x' * 24}')",
    ):
        assert call in wide
    narrow = [it.text for it in calls_drawn(view, process, 30, 5)]
    assert "".join(narrow[2:]).replace(" ", "").startswith(f"◐send(3,b'{'x' * 24}')")
    assert [text.split("(")[0].strip() for text in narrow[:2]] == ["socket", "setsockopt"]
    assert all("…" in text for text in narrow[:2])


def test_a_line_that_gave_something_is_whole_where_the_text_leaves_rows_empty() -> None:
    source = "server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)\nlater = 1\n"
    view = _view(
        SourceMet(1.0, 1, "server.py", source),
        ProcessStarted(1.0, "server", 5, 105, "loopback"),
        CallEntered(1.1, "server", 1, 1, "socket", "socket.socket", (2, 1, 0), text=1),
        CallReturned(1.1, "server", 1, value=3),
    )
    called = Tally().of(view.world, 1)
    at = TextAt("server", 1, 2)
    assert "…" in " ".join(it.text for it in draw_source(view, at, called, [], 36, 3))
    drawn = "".join("".join(it.text for it in draw_source(view, at, called, [], 36, 9)).split())
    assert "socket.socket(socket.AF_INET,socket.SOCK_STREAM)→3" in drawn
