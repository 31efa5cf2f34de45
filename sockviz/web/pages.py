"""What a visitor's browser is given to show: the course, a session's page, and sentences where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from urllib.parse import quote

from sockviz.html.markup import NEW_LINE, Html, document, element, joined, together
from sockviz.language import N_, _, current, ngettext
from sockviz.progress_text import LessonProgress, Progress
from sockviz.web.course import Listed
from sockviz.web.request import COURSE, SANDBOX, TWO_HOSTS

#: Seconds after which a page that found no place tries again.
TRY_AGAIN = 15
#: Where a session's page is, by what it shows; relative to the page of the course, which a proxy may have put anywhere.
_RUN = "run/"
#: What a touch gives: the text of the key, what it types (as JSON writes it), and whether letters follow.
_KEYS = (
    (N_("space"), " ", False), ("b", "b", False), ("←", "\\u001b[D", False), ("→", "\\u001b[C", False),
    ("↑", "\\u001b[A", False), ("↓", "\\u001b[B", False), ("1", "1", False), ("2", "2", False), ("3", "3", False),
    ("4", "4", False), (N_("enter"), "\\r", False), (N_("esc"), "\\u001b", False), (N_("tab"), "\\t", False), ("i", "i", False),
    ("s", "s", False), (":", ":", True), ("?", "?", False), ("q", "q", False),
)  # fmt: skip


def course(lessons: Sequence[Listed], progress: Progress, taken: int, places: int) -> str:
    """The course, with what this visitor has read of it."""
    rest = (
        _heading(_("Sandbox"), ""),
        element("p", _("Lines that you type are performed: real calls, in real processes")),
        element(
            "p", _link(SANDBOX, _("On one host")), " ", _link(TWO_HOSTS, _("On two hosts, with a link between them"))
        ),
        *_rules(),
    )  # fmt: skip
    told = ngettext(
        "{taken} of {count} place is taken now.", "{taken} of {count} places are taken now.", places
    )
    about = _(
        "Learn the Berkeley sockets API by performing it: every call is a real one, and what you see of it comes from the kernel."
    )
    return _page(
        "", "",
        element("header", element("h1", "sockviz"), element("p", about), _onward(lessons, progress)),
        element("main", *_parts(lessons, progress), *rest),
        element("footer", element("p", told.format(taken=taken, count=places))),
    )  # fmt: skip


def session(what: str, title: str, *, keeps: bool) -> str:
    """The page that a session is shown on. The server ``keeps`` progress: it outlives it."""
    lost = (
        _("The connection is lost, and this session has ended. Your progress is kept.")
        if keeps
        else _(
            "The connection is lost, and this session has ended. Your progress is kept as long as the server runs."
        )
    )
    return _page(
        title, "../",
        element("div", id="terminal", class_="textual-terminal", data_font_size="16", data_socket=f"../ws/{quote(what)}",
            data_script="../static/textual.js", data_course="../", data_lost=lost, role="application", aria_label=title),
        element("div", *map(_key, _KEYS), id="keys"),
        _over("ended", "", element("button", _("Begin again"), id="again", class_="go", type="button")),
        element("noscript", element("p", _("This page is a terminal, and needs JavaScript."))),
        element("script", src="../static/page.js", defer=""),
        kind="session", terminal=True,
    )  # fmt: skip


def full(places: int, each: int | None, back: str) -> str:
    """Who finds no place reads how many there are, here or, where those of their address are taken, for that; and that the page
    tries again."""
    said = (
        ngettext(
            "There is {count} place here, and it is taken.",
            "There are {count} places here, and all of them are taken.",
            places,
        ).format(count=places)
        if each is None
        else ngettext(
            "There is {count} place here for your address, and it is taken.",
            "There are {count} places here for your address, and all of them are taken.",
            each,
        ).format(count=each)
    )
    again = ngettext(
        "This page tries again in {count} second, by itself.",
        "This page tries again in {count} seconds, by itself.",
        TRY_AGAIN,
    )
    return _page(
        _("No place is free"), back,
        element("h1", _("No place is free")),
        element("p", said),
        element("p", again.format(count=TRY_AGAIN), " ", _("Who does nothing for a while gives their place up.")),
        element("p", element("a", _("Back to the course"), href=back or ".", class_="go")),
        refresh=TRY_AGAIN,
    )  # fmt: skip


def sentence(title: str, said: str, back: str | None) -> str:
    """Something is not as it was asked for."""
    link = (
        [element("p", element("a", _("The course"), href=back or ".", class_="go"))]
        if back is not None
        else []
    )
    return _page(title, back or "", element("h1", title), element("p", said), *link)


def _page(
    title: str,
    root: str,
    *body: Html,
    kind: str | None = None,
    terminal: bool = False,
    refresh: int | None = None,
) -> str:
    """`root` leads to the course's page from where this one is."""
    head = [
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{title} · sockviz" if title else "sockviz"),
        element("link", rel="icon", href="data:,"),
        element("link", rel="stylesheet", href=f"{root}static/page.css"),
    ]
    if terminal:
        head.append(element("link", rel="stylesheet", href=f"{root}static/xterm.css"))
    if refresh is not None:
        head.append(element("meta", http_equiv="refresh", content=str(refresh)))
    return document(
        current(),
        element("head", joined(head, NEW_LINE)),
        element("body", joined(body, NEW_LINE), class_=kind),
    )


