"""One process: its code with results, and its descriptors with what the kernel says of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.language import current as current_language
from sockviz.model.call import Stage
from sockviz.model.hosts import LINK
from sockviz.model.process import Process
from sockviz.model.sockets import SocketRow
from sockviz.tui.palette import NEXT, hue_of, hues
from sockviz.tui.remembered import remembered, remembered_by
from sockviz.tui.stage.at_hand import is_at_work, is_program, next_line
from sockviz.tui.stage.code import Extent, aside_of, awaited, height_wanted, statements_of
from sockviz.tui.stage.code_rows import Listing
from sockviz.tui.stage.drawing import FocusableDrawing
from sockviz.tui.stage.ink import Line, crop, finish, frame, line, ruled, spelled
from sockviz.tui.stage.lookup import port_of
from sockviz.tui.view import View

#: The fewest lines a part of the panel keeps while the other one wants more.
_LEAST = 2

#: Empty lines between code and descriptors, where there is room.
_AIR = 2
#: What a frame needs of its first line beside the title.
_CORNERS = 4
#: So many processes stand side by side in panels of one height.
_SIDES = 2
#: With more processes than this nobody's code is written out.
_CROWD = 8


@dataclass(frozen=True, slots=True)
class Split:
    """How a panel's inside is divided: lines of code, lines of descriptors; the rule between them where both are. ``tried``: the
    room for code in which there was no use for more lines than that."""

    code: int
    fds: int
    tried: int = 0


@dataclass(frozen=True, slots=True)
class Needs:
    """The lines that code and descriptors would take, and those without which something that matters now is not in sight; of code
    those with what one sleeps for, and with what has failed on the page, too."""

    code: int
    fds: int
    code_now: int
    fds_now: int
    code_told: int

    def __or__(self, other: Needs) -> Needs:
        """Enough for both."""
        return Needs(
            max(self.code, other.code),
            max(self.fds, other.fds),
            max(self.code_now, other.code_now),
            max(self.fds_now, other.fds_now),
            max(self.code_told, other.code_told),
        )


def _divided(needs: Needs, room: int) -> Split:
    if needs.code + needs.fds <= room:
        # The rule stays where this page's code puts it, and does not wander with every descriptor.
        code = max(needs.code, min(room // 2, room - needs.fds, needs.code + _AIR))
    else:
        # Code has half of the room, and what the descriptors leave; less where what matters now is not in sight then.
        # Of what has failed on the page so much: what is known of the descriptors now is not to be folded for it.
        most = max(room // 2, room - needs.fds, min(needs.code_told, room * 2 // 3))
        code = min(needs.code, max(1, needs.code_now, min(most, room - needs.fds_now)))
        code = min(code, room - 1)
    return Split(code, room - code)


def _decides_in_any_room(view: View, name: str, width: int) -> tuple[object, ...]:
    """What the needs depend on: not on the time."""
    still = view.still or view
    return (
        still.world, still.before, still.subjects, view.script, view.page, view.lab, view.look.language, still.cursor,
        view.focus.inode or 0, view.next, current_language(), name, width,
    )  # fmt: skip


def _still(view: View) -> View:
    """`view` as it was before time alone went on."""
    still = view.still
    if still is None:
        return view
    return replace(
        view, world=still.world, before=still.before, subjects=still.subjects, cursor=still.cursor, still=None
    )


def _decides(view: View, name: str, width: int, room: int) -> tuple[object, ...]:
    return *_decides_in_any_room(view, name, width), room


@remembered_by(32, _decides)
def needs(view: View, name: str, width: int, room: int) -> Needs:
    """What the panel of `name` needs in a width of `width`, within `room` lines."""
    view = _still(view)
    fds, now, at_hand, failed = _in_any_room(view, name, width)
    if is_program(view, name):
        from sockviz.tui.stage.program_calls import calls_wanted  # not for lessons

        return Needs(calls_wanted(view, view.world.processes.get(name), width)[0], fds, at_hand, now, at_hand)
    code = _best(view, name, width, max(room // 2, room - fds))
    return Needs(code, fds, at_hand, now, failed)


def _decides_split(view: View, name: str, width: int, inside: int, alone: bool) -> tuple[object, ...]:
    return *_decides(view, name, width, inside), alone


@remembered_by(32, _decides_split)
def split(view: View, name: str, width: int, inside: int, alone: bool) -> Split:
    """The division of `inside` lines: the same for every process, so that panels side by side line up, unless what matters now
    in this one's needs another, or it is `alone`."""
    if inside <= _LEAST:
        return Split(0, max(0, inside))
    names = [each for each in view.script.processes if each != LINK]
    own = needs(view, name, width, inside - 1)
    if alone:
        shared = own
    elif len(names) > _CROWD:
        shared = replace(own, code=_of_crowd(view, tuple(names)))
    else:
        shared = own
        for each in names:
            shared |= needs(view, each, width, inside - 1)
    parts = _divided(shared, inside - 1)
    if not alone and len(names) == _SIDES:
        parts = _traded(view, names, width, parts, shared.fds)
    if parts.code < own.code_told or parts.fds < own.fds_now:
        parts = _divided(own, inside - 1)
    if parts.fds < own.fds_now and not is_at_work(view, name):
        return Split(0, inside)  # it is looked at for its descriptors alone
    if parts.fds == 1 < _rows(view, name) and parts.code > _LEAST and not is_at_work(view, name):
        parts = Split(parts.code - 1, 2)  # one row, and that there are others
    return _traded(view, [name], width, parts, own.fds)


