"""Lines of inked text: what every drawing is made of. Pure, and free of markup: data is never parsed."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

from rich.cells import cell_len

from sockviz.dataclass import dataclass
from sockviz.model.showing import elided, unbroken
from sockviz.tui.palette import TICKING, to_ascii
from sockviz.tui.view import Focus, Look
from sockviz.visible import MOST_MARKS, visible

#: Text with the roles it is drawn in, see `sockviz.tui.palette`.
Span: TypeAlias = tuple[str, str]

#: Unicode's Zs, of which no drawing needs more than one width; and what makes a symbol wide in some terminals only.
_EVEN = {
    **dict.fromkeys((0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " "),
    0xFE0E: None,
    0xFE0F: None,
}
#: Longer texts are not remembered.
_REMEMBERED = 200
#: So many characters stand in a cell at most: a letter, its marks, and what joins it to the next.
_MOST_IN_A_CELL = MOST_MARKS + 2


def safe(text: str) -> str:
    """`text` with nothing in it that moves a cursor, hides or reorders; letters and marks as one where Unicode has that."""
    if text.isascii() and text.isprintable():
        return text
    return _safe(text) if len(text) < _REMEMBERED else _made_safe(text)


def _made_safe(text: str) -> str:
    return visible(unicodedata.normalize("NFC", visible(text).translate(_EVEN)))


_safe = lru_cache(4096)(_made_safe)


class Ticking(str):
    """A text that goes on with the time: ``at`` says what it is at an instant (CLOCK_REALTIME)."""

    __slots__ = ("at",)
    at: Callable[[float], str]

    @classmethod
    def of(cls, at: Callable[[float], str], now: float) -> Ticking:
        """What `at` says, now."""
        made = cls(at(now))
        made.at = at
        return made


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a drawing. ``focus`` is what pointing at it points at."""

    runs: tuple[Span, ...] = ()
    focus: Focus | None = None

    @property
    def text(self) -> str:
        """Without its inks."""
        return "".join(text for text, _ in self.runs)

    @property
    def width(self) -> int:
        """In cells."""
        cells = 0
        for text, _ in self.runs:
            cells += len(text) if text.isascii() else cell_len(text)
        return cells

    def __add__(self, other: Line) -> Line:
        return Line(self.runs + other.runs, self.focus or other.focus)

    def over(self, role: str) -> Line:
        """All of it drawn in `role` too."""
        return Line(tuple((text, f"{own} {role}" if own else role) for text, own in self.runs), self.focus)

    def pointing(self, focus: Focus | None) -> Line:
        """The same, pointing at `focus`."""
        return Line(self.runs, focus)


def line(*parts: str | Span | Line, focus: Focus | None = None) -> Line:
    """A line of `parts`: text, (text, roles), or lines. Text is made `safe`."""
    runs: list[Span] = []
    for part in parts:
        if isinstance(part, Line):
            runs.extend(part.runs)
            focus = focus or part.focus
            continue
        text, role = (part, "") if isinstance(part, str) else part
        if text:
            shown = safe(text)
            runs.append((text if shown == text else shown, role))  # what goes on with the time stays so
    return Line(tuple(runs), focus)


def gone_on(lines: Sequence[Line], now: float) -> list[Line] | None:
    """`lines` as they are at `now`, those that nothing of has changed the same ones. None where they have to be made anew: a text
    has got another width, or stands there in part."""
    later = list(lines)
    for y, it in enumerate(lines):
        if not any(TICKING in role for _, role in it.runs):
            continue
        runs: list[Span] = []
        for text, role in it.runs:
            if TICKING in role.split():
                then = Ticking.of(text.at, now) if isinstance(text, Ticking) else None
                if then is None or cell_len(then) != cell_len(text) or safe(then) != then:
                    return None
                runs.append((then, role))
            else:
                runs.append((text, role))
        if any(one[0] != other[0] for one, other in zip(runs, it.runs, strict=True)):
            later[y] = Line(tuple(runs), it.focus)
    return later


def marked(it: Line, role: str) -> Line:
    """`it` over `role`; what is pointed at (``mark``) has a bar at its edge too, where that is empty: never colour alone."""
    if not role:
        return it
    first = it.runs[0] if it.runs else ("", "")
    if role == "mark" and first[0].startswith(" "):
        it = Line((("▌", "strong"), (first[0][1:], first[1]), *it.runs[1:]), it.focus)
    return it.over(role)


def crop(it: Line, width: int, ellipsis: str = "…") -> Line:
    """At most `width` cells of `it`; where something is cut, an ellipsis says so."""
    if it.width <= width:
        return it
    if width <= 0:
        return Line((), it.focus)
    room = width - cell_len(ellipsis)
    runs: list[Span] = []
    kept, role = "", ""
    for kept, role in it.runs:
        wide = cell_len(kept)
        if wide > room:
            kept = unbroken(cut(kept, room))
            break
        runs.append((kept, role))
        room -= wide
    end = elided(kept).removesuffix("…") if ellipsis == "…" else kept
    runs += [(end, role), (ellipsis, role)]
    return pad(Line(tuple(run for run in runs if run[0]), it.focus), width)


def cut(text: str, width: int, begin: int = 0) -> str:
    """The longest part of `text`, from the character `begin` on, that fits into `width` cells."""
    if width <= 0:
        return ""
    part = text[begin : begin + width * _MOST_IN_A_CELL]
    if part.isascii():
        return part[:width]
    # What several characters make together may be wider than they are, or narrower.
    end = bisect_right(range(len(part) + 1), width, key=lambda count: cell_len(part[:count])) - 1
    while end < len(part) and end and not cell_len(part[end]):
        end -= 1  # a selector, which would have made it wider, stays with what it is for
    return part[:end]


