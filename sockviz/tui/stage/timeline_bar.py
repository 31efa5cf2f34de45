"""The timeline: its resting places, where the reader is among them, and one sentence for what happened there."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from rich.cells import cell_len
from textual import events
from textual.css.scalar import Scalar

from sockviz.language import _, current
from sockviz.model.events import CallEntered, CallLetGo, CallReturned, Event, PageOpened, StatementBegun
from sockviz.model.stops import begins
from sockviz.model.timeline import Timeline
from sockviz.pattern import pattern
from sockviz.tui.messages import MomentChosen
from sockviz.tui.palette import hues
from sockviz.tui.remembered import remembered
from sockviz.tui.stage.drawing import Drawing
from sockviz.tui.stage.ink import Line, ends, finish, line, wrap
from sockviz.tui.view import Mode, View

#: A piece of the track: its text, how it is inked, and the resting place that it stands for or leads to.
Mark: TypeAlias = "tuple[str, str, int | None]"
#: Where there is no room for all resting places, so many are drawn with dashes between them sooner than more without.
_ENOUGH = 40

#: What an event of poll's or epoll's means, behind its name.
_ASIDE = pattern(r"\bE?POLL[A-Z]+( \((?:[^()]|\([^()]*\))*\))")
#: The shortest track that still shows before and after.
_SHORTEST = 6
#: From this width on the event's number is written out.
_ROOMY = 100


def draw_timeline(view: View, width: int, height: int) -> list[Line]:
    """The bar in exactly `width` × `height`: in one line all of it; in more, the sentence has its own."""
    where = line((_where(view, width), "muted"))
    sentence = _said(view, width, height)
    role = "bad" if _failed(view) else ""
    track = line(*((text, ink) for text, ink, _place in _track(view, _room(view, width, height, sentence))))
    if height <= 1:
        return finish(
            [ends(line(" ") + track + line("   ") + line((sentence, role)), where + line(" "), width)],
            width,
            height,
            view.look,
        )
    told = [line(" ") + it for it in wrap(sentence, width - 2, role)]
    lead = line(" ") + track
    if len(told) > height - 1:
        lead += line("   ")
        first, rest = _parted(sentence, width - lead.width - where.width - 2)
        lead += line((first, role))
        told = [line(" ") + it for it in wrap(rest, width - 2, role)]
    if len(told) > height - 1:
        left = sentence[len(sentence) - len(" ".join(it.text.strip() for it in told[height - 2 :])) :]
        told = [*told[: height - 2], line(" ", (_parted(left, width - 4)[0] + " …", role))]
    return finish([ends(lead, where + line(" "), width), *told], width, height, view.look)


def lines_for(view: View, width: int, most: int) -> int:
    """How many lines the bar needs for its sentence, `most` at most."""
    sentence, where = _sentence(view), cell_len(_where(view, width))
    return next((height for height in range(1, most) if _fits(where, sentence, width, height)), most)


def _said(view: View, width: int, height: int) -> str:
    """What happened, as far as there is room for: a clause that has none (what to do about it, who else went on) is left out."""
    return _as_far_as_it_goes(_sentence(view), cell_len(_where(view, width)), width, height)


@remembered(8)
def _as_far_as_it_goes(sentence: str, where: int, width: int, height: int) -> str:
    def fits(said: str) -> bool:
        return _fits(where, said, width, height)

    asides = list(_ASIDE.finditer(sentence))
    kept = _how_many(len(asides), lambda count: fits(_with_asides(sentence, asides, count)))
    sentence = _with_asides(sentence, asides, kept)
    if fits(sentence):
        return sentence
    clauses = sentence.split("; ")
    if count := _how_many(len(clauses) - 1, lambda count: fits("; ".join(clauses[:count]) + " …")):
        return "; ".join(clauses[:count]) + " …"
    # In a line of its own better without its last reason than torn in the middle of one; in one line as far as words go. The
    # first joint stands after who did it.
    joints = _joints(clauses[0])[1:] if height > 1 else []
    return _torn(clauses[0], joints, fits) or _torn(clauses[0], _blanks(clauses[0]), fits) or clauses[0]


def _torn(clause: str, places: Sequence[int], fits: Callable[[str], bool]) -> str:
    """It up to the last of the places where it fits; empty where that is none."""
    count = _how_many(len(places), lambda count: fits(f"{clause[: places[count - 1]]} …"))
    return f"{clause[: places[count - 1]]} …" if count else ""


def _how_many(most: int, fits: Callable[[int], bool]) -> int:
    """The greatest number up to `most` that fits, as all below it do; 0 where none does. A sentence may be as long as a recording
    has made it: not each number is tried."""
    return bisect_left(range(1, most + 1), True, key=lambda count: not fits(count))


def _with_asides(sentence: str, asides: Sequence[re.Match[str]], count: int) -> str:
    """With what so many of its events mean, the first ones: better each by its name than the first of them alone. The inspector
    has all."""
    places = [0, *(place for aside in asides[count:] for place in aside.span(1)), len(sentence)]
    return "".join(sentence[begin:end] for begin, end in zip(places[::2], places[1::2], strict=True))


def _joints(sentence: str) -> list[int]:
    """Where a reason or an item of a list ends: before each colon and comma that stands in no brackets."""
    return [at for at in _outside(sentence) if sentence[at : at + 2] in (": ", ", ")]


def _blanks(sentence: str) -> list[int]:
    """Where a word ends that stands in no brackets."""
    return [at for at in _outside(sentence) if sentence[at] == " "]


def _outside(sentence: str) -> Iterator[int]:
    """The places that are in no brackets."""
    depth = 0
    for at, character in enumerate(sentence):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            yield at


def _fits(where: int, sentence: str, width: int, height: int) -> bool:
    """Whether there is room for it beside so many cells that say where the reader is."""
    if height <= 1:
        return _SHORTEST + where + cell_len(sentence) + 6 <= width
    if len(wrap(sentence, width - 2)) < height:
        return True
    _first, rest = _parted(sentence, width - _SHORTEST - where - 6)
    return len(wrap(rest, width - 2)) < height


def _parted(sentence: str, room: int) -> tuple[str, str]:
    """As many of its words as go into `room` cells, and the others."""
    words = sentence.split()
    count = 0
    while count < len(words) and cell_len(" ".join(words[: count + 1])) <= room:
        count += 1
    return " ".join(words[:count]), " ".join(words[count:])


def place_at(view: View, width: int, height: int, x: int) -> int | None:
    """The resting place (as an event) that is drawn at cell `x` of the bar's first line, or that the dash there leads to."""
    at = 1
    for text, _ink, place in _track(view, _room(view, width, height, _said(view, width, height))):
        at += cell_len(text)
        if x < at:
            return place if x else None
    return None


