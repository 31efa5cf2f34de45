"""Who waits in a listener's queues, by name; and what was turned away."""

from __future__ import annotations

from sockviz.model.events import Observed
from sockviz.model.sockets import State
from sockviz.tui.palette import hues
from sockviz.tui.stage.lookup import look_up
from sockviz.tui.stage.process_panel import draw_process
from sockviz.tui.stage.queues import accept_queue
from sockviz.tui.view import View
from tests.tui.stage import scripted


def queue(view: View, width: int) -> list[str]:
    listener = next(iter(view.world.listeners()))
    drawn = accept_queue(view, look_up(view.world), listener, width, hues(view.lesson))
    assert all(it.width <= width for it in drawn)
    return [" ".join(it.text.split()) for it in drawn]


def server(view: View, width: int = 48, height: int = 24) -> str:
    return "\n".join(it.text for it in draw_process(view, "server", width, height))


def test_the_slots_name_the_clients() -> None:
    view = scripted.view(scripted.crowded_lesson())
    assert queue(view, 60) == ["accept queue ■■ 2 of 2 full client client2"]
    assert queue(view, 30) == ["accept queue ■■ 2 of 2 full", "client client2"]
    assert queue(view, 20) == ["accept ■■ 2 of 2", "client client2"]


def test_somebody_in_the_syn_queue_may_have_lost_another_segment_than_a_syn() -> None:
    script = scripted.crowded_lesson()
    half = scripted.row(State.SYN_RECEIVED, scripted.SERVER, ("127.0.0.1", 50002), cookie=78)
    script.say(Observed(script.at, "lab", (half,)))
    drawn = server(scripted.view(script))
    assert "dropped      1  ListenOverflows" in drawn
    assert "SYN queue    ■ 1  :50002" in drawn
