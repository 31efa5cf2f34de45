"""The wire as a sequence diagram: a lane for each party, an arrow for each segment, the newest at the bottom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from rich.cells import cell_len

from sockviz.language import _
from sockviz.model.hosts import KERNEL
from sockviz.tui.palette import hues
from sockviz.tui.stage.crossings import (
    Crossing,
    Fate,
    arrived,
    belongs,
    count,
    crossings,
    parties,
    under_way,
)
from sockviz.tui.stage.drawing import FocusableDrawing
from sockviz.tui.stage.ink import Line, Span, crop, finish, fit, frame, line, marked, shorten, wrap
from sockviz.tui.stage.wire_strip import draw_strip
from sockviz.tui.view import Focus, View
from sockviz.words.wording import seconds_text

#: The least distance between lanes at which an arrow can carry its label.
_LEAST_LANE = 13
#: Less than this is no diagram any more.
_LEAST_HEIGHT = 3
#: From this width on the title says what it is and how it is known.
_ROOM_FOR_BOTH = 20
#: The length of arrow that can carry sequence numbers, whatever the flags: all arrows of a picture do or none.
_ROOM_FOR_NUMBERS = 30
#: The length of arrow that can carry the header's own numbers and the payload besides (a zoomed wire has it).
_ROOM_FOR_ALL = 90
#: How far along the wire a packet is drawn that the link keeps.
HELD_AT = 0.6
#: A pause between segments that gets an empty line, and one that is written out before a retransmission (seconds).
_PAUSE = 0.02
_LONG = 0.15


#: Who is at the first lane and who at the shared one.
Sides: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Lanes:
    """Where each party's lane is, in cells; ``others`` is the lane of all that have none of their own."""

    at: dict[str, int]
    titles: tuple[tuple[str, int, str], ...]  # text, middle, role
    others: int | None = None

    def lane(self, party: str) -> int:
        """The cell of a party's lane."""
        return self.at.get(party, self.others if self.others is not None else 0)

    @property
    def cells(self) -> list[int]:
        """All lanes from left to right."""
        return sorted({*self.at.values(), *(() if self.others is None else (self.others,))})


def draw_wire(view: View, width: int, height: int) -> list[Line]:
    """The wire in exactly `width` × `height`; in less than three lines, folded into a strip."""
    if height < _LEAST_HEIGHT:
        return draw_strip(view, width, height)
    framed = width >= 4 and height >= 3
    inner, room = (width - 2, height - 2) if framed else (width, height)
    total = count(view)
    title = line(_("wire"))
    if not view.lab.has_packets:
        title = (
            title + line((f" · {_('inferred')}", "muted"))
            if width >= _ROOM_FOR_BOTH
            else line((_("inferred"), "muted"))
        )
    if view.world.capture_lost:
        title += line((" · " + _("{count} lost").format(count=view.world.capture_lost), "bad"))
    body = _body(view, inner, room) if total else _empty(view, inner, room)
    return finish(frame(title, body, width, height, "faint"), width, height, view.look)


