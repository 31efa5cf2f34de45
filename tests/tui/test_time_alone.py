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


def _noted(monkeypatch: pytest.MonkeyPatch, where: object, name: str, calls: list[object]) -> None:
    """Each call of `name` there is noted."""
    real = getattr(where, name)

    def noting(*given: object, **named: object) -> object:
        calls.append(given)
        return real(*given, **named)

    monkeypatch.setattr(where, name, noting)
