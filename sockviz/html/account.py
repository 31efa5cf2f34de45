"""What has come of a run, by the pages of its lesson: where each ends, what is said of each line, what crossed the wire."""

from __future__ import annotations

from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.lesson.document import Lesson
from sockviz.model.call import Call
from sockviz.model.events import (
    ActedByHand,
    CallBlocked,
    CallReturned,
    CaptureLost,
    Event,
    LinkActed,
    LinkSet,
    PacketCaptured,
    PageOpened,
    ProcessEnded,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.timeline import Timeline
from sockviz.model.world import World
from sockviz.words.crossings import inferred_text
from sockviz.words.gaps import Gaps
from sockviz.words.misfits import unfit
from sockviz.words.narration import call_of, narrate
from sockviz.words.unheard import unheard

#: So much is told of one page's wire, and of what else happened there; what comes after that is counted.
MOST_TOLD = 200


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence about a line. ``failed``: the call that failed, with the world after it."""

    sentence: str
    failed: tuple[Call, World] | None = None


@dataclass(slots=True)
class LineAccount:
    """Sentences in order, no more than `MOST_TOLD`; ``more`` have been left out."""

    sentences: list[str] = field(default_factory=list)
    more: int = 0

    def has_room(self) -> bool:
        """Whether one more is to be told; where not it is counted."""
        if len(self.sentences) < MOST_TOLD:
            return True
        self.more += 1
        return False


@dataclass(slots=True)
class PageAccount:
    """One page that was opened: between which events (its first, and the one after its last)."""

    begin: int
    end: int
    wire: LineAccount = field(default_factory=LineAccount)
    besides: LineAccount = field(default_factory=LineAccount)
    asleep: list[tuple[CallBlocked, int, int, int]] = field(
        default_factory=list
    )  # who fell asleep: by which event, at which line, and which of its sentences says so


@dataclass(slots=True)
class Account:
    """Of a whole run. ``pages`` by their index in the lesson, ``said`` by line: what came true on the page where that was begun.
    What came of it later is told there: who reads on is not to know it before."""

    pages: dict[int, PageAccount] = field(default_factory=dict)
    said: dict[int, list[Sentence]] = field(default_factory=dict)
    begun: dict[int, PageAccount] = field(default_factory=dict)  # on which page each line was


def account_of(timeline: Timeline, lesson: Lesson) -> Account:
    """The account of `timeline`, a run of `lesson`."""
    account, gaps = Account(), Gaps()
    page: PageAccount | None = None
    for number, event in enumerate(timeline.events):
        if isinstance(event, PageOpened):
            if page is not None:
                _close(page, account, timeline)
            page = account.pages[event.page] = PageAccount(number, number + 1)
        if page is not None:
            page.end = number + 1
            _Teller(account, page, timeline, lesson, gaps).tell(event, number)
    if page is not None:
        _close(page, account, timeline)
    return account


def _close(page: PageAccount, account: Account, timeline: Timeline) -> None:
    """Adds what was inferred to have crossed, where nothing was captured, and which events did not fit. Who sleeps still is told
    of as it is at the page's end, where the kernel has been asked again."""
    before, after = timeline.world_at(page.begin), timeline.world_at(page.end)
    for event, number, line, which in page.asleep:
        then = narrate(event, timeline.world_at(number), timeline.world_at(number + 1), later=after)
        account.said[line][which] = Sentence(then)
    for misfit in after.misfits[len(before.misfits) :]:
        if page.besides.has_room():
            page.besides.sentences.append(unfit(misfit))
    for segment in after.inferred[len(before.inferred) :]:
        if page.wire.has_room():
            page.wire.sentences.append(inferred_text(segment))


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells the account of each event of one page."""

    account: Account
    page: PageAccount
    timeline: Timeline
    lesson: Lesson
    gaps: Gaps

    def tell(self, event: Event, number: int) -> None:
        """Event number `number` (from 0)."""
        match event:
            case StatementBegun():
                self.account.begun[event.line] = self.page
            case CallReturned() | CallBlocked():
                self._call(event, number)
            case StatementFinished():
                self._line(event, number)
            case PacketCaptured():
                late = self.gaps.after(event)
                if self.page.wire.has_room():
                    self.page.wire.sentences.append(self._sentence(event, number) + late)
            case LinkActed() | LinkSet() | ActedByHand() | CaptureLost():
                if self.page.wire.has_room():
                    self.page.wire.sentences.append(self._sentence(event, number))
            case ProcessEnded():
                if self.page.besides.has_room():
                    self.page.besides.sentences.append(self._sentence(event, number))

    def _call(self, event: CallReturned | CallBlocked, number: int) -> None:
        after = self.timeline.world_at(number + 1)
        call = call_of(after, event.process, event.call)
        if call is None or call.line is None:
            return
        failed = (call, after) if isinstance(event, CallReturned) and call.error is not None else None
        is_here = self._say(call.line, Sentence(self._sentence(event, number), failed))
        if is_here and isinstance(event, CallBlocked):
            self.page.asleep.append((event, number, call.line, len(self.account.said[call.line]) - 1))

    def _line(self, event: StatementFinished, number: int) -> None:
        """What a line has done that made no call, or why it failed, where no call of it did."""
        after = self.timeline.world_at(number + 1)
        line = after.lines.get(event.line)
        made = line.calls if line is not None else ()
        failed = {call.error for n in made if (call := call_of(after, event.process, n)) is not None}
        if event.error is not None and event.error not in failed:
            self._say(event.line, Sentence(self._sentence(event, number)))
        elif not made and (statement := self.lesson.statement_at(event.line)) is not None:
            told = unheard(event.process, " ".join(statement.source.split()), after)
            if told:
                self._say(event.line, Sentence(told))

    def _sentence(self, event: Event, number: int) -> str:
        return narrate(event, self.timeline.world_at(number), self.timeline.world_at(number + 1))

    def _say(self, line: int, said: Sentence) -> bool:
        """Says it of the line, or, where that was begun on an earlier page, as what else happened on this one: False then."""
        if self.account.begun.get(line) is self.page:
            self.account.said.setdefault(line, []).append(said)
            return True
        if self.page.besides.has_room():
            self.page.besides.sentences.append(said.sentence)
        return False
