"""The panes of the lesson screen, from top to bottom: which there are, and how one view is put onto all of them."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen
from textual.widget import Widget

from sockviz.language import N_
from sockviz.lesson.document import Lesson, Page
from sockviz.tui.cast import cast
from sockviz.tui.stage import Roadmap, TimelineBar
from sockviz.tui.stage.roadmap import rows_wanted
from sockviz.tui.view import Mode, View
from sockviz.tui.widgets.key_bar import KeyBar
from sockviz.tui.widgets.lesson_pane import LessonPane
from sockviz.tui.widgets.page_text import Asked
from sockviz.tui.widgets.stage_area import StageArea
from sockviz.tui.widgets.title import ObjectiveLine, TitleLine

#: What `h` does while the link holds.
_RELEASES = {"link('hold')": N_("free")}
#: At a recording nothing can be typed.
_NOTHING_TYPED = {"what_if": ""}
#: Votes are counted while a question is open, as a rule: afterwards their key is worth no place.
_NO_VOTES = {"votes": ""}
#: The lines that the roadmap may take, by the terminal's height.
_ROADS = {0: 1, 32: 2, 44: 4}
#: The lines of what programs print, at most, likewise.
_PRINTED = {0: 2, 32: 4, 44: 7}


def panes(view: View, opened: float, instead: Widget | None = None) -> ComposeResult:
    """Title, objective, roadmap; the lesson beside the stage; timeline and keys: those that show `view`, whose page was `opened`
    then. `instead` can take the lesson's place."""
    yield TitleLine()
    yield ObjectiveLine()
    yield Roadmap(id="roadmap")
    with Container(id="body"):
        yield LessonPane()
        if instead is not None:
            yield instead
        yield StageArea(cast(view.script, view.page, view.world, opened))
    yield TimelineBar(id="timeline")
    yield KeyBar()


def show(
    screen: Screen[tuple[str, ...]],
    page: Page,
    view: View,
    asked: Asked,
    notes: bool,
    hint: str,
    opened: float,
    way_on: str = "",
) -> None:
    """Shows `view`, which is at `page`, on all panes of `screen`. ``opened`` is when the page was; ``way_on`` what there is
    to do about a run that can go on no more."""
    screen.query_one(TitleLine).show(view)
    problem = ". ".join(filter(None, (view.problem, way_on))) or None
    screen.query_one(ObjectiveLine).show(view.script.summary, hint, problem)
    roadmap = screen.query_one(Roadmap)
    most = max(lines for height, lines in _ROADS.items() if height <= screen.size.height)
    roadmap.styles.height = rows_wanted(view, max(screen.size.width - 1, 1), most)
    roadmap.show(view)
    screen.query_one(LessonPane).show(page, view, asked, notes)
    screen.query_one(StageArea).show(view, opened)
    _show_output(screen, view)
    screen.query_one(TimelineBar).show(view)
    holds = view.world.link is not None and bool(view.world.link.holding)
    nothing_typed = _NOTHING_TYPED if view.mode in (Mode.RECORDED, Mode.FOLLOWING) else {}
    no_votes = {} if asked.open else _NO_VOTES
    screen.query_one(KeyBar).rename({**(_RELEASES if holds else {}), **nothing_typed, **no_votes})


def show_time(screen: Screen[tuple[str, ...]], view: View, opened: float) -> None:
    """Shows `view`, which differs from the one before in what time alone does over and over, where that can be seen."""
    screen.query_one(StageArea).go_on(view, opened)
    _show_output(screen, view)
    screen.query_one(TimelineBar).show(view)


def _show_output(screen: Screen[tuple[str, ...]], view: View) -> None:
    """What programs print that run beside the lesson's lines. Few lessons have such, and they begin after the first picture."""
    script = view.script
    if not (isinstance(script, Lesson) and script.beside):
        return
    from sockviz.tui.stage.output_pane import OutputPane  # with them

    there = screen.query(OutputPane)
    if not there:
        screen.mount(OutputPane(), after="#body")
        return
    pane = there.first()
    most = max(lines for height, lines in _PRINTED.items() if height <= screen.size.height)
    had = pane.styles.height.value if pane.styles.height is not None else 1
    rows = min(max(pane.rows_wanted(view), int(had)), most)  # it does not shrink while the past is looked at
    if rows != had:
        pane.styles.height = rows
    pane.show(view)
