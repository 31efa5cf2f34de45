"""Lines as the stage draws them, as HTML: each role a class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sockviz.html.markup import NEW_LINE, Html, element, joined, text
from sockviz.html.style import class_of, is_drawn
from sockviz.pattern import pattern
from sockviz.tui.stage.ink import Line
from sockviz.tui.stage.listing import coloured

#: What draws frames and arrows and says nothing: box drawing, block elements, geometric shapes. It is not read aloud.
_DRAWN = pattern(r"[\u2500-\u25ff]+")


def inked(it: Line, *, aloud: bool = True) -> Html:
    """One line. What only draws is kept from a screen reader, unless none of it is read `aloud` anyway."""
    return joined(_run(words, roles, aloud) for words, roles in it.runs)


def drawing(lines: Sequence[Line], *, aloud: bool = True) -> Html:
    """Lines below each other, without the blanks at their ends."""
    return element("pre", joined((inked(_stripped(it), aloud=aloud) for it in lines), NEW_LINE))


def code(source: str) -> Html:
    """Lines of Python, coloured as on the stage."""
    return element(
        "code", joined((inked(coloured(row)) for row in source.expandtabs().split("\n")), NEW_LINE)
    )


def _stripped(it: Line) -> Line:
    runs = list(it.runs)
    while runs and not runs[-1][0].strip():
        runs.pop()
    if runs:
        runs[-1] = (runs[-1][0].rstrip(), runs[-1][1])
    return Line(tuple(runs))


def _run(words: str, roles: str, aloud: bool) -> Html:
    classes = " ".join(class_of(role) for role in roles.split() if is_drawn(role))
    inside = joined(_parts(words)) if aloud else text(words)
    return element("span", inside, class_=classes) if classes else inside


def _parts(words: str) -> Iterator[Html]:
    at = 0
    for match in _DRAWN.finditer(words):
        yield text(words[at : match.start()])
        yield element("span", match.group(), aria_hidden="true")
        at = match.end()
    yield text(words[at:])