def _empty(view: View, width: int, room: int) -> list[Line]:
    says = _("nothing has crossed yet") if view.lab.has_packets else _("nothing has left a trace yet")
    words = wrap(says, max(1, width - 4), "muted")
    return [Line()] * max(0, (room - len(words)) // 2) + [
        line(" " * max(0, (width - it.width) // 2)) + it for it in words
    ]


def _body(view: View, width: int, room: int) -> list[Line]:
    seen = crossings(view, max(room, 1))
    shown, moving = under_way(view, seen)
    everyone = parties(view, crossings(view, 200))
    colours = hues(view.script)
    lanes = _lanes(everyone, width, colours)
    drawn: list[tuple[Line, Sides]] = []
    sides: Sides | None = None
    for index, it in enumerate(shown):
        gap = it.at - shown[index - 1].at if index else 0.0
        before, sides = sides, _sides(it, everyone[0])
        if it.again and gap >= _LONG and before == sides:
            drawn.append((_pause(lanes, width, seconds_text(gap)), sides))
        elif gap >= _PAUSE and len(shown) * 2 < room:
            drawn.append((_bare(lanes, width), before or sides))
        if lanes.others is not None and before is not None and before != sides:
            drawn.append((_turn(lanes, width, before, sides, colours), sides))
        drawn.append((_arrow(view, it, lanes, width, colours, _fraction(view, it, moving)), sides))
    space = room - 1
    if space <= 0:
        return [it for it, _ in drawn[-room:]] if room > 0 else []
    if len(drawn) > space:
        focused = next(
            (n for n, (x, _) in enumerate(drawn) if x.focus is not None and x.focus == view.focus), None
        )
        start = len(drawn) - space if focused is None else min(focused, len(drawn) - space)
        drawn = drawn[start : start + space]
    first = drawn[0][1] if drawn and lanes.others is not None else None
    header = _header(lanes, width, first, colours)
    return [header, *(it for it, _ in drawn)] + [_bare(lanes, width)] * (space - len(drawn))


def _sides(it: Crossing, first: str) -> Sides:
    """Between whom it is, where all but `first` share a lane."""
    left = KERNEL if _is_kernels(it, first) else first
    return left, it.receiver if it.sender == left else it.sender


def _is_kernels(it: Crossing, first: str) -> bool:
    """Whether both ends belong at the shared lane and one is the kernel. It answers for ports that no process has: it stands at
    the side of those that are called."""
    return KERNEL in (it.sender, it.receiver) and first not in (it.sender, it.receiver)


def _turn(lanes: Lanes, width: int, before: Sides, sides: Sides, colours: dict[str, str]) -> Line:
    """From here on it is between these: who is at the shared lane, and who at the first where that changes."""
    assert lanes.others is not None
    left = sides[0] if sides[0] != before[0] else ""
    name = shorten(sides[1], max(1, lanes.others - min(lanes.cells) - 1))
    start = min(lanes.others - cell_len(name) // 2, width - cell_len(name))
    left = shorten(left, start - 1)
    at = max(0, min(lanes.cells) - cell_len(left) // 2) if left else start
    before_it = "".join("│" if x in lanes.at.values() else " " for x in range(at))
    return fit(
        line(
            (before_it, "faint"),
            (left, f"{colours.get(left, 'muted')} strong"),
            (" " * (start - at - cell_len(left)), ""),
            (name, f"{colours.get(sides[1], 'muted')} strong"),
        ),
        width,
    )


def _fraction(view: View, it: Crossing, moving: Crossing | None) -> float:
    if it is not moving:
        return 1.0
    steps = view.progress * min(arrived(view), count(view))
    return steps - int(steps)


def _lanes(names: list[str], width: int, colours: dict[str, str]) -> Lanes:
    left, right = _outer(width)
    if len(names) == 1:
        name = names[0]
        return Lanes(
            {name: left},
            ((name, left, colours.get(name, "muted")), (name, right, colours.get(name, "muted"))),
            right,
        )
    # Numbers on all arrows or on none.
    least = _ROOM_FOR_NUMBERS if right - left > _ROOM_FOR_NUMBERS else _LEAST_LANE
    if len(names) > 2 and (right - left) // (len(names) - 1) <= least:
        # Too narrow for all of them: the first keeps its lane, the others share one and are named where their turn comes.
        return Lanes(
            {names[0]: left},
            ((names[0], left, colours.get(names[0], "muted")), ("", right, "muted")), right,
        )  # fmt: skip
    step = (right - left) / max(1, len(names) - 1)
    at = {name: left + round(index * step) for index, name in enumerate(names)}
    return Lanes(at, tuple((name, at[name], colours.get(name, "muted")) for name in names))


def _outer(width: int) -> tuple[int, int]:
    edge = 4 if width >= 26 else 1
    return edge, max(edge + 2, width - 1 - edge)


def _header(lanes: Lanes, width: int, first: Sides | None, colours: dict[str, str]) -> Line:
    """The parties' names over their lanes; where one is shared, those that the first arrow in sight is between."""
    titles = list(lanes.titles)
    if first is not None:
        titles = [
            (name, at, colours.get(name, "muted")) for name, (_, at, _) in zip(first, titles, strict=True)
        ]
    cells: list[Span] = []
    taken = 0
    for index, (name, middle, role) in enumerate(titles):
        is_last = index + 1 == len(titles)
        limit = width if is_last else (middle + titles[index + 1][1]) // 2
        text = shorten(name, max(1, limit - taken))
        start = max(taken, min(middle - cell_len(text) // 2, width - cell_len(text)))
        cells += [(" " * (start - taken), ""), (text, f"{role} strong"), ("" if is_last else " ", "")]
        taken = start + cell_len(text) + 1
    return fit(line(*cells), width)


def _bare(lanes: Lanes, width: int) -> Line:
    return fit(
        line(("".join("│" if x in lanes.cells else " " for x in range(max(lanes.cells) + 1)), "faint")), width
    )


def _pause(lanes: Lanes, width: int, text: str) -> Line:
    cells = lanes.cells
    said = _("{time} later").format(time=text)
    start = max(cells[0] + 2, (cells[0] + cells[-1] - cell_len(said)) // 2)
    if start + cell_len(said) >= width:
        return _bare(lanes, width)
    before = "".join("┊" if x in cells else " " for x in range(start))
    after = "".join("┊" if x in cells else " " for x in range(start + cell_len(said), width))
    return line((before, "faint"), (said, "muted"), (after, "faint"))


def _arrow(
    view: View, it: Crossing, lanes: Lanes, width: int, colours: dict[str, str], fraction: float
) -> Line:
    start, end = lanes.lane(it.sender), lanes.lane(it.receiver)
    if lanes.others is not None and _is_kernels(it, lanes.titles[0][0]):
        start, end = (lanes.cells[0], lanes.others) if it.sender == KERNEL else (lanes.others, lanes.cells[0])
    elif start == end:
        cells = lanes.cells
        start, end = (
            (cells[0], cells[-1])
            if len(cells) > 1 and it.source[1] > it.destination[1]
            else (cells[-1], cells[0])
        )
    left, right = min(start, end), max(start, end)
    hue = colours.get(it.sender, "muted")
    role = "muted" if it.inferred else hue
    if it.again:
        role += " strong"
    # Two of those that share a lane: nobody else could say between whom this was.
    named = lanes.others is not None and not {it.sender, it.receiver} & {*lanes.at, KERNEL}
    shaft = _shaft(it, right - left - 1, end > start, fraction, named=named, released=view.progress)
    cells = lanes.cells
    before = "".join("│" if x in cells else " " for x in range(left + 1))
    after = "".join("│" if x in cells else " " for x in range(right, width))
    drawn = line(
        (before, "faint"), (shaft[0], role), (shaft[1], f"{role} strong"), (shaft[2], role), (after, "faint")
    )
    focus = Focus(packet=it.number) if it.number is not None else None
    emphasis = _emphasis(view, it, focus)
    drawn = crop(drawn, width)
    return marked(drawn, emphasis).pointing(focus)


def _stopped(it: Crossing, room: int, rightwards: bool) -> tuple[str, str, str]:
    """A packet that the link keeps, or threw away: an arrow that ends on its way, with what it carries and why."""
    end = "✗" if it.fate is Fate.DROPPED else "▷" if rightwards else "◁"
    # That it was sent again must be told before the word for what the arrow's end shows.
    told = [text for text in it.labels(with_numbers=False) if it.copies == 1 or "×" in text]
    worded = [(text, word) for word in (_(it.fate.value), "") for text in told]
    said, word = next(
        (
            (text, word)
            for text, word in worded
            if cell_len(text) + cell_len(word) + (6 if word else 5) <= room
        ),
        (told[-1], ""),
    )
    dashes = max(1, round(room * HELD_AT) - cell_len(said) - 4)
    if rightwards:
        shaft = f"─ {said} {'─' * dashes}{end}"
        return (
            "",
            crop(line(shaft), room).text,
            f" {word}".ljust(max(0, room - cell_len(shaft)))[: max(0, room - cell_len(shaft))],
        )
    shaft = f"{end}{'─' * dashes} {said} ─"
    gap = max(0, room - cell_len(shaft))
    return f"{word} ".rjust(gap)[-gap:] if gap else "", crop(line(shaft), room).text, ""


def _shaft(
    it: Crossing, room: int, rightwards: bool, fraction: float, named: bool, released: float = 1.0
) -> tuple[str, str, str]:
    """The arrow between two lanes in three parts: before its label, the label, after it."""
    if it.fate in (Fate.HELD, Fate.DROPPED):
        return _stopped(it, room, rightwards)
    if it.fate is Fate.RELEASED and fraction == 1.0 and released < 1:
        fraction = HELD_AT + (1 - HELD_AT) * released
    dash = "┄" if it.inferred else "─"
    head = ("▷" if it.inferred else "▶") if rightwards else ("◁" if it.inferred else "◀")
    if it.fate is Fate.TURNED_AWAY and fraction == 1.0:
        head = "✗"
    if room < 2:
        return "", head, ""
    if fraction < 1:
        reach = max(1, round(room * fraction))
        flying = dash * (reach - 1) + head if rightwards else head + dash * (reach - 1)
        blank = " " * (room - reach)
        return ("", flying, blank) if rightwards else (blank, flying, "")
    labels = it.labels(with_numbers=room >= _ROOM_FOR_NUMBERS, with_all=room >= _ROOM_FOR_ALL)
    if named:
        named_labels = (
            _("{sender} to {receiver}: {text}").format(sender=it.sender, receiver=it.receiver, text=text)
            for text in labels
        )
        labels = (*named_labels, *labels)
    label = next((text for text in labels if cell_len(text) + 2 <= room), "")
    if not label:
        return (dash * (room - 1), "", head) if rightwards else (head, "", dash * (room - 1))
    rest = room - 1 - cell_len(label) - 2
    if rest < 0:  # just fits: the label begins at the lane
        return ("", label, " " + head) if rightwards else (head + " ", label, "")
    first = rest // 2
    if rightwards:
        return dash * first + " ", label, " " + dash * (rest - first) + head
    return head + dash * (rest - first) + " ", label, " " + dash * first


def _emphasis(view: View, it: Crossing, focus: Focus | None) -> str:
    if focus is not None and view.focus == focus:
        return "mark"
    if view.focus.inode is not None:
        row = view.world.row_of(view.focus.inode)
        if row is not None and belongs(it, row):
            return "related"
    return ""


class WirePanel(FocusableDrawing):
    """The sequence diagram."""

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """Its lines."""
        return draw_wire(view, width, height)
