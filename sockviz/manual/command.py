"""`sockviz man`: a page as text or JSON, or the list of all."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from typing import TextIO

from sockviz.language import _
from sockviz.manual.document import document, given_by, places_of
from sockviz.manual.pages import BadPage, CallPage, ManualPage
from sockviz.manual.reader import Manual, UnknownWord, shipped
from sockviz.manual.system import on_this_system
from sockviz.manual.text import listing, page_text

OK, FAILED, USAGE = 0, 1, 2


def run(word: str | None, *, as_json: bool, out: TextIO, err: TextIO) -> int:
    """Prints the page that `word` means, else the list. Returns 0, 1 where a page cannot be read, 2 for an unknown word."""
    manual = shipped()
    try:
        text = _list(manual, as_json, out) if word is None else _page(manual, word, as_json, out)
    except UnknownWord as unknown:
        print(f"sockviz: {unknown}", file=err)
        return USAGE
    except (BadPage, OSError) as error:
        print("sockviz: " + _("the manual cannot be read: {error}").format(error=error), file=err)
        return FAILED
    out.write(_spelled(text, out))
    return OK


def _list(manual: Manual, as_json: bool, out: TextIO) -> str:
    calls, errors = manual.calls(), manual.errors()
    if not as_json:
        return listing(calls, errors, _width(), bold=_may_be_bold(out))
    entries = {
        "calls": [{"name": page.name, "summary": page.summary, "group": page.group} for page in calls],
        "errors": [{"name": page.name, "says": page.says} for page in errors],
    }
    return json.dumps(entries, indent=2, ensure_ascii=False) + "\n"


def _page(manual: Manual, word: str, as_json: bool, out: TextIO) -> str:
    page = manual.find(word)
    if as_json:
        return json.dumps(_as_json(page, manual), indent=2, ensure_ascii=False) + "\n"
    return page_text(document(page, manual.calls(), manual.course()), _width(), bold=_may_be_bold(out))


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
    if not isinstance(page, CallPage):
        here = on_this_system(page.name)
        entry |= {"number": here.number, "text": here.text, "exception": here.exception}
        entry["calls"] = [
            {"name": call.name, "cause": f.cause} for call, f in given_by(page.name, manual.calls())
        ]
    entry["lessons"] = [dataclasses.asdict(place) for place in places_of(page, manual.course())]
    return entry


def _width() -> int:
    return shutil.get_terminal_size((80, 24)).columns


def _may_be_bold(out: TextIO) -> bool:
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def _spelled(text: str, out: TextIO) -> str:
    """`text` in characters that `out` can write."""
    encoding = getattr(out, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.replace("…", "...").replace("“", '"').replace("”", '"').replace("’", "'")
        return text.encode(encoding, "replace").decode(encoding)
    return text
