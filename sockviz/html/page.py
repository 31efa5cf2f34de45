"""One page of a performed lesson: its blocks in the author's order, then what crossed the wire, and the stage at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sockviz.dataclass import dataclass
from sockviz.html.account import Account, LineAccount
from sockviz.html.lines import LinesOfRun
from sockviz.html.markup import NEW_LINE, NOTHING, Html, element, joined, together
from sockviz.html.prose import Headings, inline, prose, without_heading
from sockviz.html.stage import stage
from sockviz.language import _, ngettext
from sockviz.lesson.answers import asks_the_kernel, is_the_kernels
from sockviz.lesson.document import Expect, Page, Perform, Predict, Prose
from sockviz.model.world import World
from sockviz.tui.palette import DONE, FAILED
from sockviz.tui.reading import Reading
from sockviz.tui.view import Focus, Look, View
from sockviz.words.found import actual_in_words, reason_in_words

#: Nothing moves on a page, and nobody points at anything.
_LOOK, _FOCUS = Look(animate=False), Focus()


@dataclass(frozen=True, slots=True)
class Pages:
    """Writes the pages of one run, in order. ``language``: the lesson's, where it is not the reader's."""

    reading: Reading
    account: Account
    lines: LinesOfRun
    language: str | None

    def page(self, page: Page) -> Html:
        """One page, as it was at its end; where it was never opened, as it is written."""
        mine = self.account.pages.get(page.index)
        view = self._view(mine.end if mine is not None else len(self.reading.timeline))
        heading = element("h2", self._heading(page), id=f"page-{page.index + 1}-heading", lang=self.language)
        parts = [heading]
        if mine is None:
            parts.append(
                element(
                    "p", _("The run ended before this page: nothing of it was performed."), class_="notice"
                )
            )
        parts += self._blocks(page, view)
        if mine is not None:
            parts += _section(_("On the wire"), _told(mine.wire))
            parts += _section(_("What else happened"), _told(mine.besides))
            crossed = view.crossed - _crossed(view, self.reading.timeline.world_at(mine.begin))
            drawn = stage(view, self.reading.opened, crossed)
            parts += _section(_("The stage at the end of this page"), drawn)
        name = f"page-{page.index + 1}"
        return element(
            "section", joined(parts, NEW_LINE), class_="page", id=name, aria_labelledby=f"{name}-heading"
        )

    def _view(self, cursor: int) -> View:
        self.reading.go(cursor)
        return self.reading.view(_LOOK, _FOCUS)

    def _heading(self, page: Page) -> Html:
        return together(f"{page.index + 1}. ", title_of(page))

    def _blocks(self, page: Page, view: View) -> Iterator[Html]:
        headings, named = Headings(2), page.heading is None
        for block in page.blocks:
            match block:
                case Prose():
                    markdown = block.markdown if named else without_heading(block.markdown)
                    named = True
                    yield self._of_the_lesson("div", prose(markdown, headings))
                case Perform():
                    yield self.lines.performed(block, view)
                case Predict():
                    yield self._predicted(block, page, view)
                case Expect():
                    yield _judged(block, page, view.world)
                case _:
                    pass  # for the instructor, or for who writes the course

    def _of_the_lesson(self, name: str, inside: Html, class_: str | None = None) -> Html:
        return element(name, inside, lang=self.language, class_=class_) if inside.source else NOTHING

    def _predicted(self, block: Predict, page: Page, view: View) -> Html:
        question = self._of_the_lesson("p", element("strong", inline(block.question)))
        votes = view.world.votes.get(block.line, ())
        counted = votes if any(votes) else (None,) * len(block.choices)
        listed = map(_choice, block.choices, counted)
        choices = self._of_the_lesson("ol", joined(listed))
        answer = element(
            "details", element("summary", _("Answer")), element("p", _answer(block, page, view.world))
        )
        label = element("p", _("predict"), class_="label")
        return element(
            "div", label, question, choices, answer, class_="predict", role="group", aria_label=_("predict")
        )


def title_of(page: Page, *, links: bool = True) -> Html:
    """What a page is called: its first heading, or its number."""
    if page.heading is None:
        return element("span", _("page {number}").format(number=page.index + 1))
    return inline(page.heading, links=links)


def _choice(text: str, votes: int | None) -> Html:
    if votes is None:
        return element("li", inline(text))
    told = ngettext("{count} vote", "{count} votes", votes).format(count=votes)
    return element("li", inline(text), " ", element("span", f"({told})", class_="r-muted"))


def _answer(block: Predict, page: Page, world: World) -> str:
    settled = world.answers.get(block.line)
    if settled is None:
        return _("Not answered: the run did not come so far.")
    if settled.answer is None:
        return _("The kernel gave no answer: {reason}").format(reason=reason_in_words(settled))
    said = settled.answer.strip(" `")
    told = (
        _("The kernel says {answer}.") if is_the_kernels(said, page, world) else _("The answer is {answer}.")
    )
    return told.format(answer=said)


def _judged(block: Expect, page: Page, world: World) -> Html:
    """What was expected, and whether it held."""
    rows = []
    for expectation in block.expectations:
        judged = world.expectations.get(expectation.line)
        if judged is None:
            verdict, role, mark = _("not judged"), "r-muted", ""
        elif judged.ok:
            verdict, role, mark = _("holds"), "r-good", f"{DONE} "
        else:
            verdict, role, mark = (
                _("DOES NOT HOLD ({actual})").format(actual=actual_in_words(judged)),
                "r-bad",
                f"{FAILED} ",
            )
        rows.append(
            element(
                "li", element("code", expectation.source), " ", element("span", mark, verdict, class_=role)
            )
        )
    title = _("checked with the kernel:") if asks_the_kernel(page) else _("checked:")
    return element("div", element("p", title), element("ul", *rows, class_="judged", role="list"))


def _told(told: LineAccount) -> Html:
    if not told.sentences:
        return NOTHING
    rows: Sequence[Html] = [element("li", sentence) for sentence in told.sentences]
    more = ngettext("and {count} more", "and {count} more", told.more).format(count=told.more)
    return together(element("ol", joined(rows, NEW_LINE)), element("p", more) if told.more else NOTHING)


def _section(title: str, inside: Html) -> list[Html]:
    return [element("h3", title), inside] if inside.source else []


def _crossed(view: View, before: World) -> int:
    return len(before.packets) if view.lab.has_packets else len(before.inferred)