def is_wider(text: str, width: int, begin: int = 0) -> bool:
    """Whether what comes from the character `begin` on does not fit into `width` cells; of a long text its next part says so."""
    return cell_len(text[begin : begin + width * _MOST_IN_A_CELL + 1]) > width


def shorten(text: str, width: int) -> str:
    """`text`, made safe, in at most `width` cells, with an ellipsis where it was cut."""
    text = safe(text)
    if cell_len(text) <= width:
        return text
    return elided(cut(text, width - 1)) if width > 0 else ""


def pad(it: Line, width: int, role: str = "") -> Line:
    """`it` with spaces up to `width` cells."""
    missing = width - it.width
    return it if missing <= 0 else Line((*it.runs, (" " * missing, role)), it.focus)


def fit(it: Line, width: int) -> Line:
    """`it` in exactly `width` cells."""
    missing = width - it.width
    if missing < 0:
        return crop(it, width)
    return Line((*it.runs, (" " * missing, "")), it.focus) if missing else it


def ends(left: Line, right: Line, width: int, gap: int = 1) -> Line:
    """`left` at the left and `right` at the right of `width` cells; where both do not fit, `left` is cut."""
    if right.width + gap >= width:
        return fit(right if right.width else left, width)
    return fit(left, width - right.width - gap) + line(" " * gap) + Line(right.runs)


def columns(parts: Iterable[tuple[Line, int]]) -> Line:
    """Lines side by side, each in its own width."""
    runs: list[Span] = []
    focus = None
    for part, width in parts:
        runs.extend(fit(part, width).runs)
        focus = focus or part.focus
    return Line(tuple(runs), focus)


def wrap(text: str, width: int, role: str = "", indent: str = "") -> list[Line]:
    """`text` broken between words into lines of `width` cells; too long words are broken too."""
    return list(
        _wrapped(text, width, role, indent) if len(text) < _REMEMBERED else _wraps(text, width, role, indent)
    )


def _wraps(text: str, width: int, role: str, indent: str) -> tuple[Line, ...]:
    if width <= cell_len(indent):
        return ()
    lines: list[Line] = []
    current = ""

    def put(words: str) -> None:
        lines.append(line(indent if lines else "", (words, role)))

    for word in safe(text).split():
        room = width - (cell_len(indent) if lines else 0)
        if current and cell_len(current) + 1 + cell_len(word) > room:
            put(current)
            current = ""
            room = width - cell_len(indent)
        begin = 0
        while is_wider(word, room, begin):
            head = cut(word, room, begin) or word[begin]
            put(head)
            begin += len(head)
            room = width - cell_len(indent)
        current = f"{current} {word[begin:]}" if current else word[begin:]
    if current:
        put(current)
    return tuple(lines)


_wrapped = lru_cache(256)(_wraps)


def frame(
    title: Line,
    body: Sequence[Line],
    width: int,
    height: int,
    role: str,
    rules: Sequence[tuple[int, Line]] = (),
) -> list[Line]:
    """`body` in a rounded frame of exactly `width` × `height`. ``rules``: (index in body, title) of lines drawn as rules."""
    if width < 4 or height < 3:
        return [fit(it, width) for it in _bare(title, body, rules, height)]
    inner = width - 2
    ruled = dict(rules)
    side = ("│", role)
    empty = Line((side, (" " * inner, ""), side))
    lines = [_edge("╭", "╮", title, width, role)]
    for index in range(height - 2):
        if index in ruled:
            lines.append(_edge("├", "┤", ruled[index], width, role))
        elif index < len(body) and ((it := body[index]).runs or it.focus is not None):
            lines.append(Line((side, *fit(it, inner).runs, side), it.focus))
        else:
            lines.append(empty)
    lines.append(Line(((f"╰{'─' * inner}╯", role),)))
    return lines


def ruled(
    title: Line,
    body: Sequence[Line],
    width: int,
    height: int,
    role: str,
    rules: Sequence[tuple[int, Line]] = (),
) -> list[Line]:
    """The same between rules alone: no sides, and no lower edge, for what follows begins with a rule of its own."""
    titles = dict(rules)
    lines = [_edge("─", "─", title, width, role)]
    for index in range(height - 1):
        if index in titles:
            lines.append(_edge("─", "─", titles[index], width, "faint"))
        else:
            lines.append(fit(body[index] if index < len(body) else Line(), width))
    return lines[:height]


def _bare(title: Line, body: Sequence[Line], rules: Sequence[tuple[int, Line]], height: int) -> list[Line]:
    hidden = {index for index, _ in rules}
    lines = [title, *(it for index, it in enumerate(body) if index not in hidden)][:height]
    return lines + [Line()] * (height - len(lines))


def _edge(left: str, right: str, title: Line, width: int, role: str) -> Line:
    if not title.runs:
        return Line(((f"{left}{'─' * (width - 2)}{right}", role),))
    shown = crop(title, width - 4)
    rest = width - 4 - shown.width
    return Line(((f"{left} ", role), *shown.runs, (f" {'─' * rest}{right}", role)), title.focus)


def finish(lines: Sequence[Line], width: int, height: int, look: Look) -> list[Line]:
    """Exactly `height` lines of exactly `width` cells, in the characters this terminal has."""
    whole = [fit(it, width) for it in lines[:height]]
    return spelled(whole + [fit(Line(), width)] * (height - len(whole)), look)


def spelled(lines: list[Line], look: Look) -> list[Line]:
    """`lines` in the characters this terminal has."""
    if look.ascii:
        return [Line(tuple((to_ascii(text), role) for text, role in it.runs), it.focus) for it in lines]
    return lines
