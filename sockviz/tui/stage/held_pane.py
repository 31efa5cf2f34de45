"""Who is held before which call, who sleeps, who is on its way; and the text of the one that is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events

from sockviz.dataclass import dataclass
from sockviz.language import _, ngettext
from sockviz.model.bystanders import is_of_a_program
from sockviz.model.tasks import AtWork, alike, at_work
from sockviz.model.world import World
from sockviz.tui.messages import TaskChosen
from sockviz.tui.palette import FAILED, NEXT, hue_of
from sockviz.tui.stage.drawing import Drawing
from sockviz.tui.stage.ink import Line, crop, finish, fit, line, wrap
from sockviz.tui.stage.program_calls import state_of, times
from sockviz.tui.stage.source_text import draw_source, place_to_show
from sockviz.tui.stage.tally import Tally
from sockviz.tui.stage.written import broken
from sockviz.tui.view import View
from sockviz.words.wording import call_as_made

#: The line of the first task.
_FIRST = 1
#: The tasks have so many parts of the height, and at least so many lines.
_SHARE, _LEAST = 3, 3
#: How far the further lines of a call begin, at most.
_INDENT = 6


@dataclass(frozen=True, slots=True)
class ChosenTask:
    """What the reader has chosen: a task by its name, and a text by its number where it is not that of the task. ``hint`` and
    ``mistake`` are for them to know now; ``state`` stands where nobody is held. ``holds``: somebody can be."""

    task: str | None = None
    text: int | None = None
    hint: str = ""
    mistake: str = ""
    state: str = ""
    holds: bool = True


def rows(world: World) -> list[list[AtWork]]:
    """The tasks that are listed, those that do the same in one row: of processes that perform lines none."""
    begun = world.begun  # few runs of programs have lines
    tasks = at_work(world)
    theirs = [task for task in tasks if not begun or is_of_a_program(world.processes[task.process], world)]
    return list(alike(theirs))


def chosen_in(listed: Sequence[Sequence[AtWork]], task: str | None) -> AtWork | None:
    """The task of that name; else who has been held longest, else None."""
    every = [each for row in listed for each in row]
    found = next((each for each in every if each.name == task), None)
    return found or next((each for each in every if each.is_held), None)


def draw_held(view: View, chosen: ChosenTask, tally: Tally, width: int, height: int) -> list[Line]:
    """Exactly `height` lines of `width` cells."""
    listed = rows(view.world)
    at = chosen_in(listed, chosen.task)
    body = [
        *([crop(_heading(listed), width)] if chosen.holds else ()),
        *(told for told, _row in _listing(view, listed, at, width, height)),
    ]
    if chosen.state and not any(each.is_held for row in listed for each in row):
        body += wrap(chosen.state, width, "muted")
    if chosen.mistake:
        body += wrap(f"! {chosen.mistake}", width, "bad", "  ")
    if chosen.hint and chosen.hint != chosen.state:
        body += wrap(chosen.hint, width, "good")
    place = place_to_show(view.world, at, chosen.text)
    counted = tally.of(view.world, place.text) if place.text is not None else {}
    tasks = [each for row in listed for each in row]
    room = height - len(body) - 1
    if room > 1:
        body += [Line(), *draw_source(view, place, counted, tasks, width, room)]
    return finish(body, width, height, view.look)


def _listing(
    view: View, listed: list[list[AtWork]], at: AtWork | None, width: int, height: int
) -> list[tuple[Line, int]]:
    """The lines of the tasks, each with its place in the list; that of the chosen one is whole, and among them."""
    most = max(_LEAST, height // _SHARE)
    here = next((number for number, row in enumerate(listed) if at in row), 0)
    shown = min(len(listed), most)
    first = max(0, min(here - shown // 2, len(listed) - shown))
    lines: list[tuple[Line, int]] = []
    for number in range(first, first + shown):
        is_chosen = at is not None and number == here
        lines += [(told, number) for told in _row(view, listed[number], is_chosen, width)]
    hidden = len(listed) - shown
    if hidden:
        more = ngettext("and {count} more", "and {count} more", hidden).format(count=hidden)
        lines.append((crop(line("  ", (f"… {more}", "muted")), width), -1))
    return lines


def _heading(listed: list[list[AtWork]]) -> Line:
    count = sum(each.is_held for row in listed for each in row)
    if not count:
        return line((_("nobody is held"), "strong"))
    told = ngettext("{count} task is held at its call", "{count} tasks are held at their calls", count)
    return line((told.format(count=count), "strong"))


def _row(view: View, row: list[AtWork], is_chosen: bool, width: int) -> list[Line]:
    task, call = row[0], row[0].call
    hue = hue_of(view.script, view.world, task.process)
    pointer = (f"{NEXT} " if is_chosen else "  ", "good strong")
    name = line(pointer, (task.name, f"{hue} strong"), times(len(row)), " ")
    if task.stopped is not None:
        told = _("stopped by {signal}").format(signal=task.stopped)
        return [_marked(name + line((f"{FAILED} {told}", "bad")), is_chosen, width)]
    if call is None or not task.is_held:
        return [_marked(name + state_of(call), is_chosen, width)]
    made = call_as_made(call)
    if not is_chosen or name.width + cell_len(made) <= width:
        return [_marked(name + line(made), is_chosen, width)]
    first, *rest = broken(made, max(width - name.width, 10))
    indent = " " * min(name.width, _INDENT)
    return [
        _marked(each, True, width) for each in (name + line(first), *(line(indent, part) for part in rest))
    ]


def _marked(told: Line, is_chosen: bool, width: int) -> Line:
    told = crop(told, width)
    return fit(told, width).over("mark") if is_chosen else told


class HeldPane(Drawing):
    """Draws them. ``chosen`` is set before it shows a view."""

    def __init__(self) -> None:
        super().__init__(id="held")
        self.chosen = ChosenTask()
        self._tally = Tally()

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """Its lines."""
        return draw_held(view, self.chosen, self._tally, width, height)

    def on_click(self, event: events.Click) -> None:
        """A click chooses a task; one on the chosen asks to let it go."""
        if self._view is None:
            return
        listed = rows(self._view.world)
        at = chosen_in(listed, self.chosen.task)
        lines = _listing(self._view, listed, at, *self.size)
        place = event.y - (_FIRST if self.chosen.holds else 0)
        if 0 <= place < len(lines) and lines[place][1] >= 0:
            event.prevent_default()  # a second one does not select the whole pane
            self.post_message(TaskChosen([task.name for task in listed[lines[place][1]]]))
