"""The reader's language: the interface's own words, through gettext. English is what the source says.

A module writes ``_("page {number} opens").format(number=3)``: the text is looked up when it is shown, so a language may be
chosen at any time. `N_` marks a text that is kept in a constant and looked up later. Catalogs are in ``sockviz/locale``;
``tools/messages.py`` makes them from the sources.
"""

from __future__ import annotations

import contextlib
import gettext
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

__all__ = [
    "N_",
    "ORIGINAL",
    "UnknownLanguage",
    "_",
    "current",
    "decimal",
    "grouped",
    "languages",
    "ngettext",
    "preferred",
    "said_by_system",
    "speaking",
    "use",
]

DOMAIN = "sockviz"
#: What sources and original lessons are written in.
ORIGINAL = "en"
#: What stands between the thousands, where that is no comma, and before a fraction, where that is no point.
_GROUPS = {"es": "."}
_FRACTIONS = {"es": ","}
#: A word before a hole and the article that fills it, where the two become one: ``de {whose}`` and ``el descriptor 3``.
_CONTRACTIONS = {"es": {("a", "el"): "al", ("de", "el"): "del"}}
_BEFORE_A_HOLE = re.compile(r"\b(a|de) \{(\w+)\}")
CATALOGS = Path(__file__).with_name("locale")


class UnknownLanguage(LookupError):
    """No catalog for that language. The message says which there are."""


class _Chosen:
    """The one thing here that changes: the language in use."""

    language: str = ORIGINAL
    catalog: gettext.NullTranslations = gettext.NullTranslations()
    contractions: Mapping[tuple[str, str], str] = MappingProxyType({})


class _Contracting(str):
    """A text in whose holes an article becomes one with the word before it."""

    __slots__ = ()

    def format(self, *values: object, **named: object) -> str:
        """As any text's, with ``del descriptor 3`` where ``de {whose}`` is filled with ``el descriptor 3``."""

        def contracted(hole: re.Match[str]) -> str:
            before, filling = hole[1], named.get(hole[2])
            article, _space, noun = filling.partition(" ") if isinstance(filling, str) else ("", "", "")
            one = _Chosen.contractions.get((before, article)) if noun else None
            return hole[0] if one is None else f"{one} {noun.replace('{', '{{').replace('}', '}}')}"

        return str.format(_BEFORE_A_HOLE.sub(contracted, self), *values, **named)


@cache
def languages() -> tuple[str, ...]:
    """The languages that the interface speaks, English first. Asked for several times by every start."""
    there = sorted(path.parents[1].name for path in CATALOGS.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return (ORIGINAL, *there)


def preferred(environment: Mapping[str, str] = os.environ) -> str:
    """The reader's language as the locale's variables say it, in gettext's order: one that there is, or English."""
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(variable, "")
        if not value:
            continue
        known = languages()
        for word in value.split(":") if variable == "LANGUAGE" else [value]:
            name = word.partition(".")[0].partition("@")[0].partition("_")[0].lower()
            if name in known:
                return name
        if variable != "LANGUAGE":
            break
    return ORIGINAL


def use(language: str) -> None:
    """Speaks `language` from now on: a code such as ``es``, or ``es-MX`` for the nearest there is. Raises `UnknownLanguage`."""
    wanted = language.replace("_", "-").partition("-")[0].lower()
    if wanted not in languages():
        known = ", ".join(languages())
        raise UnknownLanguage(
            _("no language {language!r}; there is {known}").format(language=language, known=known)
        )
    _Chosen.language = wanted
    _Chosen.contractions = _CONTRACTIONS.get(wanted, {})
    _Chosen.catalog = (
        gettext.NullTranslations()
        if wanted == ORIGINAL
        else gettext.translation(DOMAIN, CATALOGS, languages=[wanted])
    )


@contextlib.contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speaks `language` while inside, where nothing is waited for: one process, and several readers. Raises `UnknownLanguage`."""
    before = _Chosen.language, _Chosen.catalog, _Chosen.contractions
    use(language)
    try:
        yield
    finally:
        _Chosen.language, _Chosen.catalog, _Chosen.contractions = before


def current() -> str:
    """The language in use."""
    return _Chosen.language


def grouped(number: int) -> str:
    """A number by thousands, as it is written in the language in use: ``65,536``, ``65.536``."""
    return f"{number:,}".replace(",", _GROUPS.get(current(), ","))


def decimal(number: float, form: str = "g") -> str:
    """A number in the `form` of a format, as it is written in the language in use: ``0.8``, ``0,8``."""
    return format(number, form).replace(".", _FRACTIONS.get(current(), "."))


def _(text: str) -> str:
    """`text` in the reader's language."""
    return _filled(_Chosen.catalog.gettext(text)) if text else ""  # under "" a catalog keeps its own header


def ngettext(one: str, many: str, number: int) -> str:
    """`one` or `many`, as the reader's language has it for `number`."""
    return _filled(_Chosen.catalog.ngettext(one, many, number))


def _filled(text: str) -> str:
    return _Contracting(text) if _Chosen.contractions and "{" in text else text


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    """Marks `text` for the catalogs; it is looked up where it is shown."""
    return text


#: What the system says most often of files, programs and addresses: these words of its are in the catalogs, too.
_SYSTEMS = frozenset(
    (
        N_("Operation not permitted"), N_("No such file or directory"), N_("No such process"), N_("Input/output error"),
        N_("No such device or address"), N_("Exec format error"), N_("Resource temporarily unavailable"),
        N_("Cannot allocate memory"), N_("Permission denied"), N_("File exists"), N_("Not a directory"), N_("Is a directory"),
        N_("Too many open files in system"), N_("Too many open files"), N_("Text file busy"), N_("File too large"),
        N_("No space left on device"), N_("Read-only file system"), N_("Broken pipe"), N_("File name too long"),
        N_("Function not implemented"), N_("Too many levels of symbolic links"), N_("Address already in use"),
        N_("Cannot assign requested address"), N_("Disk quota exceeded"), N_("Name or service not known"),
        N_("Stale file handle"), N_("Operation not supported"),
    )
)  # fmt: skip


def said_by_system(error: OSError | int) -> str:
    """What the system, or whoever raised it, says of an error or its number: in the reader's language where a catalog has it."""
    said = os.strerror(error) if isinstance(error, int) else error.strerror or str(error)
    return _(said) if said in _SYSTEMS else said
