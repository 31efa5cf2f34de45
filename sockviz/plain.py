"""The linear front end: the same run as plain text, for screen readers, logs and pipes. No screen control.

Each line begins with who speaks: a process's name before what it performs and what that returned, ``kernel`` before what was
observed, ``wire`` before a packet. A terminal is asked for predictions and for Enter before each line; a pipe goes on by itself.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from typing import TextIO

from sockviz.lesson.document import Page, Predict, Prose
from sockviz.model.events import (
    CallEntered,
    Event,
    ExpectationJudged,
    LessonEnded,
    Observed,
    PacketCaptured,
    PageOpened,
    PredictionMade,
    PredictionSettled,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.fold import fold
from sockviz.model.inference import InferredSegment
from sockviz.model.narration import narrate
from sockviz.model.observing import changes
from sockviz.model.world import World
from sockviz.player.run import Do, Run

#: What a person types to leave.
_LEAVE = ("q", "quit", "exit")


class Left(Exception):
    """The reader asked to stop."""


@dataclass(slots=True)
class Transcript:
    """Writes the events of one run as text, each once."""

    run: Run
    out: TextIO
    notes: bool = False
    world: World = field(default_factory=World)
    _told: int = 0

    def title(self) -> None:
        """Names the lesson, the lab and the kernel."""
        lesson, header = self.run.lesson, self.run.timeline.header
        number = f"{header_number}. " if (header_number := lesson.number) is not None else ""
        self._say(f"{number}{lesson.title}", lesson.summary, "")
        wire = "captured packets" if header.lab.has_packets else "no capture: segments are inferred"
        self._say(f"{self.run.source.value} · {header.lab.kind} lab · Linux {header.kernel} · {wire}")
        for what, why in header.lab.missing.items():
            self._say(f"not available here: {what} ({why})")

    def catch_up(self) -> None:
        """Writes what was appended since the last time."""
        events = self.run.timeline.events
        while self._told < len(events):
            event = events[self._told]
            before, self.world = self.world, fold(self.world, event)
            self._told += 1
            for line in self._lines(event, before):
                self._say(line)
            for segment in self.world.inferred[len(before.inferred) :]:
                if not self.run.timeline.header.lab.has_packets:
                    self._say(f"  wire     {_segment(segment)}")
        self.out.flush()

    def _lines(self, event: Event, before: World) -> list[str]:
        match event:
            case PageOpened():
                return self._page(self.run.lesson.pages[event.page])
            case StatementBegun():
                statement = self.run.lesson.statement_at(event.line)
                source = statement.source if statement else f"line {event.line}"
                comment = f"   # {statement.comment}" if statement and statement.comment else ""
                return ["", *(f"{event.process:8} > {part}" for part in (source + comment).splitlines())]
            case CallEntered() | PredictionMade():
                return []
            case StatementFinished(error=None):
                return []
            case Observed():
                told = changes(event, before, self.world)
                return [f"  kernel   {told}"] if told else []
            case PacketCaptured():
                return [f"  wire     {narrate(event, before, self.world)}"]
            case ExpectationJudged():
                mark = "holds" if event.ok else f"DOES NOT HOLD ({event.actual})"
                return [f"  expected {event.source}: {mark}"]
            case PredictionSettled():
                return self._settled(event, before)
            case LessonEnded():
                return ["", "The lesson is done."]
            case _:
                return [f"  {narrate(event, before, self.world)}"]

    def _page(self, page: Page) -> list[str]:
        lines = ["", f"--- page {page.index + 1} of {len(self.run.lesson.pages)} ---", ""]
        for block in page.blocks:
            if isinstance(block, Prose):
                lines += [*block.markdown.rstrip().splitlines(), ""]
            elif isinstance(block, Predict):
                lines += [f"Predict: {block.question}"]
                lines += [f"  {number}. {choice}" for number, choice in enumerate(block.choices, start=1)] + [
                    ""
                ]
        if self.notes:
            lines += [f"(instructor: {note})" for note in page.notes]
        return lines

    def _settled(self, event: PredictionSettled, before: World) -> list[str]:
        prediction = next(
            (p for page in self.run.lesson.pages for p in page.predictions if p.line == event.line), None
        )
        if event.answer is None or prediction is None:
            return [f"  answer   none: {event.reason}"]
        chosen = before.choices.get(event.line)
        verdict = ""
        if chosen is not None:
            verdict = " (as you predicted)" if prediction.choice_of(event.answer) == chosen else (
                f" (you predicted {prediction.choices[chosen]})"
            )  # fmt: skip
        return ["", f"  answer   {prediction.question} The kernel says: {event.answer}{verdict}"]

    def _say(self, *lines: str) -> None:
        for line in lines:
            self.out.write(line + "\n")


def _segment(segment: InferredSegment) -> str:
    size = f" {segment.length} bytes" if segment.length else ""
    return f"{segment.sender} → {segment.receiver} {segment.label}{size} (inferred: {segment.because})"


async def play(run: Run, out: TextIO, *, ask: bool, notes: bool = False, start: int = 0) -> None:
    """Plays `run` from beginning to end. With `ask` the reader is asked on stdin; pages before `start` do not stop."""
    transcript = Transcript(run, out, notes)
    transcript.title()
    transcript.catch_up()
    news = asyncio.Event()
    run.watch(news.set)
    asked: set[int] = set()
    try:
        while (following := run.next).do is not Do.END:
            page = run.timeline.world.page or 0
            if ask and page >= start:
                for prediction in run.lesson.pages[page].predictions:
                    if prediction.line not in asked:
                        asked.add(prediction.line)
                        run.answer(prediction.line, await _choice(prediction, out))
                await _enter(out, "next page" if following.do is Do.TURN else "next call")
            if following.do is Do.WAIT and following.statement is not None and following.call is not None:
                out.write(
                    f"\n{following.statement.process:8} > {following.statement.source}\n"
                    f"  waits: {following.statement.process} is still in {following.call.name}()\n"
                )
                out.flush()
            await _advance(run, transcript, news)
    except Left:
        out.write("left.\n")
    transcript.catch_up()


async def _advance(run: Run, transcript: Transcript, news: asyncio.Event) -> None:
    advancing = asyncio.ensure_future(run.advance())
    while not advancing.done():
        news.clear()
        waiting = asyncio.ensure_future(news.wait())
        await asyncio.wait({advancing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        transcript.catch_up()
    await advancing


async def _choice(prediction: Predict, out: TextIO) -> int | None:
    while True:
        out.write(f"your prediction, 1–{len(prediction.choices)} (Enter passes): ")
        out.flush()
        typed = await _read()
        if not typed:
            return None
        if typed.isdecimal() and 1 <= int(typed) <= len(prediction.choices):
            return int(typed) - 1
        out.write(f"«{typed}» is none of the choices.\n")


async def _enter(out: TextIO, what: str) -> None:
    out.write(f"[Enter: {what}, q: leave] ")
    out.flush()
    await _read()


async def _read() -> str:
    """A line from the terminal, while the run goes on. Raises `Left`."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def readable() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(sys.stdin, readable)
    try:
        await ready
    finally:
        loop.remove_reader(sys.stdin)
    typed = sys.stdin.readline()
    if not typed or typed.strip().lower() in _LEAVE:
        raise Left
    return typed.strip()
