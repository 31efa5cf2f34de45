"""One clear sentence for each event: what happened, in the field's words, and why. For the stage and the transcript alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sockviz.language import _, ngettext
from sockviz.model.call import SENDING, Call
from sockviz.model.events import (
    ActedByHand,
    CallBlocked,
    CallEntered,
    CallHeld,
    CallInterrupted,
    CallLetGo,
    CallReturned,
    CaptureLost,
    Caveat,
    Event,
    Executed,
    ExpectationJudged,
    LessonEnded,
    LineTyped,
    LinkActed,
    LinkSet,
    Observed,
    OutputWritten,
    OverLimit,
    PacketCaptured,
    PageOpened,
    PredictionMade,
    PredictionSettled,
    ProcessEnded,
    ProcessStarted,
    ProcessStopped,
    Signalled,
    SourceMet,
    StatementBegun,
    StatementFinished,
    ThreadBegan,
    ThreadEnded,
    Treated,
    VotesCounted,
)
from sockviz.model.hosts import LINK
from sockviz.model.linux.files import OPEN_FLAGS
from sockviz.model.process import Process
from sockviz.model.script_text import numbered_lines
from sockviz.model.timeline import Timeline
from sockviz.model.values import ObjectValue, SocketValue, Value
from sockviz.model.world import World
from sockviz.words import refusals
from sockviz.words.by_hand import did_by_hand
from sockviz.words.call_sentences import listens_again, returned
from sockviz.words.closing import ended
from sockviz.words.crossings import fragment_text, kind_of_packet
from sockviz.words.explanation import explain
from sockviz.words.found import actual_in_words, reason_in_words
from sockviz.words.kept_sentences import in_words
from sockviz.words.meanings import meaning_clause
from sockviz.words.misfits import unfit
from sockviz.words.number_kinds import NumberKind, kinds_bound, with_names
from sockviz.words.observing import changes, in_short
from sockviz.words.programs import of_program
from sockviz.words.segment_remarks import remark
from sockviz.words.shown import BRIEF, show
from sockviz.words.sleeping import sleeping
from sockviz.words.unheard import refused_unheard, unheard, unkept
from sockviz.words.votes import votes_text
from sockviz.words.wording import bytes_text, call_as_made


def narrate(
    event: Event,
    before: World,
    after: World,
    later: World | None = None,
    lesson: str = "",
    widest: int = BRIEF,
) -> str:
    """What `event`, which turned `before` into `after`, means, in one sentence without a full stop.

    ``later`` is the world at the resting place that the sentence is for, where the kernel has been asked again. ``lesson`` is
    the lesson's text: with it a line is told by its words, which the reader sees, and not by its number, which nobody does. Of
    bytes that came there are ``widest`` characters.
    """
    told = _told(event, before, after, later, lesson, widest)
    return "; ".join((told, *map(unfit, after.misfits[len(before.misfits) :])))


def _told(event: Event, before: World, after: World, later: World | None, lesson: str, widest: int) -> str:
    match event:
        case PageOpened():
            return _("page {number} opens").format(number=event.page + 1)
        case ProcessStarted(parent=None):
            return _("{process} starts: pid {pid}, no socket yet").format(
                process=event.process, pid=event.pid
            )
        case ProcessStarted():
            return _("{process} exists: pid {pid}, a copy of {parent} with the same descriptors").format(
                process=event.process, pid=event.pid, parent=event.parent
            )
        case StatementBegun():
            return _("{process} is handed {line}").format(
                process=event.process, line=_line(event.line, lesson, after)
            )
        case CallEntered():
            call = call_of(after, event.process, event.call)
            return _("{process} enters {call}").format(
                process=event.process, call=call_as_made(call) if call else event.name
            )
        case CallBlocked():
            call = call_of(after, event.process, event.call)
            if (
                later is not None
                and (still := call_of(later, event.process, event.call))
                and not still.is_over
            ):
                return sleeping(still, later)  # the kernel has been asked again
            return sleeping(call, after) if call else _("{process} sleeps").format(process=event.process)
        case (
            CallHeld()
            | CallLetGo()
            | CallInterrupted()
            | ThreadBegan()
            | ThreadEnded()
            | Executed()
            | SourceMet()
            | Signalled()
            | ProcessStopped()
            | OutputWritten()
            | OverLimit()
            | Caveat()
            | Treated()
        ):
            return of_program(event, after)
        case CallReturned():
            call = call_of(after, event.process, event.call)
            if call is None:
                return _("a call of {process} returned").format(process=event.process)
            again = listens_again(call, before, later or after)
            return f"{event.process}: {again}" if again else returned(call, after, widest)
        case StatementFinished(error=str()) if event.process == LINK:
            return _("the link cannot do that: {message}").format(message=in_words(event.message))
        case StatementFinished(error=refusals.REFUSED):
            return _("{process}: the line is refused: {why}").format(
                process=event.process, why=in_words(event.message)
            )
        case StatementFinished(error=str(error)):
            why = refused_unheard(event, _line(event.line, lesson, after)) or in_words(event.message)
            return _("{process}: the line fails with {error}").format(process=event.process, error=error) + (
                f": {why}" if why else ""
            )
        case StatementFinished():
            line, words = after.lines.get(event.line), _line(event.line, lesson, after)
            if (line is None or not line.calls) and (alone := unheard(event.process, words, after)):
                return alone
            if lost := unkept(event, after):
                return lost
            kinds = _kinds(event, after)
            names = ", ".join(_now_has(name, value, kinds.get(name)) for name, value in event.bound.items())
            if names:
                return _("{process} now has {names}").format(process=event.process, names=names)
            return _("{process} is done with {line}").format(process=event.process, line=words)
        case ProcessEnded():
            process = before.processes.get(event.process)
            also = ended(process, before) if process is not None else []
            return "; ".join((_ended(event, process, before), *also))
        case Observed():
            return in_short(changes(event, before, after)) or _(
                "the kernel of {host} was asked again: only details differ"
            ).format(host=event.host)
        case PacketCaptured():
            return _packet(event, after)
        case LinkActed():
            return _link(event, before) + _out_of_order(event, before, after)
        case LinkSet(holding=()):
            return _("the link lets everything through again")
        case LinkSet():
            return ngettext(
                "the link keeps all that {hosts} sends",
                "the link keeps all that {hosts} send",
                len(event.holding),
            ).format(hosts=_(" and ").join(event.holding))
        case ActedByHand():
            number = after.by_hand[-1].packet if after.by_hand else None
            return did_by_hand(event.verb, after.packet_text(number))
        case LineTyped():
            return _("off the script: {process} is to perform {line}").format(
                process=event.process, line=event.source
            )
        case CaptureLost():
            return _("the capture itself lost {amount}: the wire is not complete here").format(
                amount=ngettext("{count} packet", "{count} packets", event.count).format(count=event.count)
            )
        case ExpectationJudged():
            verdict = (
                _("holds")
                if event.ok
                else _("does not hold, as {actual}").format(actual=actual_in_words(event))
            )
            return f"{event.source}: {verdict}"
        case PredictionMade(choice=None):
            return _("the prediction was passed over")
        case PredictionMade():
            return _("you predicted choice {number}").format(number=(event.choice or 0) + 1)
        case PredictionSettled(answer=None):
            return _("the prediction has no answer") + (
                f": {reason}" if (reason := reason_in_words(event)) else ""
            )
        case PredictionSettled():
            return _("the answer to the prediction: {answer}").format(answer=event.answer)
        case VotesCounted():
            return _("the room voted: {votes}").format(votes=votes_text(event.counts))
        case LessonEnded() if before.typed and before.typed.keys() >= before.lines.keys():
            return _("nothing more was typed")  # there was no script
        case LessonEnded():
            return _("the lesson is done")


def narrate_at(timeline: Timeline, n: int) -> str:
    """The sentence for the `n`-th event (1-based); nothing for 0."""
    if not 0 < n <= len(timeline):
        return ""
    before = timeline.world_at(n - 1)
    return narrate(timeline.events[n - 1], before, timeline.world_at(n), lesson=timeline.header.script.text)


def call_of(world: World, process: str, number: int) -> Call | None:
    """A call of a process, by its number."""
    found = world.processes.get(process)
    return found.call(number) if found else None


def _line(number: int, lesson: str, world: World) -> str:
    """A line by its words, without its comment; by its number where the lesson's text is not at hand."""
    lines = numbered_lines(lesson)
    typed = world.typed.get(number)
    if typed is not None:
        return typed.source
    words = lines[number - 1].partition("  # ")[0].strip() if 0 < number <= len(lines) else ""
    return words or _("line {number}").format(number=number)


