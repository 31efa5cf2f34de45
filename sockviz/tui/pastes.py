"""What is pasted, which a terminal puts between two marks: text, whatever stands in it."""

from __future__ import annotations

from sockviz.visible import visible

_ESCAPE = "\x1b"
_BEGINS, _ENDS = "\x1b[200~", "\x1b[201~"  # xterm's control sequences, bracketed paste mode


class Pastes:
    """Textual takes an Escape within what is pasted, and what follows it, for a key; it is spelled out here before."""

    def __init__(self) -> None:
        self._is_in_one = False
        self._before = ""  # the last that went through: a mark may come in pieces
        self._kept = ""  # in a paste, what may be the beginning of the mark at its end

    def spelled(self, typed: str) -> str:
        """`typed`, the next piece of what comes from a terminal, with no Escape in a paste but that of the mark at its end."""
        told = ""
        while typed:
            piece, typed = self._in_one(typed) if self._is_in_one else self._outside(typed)
            told += piece
        return told

    def _outside(self, typed: str) -> tuple[str, str]:
        """What goes through as it is, and what is left: a paste, where one begins."""
        known = self._before + typed
        at = known.find(_BEGINS)
        if at < 0:
            self._before = known[1 - len(_BEGINS) :]
            return typed, ""
        self._is_in_one, cut = True, at + len(_BEGINS) - len(self._before)
        self._before = ""
        return typed[:cut], typed[cut:]

    def _in_one(self, typed: str) -> tuple[str, str]:
        """What of it is pasted, with the mark where that ends; and what is left."""
        text, mark, rest = (self._kept + typed).partition(_ENDS)
        self._kept = "" if mark else _beginning(text)
        self._is_in_one = not mark
        return text.removesuffix(self._kept).replace(_ESCAPE, visible(_ESCAPE)) + mark, rest


def _beginning(text: str) -> str:
    """The longest end of `text` that the mark at a paste's end may begin with."""
    return next((_ENDS[:n] for n in range(len(_ENDS) - 1, 0, -1) if text.endswith(_ENDS[:n])), "")
