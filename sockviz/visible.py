"""Which characters of a text may reach a terminal as themselves, and how all others are written.

A terminal obeys control characters (ECMA-48's C0 and C1, and whatever sequence they begin), turns text around at bidirectional
controls (UAX #9), and shows nothing for Unicode's default ignorables: text with these in it can do something, or say something
else than what is seen. They are written as Python's ``repr`` writes them: ``\\x1b``, ``\\u202e``, ``\\U000e0041``. What writes
a language needs stays: marks on a letter, the joiners of Persian and Hindi inside a word, an emoji's selector.

What ZWJ makes one picture of several emoji (a family) is written with its joiner, ``👩\\u200d👧``: some terminals give the
picture two cells (tmux 3.3), others those of all its parts, and beside a row whose width is not known nothing can be drawn.
"""

from __future__ import annotations

import unicodedata
from enum import Enum
from functools import lru_cache

from sockviz.pattern import pattern

#: The marks above and below one letter: Vietnamese has 2, cantillated Hebrew 4, Burmese 5. More climb over other lines.
MOST_MARKS = 6
#: Longer texts are not remembered.
_REMEMBERED = 400
#: Unicode's Default_Ignorable_Code_Point, where Python calls it printable (the others are Cf, Cn): shown as nothing.
_UNSEEN = (
    (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0),
    (0xE0100, 0xE01EF),
)  # fmt: skip
#: Where ZWJ and ZWNJ join or part letters (UAX #31, 2.3): Arabic to Myanmar, Philippine to Balinese scripts, later Indic blocks.
_JOINING = ((0x0600, 0x10FF), (0x1700, 0x1CFF), (0xA800, 0xABFF), (0x10A00, 0x11FFF), (0x1E900, 0x1E95F))
_ZWNJ, _ZWJ = "\u200c", "\u200d"
#: Where the pictures are that ZWJ makes one sign of (UTS #51): arrows to dingbats, and the blocks of emoji.
_EMOJI = ((0x2190, 0x21FF), (0x2600, 0x27BF), (0x2B00, 0x2BFF), (0x1F300, 0x1FAFF))
#: Nothing but what always shows as itself: most texts, and the boxes and arrows of the screen, are decided by one look.
_SURE = pattern("[ -~\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u23ff\u2500-\u27bf]*")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


class _Kind(Enum):
    PLAIN = 0
    LETTER = 1
    SYMBOL = 2
    MARK = 3
    JOINER = 4
    SELECTOR = 5
    HIDDEN = 6


def visible(text: str) -> str:
    """`text` in one line, as a terminal may show it."""
    if _SURE.fullmatch(text):
        return text
    return _remembered(text) if len(text) < _REMEMBERED else _written(text)


def quoted(text: str) -> str:
    """A name that somebody else gave, as of a file: `visible`, and a backslash is doubled, so that no two names look the same."""
    return visible(text.replace("\\", "\\\\"))


def is_plain_text(text: str) -> bool:
    """Whether every character of `text` shows, but for joiners where writing has them: between the letters of scripts that are
    joined by them, and ZWJ between the emoji of one sign (a family, a profession)."""
    for index, character in enumerate(text):
        if character in (_ZWNJ, _ZWJ):
            before, after = text[index - 1 : index], text[index + 1 : index + 2]
            if not before or not after:
                return False
            one_sign = character == _ZWJ and _is_of_emoji(before) and _is_in(ord(after), _EMOJI)
            if not one_sign and not _joins(before, after):
                return False
        elif not character.isprintable():
            return False
    return True


def is_seen(character: str, before: str) -> bool:
    """Whether it shows as itself behind `before`, whatever comes after."""
    kind = _kind(character)
    if kind is _Kind.MARK:
        return _kind(before) in (_Kind.LETTER, _Kind.MARK)
    return kind in (_Kind.PLAIN, _Kind.LETTER, _Kind.SYMBOL)


def escaped(character: str) -> str:
    """One character as Python's ``repr`` writes those that it does not show."""
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _written(text: str) -> str:
    """Every character in its turn: some may stand only after, or between, certain others."""
    shown: list[str] = []
    before, marks = _Kind.HIDDEN, 0
    for index, character in enumerate(text):
        kind = _kind(character)
        match kind:
            case _Kind.MARK:
                marks += (
                    unicodedata.category(character) != "Mc"
                )  # which has a place of its own beside the letter
                stands = before in (_Kind.LETTER, _Kind.SYMBOL) and marks <= MOST_MARKS
                kind = before  # what it stands on can carry another
            case _Kind.SELECTOR:
                stands = before is _Kind.SYMBOL and _kind(text[index - 1]) is not _Kind.SELECTOR
                kind = before
            case _Kind.JOINER:
                stands = 0 < index < len(text) - 1 and _joins(text[index - 1], text[index + 1])
                kind = before
            case _:
                stands, marks = kind is not _Kind.HIDDEN, 0
        shown.append(character if stands else escaped(character))
        before = kind if stands else _Kind.HIDDEN
    return "".join(shown)


_remembered = lru_cache(2048)(_written)


@lru_cache(4096)
def _kind(character: str) -> _Kind:
    code, category = ord(character), unicodedata.category(character)
    if character in (_ZWNJ, _ZWJ):
        return _Kind.JOINER
    if code in (0xFE0E, 0xFE0F):
        return _Kind.SELECTOR
    if _is_in(code, _UNSEEN) or not (character.isprintable() or category == "Zs"):
        return _Kind.HIDDEN
    if category in ("Mn", "Me", "Mc"):
        return _Kind.MARK
    if category[0] == "L":
        return _Kind.LETTER
    # A keycap is a digit, # or * with U+FE0F and U+20E3; ≠ may be = with a mark.
    return _Kind.SYMBOL if category[0] in "NS" or character in "#*" else _Kind.PLAIN


def _joins(before: str, after: str) -> bool:
    """Whether a joiner between these is part of how a word is written. Emoji are not joined: how wide one is that was made of
    several, each terminal decides for itself."""
    return all(
        _is_in(ord(end), _JOINING) and _kind(end) in (_Kind.LETTER, _Kind.MARK) for end in (before, after)
    )


def _is_of_emoji(character: str) -> bool:
    """Whether a picture may end so: in itself, a tint of skin (which is among them), or the selector of its form."""
    return character == "\ufe0f" or _is_in(ord(character), _EMOJI)


def _is_in(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


def visible_lines(text: str) -> str:
    """Each of its lines made `visible`: what ends them stays."""
    return "\n".join(map(visible, text.split("\n")))