def _onward(lessons: Sequence[Listed], progress: Progress) -> Html:
    slug = progress.last[0] if progress.last is not None else None
    last = next((each for each in lessons if each.slug == slug), None)
    text = (
        _("Continue: {lesson}").format(lesson=last.card.title) if last else _("Begin with the first lesson")
    )
    target = last or next(iter(lessons), None)
    return (
        element("p", _link(target.slug, text), " ", _link(COURSE, _("The course on one screen")))
        if target
        else together()
    )


def _parts(lessons: Sequence[Listed], progress: Progress) -> Iterator[Html]:
    for part, group in groupby(lessons, lambda each: each.part):
        of_it = list(group)
        minutes = sum(each.card.minutes or 0 for each in of_it)
        yield _heading(
            _(part) if part else _("Lessons"), _("{minutes} min").format(minutes=minutes) if minutes else ""
        )
        yield element(
            "ul", joined((_row(each, progress.of(each.slug)) for each in of_it), NEW_LINE), class_="lessons"
        )


def _row(each: Listed, read: LessonProgress) -> Html:
    card = each.card
    mark, said = ("✓", _("read")) if read.is_complete else ("◐", _("begun")) if read.seen else ("", "")
    return element(
        "li",
        element(
            "a",
            element("span", mark, class_="mark", title=said or None, role="img" if said else None, aria_label=said or None),
            element("span", "" if each.number is None else str(each.number), class_="number"),
            element("span", card.title or each.slug, class_="title"),
            element("span", _("{minutes} min").format(minutes=card.minutes) if card.minutes else "", class_="minutes"),
            element("span", card.summary, class_="summary"),
            href=_RUN + quote(each.slug),
        ),
    )  # fmt: skip


def _rules() -> Iterator[Html]:
    can = (
        _("Perform every lesson, step back in it, predict, and ask what if (the colon)."),
        _("Type lines of your own in the sandbox."),
        _("Close the tab: your progress stays, your lab goes."),
    )
    cannot = (
        _("Reach any network from your lab: it has one of its own."),
        _("Run programs of your own, keep files here, or have a shell: install sockviz for that."),
        _("Have two sessions at once: the newest page has it."),
        _(
            "Use the browser's own keys: Ctrl-W closes this tab (Alt-Backspace takes a word back), as does Ctrl-Q some browsers."
        ),
    )
    yield element(
        "div",
        element("section", _heading(_("What you can do here"), ""), _list(can)),
        element("section", _heading(_("What you cannot"), ""), _list(cannot)),
        class_="columns",
    )


def _list(items: Sequence[str]) -> Html:
    return element("ul", joined(element("li", each) for each in items))


def _heading(text: str, beside: str) -> Html:
    return element("h2", text, *([element("small", beside)] if beside else []))


def _link(what: str, text: str) -> Html:
    return element("a", text, href=_RUN + quote(what), class_="go")


def _key(key: tuple[str, str, bool]) -> Html:
    text, types, letters = key
    return element("button", _(text), type="button", data_key=types, data_types="1" if letters else None)


def _over(name: str, said: str, *more: Html) -> Html:
    course_link = element("a", _("The course"), href="../", class_="go")
    return element(
        "div",
        element("div", element("p", said), *more, course_link),
        id=name,
        class_="over",
        hidden="",
        role="alertdialog",
    )
