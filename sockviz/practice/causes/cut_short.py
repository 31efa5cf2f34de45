"""Where a student's program took part of a stream for all of it: a read or write that moved less than it was asked to under the
rule `short`, and was the last of its kind on its socket; or where a send begins anew after one that took a part."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sockviz.dataclass import dataclass
from sockviz.language import _, grouped
from sockviz.model.call import Call, Stage
from sockviz.model.long_values import whole_of
from sockviz.model.world import World
from sockviz.practice.causes.flows import READS, WRITES, moved
from sockviz.words.programs import place_of
from sockviz.words.wording import call_as_made
from sockviz.words.worst_kernel import cut, let_move

#: So many bytes are compared.
_COMPARED = 64


@dataclass(frozen=True, slots=True)
class CutShort:
    """What happened, and what can be done about it."""

    cause: str
    next: str


def cut_short(world: World, names: Collection[str], *, all_came: bool = False) -> CutShort | None:
    """Of the processes with these names the first call that was cut short, where none came after it; of what was sent where not
    all of it has come."""
    processes = [world.processes[name] for name in names]
    calls = sorted((call for process in processes for call in process.calls), key=lambda call: call.entered)
    under_way = [call for process in processes for call in process.under_way]
    has_all = sum(moved(call) for call in calls if call.name in READS) >= _sent(world, names)
    sums: dict[tuple[int, bool], int] = {}
    last: dict[tuple[int, bool], Call] = {}
    for call in (*calls, *under_way):
        for which in _flow(call):
            sums[which] = sums.get(which, 0) + moved(call)
            last[which] = call
    for which, call in last.items():
        treated = cut(call)
        if treated is None or treated.wanted is None or call.stage is not Stage.RETURNED:
            continue
        count, reads = moved(call), which[1]
        # Who reads has been cut short only where it got all that it was let have, and others have sent more.
        is_cut = count == treated.allowed and not has_all if reads else not all_came
        if 0 < count < treated.wanted and is_cut:
            return _said(world, call, sums[which], reads=reads)
    return _went_back(world, calls) or _begun_again(world, calls)


def _asked(call: Call) -> int:
    """How much a write was given."""
    return len(call.arguments[1]) if len(call.arguments) > 1 and isinstance(call.arguments[1], bytes) else 0


def _went_back(world: World, calls: Collection[Call]) -> CutShort | None:
    """The first send on a socket that begins a byte before the one that had failed there: what that gave, -1, was counted."""
    failed: dict[int, Call] = {}
    for call in calls:
        if call.name not in WRITES or call.receiver is None:
            continue
        before = failed.pop(call.receiver.inode, None)
        if before is not None and 0 < _asked(before) == _asked(call) - 1:
            place = place_of(call, world)
            return CutShort(
                _(
                    "{failed} of {process} failed with {error} and gave -1, which was counted: {call}{where} is for one byte more"
                ).format(
                    failed=call_as_made(before), process=call.process, error=before.error, call=call_as_made(call),
                    where=f" ({place})" if place else "",
                ),
                _(
                    "look whether send has failed before you count what it gave: at EAGAIN wait until there is room (poll), and "
                    "send the same once more"
                ),
            )  # fmt: skip
        if call.stage is Stage.FAILED:
            failed[call.receiver.inode] = call
    return None


def _begun_again(world: World, calls: Collection[Call]) -> CutShort | None:
    """The first send that begins with what the one before it on the same socket began with, though some of that was taken."""
    before: dict[int, Call] = {}
    for call in calls:
        if call.name not in WRITES or call.receiver is None or call.stage is not Stage.RETURNED:
            continue
        last = before.get(call.receiver.inode)
        before[call.receiver.inode] = call
        few = cut(last) if last is not None else None
        if last is None or few is None or len(call.arguments) < 2:
            continue
        given, taken = whole_of(last.arguments[1]), moved(last)
        if not isinstance(given, bytes) or not isinstance(call.arguments[1], bytes) or not taken:
            continue
        now = bytes(call.arguments[1][:_COMPARED])
        rest = bytes(given[taken : taken + len(now)])
        if len(rest) < len(now) and taken + len(rest) < len(given):
            continue  # so much of what was given is not kept
        if now == bytes(given[: len(now)]) and now != rest:
            place = place_of(call, world)
            return CutShort(
                _(
                    "{call} of {process}{where} sends again what the one before began with, which took {few} bytes"
                ).format(
                    call=call_as_made(call),
                    process=call.process,
                    where=f" ({place})" if place else "",
                    few=let_move(few),
                ),
                _("go on by as many bytes as were taken, and send what stands there"),
            )
    return None


def _said(world: World, call: Call, count: int, *, reads: bool) -> CutShort:
    treated, place = cut(call), place_of(call, world)
    assert treated is not None
    where = f" ({place})" if place else ""
    if reads:
        cause = _(
            "{call} of {process}{where} gave {few} bytes, and none was read after it: it stopped at byte {moved}"
        )
        remedy = _(
            "{call} gives what is there, at most what it is asked for: call it again for what is missing, until all has come"
        ).format(call=call.name)
    else:
        cause = _(
            "{call} of {process}{where} took {few} bytes, and nothing was sent after it: it stopped at byte {moved}"
        )
        remedy = _("send says how many bytes it took: send the rest, until nothing is left")
    return CutShort(
        cause.format(
            call=call_as_made(call),
            process=call.process,
            where=where,
            few=let_move(treated),
            moved=grouped(count),
        ),
        remedy,
    )


def _sent(world: World, names: Collection[str]) -> int:
    """How many bytes all others have sent."""
    others = [process for name, process in world.processes.items() if name not in names]
    return sum(
        moved(call)
        for process in others
        for call in process.calls
        if call.name in WRITES or call.name == "sendall"
    )


def _flow(call: Call) -> Iterator[tuple[int, bool]]:
    """Which stream a call moved, and whether it read."""
    if call.receiver is not None and (call.name in READS or call.name in WRITES):
        yield call.receiver.inode, call.name in READS
