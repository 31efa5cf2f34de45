"""How a run goes on: when, and only when, its reader says so, a step at a key or played at a readable pace."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from textual.screen import Screen

from sockviz.language import _
from sockviz.lesson.document import Prose
from sockviz.model.hosts import LINK
from sockviz.player.next import Do
from sockviz.player.refusals import CannotGoOn
from sockviz.player.run import LessonRun
from sockviz.player.waiting import LATE, LONG, does_not_come_on, waits_at_the_link
from sockviz.tui import hints
from sockviz.tui.by_hand import acts_by_hand, perhaps_why
from sockviz.tui.motion import PACE, Playing, reading_time
from sockviz.tui.reading import Onward, Reading
from sockviz.tui.screens.lesson_picture import LessonPicture
from sockviz.tui.screens.predicting import Predicting
from sockviz.tui.widgets.lesson_pane import LessonPane
from sockviz.tui.widgets.overlay import OverlayKind


class Pace:
    """Lets one run go on; at its end `closes` is called, and `gives_up`, with the reason, where nobody should wait for a step.
    ``playing`` is what goes on by itself."""

    def __init__(
        self,
        screen: Screen[tuple[str, ...]],
        run: LessonRun,
        reading: Reading,
        picture: LessonPicture,
        predicting: Predicting,
        closes: Callable[[], None],
        gives_up: Callable[[str], None],
    ) -> None:
        self._screen, self._run, self._reading = screen, run, reading
        self._closes, self._gives_up = closes, gives_up
        self._picture, self._predicting = picture, predicting
        self.playing = Playing(screen, self._play_step)
        self._played_page = 0
        self._began = 0.0  # the step under way, in seconds of the monotonic clock
        self._busy = ""  # what was said last of a step under way

    async def begin(self, start: int) -> None:
        """Opens the first page, which performs nothing, and performs what comes before page `start` (from 0)."""
        run, picture = self._run, self._picture
        picture.hurrying = True
        while not picture.over and run.next.do is Do.TURN and run.timeline.world.page is None:
            await self._advance()
        await self._up_to(start)
        if start and self._reading.only_read:
            self._reading.to_page(start)
        picture.hint = hints.lacking(run.timeline.header.lab, self._reading.mode)
        picture.draw()
        picture.hurrying = False
        picture.noted()

    async def _up_to(self, page: int) -> None:
        """Performs what comes before `page` (from 0), as far as nothing holds it up."""
        run, picture = self._run, self._picture
        while not picture.over and (run.timeline.world.page or 0) < page:
            if run.next.do not in (Do.PERFORM, Do.TURN) or run.problem:
                break
            picture.hint = hints.performing_up_to(page)
            await self._advance()

    async def go_to(self, page: int) -> None:
        """To where `page` (from 0) began; up to one that has not been reached what comes before is performed without stopping."""
        picture, reading = self._picture, self._reading
        if not reading.has_reached(page) and not reading.only_read:
            reading.go(len(self._run.timeline))
            picture.hurrying = True
            picture.hint = ""
            await self._up_to(page)
            picture.hurrying = False
            if reading.has_reached(page):
                picture.hint = ""
                picture.draw()
                return
            following = self._run.next
            if following.do is Do.WAIT and following.call is not None:
                picture.hint = hints.waits_for(following.call)
        reading.to_page(page)
        picture.draw()

    def onward(self) -> None:
        """The next call, or the next page, or the next resting place of the past. What is left of a page's text is read first."""
        picture = self._picture
        if self._reading.leaves_page and self._screen.query_one(LessonPane).read_on():
            picture.draw()
            return
        match self._reading.onward:
            case Onward.PREDICT:
                self._predicting.point(self._screen.query_one(LessonPane))
            case Onward.STEP:
                picture.overlays.shut(OverlayKind.ERRNO)
                self._reading.forward()
            case Onward.PERFORM:
                picture.overlays.shut(OverlayKind.ERRNO)
                following = self._run.next
                if following.do is Do.WAIT and following.call is not None:
                    picture.hint = hints.waits_for(following.call)
                picture.step_begun()
                self._screen.run_worker(self._step(), name="advance")
                return  # what the key itself has changed is drawn with the step's first frame
            case Onward.BUSY if picture.late:
                self._gives_up(picture.late)
            case Onward.BUSY:
                picture.hint = self._busy = self._why_busy()
            case Onward.END:
                picture.hint = hints.end_of(self._reading.mode)
                if not self.playing.on:
                    self._closes()
        picture.draw()

    def _why_busy(self) -> str:
        """What is still under way; of a line of the link that waits for a packet, what the reader may have done with that."""
        if self._reading.only_read:
            return _(hints.COMES_BY_ITSELF)
        waits = waits_at_the_link(self._run)
        if not waits:
            return _(hints.BUSY)
        world = self._run.timeline.world
        page = self._run.script.page_of(world.begun[LINK])
        return " ".join(filter(None, (waits, perhaps_why(page, acts_by_hand(world), math.inf))))

    def _say_what_waits(self) -> None:
        picture = self._picture
        if not picture.over and waits_at_the_link(self._run):
            picture.hint = self._busy = self._why_busy()
            picture.draw()

    def _say_what_is_late(self) -> None:
        picture = self._picture
        late = does_not_come_on(self._run, time.monotonic() - self._began)
        if not picture.over and bool(late) is not bool(
            picture.late
        ):  # what came on after all is late no more
            picture.late = late
            picture.draw()

    async def _step(self) -> None:
        await self._advance()
        self._picture.frames.step_over()

    async def _advance(self) -> None:
        picture = self._picture
        waiting = self._screen.set_timer(LONG, self._say_what_waits)
        late = self._screen.set_interval(LATE, self._say_what_is_late)
        self._began = time.monotonic()
        try:
            await self._run.advance()
        except CannotGoOn as cannot:
            picture.hint = str(cannot)
            picture.draw()
        finally:
            waiting.stop()
            late.stop()
            was_late, picture.late = bool(picture.late), ""
        if was_late or (picture.hint and picture.hint == self._busy):
            picture.hint = ""
            picture.draw()
        if self._run.timeline.world.ended and not picture.hint:
            picture.hint = _(hints.DONE)
            picture.draw()

    def play(self) -> None:
        """Plays on from here."""
        self._played_page = self._reading.page.index
        self._picture.hint = _(hints.PLAYING)
        self.playing.begin()

    def _play_step(self) -> float | None:
        if self._picture.movement.pressed():
            self._picture.draw()
            return PACE / self._picture.movement.tempo.speed
        if self._picture.movement.on:
            return PACE / 4  # what has been done is told first
        page = self._reading.page
        if page.index != self._played_page:
            self._played_page = page.index
            return self._picture.movement.tempo.speed**-1 * reading_time(
                "".join(b.markdown for b in page.blocks if isinstance(b, Prose))
            )
        onward = self._reading.onward
        if onward is Onward.BUSY:
            return PACE / 4
        self._picture.hint = _(hints.PLAYING)
        self.onward()
        return PACE / self._picture.movement.tempo.speed if onward in (Onward.STEP, Onward.PERFORM) else None
