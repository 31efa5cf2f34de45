"""Keeps the interface's translations in step with its sources.

    python -m tools.messages            updates every catalog's .po from the sources, and compiles its .mo
    python -m tools.messages --check    changes nothing; says what is out of step, exit 1
    python -m tools.messages --new es   begins a catalog

Translate in ``sockviz/locale/LANGUAGE/LC_MESSAGES/sockviz.po``, then run it again.
"""

from __future__ import annotations

import argparse
import ast
import io
import string
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from sockviz.language import CATALOGS, DOMAIN

SOURCES = CATALOGS.parent
#: What marks a text, and how many texts it is given.
KEYWORDS = {"_": 1, "N_": 1, "ngettext": 2}


#: All that a catalog's header says. Babel would add the time and its own version, which change where no text does.
_SAID = ("Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")


class Undated(Catalog):
    """A catalog that is written the same whenever it holds the same."""

    def __iter__(self) -> Iterator[Message]:
        """Its header first, as a catalog gives it."""
        for message in super().__iter__():
            if not message.id:
                header = str(message.string).splitlines()
                message.string = "".join(f"{line}\n" for line in header if line.partition(":")[0] in _SAID)
            yield message


def undated(catalog: Catalog) -> Undated:
    """The same texts under a header without a date."""
    copy = Undated(
        locale=catalog.locale,
        domain=DOMAIN,
        header_comment="# sockviz's own words. How to translate them: tools/messages.py",
        charset="utf-8",
        fuzzy=False,
    )
    # How a language counts is the catalog's own: its translations are written by it, and Babel's opinion changes.
    copy.mime_headers = [header for header in catalog.mime_headers if header[0] == "Plural-Forms"]
    for message in catalog:
        if message.id:
            copy[message.id] = message
    return copy


def template(sources: Path = SOURCES) -> Catalog:
    """Every text that the sources mark, with where it stands (the file only: line numbers move)."""
    catalog = Catalog(project=DOMAIN, charset="utf-8")
    for path in sorted(sources.rglob("*.py")):
        for message in marked(path.read_text(encoding="utf-8")):
            catalog.add(message, None, [(f"sockviz/{path.relative_to(sources)}", 0)])
    return catalog


def marked(source: str) -> Iterator[str | tuple[str, ...]]:
    """The texts that one module marks, those inside f-strings too, which Babel's own extractor passes over."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in KEYWORDS:
                texts = node.args[: KEYWORDS[name]]
                literals = tuple(
                    each.value
                    for each in texts
                    if isinstance(each, ast.Constant) and isinstance(each.value, str)
                )
                if len(literals) == KEYWORDS[name] and all(literals):
                    yield literals if name == "ngettext" else literals[0]


def catalogs() -> list[Path]:
    """The .po files that there are."""
    return sorted(CATALOGS.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def read(path: Path) -> Catalog:
    """A catalog from its .po file."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name, domain=DOMAIN)


def as_po(catalog: Catalog) -> bytes:
    """The .po text of a catalog: sorted and without line numbers, so that it changes only where a text does."""
    out = io.BytesIO()
    write_po(
        out,
        undated(catalog),
        width=110,
        sort_output=True,
        omit_header=False,
        ignore_obsolete=True,
        include_lineno=False,
    )
    return out.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    """The compiled form that gettext reads."""
    out = io.BytesIO()
    write_mo(out, undated(catalog))
    return out.getvalue()


def problems(path: Path, sources: Catalog) -> Iterator[str]:
    """What is out of step in the catalog at `path`: texts without translation, of no source, with other holes; an old .mo."""
    catalog = read(path)
    language = path.parents[1].name
    wanted = {message.id for message in sources if message.id}
    for message in catalog:
        if not message.id:
            continue
        shown = message.id[0] if isinstance(message.id, tuple | list) else message.id
        if message.id not in wanted:
            yield f"{language}: no source has {shown!r}"
        elif message.fuzzy:
            yield f"{language}: the translation of {shown!r} is only a guess"
        elif not all(_texts(message.string)):
            yield f"{language}: {shown!r} is not translated"
        elif holes := _other_holes(message):
            yield f"{language}: the translation of {shown!r} fills {holes}"
    for text in wanted - {message.id for message in catalog}:
        yield f"{language}: {text!r} is in no catalog yet"
    compiled = path.with_suffix(".mo")
    if not compiled.is_file() or compiled.read_bytes() != as_mo(catalog):
        yield f"{language}: {compiled.name} was not compiled from this {path.name}"


def _texts(text: object) -> list[str]:
    return [str(each) for each in text] if isinstance(text, tuple | list) else [str(text)]


def _other_holes(message: Message) -> str:
    """The ``{holes}`` of a translation that its original does not have, or lacks; empty where they agree."""
    here = {hole for text in _texts(message.string) for hole in _holes(text)}
    there = {hole for text in _texts(message.id) for hole in _holes(text)}
    return ", ".join(sorted(here ^ there))


def _holes(text: str) -> Iterator[str]:
    try:
        yield from (name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
    except ValueError as error:
        yield f"({error})"


def update(path: Path, sources: Catalog) -> None:
    """Brings the catalog at `path` up to the sources, and compiles it."""
    catalog = (
        read(path) if path.is_file() else Catalog(locale=path.parents[1].name, domain=DOMAIN, project=DOMAIN)
    )
    catalog.update(sources, no_fuzzy_matching=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_po(catalog))
    path.with_suffix(".mo").write_bytes(as_mo(read(path)))


def main() -> int:
    """Updates the catalogs, or checks them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--new", metavar="LANGUAGE")
    options = parser.parse_args()
    sources = template()
    paths = catalogs()
    if options.new:
        paths.append(CATALOGS / options.new / "LC_MESSAGES" / f"{DOMAIN}.po")
    if not options.check:
        for path in paths:
            update(path, sources)
    found = [line for path in paths for line in problems(path, sources)]
    for line in found:
        print(line)
    print(f"{len(list(sources)) - 1} texts, {len(paths)} catalogs, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
