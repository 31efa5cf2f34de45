"""How long a frame of the stage takes, as a ratio to a frame of two sockets. Nothing is asserted: read the printed figures."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sockviz.tui.stage.process_panel import draw_process
from sockviz.tui.stage.roadmap import draw_roadmap
from sockviz.tui.stage.timeline_bar import draw_timeline
from sockviz.tui.stage.wire import draw_wire
from sockviz.tui.view import View
from tests.tui.stage import scripted


def frame(view: View) -> None:
    """The stage of the lesson screen at 120 columns."""
    draw_process(view, "server", 48, 28)
    draw_wire(view, 24, 28)
    draw_process(view, "client", 48, 28)
    draw_roadmap(view, 120, 1)
    draw_timeline(view, 120, 1)


def seconds(draw: Callable[[], None], rounds: int = 20) -> float:
    """The median of `rounds`."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        draw()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[rounds // 2]


@pytest.mark.parametrize("clients", [1, 1000])
def test_frame(benchmark: BenchmarkFixture, clients: int) -> None:
    script = scripted.crowd(clients)
    view = scripted.view(script)
    few = scripted.view(scripted.crowd(1))
    frame(few)

    def cold() -> None:
        # A new world has nothing looked up yet: this is the frame after an observation.
        frame(scripted.view(script, len(script.timeline) - 1))
        frame(scripted.view(script))

    benchmark(lambda: frame(view))
    ratio = seconds(lambda: frame(view)) / seconds(lambda: frame(few))
    print(
        f"\n{clients} clients: {ratio:.1f} × a frame of one client; a new world and back {seconds(cold) * 1000:.1f} ms"
    )
