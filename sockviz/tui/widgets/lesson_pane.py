"""The pane with the lesson's text. It scrolls; what has just become important is brought into sight."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from sockviz.language import _
from sockviz.lesson.document import Page
from sockviz.tui.lettering import lines
from sockviz.tui.view import View
from sockviz.tui.widgets.page_text import Asked, PageText, page_text


class ChoiceClicked(Message):
    """The reader clicked a choice (from 0) of the open question at a line of the lesson's file."""

    def __init__(self, line: int, choice: int) -> None:
        super().__init__()
        self.line, self.choice = line, choice


class _Text(Widget):
    """The page itself, as high as it needs to be."""

    DEFAULT_CSS = "_Text { height: auto; width: 1fr; padding: 0 1 0 0; }"

    class Resized(Message):
        """It has another height, or width."""

    def __init__(self) -> None:
        super().__init__()
        self._given: tuple[Page, View, Asked, bool] | None = None
        self._brief = False
        self._drawn: tuple[int, PageText] | None = None

    def give(self, page: Page, view: View, asked: Asked, notes: bool, brief: bool) -> bool:
        """Takes what to draw; returns whether it looks any different."""
        before = self._drawn
        self._given, self._drawn, self._brief = (page, view, asked, notes), None, brief
        if before is None:
            self.refresh(layout=True)
            return True
        after = self.at(before[0])
        if [line.spans for line in after.lines] == [
            line.spans for line in before[1].lines
        ] and after == before[1]:
            return False
        self.refresh(layout=len(after.lines) != len(before[1].lines))
        return True

    def at(self, width: int) -> PageText:
        """The page in lines of `width` cells."""
        if self._given is None:
            return PageText((), {})
        if self._drawn is None or self._drawn[0] != width:
            self._drawn = (width, page_text(*self._given, width, self._brief))
        return self._drawn[1]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        del container, viewport
        return max(len(self.at(width).lines), 1)

    def on_resize(self) -> None:
        """What was to be in sight may be elsewhere now."""
        self.post_message(self.Resized())

    def on_click(self, event: events.Click) -> None:
        """A click on a choice of an open question makes it."""
        match event.style.meta.get("choice"):
            case (int(line), int(choice)):
                self.post_message(ChoiceClicked(line, choice))

    def render(self) -> Content:
        return lines(self.at(self.size.width or 1).lines)


class LessonPane(VerticalScroll):
    """The lesson's page: prose, questions, how far each block has got, what was expected and found."""

    def __init__(self) -> None:
        super().__init__(id="lesson")
        self._text = _Text()
        self._page = -1
        self._answers: frozenset[int] = frozenset()
        self._judged: frozenset[int] = frozenset()
        self._line: int | None = None
        self._wanted: tuple[int, int] | None = None
        self._brought_to = 0

    def compose(self) -> ComposeResult:
        """One widget: a page is drawn whole."""
        yield self._text

    def show(self, page: Page, view: View, asked: Asked, notes: bool) -> None:
        """Shows `page`, the one that `view` is at."""
        self._text.give(page, view, asked, notes, self.screen.has_class("-short"))
        answers = frozenset(view.world.answers)
        judged = frozenset(view.world.expectations)
        line = max((n for n in view.world.begun.values() if page.line <= n), default=None)
        if page.index != self._page:
            self._page = page.index
            self.border_title = _("lesson")
            self.border_subtitle = _("page {number} of {pages}").format(
                number=page.index + 1, pages=len(view.script.pages)
            )
            self._wanted = None
            self.scroll_home(animate=False, immediate=True)
        elif new := answers - self._answers:
            self.reveal(min(new), max(judged, default=0))
        elif (line != self._line and line is not None) or judged - self._judged:
            latest = max([*(judged - self._judged), line or 0])
            block = max((b.line for b in page.blocks if b.line <= latest), default=0)
            answered = min(
                (question.line for question in page.predictions if question.line in answers), default=block
            )
            self.reveal(answered, block)
        self._answers, self._judged, self._line = answers, judged, line

    @property
    def plain(self) -> str:
        """All that it says, in one line."""
        return " ".join(
            " ".join(line.plain for line in self._text.at(self._text.size.width or 1).lines).split()
        )

    def reveal(self, line: int, until: int = 0) -> None:
        """Brings the block at `line` of the file into sight, and what follows it up to the block that `until` is in: it stays
        there when the text or the pane gets another height, until the reader scrolls. What is too high begins at the top."""
        self._wanted, self._brought_to = (line, until), self.scroll_offset.y
        self.call_after_refresh(self._bring)

    def lies_under(self, lines: int) -> None:
        """So many lines of it are covered from above: the text begins below them."""
        if self._text.styles.padding.top != lines:
            self._text.styles.padding = (lines, 1, 0, 0)

    def read_on(self) -> bool:
        """Scrolls on where there is text below that tells more than that all went well; False where there is none, or the pane is
        not in sight."""
        here, covered = self.scroll_offset.y, int(self._text.styles.padding.top)
        room = self.size.height - covered
        if not self.display or room <= 0 or self._text.at(self._text.size.width or 1).read_to < here + room:
            return False
        self._wanted = None
        self.scroll_to(y=min(here + max(room - 1, 1), int(self.max_scroll_y)), animate=False)
        return True

    def on_resize(self) -> None:
        """What was to be in sight stays there."""
        self._bring()

    @on(_Text.Resized)
    def _bring_again(self) -> None:
        self._bring()

    def _bring(self) -> None:
        """Scrolls by as little as brings what is wanted into sight."""
        places, here, height = (
            self._text.at(self._text.size.width or 1).places,
            self.scroll_offset.y,
            self.size.height,
        )
        if self._wanted is None or self._wanted[0] not in places or not height:
            return
        if here != min(self._brought_to, int(self.max_scroll_y)):
            self._wanted = None  # the reader has scrolled since
            return
        line, until = self._wanted
        covered = (
            self._text.styles.padding.top
        )  # so a line's own number is how far to scroll for it to be the first
        first, last = places[line]
        last = max([last, *(end for start, (_begin, end) in places.items() if line <= start <= until)])
        ends = last + covered + 1 - height  # where the last is at the lower edge
        self._brought_to = min(first, max(here, ends), int(self.max_scroll_y))
        if self._brought_to != here:
            self.scroll_to(y=self._brought_to, animate=False, force=True, immediate=True)
        if self.max_scroll_y:  # a scroll bar that shows only from now on was not told where that is
            self.vertical_scrollbar.position = self._brought_to
