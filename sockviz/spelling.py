"""Text for a stream whose encoding has not all of Unicode: what it has not is spelled with what it has, or as an escape."""

from __future__ import annotations

import codecs

from sockviz.visible import escaped

#: What we write ourselves, in ASCII. Letters have no place here: a value's letters are part of what it is.
SPELLED = {
    "→": "->", "←": "<-", "↔": "<->", "⇢": "->", "⇠": "<-", "↑": "^", "↓": "v", "▶": ">", "►": ">", "▸": ">", "▷": ">", "▹": ">",
    "◀": "<", "◄": "<", "◁": "<", "◃": "<", "▲": "^", "△": "^", "▼": "v", "▽": "v", "›": ">", "‹": "<", "»": '"', "«": '"',
    "✓": "+", "✔": "+", "✗": "x", "✘": "x", "×": "x", "·": "-", "•": "*", "●": "*", "◉": "*", "○": "o", "◌": "o", "◇": "o",
    "◆": "*", "■": "#", "▪": "#", "□": "_", "…": "...", "—": "--", "–": "-", "‐": "-", "‑": "-", "−": "-", "’": "'", "‘": "'",
    "“": '"', "”": '"', "„": '"', "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "±": "+-", "µ": "u", "μ": "u", "§": "S", "°": "deg",
    "⋮": ":", "¡": "!", "¿": "?", "\u00a0": " ", "\u202f": " ",
    **dict.fromkeys("─━┄┅┈┉╌╍═╴╶╸╺▔▁", "-"), **dict.fromkeys("│┃┆┇┊┋╎╏║╵╷╹╻▏▕▌▐", "|"), **dict.fromkeys("█▓▒░", "#"),
    **{chr(code): "+" for code in range(0x250C, 0x254C)}, **{chr(code): "+" for code in range(0x2552, 0x2571)},
}  # fmt: skip


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    unknown = error.object[error.start : error.end]
    return "".join(SPELLED.get(character) or escaped(character) for character in unknown), error.end


#: The name of this way to encode, for ``str.encode``.
ERRORS = "sockviz.spelled"
codecs.register_error(ERRORS, _spell)


def has_all(encoding: str) -> bool:
    """Whether `encoding` has all of Unicode."""
    return codecs.lookup(encoding).name.startswith("utf-")
