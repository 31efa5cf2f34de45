"""On the stage of an exercise: what the student wrote, with what has come of its lines; what was expected so far, and what the
program has printed."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _
from sockviz.lesson.document import Lesson
from sockviz.model.call import Call
from sockviz.model.families import family
from sockviz.model.tasks import at_work
from sockviz.model.world import World
from sockviz.practice.causes.endings import place_of_crash
from sockviz.tui.palette import DONE, FAILED, NOT_YET
from sockviz.tui.stage.drawing import Drawing
from sockviz.tui.stage.ink import Line, crop, finish, line, wrap
from sockviz.tui.stage.output_pane import PrintedLines
from sockviz.tui.stage.source_text import TextAt, draw_source
from sockviz.tui.stage.tally import Tally
from sockviz.tui.view import View
from sockviz.words.programs import STREAMS

#: What was expected and what was printed have such a part of the height each, at most.
_SHARE = 4


def place_of(world: World, runs: tuple[str, ...]) -> TextAt:
    """The line of the student's that was at work last, whichever run of the program it was."""
    names = {name for run in runs for name in family(world, run)}
    latest = max(_calls(world, names), key=lambda call: call.returned or call.entered, default=None)
    if latest is None or latest.origin is None:
        return TextAt(next(iter(sorted(names)), None), min(world.texts, default=None), None)
    return TextAt(latest.process, latest.origin.text, latest.origin.line)


def _calls(world: World, names: set[str]) -> Iterator[Call]:
    """Of each process the last call that a line of its program has made."""
    for name in names:
        process = world.processes[name]
        made = [*reversed(process.calls[-50:]), *process.under_way]
        found = [call for call in made if call.origin is not None and call.origin.text in world.texts]
        yield from sorted(found, key=lambda call: call.returned or call.entered)[-1:]


class StudentSource(Drawing):
    """Draws all three. `lesson` is the exercise."""

    def __init__(self, lesson: Lesson) -> None:
        super().__init__(id="source")
        self._lesson = lesson
        self._tally, self._printed = Tally(), PrintedLines()
        self._crashes: dict[str, str] = {}  # of processes that have ended, where an exception did it

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """What was expected stands at the top, where the card of an error does not cover it."""
        runs = self._lesson.exercise.runs if self._lesson.exercise is not None else ()
        world = view.world
        expected = _expected(self._lesson, world, width, max(height // _SHARE, 3))
        printed = self._told(view, width, max(height // _SHARE, 3))
        at = self._place_of_crash(view, runs) or place_of(world, runs)
        tally = self._tally.of(world, at.text) if at.text is not None else {}
        tasks = [each for each in at_work(world) if each.process == at.process]
        room = height - len(expected) - len(printed) - (2 if printed else 1)
        source = draw_source(view, at, tally, tasks, width, room)
        source += [Line()] * (room - len(source))
        body = [*expected, Line(), *source, *([Line(), *printed] if printed else [])]
        return finish(body, width, height, view.look)

    def _place_of_crash(self, view: View, runs: tuple[str, ...]) -> TextAt | None:
        """The line at which an exception has ended the program, in the world that is shown; None where none has."""
        world = view.world
        for name in (name for run in runs for name, lives in family(world, run).items() if not lives):
            process = world.processes[name]
            if name not in self._crashes:
                self._crashes[name] = place_of_crash(view.timeline, process) if process.status else ""
            file, _colon, line = self._crashes[name].rpartition(":")
            text = next(
                (each.number for each in world.texts.values() if each.path.endswith(f"/{file}")), None
            )
            if file and text is not None:
                return TextAt(name, text, int(line))
        return None

    def _told(self, view: View, width: int, most: int) -> list[Line]:
        printed = self._printed.up_to(view.timeline, view.cursor, most - 1)
        lines = [
            crop(line((f"{STREAMS.get(stream, stream)} ", "muted"), text), width)
            for _process, stream, text in printed
        ]
        return [line((_("it printed"), "strong")), *lines] if lines else []


def _expected(lesson: Lesson, world: World, width: int, most: int) -> list[Line]:
    """A line or two for each expectation, by its title: those around the last that was judged, in `most` lines."""
    lines: list[Line] = []
    last = 0
    for each in (each for page in lesson.pages for each in page.expectations):
        judged = world.expectations.get(each.line)
        mark, role = (
            (NOT_YET, "faint") if judged is None else (DONE, "good") if judged.ok else (FAILED, "bad")
        )
        told = wrap(each.title or each.source, width - 2, "muted" if judged is None else "", "")
        lines += [line((f"{mark} " if place == 0 else "  ", role)) + part for place, part in enumerate(told)]
        last = len(lines) if judged is not None else last
    first = max(0, min(last - most + 1, len(lines) - most))
    return lines[first : first + most]