def _room(view: View, width: int, height: int, said: str) -> int:
    """The cells that the track may take beside what is `said`."""
    where = cell_len(_where(view, width))
    if height > 1:
        # What happened, and why, is worth more than a long track: the sentence begins beside a short one.
        is_long = len(wrap(said, width - 2)) > height - 1
        return _SHORTEST if is_long else max(8, width - where - 4)
    # A long sentence is worth more than a long track.
    return max(_SHORTEST, min(width // 3, width - where - cell_len(said) - 6))


def _sentence(view: View) -> str:
    """What happened; where a page opened, its heading says more than its number."""
    events = view.timeline.events
    event = events[view.cursor - 1] if 0 < view.cursor <= len(events) else None
    if isinstance(event, PageOpened) and 0 <= event.page < len(view.script.pages):
        heading = view.script.pages[event.page].heading
        opens = _("page {number} opens").format(number=event.page + 1)
        return f"{opens}: {heading}" if heading else opens
    return _headline(view.timeline, view.cursor, len(view.timeline), current())


@remembered(16)
def _headline(timeline: Timeline, cursor: int, _length: int, _language: str) -> str:
    """What happened: a cause is looked for in all that was observed, and a frame asks for it each time that it is drawn."""
    from sockviz.words.headlines import headline  # on demand: nothing has happened on a first page

    return headline(timeline, cursor)


def _place(view: View) -> int:
    """Where the reader is, whatever of it has been told."""
    return view.cursor if view.place is None else view.place


def _where(view: View, width: int) -> str:
    total = len(view.timeline)
    if width < _ROOMY:
        return f"{_place(view)}/{total}"
    return _("event {number} of {total}").format(number=_place(view), total=total)


def _failed(view: View) -> bool:
    events = view.timeline.events
    event = events[view.cursor - 1] if 0 < view.cursor <= len(events) else None
    return isinstance(event, CallReturned) and event.error is not None


def _track(view: View, width: int) -> list[Mark]:
    """What the track is drawn of, from left to right, each with the resting place that it stands for or leads to."""
    events = view.timeline.events
    places = view.timeline.stops
    if not places:
        return []
    here = max(0, bisect_right(places, _place(view)) - 1)
    between = places[here] != _place(view)
    wanted = min(len(places), _ENOUGH)
    joint = 2 if wanted * 3 <= width else 1 if wanted * 2 <= width else 0
    fitting = max(1, (width - 4) // (1 + joint))
    to_come = 0 if view.mode is Mode.RECORDED else _to_come(view)
    if len(places) > wanted:
        fitting -= min(to_come, fitting // 4)  # what is to come is in sight, too
    first = max(0, min(here - fitting * 2 // 3, len(places) - fitting))
    shown = places[first : first + fitting]
    colours = hues(view.script)
    runs: list[Mark] = [("…", "muted", places[first - 1])] if first else []
    for index, place in enumerate(shown, first):
        is_here = index == here
        passed = index <= here
        if runs and (index > first):
            dash = "━" if passed else "─"
            runs.append((dash * joint, "muted" if passed else "faint", place))
        hue = _hue(events, place, colours)
        symbol = "◉" if is_here and not between else "●" if passed else "○"
        runs.append((symbol, f"{hue} strong" if is_here else hue if passed else "faint", place))
        if is_here and between:
            runs.append(("╸", "strong", _place(view)))
    if first + len(shown) < len(places):
        runs.append(("…", "faint", places[first + len(shown)]))
    elif view.mode is not Mode.RECORDED:
        room = (width - sum(len(text) for text, _ink, _place in runs)) // (1 + joint)
        runs += [("─" * joint + "·", "faint", None)] * min(to_come, max(0, room))
    return runs


def _to_come(view: View) -> int:
    """How many lines of this page nobody has performed yet; those that are performed together are one."""
    if view.timeline.world.page != view.page.index:
        return 0
    begun = view.timeline.world.lines
    left = [each for each in view.page.statements if each.line not in begun]
    return len({each.at_once or -each.line for each in left if not each.as_well})


def _hue(events: Sequence[Event], place: int, colours: dict[str, str]) -> str:
    """The hue of the process whose line ended at this resting place, or whose call was made before it."""
    for index in range(place - 1, -1, -1):
        event = events[index]
        if isinstance(event, StatementBegun | CallLetGo) or (
            isinstance(event, CallEntered) and begins(event)
        ):
            return colours.get(event.process, "muted")
        if isinstance(event, PageOpened):
            break
    return "muted"


class TimelineBar(Drawing):
    """The timeline's bar."""

    DEFAULT_CSS = """
    TimelineBar { height: 1; }
    """

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """Its lines."""
        return draw_timeline(view, width, height)

    def show(self, view: View) -> None:
        """Shows `view`; where the screen is too short for two lines at all times, a second one while the sentence needs it."""
        short = self.screen.has_class("-short")
        wanted = (
            Scalar.from_number(lines_for(view, self.size.width, 2)) if short and self.size.width else None
        )
        if self.styles.inline.height != wanted:
            self.styles.height = wanted
        super().show(view)

    def on_click(self, event: events.Click) -> None:
        """A click on a resting place goes there."""
        if self._view is not None and event.y == 0:
            place = place_at(self._view, self.size.width, self.size.height, event.x)
            if place is not None:
                self.post_message(MomentChosen(place))
