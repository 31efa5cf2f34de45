"""What is set on a socket, and what an epoll descriptor waits for, in a process's table of descriptors."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from sockviz.language import _
from sockviz.language import current as current_language
from sockviz.model.process import Process
from sockviz.model.sockets import FdEntry
from sockviz.model.world import World
from sockviz.tui.remembered import remembered_by
from sockviz.tui.stage.ink import Line, line, wrap
from sockviz.words.interest import short_interest
from sockviz.words.on_the_way import giver_of
from sockviz.words.set_options import short_options

_INDENT = "   "


def _decides(world: World, process: Process, entry: FdEntry | None, inode: int) -> tuple[object, ...]:
    """What it depends on: of who has received nothing with recvmsg nothing was passed along."""
    takes = "recvmsg" in process.latest
    names_others = takes or (entry is not None and entry.is_epoll)
    return (
        entry, inode, world.options.get(inode), process if names_others else None, world if takes else None,
        current_language(),
    )  # fmt: skip


@remembered_by(2048, _decides)
def telling(world: World, process: Process, entry: FdEntry | None, inode: int) -> tuple[str, ...]:
    """What there is to say of a descriptor besides its row, the latest said first: options set, events waited for; who
    has passed it along."""
    if entry is not None and entry.is_epoll:
        return tuple(short_interest(entry, process))
    if not inode:
        return ()
    told = tuple(reversed(short_options(world, inode, entry)))
    giver = giver_of(world, process.name, entry.fd) if entry is not None else ""
    return (*told, _("from {giver}, SCM_RIGHTS").format(giver=giver)) if giver else told


def at_the_end(told: Sequence[str], room: int) -> Line:
    """As much of it as has room at the end of a descriptor's own line, and how much more there is; nothing where none has."""
    for count in range(len(told), 0, -1):
        more = f" +{len(told) - count}" if count < len(told) else ""
        text = f"  {' '.join(told[:count])}{more}"
        if cell_len(text) <= room:
            return line((text, "muted"))
    return Line()


def beneath(told: Sequence[str], width: int) -> list[Line]:
    """All of it in lines of its own."""
    lines: list[str] = []
    for text in told:
        if len(_INDENT) + cell_len(text) > width:  # a group's address, say, is read whole
            first, *rest = [part.text.rstrip() for part in wrap(text, max(1, width - len(_INDENT) - 2))]
            lines += [f"{_INDENT}{first}", *(f"{_INDENT}  {part}" for part in rest)]
        elif lines and cell_len(f"{lines[-1]}  {text}") <= width:
            lines[-1] += f"  {text}"
        else:
            lines.append(f"{_INDENT}{text}")
    return [line((text, "muted")) for text in lines]


def in_one_line(told: Sequence[str], width: int) -> Line:
    """As much of it as fits into a line of its own."""
    return line(_INDENT[2:]) + at_the_end(told, width - len(_INDENT) + 2)
