"""What time does over and over is drawn as if all were drawn anew, of what has changed alone."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from sockviz.model.events import Observed
from sockviz.model.scripted import Scripted, header, row
from sockviz.model.sockets import State, Timer
from sockviz.tui.stage import descriptors
from sockviz.tui.story import is_once_more
from sockviz.tui.widgets.lesson_pane import LessonPane
from tests.tui.driving import in_lesson, run_async
from tests.tui.scripted import CLIENT, SERVER, ScriptedRun, lesson

#: So that what is counted gets another digit.
TIMES = 12
#: How many tables' heights one frame may ask for: of each process in the width of each panel.
HEIGHTS = 4


class Unanswered(Scripted):
    """A connect whose SYN nobody answers."""

    def __init__(self) -> None:
        super().__init__(header(script=lesson()))
        self.page(0)
        self.start("client")
        self.socket_of_client = self.socket(3)
        self.do("client", 1, "socket", value=self.socket_of_client, bound={"a": self.socket_of_client})
        self.hold("client", self.socket_of_client)
        self.enter("client", 2, "connect")
        self.again(0)

    def again(self, times: int) -> None:
        """The SYN, sent `times` before, and what the kernel says of its socket then."""
        self.segment("client", "server", CLIENT, SERVER, "SYN", again=times > 0)
        waits = row(
            State.SYN_SENT, CLIENT, SERVER, inode=self.socket_of_client.inode, cookie=9, queues=(0, 1), timer=Timer.ON,
            expires=self.at + 1, retransmits=times,
        )  # fmt: skip
        if times:
            self.say(Observed(self.at, self.host, (waits,), (), (), {}))
        else:
            self.observe(waits)
        self.at += 1


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
def test_a_syn_sent_again_and_again(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Unanswered()
    clock = SimpleNamespace(time=lambda: told.at - 0.9, monotonic=time.monotonic)
    for module in ("sockviz.tui.screens.picture.time", "sockviz.tui.motion.time"):
        monkeypatch.setattr(module, clock)
    pages: list[object] = []
    heights: list[object] = []

    async def it() -> None:
        run = ScriptedRun(told.timeline, [])
        async with in_lesson(tmp_path, run, size=size) as session:
            picture = session.lesson.picture
            for times in range(1, TIMES + 1):
                told.again(times)
                if times == 3:  # what it does from the second time on is what time does over and over
                    _noted(monkeypatch, LessonPane, "show", pages)
                    _noted(monkeypatch, descriptors, "table_heights", heights)
                run.append()
                await session.until(
                    lambda: picture._drawn == len(told.timeline) and not picture.frames._is_due, "the frame"
                )
                seen = session.text
                assert f"×{times}" in seen or times < 3, seen
                if times < 3 or times == TIMES:
                    picture.draw()
                    await session.pilot.pause()
                    assert session.text == seen
            assert len(pages) <= 2, "but for the one that was drawn whole above, and once in a while"
            assert len(heights) <= 3 * HEIGHTS, "not those of every frame"

    run_async(it())


def test_how_long_it_is_waited_changes_nothing() -> None:
    told = Unanswered()
    for times in range(1, 300):
        told.again(times)
    timeline = told.timeline
    assert is_once_more(timeline, range(len(timeline) - 2, len(timeline)))
    world = timeline.world
    of = {world.traffic.meanings[number].of for number in range(1, len(world.packets))}
    assert of == {0}, "all repeat the first one"


def test_many_that_wait_are_told_no_more_often_than_one() -> None:
    told = Unanswered()
    others = [("127.0.0.1", 41000 + n) for n in range(20)]
    batches = []
    for times in range(4):
        begun = len(told.timeline)
        for other in others:
            told.segment("client", "server", other, SERVER, "SYN", again=times > 0)
        told.again(times + 1)
        batches.append(is_once_more(told.timeline, range(begun, len(told.timeline))))
    assert batches == [False, False, True, True], "new, sent again for the first time, and so on"


def test_who_answers_each_time_alike_is_told_once() -> None:
    told = Scripted(header(script=lesson()))
    told.page(0)
    told.segment("client", "server", CLIENT, SERVER, "SYN")
    once_more = []
    for times in range(4):
        begun = len(told.timeline)
        told.segment("server", "client", SERVER, CLIENT, "SYN", "ACK", again=times > 0)
        told.segment("client", "server", CLIENT, SERVER, "ACK")
        once_more.append(is_once_more(told.timeline, range(begun, len(told.timeline))))
    assert once_more == [False, False, True, True]
    begun = len(told.timeline)
    told.segment("client", "server", CLIENT, SERVER, "ACK", length=3)
    assert not is_once_more(told.timeline, range(begun, len(told.timeline))), "data is new"


def _noted(monkeypatch: pytest.MonkeyPatch, where: object, name: str, calls: list[object]) -> None:
    """Each call of `name` there is noted."""
    real = getattr(where, name)

    def noting(*given: object, **named: object) -> object:
        calls.append(given)
        return real(*given, **named)

    monkeypatch.setattr(where, name, noting)