def _kinds(event: StatementFinished, world: World) -> Mapping[str, NumberKind]:
    """What the numbers are in what the line bound."""
    line = world.lines.get(event.line)
    last = call_of(world, event.process, line.calls[-1]) if line is not None and line.calls else None
    return kinds_bound(line, last) if line is not None else {}


def _now_has(name: str, value: Value, kind: NumberKind | None) -> str:
    if isinstance(value, SocketValue | ObjectValue):
        return name
    return f"{name} = {show(with_names(value, kind, 68), 68)}"


def _link(event: LinkActed, before: World) -> str:
    flight = before.link.flight_of(event.frame) if before.link else None
    if flight is None:
        return _("the link is done with frame {frame}").format(frame=event.frame)
    kept = before.packets[flight.packet].event
    what = f"{kept.sender} {kind_of_packet(kept.packet)}"
    if event.frame in flight.later and not before.packets[flight.packet].event.packet.is_later_fragment:
        what = _("a fragment of {what}").format(what=what)
    match event.verb:
        case "deliver":
            return _("the link delivers {what}").format(what=what)
        case "duplicate":
            return _("the link delivers {what} twice").format(what=what)
        case _:
            return _("the link drops {what}").format(what=what) + (
                ngettext(" and its copy", " and its {count} copies", copies).format(count=copies)
                if (copies := len(flight.frames) - len(flight.later) - 1) > 0
                else ""
            )