def _rows(view: View, name: str) -> int:
    """How many descriptors the process has, and rows that it left behind."""
    from sockviz.tui.stage.descriptors import held_by

    process = view.world.processes.get(name)
    return sum(map(len, held_by(view.world, process))) if process is not None else 0


def _table_heights(view: View, process: Process, width: int) -> tuple[int, int]:
    from sockviz.tui.stage.descriptors import (
        table_heights,  # on demand, as all of them: a first page has no process
    )

    return table_heights(view, process, width)


@remembered_by(32, _decides_in_any_room)
def _in_any_room(view: View, name: str, width: int) -> tuple[int, int, int, int]:
    """Of that, whatever room there is: the lines of its descriptors, those of them that matter now, those of code at hand, and
    these with what is told of them and what has failed."""
    view = _still(view)
    process = view.world.processes.get(name)
    fds, now = (1, 1) if process is None else _table_heights(view, process, width)
    if is_program(view, name):
        from sockviz.tui.stage.program_calls import calls_wanted  # not for lessons

        at_hand = calls_wanted(view, process, width)[1]
        return fds, now, at_hand, at_hand
    return fds, now, *_listing(view, name, width).needs()


def _traded(view: View, names: Sequence[str], width: int, parts: Split, fds: int) -> Split:
    """The same, but lines for which one part has no use are the other's, where that has not all that it would take: `fds`, of the
    descriptors. All of `names` are divided like this."""
    spare = parts.fds - fds
    room = parts.code + max(spare, 0)
    used = max(_used(view, name, width, room) for name in names)
    given = used - parts.code if used > parts.code else -min(parts.code - used, max(-spare, 0))
    return Split(parts.code + given, parts.fds - given, room)


def _used(view: View, name: str, width: int, room: int) -> int:
    """The lines that the process's code makes something of, where there is room for `room`."""
    if is_program(view, name):
        from sockviz.tui.stage.program_calls import calls_wanted  # not for lessons

        return min(room, calls_wanted(view, view.world.processes.get(name), width)[0])
    return len(_code(_still(view), name, width, room))


@remembered(4)
def _of_crowd(view: View, names: tuple[str, ...]) -> int:
    """Of so many processes nobody's code is written out."""
    return 1 + max(len(statements_of(view, name)) for name in names)


