"""What a person may do to a terminal, by chance: keys, key combinations, the mouse, what is pasted."""

from __future__ import annotations

import random

_PLAIN: list[str] = [
    *"abcdefghijklmnoprstuvwxyz0123456789?/ .,<>[]{}",
    " ",
    " ",
    " ",
    "\r",
    "\t",
    "\x1b",
    "\x7f",
]
_NAMED: list[str] = [
    "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[5~", "\x1b[6~", "\x1b[Z", "\x1bOP", "\x1b[15~",
    "\x10", "\x0c", "\x1a", "\x1b[I", "\x1b[O",
]  # fmt: skip
_PANELS = [*"isme?zcnp", "\x1b"]


def keys(dice: random.Random) -> str:
    """One thing that a person does; never `q` (see `tests.fuzz.keys`, which presses it)."""
    choice: int = dice.randrange(8)
    match choice:
        case 0 | 1:
            return dice.choice(_PLAIN)
        case 2:
            return dice.choice(_NAMED)
        case 3 | 4:
            return "".join([dice.choice(_PANELS)] * dice.randrange(1, 4))
        case 5:
            return _mouse(dice)
        case 6:
            return "\x1b[200~" + "".join(dice.choices(_PLAIN[:-3], k=5)) + "\x1b[201~"
    return dice.choice(("\r", " "))


def _mouse(dice: random.Random) -> str:
    """SGR mouse reports: pressed and let go, moved, the wheel."""
    place = f"{dice.randrange(1, 100)};{dice.randrange(1, 30)}"
    match dice.randrange(3):
        case 0:
            return f"\x1b[<0;{place}M\x1b[<0;{place}m"
        case 1:
            return f"\x1b[<35;{place}M"
    return f"\x1b[<{dice.choice((64, 65))};{place}M"
