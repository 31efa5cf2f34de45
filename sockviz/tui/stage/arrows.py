"""The arrow of one crossing between two lanes: its shaft, what is written on it, and where it ends."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from sockviz.language import _
from sockviz.tui.stage.crossings import Crossing, Fate
from sockviz.tui.stage.ink import crop, line

#: The length of arrow that can carry sequence numbers, whatever the flags: all arrows of a picture do or none.
ROOM_FOR_NUMBERS = 30
#: The length of arrow that can carry the header's own numbers and the payload besides (a zoomed wire has it).
_ROOM_FOR_ALL = 70
#: How far along the wire a packet is drawn that the link keeps.
HELD_AT = 0.6


def _stopped(it: Crossing, room: int, rightwards: bool, acted_on: bool) -> tuple[str, str, str]:
    """A packet that the link keeps, or threw away: an arrow that ends on its way, with what it carries and why; `acted_on`, that
    the keys of the wire are for this one."""
    end = "✗" if it.fate is Fate.DROPPED else "▷" if rightwards else "◁"
    # That it was sent again must be told before the word for what the arrow's end shows.
    told = [text for text in it.labels(with_numbers=False) if it.copies == 1 or "×" in text]
    words = [_("held: d lets it go"), _("d lets it go"), _("held: d")] if acted_on else []
    words.append(_(it.fate.value))
    # No flags by their first letters only to tell what became of it, which the arrow's end shows, or what can be done.
    whole = [text for text in told if "+" not in it.label or it.label in text]
    named = [
        text
        for text in told
        if text.startswith(it.instead) or (it.label in text and not (it.instead and f" {it.sign}" in text))
    ]
    # It hangs where it can be seen to, else it fills what there is.
    ways = (
        [(text, word, 6 + cell_len(word)) for text in whole for word in words],
        *([(text, "", more) for text in named] for more in (6, 5, 2)),
        [(text, word, 6 + cell_len(word)) for text in told for word in words],
        *([(text, "", more) for text in told] for more in (5, 2)),
    )
    said, word = next(
        ((text, word) for way in ways for text, word, more in way if cell_len(text) + more <= room),
        (told[-1], ""),
    )
    if cell_len(said) + 5 > room:  # it just fits: a whole word is worth more than a shaft
        return (f"{said} {end}".ljust(room), "", "") if rightwards else ("", f"{end} {said}".rjust(room), "")
    spare = room - cell_len(said) - 4 - (cell_len(word) + 1 if word else 0)
    dashes = max(1, min(round(room * HELD_AT) - cell_len(said) - 4, spare))
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


def _just_fitting(it: Crossing, labels: Sequence[str], label: str, room: int) -> str:
    """One of the `labels` before `label`, the fullest that has room for a shaft and for air, which has room without them, and is
    worth that: it says what the segment is in one word, or how much it carries, as `label` does not. Empty where none is."""
    if it.instead and label.startswith(it.instead):
        return ""
    fuller = labels[: labels.index(label)] if label else labels
    tight = [text for text in fuller if cell_len(text) < room]
    size = f" {it.length}" if it.length and f" {it.length}" not in label else None
    words = (text for text in tight if it.instead and text.startswith(it.instead))
    sizes = (text for text in tight if size and size in text and it.label in text)
    return next(words, "") or next(sizes, "")


def shaft(
    it: Crossing,
    room: int,
    rightwards: bool,
    fraction: float,
    released: float = 1.0,
    acted_on: bool = False,
) -> tuple[str, str, str]:
    """The arrow between two lanes in three parts: before its label, the label, after it."""
    if it.fate in (Fate.HELD, Fate.DROPPED):
        if fraction == 1:
            return _stopped(it, room, rightwards, acted_on)
        fraction *= HELD_AT
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
    labels = it.labels(with_numbers=room >= ROOM_FOR_NUMBERS, with_all=room >= _ROOM_FOR_ALL)
    label = next((text for text in labels if cell_len(text) + 2 <= room), "")
    if tight := _just_fitting(it, labels, label, room):
        air = " " * (room - cell_len(tight) - 1)
        return ("", tight, air + head) if rightwards else (head + air, tight, "")
    if not label:
        return (dash * (room - 1), "", head) if rightwards else (head, "", dash * (room - 1))
    rest = room - 1 - cell_len(label) - 2
    if rest < 0:  # just fits: the label begins at the lane
        return ("", label, " " + head) if rightwards else (head + " ", label, "")
    first = rest // 2
    if rightwards:
        return dash * first + " ", label, " " + dash * (rest - first) + head
    return head + dash * (rest - first) + " ", label, " " + dash * first