def _best(view: View, name: str, width: int, room: int) -> int:
    """The lines of a process's code in as much of it as there is room for."""
    wanted = (
        height_wanted(view, name, width, extent) for extent in (Extent.WHOLE | Extent.REMARKED, Extent.WHOLE)
    )
    brief = height_wanted(view, name, width, Extent.SHORT)
    return next((lines for lines in wanted if lines <= room), brief)


def _listing(view: View, name: str, width: int) -> Listing:
    return Listing(view, name, width, hue_of(view.script, view.world, name))


def _decides_code(view: View, name: str, width: int, room: int) -> tuple[object, ...]:
    """What the code depends on: of all that goes on in the kernel, what a sleeper waits for."""
    world = view.world
    return (
        world.processes.get(name), world.lines, world.begun, world.page, view.script, view.page, view.lab, view.look, view.focus,
        next_line(view) or 0, awaited(view), aside_of(view, name), current_language(), name, width, room,
    )  # fmt: skip


@remembered_by(64, _decides_code)
def _code(view: View, name: str, width: int, room: int) -> list[Line]:
    """As much of the process's code as `room` lines have room for."""
    return _listing(view, name, width).fitted(room)


def draw_process(view: View, name: str, width: int, height: int, unframed: bool = False) -> list[Line]:
    """The panel of the process `name` in exactly `width` × `height`; in one line, its name and its newest socket.

    ``unframed``: between rules alone, where each line and column is needed."""
    colours = hues(view.script)
    hue = hue_of(view.script, view.world, name)
    process = view.world.processes.get(name)
    if height == 1:
        return finish([_folded(view, name, process, hue, width)], width, 1, view.look)
    inner = width - (1 if unframed else 2) if width >= 4 and height >= 3 else width
    parts = split(view, name, inner, height - (1 if unframed else 2), unframed)
    body: list[Line] = []
    rules: list[tuple[int, Line]] = []
    if parts.code and is_program(view, name):
        from sockviz.tui.stage.program_calls import calls_drawn  # not for lessons

        body += calls_drawn(view, process, inner, parts.code)
        rules.append((len(body), line(("fds", "muted"))))
        body.append(Line())
    elif parts.code:
        code = _code(view, name, inner, max(parts.tried, parts.code))
        if len(code) > parts.code:
            code = _code(view, name, inner, parts.code)
        body += code + [Line()] * (parts.code - len(code))
        rules.append((len(body), line(("fds", "muted"))))
        body.append(Line())
    if process is not None:
        from sockviz.tui.stage.descriptors import table

        body += table(view, process, inner, parts.fds, colours)
    else:
        body.append(line(" ", (_("not started yet"), "muted")))
    edges = ruled if unframed else frame
    lines = edges(_title(name, process, hue, width), body, width, height, _frame_role(hue, process), rules)
    return spelled(lines, view.look)  # each as wide as the panel


