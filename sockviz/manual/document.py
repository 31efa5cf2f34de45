"""A page as one Markdown document: what is written, and what is computed (numbers, lessons, the calls that give an error).

Both front ends show this; the terminal as text, the screen with its colours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sockviz.language import N_, _, ngettext
from sockviz.manual.lessons import Course, PagesOfLesson
from sockviz.manual.pages import CallPage, ErrorPage, Failure, ManualPage
from sockviz.manual.parser import LESSON_LINK
from sockviz.manual.system import on_this_system

#: While the lessons are still being read.
READING = N_("The lessons are being read…")
_LINK = re.compile(r"\[([^\]]*)" + LESSON_LINK.pattern)


def document(page: ManualPage, calls: Sequence[CallPage], course: Course | None) -> str:
    """The whole page. Of `calls` those are named that give an error; without a `course` its lessons are still to come."""
    parts = _of_call(page) if isinstance(page, CallPage) else _of_error(page, calls)
    lessons = _("Lessons that perform it") if isinstance(page, CallPage) else _("Lessons that meet it")
    parts += [_heading(lessons), _lessons(places_of(page, course)) if course is not None else _(READING)]
    parts += [_heading(_("Read more")), ", ".join(page.see) + "."]
    if page.related:
        parts.append(_("Other pages here: {names}.").format(names=", ".join(page.related)))
    return _without_links("\n\n".join(parts)) + "\n"


def places_of(page: ManualPage, course: Course) -> list[PagesOfLesson]:
    """The lessons that perform a call or meet an error."""
    return course.performing(*page.functions) if isinstance(page, CallPage) else course.meeting(page.name)


def given_by(error: str, calls: Iterable[CallPage]) -> list[tuple[CallPage, Failure]]:
    """The calls that give an error, each with its cause there."""
    return [(page, failure) for page in calls for failure in page.failures if failure.name == error]


def number_of(name: str) -> str:
    """``EADDRINUSE (98)``, where this system has a number for it."""
    number = on_this_system(name).number
    return name if number is None else f"{name} ({number})"


def _of_call(page: CallPage) -> list[str]:
    parts = [
        f"# {page.name}", f"**{page.says[:1].upper()}{page.says[1:]}.**", page.does.markdown,
        _heading(_("In C")), f"```c\n{page.c.markdown}\n```",
        _heading(_("In Python")), f"```python\n{page.python.markdown}\n```",
        _heading(_("It returns")), page.returns.markdown,
        _heading(_("Does it block?")), page.blocks.markdown,
    ]  # fmt: skip
    if page.failures:
        remedy = _("Remedy:")
        items = [f"- **{number_of(f.name)}**: {f.cause}\\\n  *{remedy}* {f.remedy}" for f in page.failures]
        parts += [_heading(_("Errors")), "\n".join(items)]
    if page.elsewhere is not None:
        parts += [_heading(_("Elsewhere")), page.elsewhere.markdown]
    return parts


def _heading(text: str) -> str:
    return f"## {text}"


def _of_error(page: ErrorPage, calls: Sequence[CallPage]) -> list[str]:
    parts = [f"# {page.name}", f"**{page.says[:1].upper()}{page.says[1:]}.**"]
    if said := _on_this_system(page.name):
        parts.append(said)
    parts += [_heading(_("Usual cause")), page.cause, _heading(_("What to do")), page.remedy]
    if page.more is not None:
        parts += [_heading(_("More")), page.more.markdown]
    if given := given_by(page.name, calls):
        parts += [
            _heading(_("Calls that give it")),
            "\n".join(f"- **{call.name}**: {failure.cause}" for call, failure in given),
        ]
    return parts


def _on_this_system(name: str) -> str:
    here = on_this_system(name)
    if here.number is None:
        return "" if here.exception else _("This system does not have it.")
    said = f": “{here.text}”" if here.text else ""
    same = _(", the same as {names}").format(names=", ".join(here.same)) if here.same else ""
    return _("On this system number {number}{same}{said}. Python raises `{exception}`.").format(
        number=here.number, same=same, said=said, exception=here.exception
    )


def _lessons(places: Sequence[PagesOfLesson]) -> str:
    if not places:
        return _("None of those that are here.")
    return "\n".join(f"- {_named(place)}" for place in places)


def _named(place: PagesOfLesson) -> str:
    number = f"{place.number} " if place.number is not None else ""
    pages = ngettext("page {numbers}", "pages {numbers}", len(place.pages)).format(
        numbers=_ranges(place.pages)
    )
    return f"{number}`{place.slug}`: {place.title}, {pages}"


def _ranges(numbers: Sequence[int]) -> str:
    """``1, 3-5``: of three or more in a row the first and the last."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)


def _without_links(markdown: str) -> str:
    """Links to lessons as emphasis: nothing here can be followed by a click."""
    return _LINK.sub(lambda match: f"*{match[1]}*", markdown)
