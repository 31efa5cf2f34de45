"""One process: its code with results, and its descriptors with what the kernel says of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sockviz.language import _
from sockviz.model.hosts import LINK
from sockviz.model.process import Process
from sockviz.tui.palette import hues
from sockviz.tui.remembered import remembered_by
from sockviz.tui.stage.code import Detail, code_blocks, height_wanted, next_line, statements_of, windowed
from sockviz.tui.stage.descriptors import held_by, table, table_height
from sockviz.tui.stage.drawing import FocusableDrawing
from sockviz.tui.stage.ink import Line, finish, fit, frame, line
from sockviz.tui.view import View
from sockviz.words.wording import asleep_in

#: The fewest lines a part of the panel keeps while the other one wants more.
_LEAST = 2

#: Empty lines between code and descriptors, where there is room.
_AIR = 2
#: What a frame needs of its first line beside the title.
_CORNERS = 4
#: With more processes than this nobody's code is written out.
_CROWD = 8


@dataclass(frozen=True, slots=True)
class Split:
    """How a panel's inside is divided: lines of code, lines of descriptors; the rule between them where both are."""

    code: int
    fds: int


def _decides(view: View, width: int, height: int) -> tuple[object, ...]:
    """What the division depends on: not on the time, nor on what is pointed at."""
    return view.world, view.script, view.page, view.lab, view.look.language, width, height


@remembered_by(4, _decides)
def split(view: View, width: int, height: int) -> Split:
    """The division for panels of this size, the same for every process, so that panels side by side line up."""
    inside = height - 2
    if inside < _LEAST * 2:
        return Split(0, max(0, inside))
    room = inside - 1
    processes = view.world.processes.values()
    wanted_fds = max((table_height(view, p, width) for p in processes), default=1)
    names = [name for name in view.script.processes if name != LINK]
    if len(names) > _CROWD:
        wanted_code = 1 + max(len(statements_of(view, name)) for name in names)
    else:
        # As much as half of the room takes, whatever the descriptors need at this moment: code that is
        # written anew with every step could not be read.
        wanted_code = max((_best(view, name, width, room // 2)[1] for name in names), default=1)
    if wanted_code + wanted_fds <= room:
        # The rule stays where this page's code puts it, and does not wander with every descriptor.
        code = max(wanted_code, min(room // 2, room - wanted_fds, wanted_code + _AIR))
    else:
        needed_fds = max((table_height(view, p, width, barely=True) for p in processes), default=1)
        code = min(wanted_code, max(_LEAST, room - needed_fds, room // 2))
    return Split(code, room - code)


def _best(view: View, name: str, width: int, room: int) -> tuple[Detail, int]:
    """The most detail that a process's code has room for, and the lines it takes."""
    for detail in (Detail.WHOLE, Detail.COMMENTED):
        wanted = height_wanted(view, name, width, detail)
        if wanted <= room:
            return detail, wanted
    return Detail.BRIEF, height_wanted(view, name, width, Detail.BRIEF)


def draw_process(view: View, name: str, width: int, height: int) -> list[Line]:
    """The panel of the process `name` in exactly `width` × `height`; in one line, its name and its newest socket."""
    colours = hues(view.script)
    hue = colours.get(name, "muted")
    process = view.world.processes.get(name)
    if height == 1:
        return finish([_folded(view, name, process, hue, width)], width, 1, view.look)
    inner = width - 2 if width >= 4 and height >= 3 else width
    parts = split(view, inner, height)
    body: list[Line] = []
    rules: list[tuple[int, Line]] = []
    if parts.code:
        coming = next_line(view)
        detail = _best(view, name, inner, parts.code)[0]
        blocks, anchor = code_blocks(view, name, inner, coming, hue, detail, parts.code)
        if blocks and len(blocks[anchor]) > parts.code:
            blocks, anchor = code_blocks(view, name, inner, coming, hue, Detail.BARE, parts.code)
        code = windowed(blocks, anchor, parts.code) or [fit(line(" ", (_("no lines yet"), "muted")), inner)]
        body += code + [Line()] * (parts.code - len(code))
        rules.append((len(body), line(("fds", "muted"))))
        body.append(Line())
    if process is not None:
        body += table(view, process, inner, parts.fds, colours)
    else:
        body.append(line(" ", (_("not started yet"), "muted")))
    return finish(
        frame(_title(name, process, hue, width), body, width, height, _frame_role(hue, process), rules),
        width,
        height,
        view.look,
    )


def _folded(view: View, name: str, process: Process | None, hue: str, width: int) -> Line:
    """``╶ client2  3 c TCP ● ESTABLISHED →:8080``: a panel whose turn it is not, where there is no room for it."""
    longest = max(len(each) for each in (name, *view.script.processes))
    start = line(("─ ", _frame_role(hue, process)), (f"{name:<{longest}}", f"{hue} strong"))
    if process is None:
        return start + line(("  " + _("not started yet"), "muted"))
    if not process.alive:
        return start + line(("  " + _("ended"), "muted"))
    if process.sleeping:
        return start + line(("  " + "; ".join(map(asleep_in, process.sleeping)), "asleep"))
    held, left = held_by(view.world, process)
    if not held:
        # What it left behind may be what the page is about: a TIME-WAIT that keeps the port.
        rows = Counter(it.row.state.value for it in left if it.row is not None)
        counted = ", ".join(f"{count} {state}" for state, count in rows.most_common())
        nothing = _("no descriptor: {rows}").format(rows=counted) if counted else _("no sockets")
        return start + line((f"  {nothing}", "muted"))
    start += line("  ")
    return start + table(view, process, max(1, width - start.width), 1, {**hues(view.script), name: hue})[-1]


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
    elif process.privileged and width > 44:
        fate = line((f" · {_('privileged')}", "muted"))
    told = (title + origin + fate, title + fate, who + fate, who + (short or fate))
    return next((each for each in told if each.width <= width - _CORNERS), told[-1])


class ProcessPanel(FocusableDrawing):
    """The panel of one process of the lesson."""

    def __init__(self, process_name: str, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.process_name = process_name

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """Its lines."""
        return draw_process(view, self.process_name, width, height)
