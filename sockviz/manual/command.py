"""`sockviz man`: a page as text or JSON, or the list of all."""

from __future__ import annotations

import dataclasses
import shutil

from sockviz.door import Door, Stream
from sockviz.language import _
from sockviz.manual.document import document, given_by, places_of
from sockviz.manual.pages import BadPage, CallPage, ManualPage
from sockviz.manual.reader import Manual, UnknownWord, shipped
from sockviz.manual.system import on_this_system
from sockviz.manual.text import listing, page_lines

OK, FAILED, USAGE = 0, 1, 2


def run(word: str | None, *, as_json: bool, out: Stream, err: Stream) -> int:
    """Prints the page that `word` means, else the list. Returns 0, 1 where a page cannot be read, 2 for an unknown word."""
    door, manual = Door.of(out), shipped()
    try:
        if as_json:
            door.say_json(_list_as_json(manual) if word is None else _as_json(manual.find(word), manual))
        else:
            door.say(*(_list(manual) if word is None else _page(manual, word)))
    except UnknownWord as unknown:
        Door.of(err).say(f"sockviz: {unknown}")
        return USAGE
    except (BadPage, OSError) as error:
        Door.of(err).say("sockviz: " + _("the manual cannot be read: {error}").format(error=error))
        return FAILED
    return OK


def _list(manual: Manual) -> list[str]:
    return listing(manual.calls(), manual.errors(), _width())


def _list_as_json(manual: Manual) -> dict[str, object]:
    return {
        "calls": [{"name": page.name, "summary": page.says, "group": page.group} for page in manual.calls()],
        "errors": [{"name": page.name, "says": page.says} for page in manual.errors()],
    }


def _page(manual: Manual, word: str) -> list[str]:
    page = manual.find(word)
    return page_lines(document(page, manual.calls(), manual.course_of(page)), _width())


def _as_json(page: ManualPage, manual: Manual) -> dict[str, object]:
    """A page's parts, without its places in the file, and what is computed."""
    entry: dict[str, object] = {"kind": "call" if isinstance(page, CallPage) else "error"}
    for field in dataclasses.fields(page):
        value = getattr(page, field.name)
        if field.name == "failures":
            value = [
                {
                    "name": failure.name,
                    "number": on_this_system(failure.name).number,
                    "cause": failure.cause,
                    "remedy": failure.remedy,
                }
                for failure in value
            ]
        if field.name != "path":
            entry[field.name] = getattr(value, "markdown", value)
    if isinstance(page, CallPage):
        entry["summary"] = page.says
    else:
        here = on_this_system(page.name)
        entry |= {"number": here.number, "text": here.text, "exception": here.exception}
        entry["calls"] = [
            {"name": call.name, "cause": f.cause} for call, f in given_by(page.name, manual.calls())
        ]
    entry["lessons"] = [dataclasses.asdict(place) for place in places_of(page, manual.course_of(page))]
    return entry


def _width() -> int:
    return shutil.get_terminal_size((80, 24)).columns
