"""The whole page: what was performed where and when, its pages, and the style sheet that is all it needs."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

from sockviz import __version__
from sockviz.dataclass import dataclass
from sockviz.html.account import Account, account_of
from sockviz.html.lines import LinesOfRun
from sockviz.html.markup import NEW_LINE, Html, document, element, joined, style_element, text, together
from sockviz.html.page import Pages, title_of
from sockviz.html.style import style_sheet
from sockviz.language import ORIGINAL, _, current
from sockviz.lesson.document import Lesson
from sockviz.manual.pages import StoryOf
from sockviz.player.run import LessonRun, Provenance
from sockviz.sandbox.script import is_sandbox
from sockviz.tui.reading import Reading
from sockviz.tui.widgets.title import lab_name
from sockviz.words.kept_sentences import in_words
from sockviz.words.lab_words import lab_word, settings_told

#: The page has no more than this, in characters: a lesson of the course has 0.3 million.
LARGEST_PAGE = 16_000_000


class PageTooLarge(ValueError):
    """The page would have more than `LARGEST_PAGE`."""


@dataclass(frozen=True, slots=True)
class _Writing:
    run: LessonRun
    lesson: Lesson
    account: Account
    pages: Pages


def page_of(run: LessonRun, story: StoryOf, largest: int = LARGEST_PAGE) -> str:
    """`run`, as far as it has come, as a page of HTML. What an error means at large is told by `story`. Raises `PageTooLarge`."""
    lesson, reading = run.script, Reading(run)
    account = account_of(run.timeline, lesson)
    of_lesson = lesson.language or ORIGINAL
    language = of_lesson if of_lesson != current() else None
    lines = LinesOfRun(account, story, is_sandbox(lesson))
    writing = _Writing(run, lesson, account, Pages(reading, account, lines, language))
    body = element("body", joined(_body(writing, language, largest), NEW_LINE))
    return document(current(), _head(lesson), body)


def _head(lesson: Lesson) -> Html:
    css = style_sheet()
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    # A browser holds it to what it promises: nothing is fetched, nothing runs, nothing is sent.
    promised = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=promised),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", _numbered(lesson)),
        style_element(css),
    )


def _body(writing: _Writing, language: str | None, largest: int) -> Iterator[Html]:
    lesson = writing.lesson
    yield element("a", _("Skip to the first page"), href="#page-1", class_="skip")
    yield element(
        "header",
        element("h1", _numbered(lesson), lang=language),
        element("p", lesson.summary, lang=language),
        joined(_facts(writing.run), NEW_LINE),
    )
    entries = (
        element("li", element("a", title_of(page, links=False), href=f"#page-{page.index + 1}"))
        for page in lesson.pages
    )
    yield element(
        "nav", element("h2", _("Pages")), element("ol", *entries, lang=language), aria_label=_("Pages")
    )
    left, pages = largest, []
    for page in lesson.pages:
        pages.append(writing.pages.page(page))
        left -= len(pages[-1].source)
        if left < 0:
            raise PageTooLarge
    yield element("main", joined(pages, NEW_LINE))
    written = _("Written by sockviz {version}, from what happened in this run.").format(version=__version__)
    yield element("footer", element("p", written))


def _numbered(lesson: Lesson) -> str:
    return lesson.title if lesson.number is None else f"{lesson.number}. {lesson.title}"


def _facts(run: LessonRun) -> Iterator[Html]:
    """What the screen and the transcript say of a run before anything else."""
    lesson, header = run.script, run.timeline.header
    mark = "●" if run.provenance is Provenance.LIVE else "■"
    packets = _("captured packets") if header.lab.has_packets else _("no capture: segments are inferred")
    facts = (
        (_("performed"), together(_instant(header.started), f" {mark} {_(run.provenance.value)}")),
        (_("lab"), text(lab_name(header.lab.kind))),
        (_("kernel"), text(f"Linux {header.kernel}")),
        (_("wire"), text(packets)),
    )
    yield element("dl", *(together(element("dt", name), element("dd", fact)) for name, fact in facts))
    if lesson.sysctls:
        told = ", ".join(settings_told(lesson.sysctls))
        yield element("p", _("set in this lab's kernel by the lesson: {settings}").format(settings=told))
    for what, why in header.lab.missing.items():
        lacks = _("not available here: {what} ({why})").format(what=lab_word(what), why=in_words(why))
        yield element("p", lacks, class_="notice")
    typed = run.timeline.world.typed
    if typed and not is_sandbox(lesson):
        first = min(event.page for event in typed.values()) + 1
        off = _(
            "From page {number} on this run is off the script: lines were typed at it, and nothing is judged."
        )
        yield element("p", off.format(number=first), class_="notice")
    if run.problem is not None:
        yield element("p", run.problem, class_="notice")


def _instant(at: float) -> Html:
    try:
        then = datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):  # a recording may say anything
        return element("span", "?")
    return element("time", then.strftime("%Y-%m-%d %H:%M UTC"), datetime=then.strftime("%Y-%m-%dT%H:%MZ"))
