"""Symbols and colours: one hue for each process, one colour and symbol for each state, and their ASCII stand-ins.

Drawings name *roles* (``muted``, ``process-1``, ``state-listen``), several separated by spaces. `INKS` says how each is inked,
`theme_variables` which colours the themes give them. Never colour alone: whatever a colour says, a symbol or a word says too.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.cells import cell_len

from sockviz.calls.script import Script
from sockviz.dataclass import dataclass
from sockviz.model.limits import MOST_PROCESSES
from sockviz.model.sockets import State
from sockviz.tui.remembered import remembered

if TYPE_CHECKING:
    from sockviz.model.world import World  # which a first paint does without

#: One symbol for each state. Half squares are half-closed connections.
STATE_SYMBOLS: Mapping[State, str] = {
    State.LISTEN: "◎",
    State.SYN_SENT: "▷",
    State.SYN_RECEIVED: "◁",
    State.ESTABLISHED: "●",
    State.FIN_WAIT_1: "◧",
    State.FIN_WAIT_2: "◨",
    State.CLOSE_WAIT: "◩",
    State.CLOSING: "◆",
    State.LAST_ACK: "◪",
    State.TIME_WAIT: "◷",
    State.CLOSED: "○",
    State.UNCONNECTED: "◇",
    State.CONNECTED: "◈",
}

DONE, FAILED, ASLEEP, NEXT, NOT_YET, ENTERED = "✓", "✗", "◐", "▸", "○", "◌"

#: What each symbol becomes on a terminal without UTF-8: always as many cells.
ASCII: Mapping[str, str] = {
    "◎": "@", "▷": ">", "◁": "<", "●": "*", "◧": "{", "◨": "[", "◩": "}", "◆": "X", "◪": "]", "◷": "t", "○": ".",
    "◇": "o", "◈": "=", "✓": "+", "✗": "x", "◐": "z", "▸": ">", "◌": "o", "◉": "O", "■": "#", "□": "_", "▪": "#",
    "─": "-", "━": "=", "│": "|", "┃": "|", "╭": "+", "╮": "+", "╰": "+", "╯": "+", "├": "+", "┤": "+", "┬": "+",
    "┴": "+", "┼": "+", "┌": "+", "┐": "+", "└": "+", "┘": "+", "┄": "-", "┆": ":", "┊": ":", "╌": "-", "╴": "-",
    "▶": ">", "◀": "<", "→": ">", "←": "<", "↑": "^", "↓": "v", "▲": "^", "▼": "v", "⇢": ">", "⇠": "<", "↻": "&",
    "…": "~", "·": ".", "—": "-", "–": "-", "×": "x", "⋮": ":", "↔": "=", "⟲": "@", "▌": ">", "║": "|", "═": "=",
    "╔": "+", "╗": "+", "╚": "+", "╝": "+", "╸": "=", "µ": "u", "≠": "!", "›": ">", "§": "S", "’": "'", "▹": ">",
    "◃": "<", "△": "^", "▽": "v", "‹": "<", "►": ">", "◄": "<", "╳": "X",
}  # fmt: skip
_TO_ASCII = str.maketrans(dict(ASCII))


def to_ascii(text: str) -> str:
    """`text` in ASCII alone, in as many cells: symbols by `ASCII`, letters without their marks, anything else ``?``."""
    text = text.translate(_TO_ASCII)
    if text.isascii():
        return text
    return "".join(map(ascii_cell, text))


def ascii_cell(character: str) -> str:
    """One character in as many cells: a letter without its marks, or ``?``."""
    if character.isascii():
        return character
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    width = cell_len(character)
    return (plain or "?" * width)[:width].ljust(width)


@dataclass(frozen=True, slots=True)
class Ink:
    """How a role is drawn: theme variables for foreground and background, and attributes."""

    colour: str | None = None
    on: str | None = None
    bold: bool | None = None
    italic: bool | None = None
    underline: bool | None = None
    reverse: bool | None = None


PROCESS_HUES = 8
#: Of what tells the time that is left or has passed: looks like all else, and is drawn again as the time goes on.
TICKING = "ticking"


def _inks() -> dict[str, Ink]:
    inks = {
        "strong": Ink(bold=True),
        "italic": Ink(italic=True),
        "underline": Ink(underline=True),
        "reverse": Ink(reverse=True),
        "muted": Ink("stage-muted"),
        "faint": Ink("stage-faint"),
        "good": Ink("stage-good"),
        "bad": Ink("stage-bad", bold=True),
        "asleep": Ink("stage-asleep"),
        "new": Ink(bold=True),
        TICKING: Ink(),
        "mark": Ink(on="stage-mark", bold=True),
        "related": Ink(on="stage-related"),
        "code-string": Ink("code-string"),
        "code-number": Ink("code-number"),
        "code-constant": Ink("code-constant"),
        "code-call": Ink("code-call", bold=True),
        "code-comment": Ink("stage-muted", italic=True),
        "code-done": Ink("stage-dim"),
    }
    inks |= {f"process-{n}": Ink(f"process-{n}") for n in range(1, PROCESS_HUES + 1)}
    inks |= {f"state-{slug(state)}": Ink(f"state-{slug(state)}") for state in State}
    return inks


def slug(state: State) -> str:
    """The state's part of a variable's name."""
    return state.value.lower()


def state_role(state: State, *, is_new: bool = False, large: bool = False) -> str:
    """The roles that a state is drawn in: one that was just entered stands out; from a room's last row (`large`) each does, and
    that one more."""
    return f"state-{slug(state)}" + " strong" * (is_new or large) + " reverse" * (is_new and large)


_DARK = {
    "process-1": "#a76cfc", "process-3": "#e0d2fd", "process-5": "#e665bc", "process-7": "#d09fac",
    "process-2": "#57b8fb", "process-4": "#239e75", "process-6": "#1ae8b6", "process-8": "#b4f8e8",
    "state-listen": "#4fd6be", "state-syn-sent": "#ffd166", "state-syn-received": "#ffb454",
    "state-established": "#86e08b", "state-fin-wait-1": "#ff9e7a", "state-fin-wait-2": "#e8a58f",
    "state-close-wait": "#ff86a2", "state-closing": "#ff7d7d", "state-last-ack": "#e39ac2",
    "state-time-wait": "#9db0c8", "state-closed": "#8f99a8", "state-unconnected": "#a8b5c9",
    "state-connected": "#a5dba0", "stage-muted": "#8b95a7", "stage-dim": "#b4bdcb", "stage-faint": "#717b8f",
    "stage-good": "#86e08b", "stage-bad": "#ff7d7d", "stage-asleep": "#ffd166", "stage-mark": "#26314a",
    "stage-related": "#1c2433", "code-string": "#b5d99c", "code-number": "#f0b98d", "code-constant": "#9fc6d9",
    "code-call": "#e8ecf4",
}  # fmt: skip
_LIGHT = {
    "process-1": "#521e69", "process-3": "#be1f56", "process-5": "#751c2d", "process-7": "#7f20c7",
    "process-2": "#2150fe", "process-4": "#1807b0", "process-6": "#156682", "process-8": "#124993",
    "state-listen": "#00705f", "state-syn-sent": "#855800", "state-syn-received": "#934b00",
    "state-established": "#17702a", "state-fin-wait-1": "#ab3b16", "state-fin-wait-2": "#8f442e",
    "state-close-wait": "#b01f54", "state-closing": "#ad1d1d", "state-last-ack": "#8d3569",
    "state-time-wait": "#4a5c74", "state-closed": "#5f6774", "state-unconnected": "#526077",
    "state-connected": "#2b6f3a", "stage-muted": "#5f6878", "stage-dim": "#3d4553", "stage-faint": "#7a8390",
    "stage-good": "#17702a", "stage-bad": "#ad1d1d", "stage-asleep": "#855800", "stage-mark": "#dbe8fb",
    "stage-related": "#edf2fa", "code-string": "#2d6a1e", "code-number": "#934b00", "code-constant": "#1f5f7a",
    "code-call": "#1b212b",
}  # fmt: skip
_ANSI = {
    "process-1": "ansi_magenta", "process-3": "ansi_yellow", "process-5": "ansi_bright_yellow",
    "process-7": "ansi_bright_red", "process-2": "ansi_bright_blue", "process-4": "ansi_cyan",
    "process-6": "ansi_bright_cyan", "process-8": "ansi_blue", "state-listen": "ansi_cyan",
    "state-syn-sent": "ansi_yellow", "state-syn-received": "ansi_yellow", "state-established": "ansi_green",
    "state-fin-wait-1": "ansi_red", "state-fin-wait-2": "ansi_red", "state-close-wait": "ansi_red",
    "state-closing": "ansi_red", "state-last-ack": "ansi_red", "state-time-wait": "ansi_bright_black",
    "state-closed": "ansi_bright_black", "state-unconnected": "ansi_bright_black", "state-connected": "ansi_green",
    "stage-muted": "ansi_bright_black", "stage-dim": "ansi_default", "stage-faint": "ansi_bright_black",
    "stage-good": "ansi_green", "stage-bad": "ansi_red", "stage-asleep": "ansi_yellow", "stage-mark": "ansi_default",
    "stage-related": "ansi_default", "code-string": "ansi_green", "code-number": "ansi_yellow",
    "code-constant": "ansi_cyan", "code-call": "ansi_default",
}  # fmt: skip


def theme_variables(dark: bool, ansi: bool = False) -> dict[str, str]:
    """The variables that a theme gives the stage: put them into ``Theme.variables`` or `App.get_theme_variable_defaults`."""
    return dict(_ANSI if ansi else _DARK if dark else _LIGHT)


INKS: Mapping[str, Ink] = _inks()


@remembered(4)
def hues(script: Script) -> dict[str, str]:
    """The role of each process of the script, by order of appearance.

    Servers and what they fork take one family of hues (odd numbers), clients the other (even); a process with
    another name takes the family that is used less.
    """
    parents = {s.targets[0]: s.process for s in script.statements if s.forks and s.targets}
    given: dict[str, int] = {}
    used = {1: 0, 2: 0}
    for name in script.processes:
        family = _family(name, parents, given)
        if family is None:
            family = 1 if used[1] <= used[2] else 2
        given[name] = family + 2 * (used[family] % (PROCESS_HUES // 2))
        used[family] += 1
    return {name: f"process-{number}" for name, number in given.items()}


def hue_of(script: Script, world: World, name: str) -> str:
    """The role of a process, which one that only a program has forked shares with who forked it; ``muted`` of nobody's."""
    colours = hues(script)
    seen = 0
    while name not in colours and seen < MOST_PROCESSES:
        process = world.processes.get(name)
        if process is None or process.parent is None:
            return "muted"
        name, seen = process.parent, seen + 1
    return colours.get(name, "muted")


def _family(name: str, parents: Mapping[str, str], given: Mapping[str, int]) -> int | None:
    if name.startswith("server"):
        return 1
    if name.startswith("client"):
        return 2
    parent = parents.get(name)
    if parent is not None and parent in given:
        return 2 - given[parent] % 2
    return None
