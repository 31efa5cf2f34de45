"""What programs do as plain text, a line for each call: who, the call with its values, what it gave, what that means.

A line is written when its call has come back, so that it is whole; that one sleeps, or is held, has a line of its own. What went
wrong, as far as that is sure (`sockviz.words.mistakes`), has a line that begins with ``!``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from sockviz.dataclass import dataclass, replace
from sockviz.door import Door
from sockviz.language import _
from sockviz.model.call import Call
from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallInterrupted,
    CallLetGo,
    CallReturned,
    Event,
    Observed,
    OutputWritten,
    PacketCaptured,
    ProcessEnded,
    ProcessStopped,
    Signalled,
    SourceMet,
    ThreadBegan,
    ThreadEnded,
)
from sockviz.model.moment import Moment
from sockviz.model.tasks import process_of, task_name
from sockviz.model.timeline import Timeline
from sockviz.model.turns import BEFORE, Turns
from sockviz.model.values import SocketValue
from sockviz.model.walk import Walk
from sockviz.model.world import World
from sockviz.watch.bystanders import Bystanders
from sockviz.watch.repetition import LineAgain, Repetition
from sockviz.words.call_sentences import gave
from sockviz.words.calls_alone import calls_alone
from sockviz.words.explanation import told_by_call
from sockviz.words.kept_sentences import in_words
from sockviz.words.lab_words import lab_word
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.mistakes.rules import Rules
from sockviz.words.narration import narrate
from sockviz.words.observing import changes
from sockviz.words.printed import PrintedText
from sockviz.words.programs import STREAMS, place_of
from sockviz.words.wording import bytes_text, call_as_made, duration_text, outcome

#: The least room of the column that says who speaks.
_WHO = 8
#: So much is told of one line that a program prints (characters).
_LONGEST_PRINTED = 400
#: Where something of a loop is news, so many events of it are looked at one by one, and then twice as many.
_CLOSELY = 16


@dataclass(slots=True)
class ProgramsTranscript:
    """Writes the events of a run of programs as text, each once. ``margin`` stands before each line."""

    timeline: Timeline
    out: Door
    live: bool
    margin: str = ""
    _told: int = 0
    _walk: Walk | None = None
    _rules: Rules = field(default_factory=Rules)
    _repetition: Repetition = field(default_factory=Repetition)
    _bystanders: Bystanders = field(default_factory=Bystanders)
    _entered: dict[tuple[str, int], CallEntered] = field(default_factory=dict)  # the calls under way
    _text: PrintedText = field(default_factory=PrintedText)
    _printed: dict[tuple[str, int], str] = field(default_factory=dict)  # the line that each stream has begun

    def title(self, provenance: str | None = None) -> None:
        """Names the lab and the kernel, and whence the run is, where that is neither live nor recorded."""
        header = self.timeline.header
        wire = _("captured packets") if header.lab.has_packets else _("no capture: segments are inferred")
        lab = _("{kind} lab").format(kind=lab_word(header.lab.kind))
        provenance = provenance or (_("LIVE") if self.live else _("RECORDED"))
        self.out.say(f"{provenance} · {lab} · Linux {header.kernel} · {wire}")
        for what, why in header.lab.missing.items():
            self.out.say(
                _("not available here: {what} ({why})").format(what=lab_word(what), why=in_words(why))
            )

    def catch_up(self) -> None:
        """Writes what was appended since the last time."""
        unfit = {id(misfit.event) for misfit in self.timeline.world.misfits}
        if self._walk is None:
            self._walk = self.timeline.walk()
        events = self.timeline.events
        closely, wait = 0, _CLOSELY  # up to which event, and for how many from there, each is looked at
        while self._told < len(events):
            if not unfit and self._told >= closely and (turns := events.turns(self._told)) is not None:
                if self._are_counted(turns):
                    self._told += len(turns)
                    wait = _CLOSELY
                    continue
                closely, wait = self._told + wait, 2 * wait
            number, event = self._told, events[self._told]
            self._told += 1
            is_done = not unfit and self._is_counted(event)
            if is_done and self._rules.pass_over(event):
                continue
            moment = Moment(self.timeline, number, self._walk)
            if id(event) in unfit:
                self._write(narrate(event, moment.before, moment.after))
            elif not is_done:
                self._tell(moment)
            for mistake in self._rules.after(moment):
                self.warn(mistake)
        self._walk.leave(self._told)

    def tell(self, moment: Moment) -> None:
        """Writes one event, for whoever goes through a run in which there are programs besides."""
        if not self._is_counted(moment.event):
            self._tell(moment)

    def warn(self, mistake: Mistake) -> None:
        """Writes what is wrong with one of them."""
        self._write(_said("!", mistake.text))

    def _write(self, *lines: str) -> None:
        self.out.say(*(self.margin + line for line in lines))

    def _is_counted(self, event: Event) -> bool:
        """Whether there is nothing to tell of an event, as it begins a call, or ends one that was told often enough. That is then
        noted; no world is needed for it."""
        if type(event) is CallEntered:
            self._entered[event.process, event.call] = event
            return not self._bystanders.are_there
        if type(event) is not CallReturned:
            return False
        call = event.process, event.call
        entered = self._entered.get(call)
        if entered is None or not self._repetition.is_again(
            task_name(event.process, event.task), _line_of(entered, event)
        ):
            return False
        del self._entered[call]
        return True

    def _are_counted(self, turns: Turns) -> bool:
        """The same of what loops do: whether there is nothing to tell of any of it, and nothing wrong with it. That is then
        noted."""
        survey = turns.survey
        if self._bystanders.are_there or not survey.is_regular:
            return False
        calls: list[tuple[CallEntered, CallReturned, int]] = []
        for (number, back), times in survey.pairs.items():
            event = turns.kinds[back]
            if not isinstance(event, CallReturned):
                return False
            entered: Event | None = turns.kinds.get(number)
            if number == BEFORE:
                first = turns.event(survey.first[event.process, event.task])
                entered = self._entered.get((first.process, first.call))
            if not isinstance(entered, CallEntered):
                return False
            calls.append((entered, event, times))
        said = [
            (task_name(event.process, event.task), _line_of(entered, event), times)
            for entered, event, times in calls
        ]
        if not all(self._repetition.would_be(task, line) for task, line, _times in said):
            return False
        if not self._rules.pass_over_turns(turns, calls):
            return False
        for each in said:
            self._repetition.is_again(*each)
        for place in survey.first.values():
            begun = turns.event(place)
            self._entered.pop((begun.process, begun.call), None)
        for last in turns.lasts:
            if isinstance(last, CallEntered):
                self._entered[last.process, last.call] = last
        return True

    def end(self, why: str | None = None) -> None:
        """Writes what has been kept back: what a program had begun to print, how often lines came again. `why`: the run was
        ended, it did not end by itself."""
        for (process, stream), begun in self._printed.items():
            if line := begun + self._text.left(process, stream):
                self._write(self._of_stream(process, stream, line))
        self._printed = {}
        for task in self._repetition.tasks:
            self._count(task)
        self._write(*(_said(*each) for each in self._bystanders.left()))
        if why is not None:
            self._write(why)

    def _tell(self, moment: Moment) -> None:
        match moment.event:
            case CallEntered() as event:
                self._entered[event.process, event.call] = event
                if self._bystanders.are_there:
                    self._write(*(_said(*each) for each in self._bystanders.told_now(event, moment.after)))
            case CallLetGo() | CallInterrupted() | SourceMet() | ThreadBegan() | ThreadEnded():
                return
            case CallReturned() as event:
                self._returned(event, moment)
            case CallBlocked() as event:
                task = task_name(event.process, event.task)
                asleep = narrate(event, moment.before, moment.after)
                if not self._repetition.is_again(task, asleep):
                    self._say(task, asleep, asleep, asleep)
            case ProcessStopped(process=name) as event:
                told = narrate(event, moment.before, moment.after)
                self._say(name, told, told, told)
            case Signalled() as event:
                told, task = narrate(event, moment.before, moment.after), task_name(event.process, event.task)
                if not self._bystanders.keeps(moment, told) and not self._repetition.is_again(task, told):
                    self._say(task, told, told, told)
            case OutputWritten() as event:
                self._write(*self._output(event))
            case Observed() as event:
                self._write(
                    *(_said(_("kernel"), told) for told in changes(event, moment.before, moment.after))
                )
            case PacketCaptured() as event:
                self._write(_said(_("wire"), narrate(event, moment.before, moment.after)))
            case ProcessEnded() as event:
                for task in self._repetition.tasks:
                    if process_of(task) == event.process:
                        self._count(task)
                told = narrate(event, calls_alone(moment.before), calls_alone(moment.after))
                if not self._bystanders.keeps(moment, told):
                    self._write(_said(event.process, told))
            case event:
                who, told = getattr(event, "process", ""), narrate(event, moment.before, moment.after)
                if not self._bystanders.keeps(moment, told):
                    self._write(_said(who, told))

    def _returned(self, event: CallReturned, moment: Moment) -> None:
        entered = self._entered.pop((event.process, event.call), None)
        if entered is None:
            return
        task, same = task_name(event.process, event.task), _line_of(entered, event)
        if self._repetition.is_again(task, same):
            return
        call = moment.call(event.process, event.call)
        if call is not None:
            brief = made(call, moment.after)
            self._say(task, same, _returned(call, moment.after, brief), brief)

    def _say(self, task: str, same: object, line: str, brief: str) -> None:
        self._count_again(task, self._repetition.told(task, same, brief))
        self._write(_said(task, line))

    def _count(self, task: str) -> None:
        self._count_again(task, self._repetition.left(task))

    def _count_again(self, task: str, again: Sequence[LineAgain]) -> None:
        for each in again:
            told = _("{line} ×{count} more").format(line=_alone(task, each.text), count=each.count)
            self._write(_said(task, told))

    def _output(self, event: OutputWritten) -> list[str]:
        """The lines that are whole by now, and that something was not kept."""
        text = self._printed.get((event.process, event.stream), "") + self._text.of(event)
        *whole, rest = text.split("\n")
        if len(rest) > _LONGEST_PRINTED:
            whole, rest = [*whole, rest], ""
        self._printed[event.process, event.stream] = rest
        lines = [self._of_stream(event.process, event.stream, line) for line in whole]
        if event.unkept:
            more = _("({amount} more were printed, and are not kept)").format(amount=bytes_text(event.unkept))
            lines.append(self._of_stream(event.process, event.stream, more))
        return lines

    def _of_stream(self, process: str, stream: int, line: str) -> str:
        shown = line if len(line) <= _LONGEST_PRINTED else line[: _LONGEST_PRINTED - 1] + "…"
        return _said(process, f"{STREAMS.get(stream, stream)} | {shown}")


def _line_of(entered: CallEntered, returned: CallReturned) -> object:
    """What makes a call the same line again."""
    return (
        entered.name, _as_told(entered.arguments), entered.keywords, entered.text, entered.line, entered.library,
        _as_told(returned.value), returned.error,
    )  # fmt: skip


def _as_told(value: object) -> object:
    """A value by what a line tells of it: of a socket, that is another each time, its descriptor."""
    if isinstance(value, SocketValue):
        return (value.fd, value.family, value.type)
    return tuple(map(_as_told, value)) if isinstance(value, tuple) else value


def returned(call: Call, world: World) -> str:
    """A call that came back: as it was made, what it gave, and what that means as far as the call alone says it."""
    return _returned(call, world, made(call, world))


def _returned(call: Call, world: World, brief: str) -> str:
    took = ""
    if call.slept and call.returned is not None and call.returned > call.entered:  # else the clock was set
        took = " " + _("(after {time})").format(time=duration_text(call.returned - call.entered))
    if call.error is not None:
        meaning = ": ".join(filter(None, (call.message, told_by_call(call, calls_alone(world), world))))
    else:
        meaning = gave(call, calls_alone(world))
    return f"{brief}{took}" + (f" · {meaning}" if meaning else "")


def made(call: Call, world: World) -> str:
    """A call that came back: from where, as it was made, what it gave."""
    if call.watched and call.arguments:  # C's poll is given them, no object that has them
        call = replace(call, arguments=(list(call.watched), *call.arguments[1:]))
    return f"{place_of(call, world)} {call_as_made(call)} {outcome(call)}".lstrip()


def _said(who: str, said: str) -> str:
    """A line of `who` says."""
    return f"{who:<{_WHO}} {_alone(who, said)}"


def _alone(who: str, said: str) -> str:
    """A sentence without that name, or that of its process, where it begins with it."""
    for beginning in (f"{who}: ", f"{who} ", f"{process_of(who)}: "):
        said = said.removeprefix(beginning)
    return said
