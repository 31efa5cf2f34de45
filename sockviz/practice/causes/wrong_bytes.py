"""Bytes that somebody has received from a student's program, and that are not those that were expected: which call has sent the
first of them, and what it made it of."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.dataclass import dataclass
from sockviz.language import _, ngettext
from sockviz.model.process import Process
from sockviz.practice.causes.case import Advice, Case
from sockviz.practice.causes.flows import Portion, at
from sockviz.practice.differing import first_difference
from sockviz.words.wording import call_name, grouped_bytes

#: So many bytes are shown.
_SHOWN = 16
#: So many pieces are looked at, and there must be, of what was written over by those after it.
_SEVERAL = 4


@dataclass(frozen=True, slots=True)
class _Place:
    """A byte of a stream, from 0, that somebody's socket `theirs` has got from the program's socket `own`."""

    peer: Process
    theirs: int
    own: int
    number: int


def wrong_bytes(case: Case) -> Advice | None:
    """Where a byte came that should be another one, or none."""
    if case.sides is None:
        return None
    came, expected = case.sides
    differs = first_difference(came, expected)
    place = _place(case, came, differs) if differs < len(came) else None
    sent = at(case.flows.given(place.own), place.number) if place is not None else None
    if place is None or sent is None:
        return None
    before = [
        piece
        for piece in case.flows.taken(place.own)
        if piece.call.returned is not None and piece.call.returned <= sent.call.entered
    ]
    wanted = expected[differs : differs + _SHOWN]
    last = before[-1] if before else None
    if last is not None:
        found = (
            _altered(case, sent, last, place.number - sent.begin, wanted)
            or _after_the_end(case, sent, last)
            or _written_over(case, sent, before, wanted)
            or several(case, place.own, last)
            or _of_a_piece(case, place, sent, last)
        )
        if found is not None:
            return found
    cause = _("it was sent by {send}").format(send=case.made(sent.call))
    if last is not None:
        cause = _("it was sent by {send}, and before that {receive} had given {data}").format(
            send=case.made(sent.call), receive=case.made(last.call), data=shown(last.data)
        )
    if not wanted:
        return Advice(cause, _("nothing more is expected there: send what the task says, and no more"))
    return Advice(
        cause, _("{data} is expected at that place: see what makes the bytes of that call").format(data=shown(wanted))
    )  # fmt: skip


def _place(case: Case, came: bytes, number: int) -> _Place | None:
    for peer in case.others:
        if peer.name not in case.named:
            continue
        found = 0
        for piece in case.flows.sources(peer, came):
            length = piece.end - piece.begin
            if found <= number < found + length and piece.call.receiver is not None:
                theirs = piece.call.receiver.inode
                return _Place(peer, theirs, case.flows.other(theirs), piece.begin + number - found)
            found += length
        call = peer.current
        if (
            not found
            and call is not None
            and call.receiver is not None
            and (case.compared and case.compared.unknown)
        ):
            theirs = call.receiver.inode  # what it waits for has not come as a whole
            taken = case.flows.taken(theirs)
            return _Place(peer, theirs, case.flows.other(theirs), (taken[-1].end if taken else 0) + number)
    return None


def _altered(case: Case, sent: Portion, last: Portion, number: int, wanted: bytes) -> Advice | None:
    """That what had come was expected back, and was sent as something else."""
    data, went = last.data, sent.data
    if data is None or went is None or len(data) != len(went) or not wanted or not data[number:]:
        return None
    if data[number : number + len(wanted)] != wanted[: len(data) - number]:
        return None
    return Advice(
        _("{receive} had given {data}, and {send} sent {other} instead").format(
            receive=case.made(last.call), data=shown(data[number:]), send=case.made(sent.call), other=shown(went[number:])
        ),
        _("send the bytes that came as they are: a stream has neither text nor lines"),
    )  # fmt: skip


def _after_the_end(case: Case, sent: Portion, last: Portion) -> Advice | None:
    if last.begin != last.end:
        return None
    return Advice(
        _("it was sent by {send}, after {receive} had said that the stream is over (0 bytes)").format(
            send=case.made(sent.call), receive=case.made(last.call)
        ),
        _("what is left over when a stream ends is no whole message: look in the task what becomes of it"),
    )


def _written_over(case: Case, sent: Portion, before: Sequence[Portion], wanted: bytes) -> Advice | None:
    """That what came first was expected first, and what came last was sent there: each receive has written to the same place."""
    first, last = before[0], before[-1]
    if (
        first.data is None
        or not last.data
        or sent.data is None
        or not wanted
        or sent.begin
        or len(before) < _SEVERAL
    ):
        return None
    came, went = b"".join(bytes(each.data or b"") for each in before[:_SEVERAL]), bytes(sent.data[:_SHOWN])
    if (
        not went
        or not bytes(last.data).startswith(went)
        or not (came.startswith(wanted) or wanted.startswith(came))
    ):
        return None
    return Advice(
        _("{send} sent {data}, which {receive} had given last, where {wanted} came first").format(
            send=case.made(sent.call), data=shown(last.data), receive=case.made(last.call), wanted=shown(wanted)
        ),
        _("a receive writes at the beginning of what it is given: have each write behind what has come, or add its piece there"),
    )  # fmt: skip


def several(case: Case, own: int, last: Portion) -> Advice | None:
    """That several lines had come at once, and not all of them were answered before more was asked for."""
    lines = (last.data or b"").count(b"\n")
    if lines < 2:
        return None
    following = next(
        (each for each in case.flows.taken(own) if each.begin >= last.end and each is not last), None
    )
    until = following.call.entered if following is not None else float("inf")
    answers = sum(
        (piece.data or b"").count(b"\n")
        for piece in case.flows.given(own)
        if (last.call.returned or 0.0) <= piece.call.entered < until
    )
    answers_lines = any(b"\n" in (piece.data or b"") for piece in case.flows.given(own))
    if answers >= lines or not answers_lines:
        return None
    return Advice(
        ngettext(
            "{receive} had given the ends of {lines} lines at once, and {answers} was answered before the next was asked for",
            "{receive} had given the ends of {lines} lines at once, and {answers} were answered before the next was asked for",
            answers,
        ).format(receive=case.made(last.call), lines=lines, answers=answers),
        _("a piece may end several lines: answer each that is whole, keep what is left, and only then receive more"),
    )  # fmt: skip


def _of_a_piece(case: Case, place: _Place, sent: Portion, last: Portion) -> Advice | None:
    """That a part of what somebody had sent at once was answered, as if it were all of it."""
    whole = at(case.flows.given(place.theirs), last.end)
    if whole is None or whole.begin >= last.end or (last.data or b"").endswith(b"\n"):
        return None
    return Advice(
        _("{process} had received {part} of {whole} that {peer} sent by one {call} when it answered, by {send}").format(
            process=sent.call.process, part=grouped_bytes(last.end - whole.begin), whole=grouped_bytes(whole.end - whole.begin),
            peer=place.peer.name, call=call_name(whole.call), send=case.made(sent.call),
        ),
        _("a stream has bytes, not messages: keep what has come in a buffer of your own, "
          "and answer once a message in it is whole (a line at its newline)"),
    )  # fmt: skip


def shown(data: bytes | None) -> str:
    """``b'one\\n'``; ``b'0123456789abcdef'…`` of more."""
    if data is None:
        return "…"
    return f"{bytes(data[:_SHOWN])!r}{'…' if len(data) > _SHOWN else ''}"
