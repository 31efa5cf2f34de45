"""A run of a lesson as plain text: each event in a line, or a few.

Each line begins with who speaks: a process's name before what it performs and what that returned, ``kernel`` before what was
observed, ``wire`` before a packet, with its number. On a terminal no line is longer than that is wide; in a log each sentence is
one, and prose has its author's lines.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import field, replace
from typing import TYPE_CHECKING

from sockviz.dataclass import dataclass
from sockviz.door import Door
from sockviz.language import _, ngettext
from sockviz.lesson.answers import is_the_kernels
from sockviz.lesson.document import Page, Predict, Prose
from sockviz.model.bystanders import is_of_a_program
from sockviz.model.call import Call
from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallReturned,
    Event,
    ExpectationJudged,
    LessonEnded,
    LineTyped,
    LinkActed,
    Observed,
    PacketCaptured,
    PageOpened,
    PredictionMade,
    PredictionSettled,
    SourceMet,
    StatementBegun,
    StatementFinished,
    VotesCounted,
)
from sockviz.model.fold import fold
from sockviz.model.moment import Moment
from sockviz.model.process import PerformedLine
from sockviz.model.world import World
from sockviz.player.run import LessonRun
from sockviz.sandbox.script import is_sandbox
from sockviz.spoken import spoken, spoken_inline
from sockviz.watch.transcript import ProgramsTranscript
from sockviz.words.crossings import inferred_text
from sockviz.words.explanation import explain
from sockviz.words.found import actual_in_words, reason_in_words
from sockviz.words.gaps import Gaps
from sockviz.words.kept_sentences import in_words
from sockviz.words.lab_words import lab_word, settings_told
from sockviz.words.mistakes.beside import RulesBeside
from sockviz.words.narration import narrate
from sockviz.words.observing import changes
from sockviz.words.programs import place_of
from sockviz.words.shown import WHOLE
from sockviz.words.unheard import unheard, unkept
from sockviz.words.votes import tally_text, votes_text
from sockviz.words.wording import values_bound
from sockviz.wrapping import wrapped

if TYPE_CHECKING:
    from sockviz.manual.pages import ErrorPage, StoryOf


#: No line is longer where it is folded, and none shorter.
_WIDEST, _NARROWEST = 100, 24
#: What comes in lines of its own: a page is folded already, and code is not.
_LAID_OUT = (PageOpened, StatementBegun, SourceMet)


def untold(_error: str) -> ErrorPage | None:
    """Tells of no error what it means at large."""
    return None


@dataclass(slots=True)
class Transcript:
    """Writes the events of one run as text, each once; of the first ``since`` nothing."""

    run: LessonRun
    out: Door
    story: StoryOf
    notes: bool = False
    since: int = 0
    world: World = field(init=False)
    _told: int = 0
    _is_blank: bool = False
    _doubled: set[int] = field(default_factory=set)
    _explained: set[str] = field(default_factory=set)
    _gaps: Gaps = field(default_factory=Gaps)
    _programs: ProgramsTranscript = field(
        init=False
    )  # tells what those do that stand beside the lesson's lines
    _mistakes: RulesBeside = field(default_factory=RulesBeside)

    def __post_init__(self) -> None:
        self._told = self.since
        self.world = self.run.timeline.world_at(self.since)
        self._programs = ProgramsTranscript(self.run.timeline, self.out, live=True, margin="  ")

    def title(self) -> None:
        """Names the lesson, and where its run was made."""
        lesson = self.run.script
        number = f"{lesson.number}. " if lesson.number is not None else ""
        self._say([f"{number}{lesson.title}", lesson.summary, ""])
        self.origin()

    def origin(self) -> None:
        """Names the lab and the kernel, and what they lack."""
        lesson, header = self.run.script, self.run.timeline.header
        wire = _("captured packets") if header.lab.has_packets else _("no capture: segments are inferred")
        lab = _("{kind} lab").format(kind=lab_word(header.lab.kind))
        told = [f"{_(self.run.provenance.value)} · {lab} · Linux {header.kernel} · {wire}"]
        if lesson.sysctls:
            settings = ", ".join(settings_told(lesson.sysctls))
            told.append(_("set in this lab's kernel by the lesson: {settings}").format(settings=settings))
        for what, why in header.lab.missing.items():
            told.append(
                _("not available here: {what} ({why})").format(what=lab_word(what), why=in_words(why))
            )
        self._say(told)

    def catch_up(self) -> None:
        """Writes what was appended since the last time."""
        events = self.run.timeline.events
        while self._told < len(events):
            event, number = events[self._told], self._told
            before, self.world = self.world, fold(self.world, event)
            self._told += 1
            if len(self.world.misfits) > len(before.misfits):
                self.out.say(f"  {narrate(event, before, self.world)}")
            elif self._is_a_programs(event):
                self._programs.tell(Moment(self.run.timeline, number))
                self._is_blank = False
            else:
                self._say(self._lines(event, before), folds=not isinstance(event, _LAID_OUT))
            if self.run.script.beside:
                for mistake in self._mistakes.after(Moment(self.run.timeline, number)):
                    self._programs.warn(mistake)
            for segment in self.world.inferred[len(before.inferred) :]:
                self.out.say(_voice(_("wire"), inferred_text(segment)))

    def _say(self, lines: Iterable[str], *, folds: bool = True) -> None:
        """No two blank lines follow each other."""
        told: list[str] = []
        for line in lines:
            if line or not self._is_blank:
                told += self._folded(line) if folds else [line]
            self._is_blank = not line
        self.out.say(*told)

    def _width(self) -> int | None:
        """As wide as the terminal is, while lines can be read; None where there is none."""
        if not self.out.isatty():
            return None
        return max(_NARROWEST, min(shutil.get_terminal_size((80, 24)).columns, _WIDEST))

    def _folded(self, line: str) -> list[str]:
        width = self._width()
        if width is None or len(line) <= width:
            return [line]
        indent = " " * (len(line) - len(line.lstrip()))
        return wrapped(line.strip(), width, indent, indent + "    ")

    def end(self) -> None:
        """Writes what was kept back: what a program has begun to print, how often it has done the same again."""
        self._programs.end()

    def _is_a_programs(self, event: Event) -> bool:
        """Whether a program of the user's own does that, beside the lines. What an exercise is about is told whole."""
        if self.run.script.exercise is not None:
            return False
        name = getattr(event, "process", "")
        process = self.world.processes.get(name)
        is_one = process is not None and is_of_a_program(process, self.world)
        return is_one or name in self.run.script.beside or isinstance(event, SourceMet)

    def _lines(self, event: Event, before: World) -> list[str]:
        match event:
            case PageOpened():
                return self._page(self.run.script.pages[event.page])
            case StatementBegun():
                statement = self.run.script.statement_at(event.line)
                source = statement.source if statement else _("line {line}").format(line=event.line)
                comment = f"   # {statement.comment}" if statement and statement.comment else ""
                lines = [f"{event.process:8} > {part}" for part in rows_of(source + comment)]
                if statement and statement.at_once and not event.together:
                    lines.insert(0, f"{event.process:8} > {_('(these lines at once:)')}")
                if event.line in self.world.typed and not is_sandbox(self.run.script):
                    lines.insert(0, f"{event.process:8} > {_('(off the script:)')}")
                return lines if event.together else ["", *lines]
            case CallEntered() | PredictionMade() | LineTyped():
                return []
            case StatementFinished(error=None):
                line = self.world.lines.get(event.line)
                made = values_bound(line, _last_call(line, self.world)) if line is not None else {}
                if not made and line is not None and not line.calls:
                    return self._unheard(event)
                lost = unkept(event, self.world)
                bound = [f"{event.process}: {name} = {value}" for name, value in made.items()]
                return [f"  {each}" for each in (*bound, *([lost] if lost else []))]
            case CallReturned(error=str()):
                return self._failed(event, before)
            case LinkActed(verb="duplicate", frame=frame):
                self._doubled.add(frame)
                return [f"  {narrate(event, before, self.world)}"]
            case LinkActed(verb="deliver", frame=frame) if frame in self._doubled:
                self._doubled.remove(frame)  # it was said that it would be delivered twice
                return []
            case Observed():
                return [_voice(_("kernel"), told) for told in changes(event, before, self.world, whole=True)]
            case PacketCaptured():
                told = narrate(event, before, self.world) + self._gaps.after(event)
                return [_voice(f"{_('wire')} {len(self.world.packets)}", told)]
            case ExpectationJudged():
                mark = (
                    _("holds")
                    if event.ok
                    else _("DOES NOT HOLD ({actual})").format(actual=actual_in_words(event))
                )
                return [_voice(_("expected"), f"{event.source}: {mark}")]
            case PredictionSettled():
                return self._settled(event, before)
            case VotesCounted():
                return [_voice(_("votes"), votes_text(event.counts))]
            case LessonEnded():
                nothing_more = is_sandbox(self.run.script) and self.world.typed
                done = _("Nothing more was typed.") if nothing_more else _("The lesson is done.")
                return ["", *self._kept(), done]
            case SourceMet(content=content) if content:
                told = narrate(event, before, self.world)
                rows = rows_of(content.removesuffix("\n"))
                return ["", f"  {told}", *(f"  {n:>4}  {row}" for n, row in enumerate(rows, 1))]
            case _:
                told = narrate(event, before, self.world, widest=WHOLE)
                return [f"  {told}{self._place(event)}"]

    def _place(self, event: Event) -> str:
        """Where in a student's program the call is made that comes back, or falls asleep."""
        if not isinstance(event, CallReturned | CallBlocked):
            return ""
        process = self.world.processes.get(event.process)
        call = process.call(event.call) if process is not None else None
        place = place_of(call, self.world) if call is not None else ""
        return f" ({place})" if place else ""

    def _page(self, page: Page) -> list[str]:
        where = _("page {number} of {pages}").format(number=page.index + 1, pages=len(self.run.script.pages))
        lines = ["", where, ""]
        for block in page.blocks:
            if isinstance(block, Prose):
                lines += [*spoken(block.markdown, self._width()), ""]
            elif isinstance(block, Predict):
                lines += self._folded(_("Predict: {question}").format(question=spoken_inline(block.question)))
                for number, choice in enumerate(map(spoken_inline, block.choices), start=1):
                    lines += self._folded(f"  {number}. {choice}")
                lines.append("")
        if self.notes:
            for note in page.notes:
                lines += [
                    *_("(instructor: {note})")
                    .format(note="\n".join(spoken(note, self._width())))
                    .split("\n"),
                    "",
                ]
        return lines

    def _failed(self, event: CallReturned, before: World) -> list[str]:
        """What the screen's card says of a failed call. What an error means at large is said when it is met first."""
        lines = [f"  {narrate(event, before, self.world)}{self._place(event)}"]
        process = self.world.processes.get(event.process)
        call = process.call(event.call) if process is not None else None
        if call is None or call.error is None:
            return lines
        told, page = explain(call, self.world), self.story(call.error)
        if told is None or call.error in self._explained:
            return lines
        self._explained.add(call.error)
        number = f" {told.number}" if told.number is not None else ""
        at_large = [(f"{told.name}{number}", page.says if page else call.message)]
        if page is not None:
            # What helps here stands in the sentence itself.
            at_large += replace(told, remedy="").at_large(page.cause, "" if told.remedy else page.remedy)
        at_large.append((_("manual"), told.manual))
        return lines + [f"    {title}: {spoken_inline(text)}" for title, text in at_large if text]

    def _unheard(self, event: StatementFinished) -> list[str]:
        """What a line has done that made no call."""
        statement = self.run.script.statement_at(event.line)
        words = " ".join(statement.source.split()) if statement is not None else ""
        told = unheard(event.process, words, self.world)
        return [f"  {told}"] if told else []

    def _kept(self) -> list[str]:
        """How many predictions came as the kernel had it, and on which pages one did not; nothing where none was made."""
        answers, choices = self.world.answers, self.world.choices
        made = [
            (page.index + 1, asked.choice_of(answers[asked.line].answer) == choices[asked.line])
            for page in self.run.script.pages
            for asked in page.predictions
            if asked.line in answers and choices.get(asked.line) is not None
        ]
        if not made:
            return []
        kept, missed = sum(it for _number, it in made), sorted({number for number, it in made if not it})
        told = _("Predictions: {kept} of {made} as the kernel had it").format(kept=kept, made=len(made))
        where = ngettext("missed on page {pages}", "missed on pages {pages}", len(missed))
        return [told + (f" ({where.format(pages=', '.join(map(str, missed)))})" if missed else "") + ".", ""]

    def _settled(self, event: PredictionSettled, before: World) -> list[str]:
        found = next(
            ((page, p) for page in self.run.script.pages for p in page.predictions if p.line == event.line),
            None,
        )
        if event.answer is None or found is None:
            return [_voice(_("answer"), _("none: {reason}").format(reason=reason_in_words(event)))]
        page, prediction = found
        chosen = before.choices.get(event.line)
        verdict = ""
        if chosen is not None:
            verdict = " " + (
                _("(as you predicted)")
                if prediction.choice_of(event.answer) == chosen
                else _("(you predicted {choice})").format(choice=spoken_inline(prediction.choices[chosen]))
            )
        kernels = is_the_kernels(event.answer, page, before)
        told = _("The kernel says: {answer}") if kernels else _("The answer is: {answer}")
        said = told.format(answer=event.answer)
        lines = ["", _voice(_("answer"), f"{spoken_inline(prediction.question)} {said}{verdict}")]
        if any(counts := before.votes.get(event.line, ())):
            tally = tally_text(counts, prediction.choice_of(event.answer))
            lines.append(_voice(_("votes"), f"{tally} ({votes_text(counts)})"))
        return lines


def rows_of(text: str) -> list[str]:
    """The lines of a lesson's own text, which may be laid out with tabs."""
    return text.expandtabs().split("\n")


def _last_call(line: PerformedLine, world: World) -> Call | None:
    process = world.processes.get(line.process)
    return process.call(line.calls[-1]) if process is not None and line.calls else None


def _voice(who: str, said: str) -> str:
    """A line of one of the voices that are no process."""
    return f"  {who:<8} {said}"
