"""The lines of a lesson's page with what came of each: its result, a sentence about it, and the card of a call that failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

from sockviz.calls.statement import Statement
from sockviz.dataclass import dataclass
from sockviz.html.account import Account
from sockviz.html.inked import code, inked
from sockviz.html.markup import NOTHING, Html, element, together
from sockviz.html.style import class_of
from sockviz.language import _
from sockviz.lesson.document import Perform
from sockviz.model.call import Call
from sockviz.model.world import World
from sockviz.tui.palette import hue_of
from sockviz.tui.stage.errno_card import names_in, sentence
from sockviz.tui.stage.ink import Line
from sockviz.tui.stage.outcomes import told
from sockviz.tui.view import View
from sockviz.words.explanation import explain
from sockviz.words.narration import call_of

if TYPE_CHECKING:
    from sockviz.manual.pages import StoryOf


_OFF = "({})"


@dataclass(slots=True)
class LinesOfRun:
    """Writes the lines of one run, page by page. What an error means at large is told where it is met first."""

    account: Account
    story: StoryOf
    sandbox: bool = False  # where all lines were typed, that says nothing of one
    _explained: set[str] = field(default_factory=set)

    def performed(self, block: Perform, view: View) -> Html:
        """A block of lines, as far as they are at `view`, the end of their page."""
        hue = class_of(hue_of(view.script, view.world, block.process))
        who = element("span", block.process, class_=hue)
        remarks = [_("(these lines at once:)")] if block.at_once else []
        typed = [each.line in view.world.typed for each in block.statements]
        if any(typed) and all(typed) and not self.sandbox:
            remarks.append(_OFF.format(_("off the script")))
        label = element("p", who, *(f" {remark}" for remark in remarks), class_="who")
        return together(
            label, element("ol", *self._lines(block, view, all(typed)), class_="lines", role="list")
        )

    def _lines(self, block: Perform, view: View, all_typed: bool) -> Iterator[Html]:
        for statement in block.statements:
            remark = f"# {statement.comment}" if statement.comment else ""
            apart = statement.line in view.world.typed and not all_typed and not self.sandbox
            yield element(
                "li",
                element("span", _OFF.format(_("off the script")), class_="said") if apart else NOTHING,
                code(statement.source),
                together(" ", element("span", remark, class_="remark r-code-comment")) if remark else NOTHING,
                together(" ", self._result(statement, view)),
                *self._said(statement),
            )

    def _result(self, statement: Statement, view: View) -> Html:
        progress = view.world.lines.get(statement.line)
        if progress is None:
            return element("span", _("not performed yet"), class_="result r-muted")
        result = told(progress, _calls(statement, view.world))
        # An arrow stays with what it points at.
        kept = Line(tuple((words.replace("→ ", "→\u00a0", 1), role) for words, role in result.runs))
        return element("span", inked(kept), class_="result")

    def _said(self, statement: Statement) -> Iterator[Html]:
        for said in self.account.said.get(statement.line, ()):
            yield element("p", said.sentence, class_="said")
            if said.failed is not None:
                yield self._card(*said.failed)

    def _card(self, call: Call, world: World) -> Html:
        """What the screen's card says of a failed call besides the sentence about it."""
        explained = explain(call, world)
        if explained is None:
            return NOTHING
        page = self.story(explained.name)
        names = names_in(call, world)
        first = explained.name not in self._explained
        self._explained.add(explained.name)
        # What helps here stands in the sentence itself.
        at_large = replace(explained, remedy="").at_large(
            page.cause if page is not None else "",
            page.remedy if page is not None and not explained.remedy else "",
        )
        told_of = [(title, sentence(words, names)) for title, words in at_large] if first else []
        number = f" {explained.number}" if explained.number is not None else ""
        name = element("strong", f"✗ {explained.name}{number}", class_="r-bad")
        head = element("p", name, ": ", page.says if page is not None else call.message)
        listed = [element("div", element("dt", title), element("dd", words)) for title, words in told_of]
        manual = element("div", element("dt", _("manual")), element("dd", element("code", explained.manual)))
        return element("div", head, element("dl", *listed, manual), class_="card")


def _calls(statement: Statement, world: World) -> Sequence[Call]:
    progress = world.lines.get(statement.line)
    found = (
        [call_of(world, progress.process, number) for number in progress.calls]
        if progress is not None
        else []
    )
    return [call for call in found if call is not None]
