"""The descriptor table of one process, and what the kernel says of each socket in it."""

from __future__ import annotations

from collections import Counter

from rich.cells import cell_len

from sockviz.language import _
from sockviz.model.process import Process
from sockviz.model.sockets import Timer
from sockviz.model.world import World
from sockviz.tui.remembered import remembered
from sockviz.tui.stage.descriptor_lines import DescriptorRow, Pen
from sockviz.tui.stage.ink import Line, fit, line
from sockviz.tui.stage.lookup import Lookup, orphans
from sockviz.tui.stage.queues import accept_queue, syn_queue, turned_away
from sockviz.tui.view import View

#: Descriptors looked at to find how high a table would be: more never fit.
_SAMPLE = 64


@remembered(16)
def held_by(world: World, process: Process) -> tuple[list[DescriptorRow], list[DescriptorRow]]:
    """What the process's descriptors hold (0–2 left out, unless a socket took the place), and what it left behind in the kernel
    without one."""
    held = [
        DescriptorRow(e.inode, e, world.row_of(e.inode) if e.is_socket else None)
        for e in process.fds
        if e.fd > 2 or e.is_socket
    ]
    return held, [DescriptorRow(inode, None, row) for inode, row in orphans(world).get(process.name, ())]


def table_height(view: View, process: Process, width: int, *, barely: bool = False) -> int:
    """How many lines the whole table would take in `width`; ``barely``: without what says that there is nothing."""
    held, left = held_by(view.world, process)
    sample = held[:_SAMPLE]
    tall = sum(_height_of(it, view, width, barely) for it in [*sample, *left[:_SAMPLE]])
    return max(1, tall + bool(left) + max(0, len(held) - _SAMPLE))


def _height_of(it: DescriptorRow, view: View, width: int, barely: bool) -> int:
    if it.row is None or it.row.bound_only:
        return 1
    if it.row.is_listening:
        lookup = Lookup(view.world)
        queues = accept_queue(view, lookup, it.row, width, {}) + turned_away(view, lookup, it.row, width)
        half_open = len(syn_queue(view, lookup, it.row, width, {}))
        return 1 + len(queues) + (half_open if barely or it.row.protocol != "TCP" else max(1, half_open))
    counting_down = it.row.expires is not None
    if it.entry is None:
        return 1 + counting_down
    return 1 + counting_down + (bool(it.row.recv_q or it.row.send_q) if barely else 1)


def table(view: View, process: Process, width: int, height: int, hues: dict[str, str]) -> list[Line]:
    """The table in at most `height` lines: in full where it fits, else in one line each, else in part and counted."""
    held, left = held_by(view.world, process)
    if height <= 0:
        return []
    if not held and not left:
        had_some = any(known.creator == process.name for known in view.world.sockets.values())
        nothing = _("all its sockets are closed") if had_some else _("no sockets yet")
        if not process.alive:
            nothing = _("no descriptors: the kernel closed them all")
            nothing = nothing if cell_len(nothing) < width else _("the kernel closed them all")
        return [fit(line(" ", (nothing, "muted")), width)]
    pen = Pen(
        view,
        process,
        Lookup(view.world),
        width,
        hues,
        _number_width(held),
        _name_width(
            view, process, [*held[:_SAMPLE], *held[-_SAMPLE:], *left[-_SAMPLE:]]
        ),  # the newest are shown
    )
    if len(held) + len(left) > height:
        return _summarised(pen, held, left, height)
    return _detailed(pen, held, left, height)


def _detailed(pen: Pen, held: list[DescriptorRow], left: list[DescriptorRow], height: int) -> list[Line]:
    """A line for each; what is left of `height` goes to those of which there is most to say."""
    everything = held + left
    blocks = [pen.block(it, 0) for it in everything]
    ruled = bool(left) and len(everything) < height
    spare = height - len(everything) - ruled
    for detail in (1, 2):
        for index in sorted(range(len(everything)), key=lambda i: (*_urgency(everything[i]), i)):
            if detail == 2 and everything[index].entry is None:
                continue
            # What matters most stands first: better a part of it than nothing.
            fuller = pen.block(everything[index], detail)[: len(blocks[index]) + spare]
            if len(fuller) > len(blocks[index]):
                spare -= len(fuller) - len(blocks[index])
                blocks[index] = fuller
    lines = [it for block in blocks[: len(held)] for it in block]
    if ruled:
        lines.append(pen.rule(_("no descriptor")))
    return lines + [it for block in blocks[len(held) :] for it in block]


def _urgency(it: DescriptorRow) -> tuple[int, int]:
    """Whose details come first where there is not room for all: by what the row says, of listeners the newest."""
    row = it.row
    newest = -it.entry.fd if it.entry is not None else 0
    if row is None:
        return 9, 0
    if row.expires is not None and row.timer is not Timer.TIMEWAIT:
        return 0, 0
    if row.is_listening:
        return 1 if row.recv_q else 3, newest
    return 2 if row.recv_q or row.send_q else 4, 0


def _summarised(pen: Pen, held: list[DescriptorRow], left: list[DescriptorRow], height: int) -> list[Line]:
    """The listeners, what is focused and the newest in a line each; the rest counted by state."""
    everything = held + left
    # What the last step made is what the page is about.
    made = len(held) - 1 if held and pen.is_new_descriptor(held[-1]) else None
    first, listening, others = _ranked(pen, everything, made)
    order = [*first, *listening, *others]
    listening = [
        i for i in (*listening, *first) if (row := everything[i].row) is not None and row.is_listening
    ]
    spare = min(len(listening), max(0, height - 1 - len(listening)))  # for their queues
    room = max(1, height - 1 - spare)
    chosen = sorted(order[:room])
    rest = Counter(row.state if (row := everything[i].row) is not None else None for i in order[room:])
    counted = ", ".join(
        f"{count} {state.value if state is not None else _('in no kernel table')}"
        for state, count in rest.most_common()
    )
    lines: list[Line] = []
    for place, index in enumerate(chosen):
        if counted and place != index:
            lines.append(fit(line((f"  ⋮  {counted}", "muted")), pen.width))
            counted = ""
        block = pen.block(everything[index], 1 if index in listening and spare > 0 else 0)[: 1 + spare]
        spare -= len(block) - 1
        lines += block
    if counted:
        lines.append(fit(line((f"  ⋮  {counted}", "muted")), pen.width))
    return lines[:height]


def _ranked(
    pen: Pen, everything: list[DescriptorRow], made: int | None
) -> tuple[list[int], list[int], list[int]]:
    """Their places, those most worth a line first, of each kind the newest: focused or just made; listeners; all others."""
    first: list[int] = []
    listening: list[int] = []
    others: list[int] = []
    focus = pen.view.focus.inode
    for index in reversed(range(len(everything))):
        it = everything[index]
        if index == made or (focus and it.inode == focus):
            first.append(index)
        elif it.row is not None and it.row.is_listening:
            listening.append(index)
        else:
            others.append(index)
    return first, listening, others


def _number_width(held: list[DescriptorRow]) -> int:
    return max(2, *(len(str(it.entry.fd)) for it in held[-1:] if it.entry is not None), 2)


def _name_width(view: View, process: Process, held: list[DescriptorRow]) -> int:
    lookup = Lookup(view.world)
    names = (lookup.name(process.name, it.inode, it.entry.fd if it.entry else -1) for it in held)
    return min(6, max(map(len, names), default=0))
