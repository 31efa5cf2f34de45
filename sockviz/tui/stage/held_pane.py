"""Who is held before which call, and the source around the call of the one that is chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from textual import events

from sockviz.language import _, ngettext
from sockviz.model.call import Call
from sockviz.model.world import World
from sockviz.player.next import Next
from sockviz.tui.messages import TaskChosen
from sockviz.tui.palette import NEXT, hues
from sockviz.tui.stage.drawing import Drawing
from sockviz.tui.stage.ink import Line, crop, ends, finish, fit, line, wrap
from sockviz.tui.stage.listing import coloured
from sockviz.tui.view import View
from sockviz.words.programs import place_of
from sockviz.words.wording import call_as_made

#: Calls that are counted by their lines, at most: the last of each process.
_COUNTED = 2000
#: The line of the first task.
_FIRST = 2


def draw_held(
    view: View, held: Mapping[str, Next], chosen: str | None, said: str, width: int, height: int
) -> list[Line]:
    """Exactly `height` lines of `width` cells. ``said`` stands where nobody is held."""
    colours = hues(view.script)
    body = [line((_heading(len(held)), "strong")), Line()]
    for task, next_ in held.items():
        call = next_.call
        mark = f"{NEXT} " if task == chosen else "  "
        made = call_as_made(call) if call is not None else ""
        hue = colours.get(task.partition("/")[0], "")
        told = line((mark, "good strong"), (task, f"{hue} strong" if hue else "strong"), f" {made}")
        body.append(crop(told.over("mark") if task == chosen else told, width))
    if not held:
        body += wrap(said, width, "muted")
    next_of = held.get(chosen) if chosen is not None else None
    call = next_of.call if next_of is not None else None
    if call is not None:
        body += [Line(), *_source(call, view.world, width, height - len(body) - 1)]
    return finish(body, width, height, view.look)


def _heading(count: int) -> str:
    if not count:
        return _("nobody is held")
    return ngettext(
        "{count} task is held at its call", "{count} tasks are held at their calls", count
    ).format(count=count)


def _source(call: Call, world: World, width: int, height: int) -> list[Line]:
    """The text around the call, with how often each of its lines has called what."""
    origin = call.origin
    text = world.texts.get(origin.text) if origin is not None else None
    if origin is None or text is None or height < 2:
        return [line((_("no line of a source is known for it"), "muted"))]
    lines = text.content.splitlines()
    counts = _counts(world, origin.text)
    first = max(0, min(origin.line - 1 - height // 2, len(lines) - height + 1))
    drawn = [line((place_of(call, world).rpartition(":")[0], "muted"))]
    for number in range(first + 1, min(first + height, len(lines) + 1)):
        here = number == origin.line
        mark = (f"{NEXT}{number:>4} ", "good strong") if here else (f" {number:>4} ", "faint")
        source = coloured(lines[number - 1].expandtabs(4))
        made = line((counts.get(number, ""), "muted"))
        row = ends(line(mark) + source, made, width) if made.runs else fit(line(mark) + source, width)
        drawn.append(row.over("mark") if here else row)
    return drawn


def _counts(world: World, text: int) -> dict[int, str]:
    """``recv ×41`` for each line of a text that has called."""
    found: dict[int, Counter[str]] = {}
    for process in world.processes.values():
        for call in process.calls[max(len(process.calls) - _COUNTED, 0) :]:
            if call.origin is not None and call.origin.text == text:
                found.setdefault(call.origin.line, Counter())[call.name] += 1
    return {number: _told(counter) for number, counter in found.items()}


def _told(counter: Counter[str]) -> str:
    return " ".join(name if count == 1 else f"{name} ×{count}" for name, count in counter.items())


class HeldPane(Drawing):
    """Draws them. ``held`` and ``chosen`` are set before it shows a view."""

    def __init__(self) -> None:
        super().__init__(id="held")
        self.held: Mapping[str, Next] = {}
        self.chosen: str | None = None
        self.said = ""

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """Its lines."""
        return draw_held(view, self.held, self.chosen, self.said, width, height)

    def on_click(self, event: events.Click) -> None:
        """A click chooses a task; one on the chosen asks to let it go. Whoever has just selected something has not clicked."""
        place, tasks = event.y - _FIRST, list(self.held)
        if self._selected is None and 0 <= place < len(tasks):
            self.post_message(TaskChosen(tasks[place], tasks[place] == self.chosen))