def _out_of_order(event: LinkActed, before: World, after: World) -> str:
    flight = before.link.flight_of(event.frame) if before.link else None
    found = after.traffic.overtaken
    if flight is None or found is before.traffic.overtaken or flight.packet not in found:
        return ""
    other = found[flight.packet]
    return _(", out of order: after {what} (packet {number}), which was sent later").format(
        what=after.packet_text(other), number=other + 1
    )


def _why_killed(event: ProcessEnded, process: Process | None, before: World) -> str:
    """SIGPIPE comes of a send that would have failed with EPIPE (net/core/stream.c, sk_stream_error), SIGIO of a descriptor with
    O_ASYNC (net/core/sock.c, sk_wake_async)."""
    if event.signal == "SIGIO" and process is not None:
        names = [
            before.name_of(process.name, entry.inode, entry.fd) or _("descriptor {fd}").format(fd=entry.fd)
            for entry in process.fds
            if entry.flags & OPEN_FLAGS["O_ASYNC"]
        ]
        if not names:
            return ""
        return _("O_ASYNC is set on {names}, and something happened there").format(
            names=_(" and ").join(names)
        )
    call = process.current if process is not None else None
    if event.signal != "SIGPIPE" or call is None or call.name not in SENDING:
        return ""
    told = explain(replace(call, error="EPIPE"), before)
    return f"{call.name}: {told.here}" if told is not None and told.here else ""


def _ended(event: ProcessEnded, process: Process | None, before: World) -> str:
    if event.signal is not None:
        told = _("{process} is killed by {signal}").format(process=event.process, signal=event.signal)
        if why := _why_killed(event, process, before):
            told += f" ({why})"
        return _("{told}: the kernel closes all its descriptors").format(told=told)
    if event.exit_code is not None:
        return _("{process} exits with status {exit_code}: the kernel closes all its descriptors").format(
            process=event.process, exit_code=event.exit_code
        )
    return _("{process} is gone: the kernel closes all its descriptors").format(process=event.process)


def _packet(event: PacketCaptured, after: World) -> str:
    packet = event.packet
    size = _(" with {amount}").format(amount=bytes_text(packet.length)) if packet.length else ""
    meaning = after.traffic.meanings.get(len(after.packets) - 1)
    told = meaning_clause(meaning, after) if meaning is not None else ""
    # A link tells of its packets after the fact, always: only of a capture is that worth a word.
    late = _(" (seen late)") if event.late and event.frame is None else ""
    part = f": {fragment_text(packet)}" if packet.fragment is not None else ""
    more = remark(event, meaning, after)
    return f"{event.sender} → {event.receiver}: {kind_of_packet(packet)}{size}{told}{part}{more}{late}"
