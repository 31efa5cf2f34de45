"""What a process's table of descriptors is made of: its columns, and the parts that are told beneath a line."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.dataclass import dataclass
from sockviz.tui.stage.ink import Line
from sockviz.tui.stage.ranking import Part


@dataclass(frozen=True, slots=True)
class PartLines:
    """A part of a socket as lines, in several lengths, the briefest first. ``holds``: it says more than that there is nothing."""

    part: Part
    forms: tuple[Sequence[Line], ...]
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Columns:
    """How wide the columns of a table are: descriptor, name, protocol (0: not told), state (0: as it comes)."""

    number: int = 2
    name: int = 0
    protocol: int = 1
    state: int = 0