def _folded(view: View, name: str, process: Process | None, hue: str, width: int) -> Line:
    """``─ client2  3 c TCP ● ESTABLISHED →:8080``: a panel whose turn it is not, where there is no room for it."""
    longest = max(len(each) for each in (name, *view.script.processes))
    edge = line(("─ ", _frame_role(hue, process)))
    start = edge + line((f"{name:<{longest}}", f"{hue} strong"))
    if process is None:
        return start + line(("  " + _("not started yet"), "muted"))
    from sockviz.tui.stage.descriptors import closed, held_by, table  # on demand, as all of them
    from sockviz.tui.stage.ranking import asked as asked_of

    held, left = held_by(view.world, process)
    asked = any(asked_of(view, it) is not None for it in (*left, *closed(view, process)))
    if not (process.alive or asked):
        return start + line(("  " + _("ended"), "muted"))
    from sockviz.words.wording import asleep_in, call_as_made  # on demand, as what is held

    if process.stopped is not None:
        return start + line(("  " + _("stopped by {signal}").format(signal=process.stopped), "bad"))
    before = [call for call in process.under_way if call.stage is Stage.HELD]
    if before:
        from sockviz.tui.stage.program_calls import times  # not for lessons

        waits = _("held before {call}").format(call=call_as_made(before[0])) + times(len(before))
        return crop(start + line((f"  {NEXT} {waits}", "good strong")), width)
    if process.sleeping:
        return start + line(("  " + "; ".join(map(asleep_in, process.sleeping)), "asleep"))
    if not (held or asked):
        # What it left behind may be what the page is about: a TIME-WAIT that keeps the port.
        rows = Counter(it.row.state.value for it in left if it.row is not None)
        counted = ", ".join(f"{count} {state}" for state, count in rows.most_common())
        nothing = _("no descriptor: {rows}").format(rows=counted) if counted else _("no sockets")
        return start + line((f"  {nothing}", "muted"))
    colours = {**hues(view.script), name: hue}
    start += line("  ")
    told = table(view, process, max(1, width - start.width), 1, colours)[-1]
    row = (
        view.world.row_of(told.focus.inode)
        if told.focus is not None and told.focus.inode is not None
        else None
    )
    if row is not None and row.family != "AF_UNIX" and _lacks(view, name, row, told.text):
        # Which connection it is, and what it is called, come before a column of names.
        start = edge + line((name, f"{hue} strong"))
        told = table(view, process, max(1, width - start.width), 1, colours)[-1]
        if not told.text.startswith(" "):
            start += line(" ")  # client2 and its descriptor 3 are not client23
            told = table(view, process, max(1, width - start.width), 1, colours)[-1]
    return start + told


def _lacks(view: View, process: str, row: SocketRow, told: str) -> bool:
    """Whether a socket's line has no room for its own port, or for what it is called."""
    from sockviz.tui.stage.descriptor_words import NAME_WIDTH, brief_name  # on demand, as the table

    called = view.world.name_of(process, row.inode, None) or ""
    brief = brief_name(called, view.world.processes.get(process), NAME_WIDTH, ascii_only=view.look.ascii)
    return str(port_of(row.local)) not in told or f" {brief} " not in told


def _frame_role(hue: str, process: Process | None) -> str:
    return hue if process is not None and process.alive else "faint"


def _title(name: str, process: Process | None, hue: str, width: int) -> Line:
    """Its name, and as much about it as there is room for: how it ended before where it came from."""
    who = line((name, f"{hue} strong"))
    if process is None:
        return who
    title = who + line((f" · pid {process.pid}", "muted"))
    origin, fate, short = Line(), Line(), None
    if process.parent is not None:
        origin = line((" · " + _("forked from {parent}").format(parent=process.parent), "muted"))
    if not process.alive:
        if process.signal is not None:
            fate = line((" · " + _("killed by {signal}").format(signal=process.signal), "bad"))
            short = line((f" · {process.signal}", "bad"))
        elif process.exit_code is not None:
            exited = _("exited with {code}").format(code=process.exit_code)
            fate = line((f" · {exited}", "bad" if process.exit_code else "muted"))
        else:
            fate = line((f" · {_('ended')}", "muted"))
    elif process.stopped is not None:
        fate = line((" · " + _("stopped by {signal}").format(signal=process.stopped), "bad"))
        short = line((f" · {process.stopped}", "bad"))
    elif process.privileged and width > 44:
        fate = line((f" · {_('privileged')}", "muted"))
    told = (title + origin + fate, title + fate, who + fate, who + (short or fate))
    return next((each for each in told if each.width <= width - _CORNERS), told[-1])


class ProcessPanel(FocusableDrawing):
    """The panel of one process of the lesson."""

    def __init__(self, process_name: str, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.process_name = process_name
        self.unframed = False

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """Its lines."""
        return draw_process(view, self.process_name, width, height, self.unframed)
