"""A program's text with what has come of its lines: results, counts for loops, who is held or sleeps there."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.dataclass import dataclass
from sockviz.language import _, ngettext
from sockviz.model.bystanders import is_of_a_program
from sockviz.model.call import Call, Stage
from sockviz.model.script_text import numbered_lines
from sockviz.model.tasks import AtWork
from sockviz.model.world import World
from sockviz.tui.palette import ASLEEP, ENTERED, NEXT
from sockviz.tui.remembered import remembered
from sockviz.tui.stage.ink import Line, crop, ends, fit, line, wrap
from sockviz.tui.stage.listing import coloured
from sockviz.tui.stage.program_calls import calls_drawn, times
from sockviz.tui.stage.tally import Called
from sockviz.tui.stage.written import broken
from sockviz.tui.view import View
from sockviz.words.wording import outcome

#: A result has such a part of the width where its line has no room beside it; an error has half.
_SHARE = 0.4
#: What the line in sight has called takes so many rows, at most.
_MOST_ROWS = 3
#: What stands before a line: a mark, its number in so many digits, a blank.
_NUMBER = 4


@dataclass(frozen=True, slots=True)
class TextAt:
    """What is shown of a program: its ``text`` by number, the ``line`` that is in sight, and whose (``process``)."""

    process: str | None
    text: int | None
    line: int | None


def place_to_show(world: World, chosen: AtWork | None, picked: int | None) -> TextAt:
    """The text of the call that the chosen task is at, or made last; the one that was `picked` by hand before that."""
    process = world.processes.get(chosen.process) if chosen is not None else None
    calls = [process.calls[-1]] if process is not None and process.calls else []
    if chosen is not None and chosen.call is not None:
        calls.insert(0, chosen.call)
    if chosen is None:
        calls = sorted(_latest(world), key=lambda call: -(call.returned or call.entered))
        process = world.processes[calls[0].process] if calls else None
    origin = next((call.origin for call in calls if call.origin is not None), None)
    if origin is None and process is not None:
        origin = next(
            (call.origin for call in reversed(process.calls[-50:]) if call.origin is not None), None
        )
    name = chosen.process if chosen is not None else calls[0].process if calls else None
    if picked is not None and picked in world.texts:
        return TextAt(name, picked, origin.line if origin is not None and origin.text == picked else None)
    known = origin is not None and origin.text in world.texts
    return (
        TextAt(name, origin.text, origin.line) if origin is not None and known else TextAt(name, None, None)
    )


def _latest(world: World) -> list[Call]:
    return [
        call
        for process in world.processes.values()
        if not world.begun or is_of_a_program(process, world)
        for call in (process.last, *process.under_way)
        if call
    ]


def draw_source(
    view: View, at: TextAt, tally: Mapping[int, Called], tasks: list[AtWork], width: int, height: int
) -> list[Line]:
    """At most `height` lines: the text around the line in sight; where no text is known, the calls themselves."""
    world = view.world
    text = world.texts.get(at.text) if at.text is not None else None
    if height < 2:
        return []
    if text is None or not text.content:
        process = world.processes.get(at.process or "")
        last = process.last if process is not None else None
        why = (
            _("{file} cannot be read").format(file=text.path) if text is not None
            else _("a library makes these calls: they are the lines") if last is not None and last.library
            else _("no line of a source is known: the calls are the lines")
        )  # fmt: skip
        said = wrap(why, width, "muted")[:_MOST_ROWS]
        return [*said, *calls_drawn(view, process, width, max(height - len(said), 0))]
    lines = _lines(text.content)
    number = sorted(world.texts).index(at.text) + 1 if at.text is not None else 0
    several = _("{number} of {count}: o").format(number=number, count=len(world.texts))
    name = line((text.path.rpartition("/")[2], "strong"))
    title = ends(name, line((several, "muted")), width) if len(world.texts) > 1 else name
    here = at.line or _last_line(tally)
    room = height - 1
    first = max(0, min((here or 1) - 1 - room // 2, len(lines) - room))
    at_lines = _at_lines(tasks, at.text)
    numbers = range(first + 1, min(first + room, len(lines)) + 1)
    rows = {
        each: _rows(lines[each - 1], each, tally.get(each), at_lines.get(each, []), each == at.line, width)
        for each in numbers
    }
    left = room - sum(map(len, rows.values()))
    if left > 0:
        # Where there is room, what a line gave stands beside all of it: first near the line in sight.
        for each in sorted(
            (it for it in numbers if it in tally and it != at.line), key=lambda it: abs(it - (here or 1))
        ):
            whole = _whole(lines[each - 1], each, tally.get(each), at_lines.get(each, []), width)
            if len(whole) - len(rows[each]) <= left:
                left -= len(whole) - len(rows[each])
                rows[each] = whole
    drawn = [row for each in numbers for row in rows[each]]
    place = sum(len(rows[each]) for each in numbers if at.line is not None and each < at.line)
    # The line in sight may have taken more than one row.
    start = max(0, min(len(drawn) - room, place - room // 2))
    return [title, *drawn[start : start + room]]


@remembered(16)
def _lines(content: str) -> list[str]:
    return [each.expandtabs(4) for each in numbered_lines(content)]


def _last_line(tally: Mapping[int, Called]) -> int | None:
    def returned(number: int) -> float:
        last = tally[number].last
        return (last.returned or 0.0) if last is not None else 0.0

    return max(tally, key=returned, default=None)


def _at_lines(tasks: list[AtWork], text: int | None) -> dict[int, list[AtWork]]:
    found: dict[int, list[AtWork]] = {}
    for task in tasks:
        origin = task.call.origin if task.call is not None else None
        if origin is not None and origin.text == text:
            found.setdefault(origin.line, []).append(task)
    return found


def _rows(
    source: str, number: int, called: Called | None, here: list[AtWork], is_in_sight: bool, width: int
) -> list[Line]:
    if is_in_sight:
        return [row.over("mark") for row in _whole(source, number, called, here, width)]
    start, right = _start(number, here), _result(called, here)
    told = start + coloured(source)
    if told.width + right.width + 1 > width:
        failed = called is not None and called.last is not None and called.last.stage is Stage.FAILED
        right = crop(_brief(right), width // 2 if failed else max(int(width * _SHARE), 8))
    return [ends(told, right, width) if right.runs else fit(told, width)]


def _start(number: int, here: list[AtWork]) -> Line:
    mark, role = _mark(here)
    return line((f"{mark}{number:>{_NUMBER}} ", role or "muted"))


def _whole(source: str, number: int, called: Called | None, here: list[AtWork], width: int) -> list[Line]:
    """A line in as many rows as it takes, with what it gave."""
    start, right = _start(number, here), _result(called, here)
    indent = len(source) - len(source.lstrip())
    room = max(width - start.width, 8)
    indent = min(indent, room // 3)
    parts = broken(source.strip(), room - indent)
    rows = [
        (start if place == 0 else line(" " * start.width)) + line(" " * indent) + coloured(part)
        for place, part in enumerate(parts)
    ]
    if right.runs and rows[-1].width + right.width + 1 <= width:
        rows[-1] = ends(rows[-1], right, width)
    elif right.runs and right.width + start.width <= width:
        rows.append(ends(Line(), right, width))
    elif right.runs:
        said = wrap(right.text, width - start.width, "muted")[:_MOST_ROWS]
        rows += [line(" " * start.width) + each for each in said]
    return [fit(row, width) for row in rows]


def _brief(result: Line) -> Line:
    """``→ 4 …`` of ``→ 4 from 127.0.0.1:40112``: the value comes first."""
    words = result.text.split()
    return line((f"{words[0]} {words[1]} …", "muted")) if words[:1] == ["→"] and len(words) > 2 else result


def _mark(here: list[AtWork]) -> tuple[str, str]:
    """Who is there: held before who sleeps, that before who is on its way."""
    if any(task.is_held for task in here):
        return NEXT, "good strong"
    if any(task.is_asleep for task in here):
        return ASLEEP, "asleep"
    return (ENTERED, "muted") if here else (" ", "")


def _result(called: Called | None, here: list[AtWork]) -> Line:
    parts: list[Line] = []
    asleep = sum(task.is_asleep for task in here)
    if asleep:
        parts.append(line((_("asleep") + times(asleep), "asleep")))
    held = sum(task.is_held for task in here)
    if held > 1:
        parts.append(line((ngettext("{count} held", "{count} held", held).format(count=held), "good")))
    if called is not None and called.last is not None:
        names = called.names
        last = called.last
        role = "bad" if last.stage is Stage.FAILED else "muted"
        if names.total() == 1:
            parts.append(line((outcome(last), role)))
        else:
            counted = " ".join(f"{name}{times(count)}" for name, count in names.items())
            parts.append(line((counted, "muted")))
            if last.stage is Stage.FAILED:
                parts.append(line((outcome(last), "bad")))
    told = Line()
    for part in parts:
        told = told + (line("  ") if told.runs else Line()) + part
    return told
