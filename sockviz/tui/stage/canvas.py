"""A grid of cells on which lines are drawn that join where they meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from enum import IntEnum
from itertools import pairwise
from typing import TypeAlias

from rich.cells import cell_len

from sockviz.dataclass import dataclass
from sockviz.tui.stage.ink import Line, Span, safe

Point: TypeAlias = tuple[int, int]

_NORTH, _EAST, _SOUTH, _WEST = 1, 2, 4, 8
_ARMS = {
    _NORTH | _SOUTH: "│┃┆", _EAST | _WEST: "─━┄", _EAST | _SOUTH: "╭┏╭", _SOUTH | _WEST: "╮┓╮", _NORTH | _EAST: "╰┗╰",
    _NORTH | _WEST: "╯┛╯", _NORTH | _EAST | _SOUTH: "├┣├", _NORTH | _SOUTH | _WEST: "┤┫┤", _EAST | _SOUTH | _WEST: "┬┳┬",
    _NORTH | _EAST | _WEST: "┴┻┴", _NORTH | _EAST | _SOUTH | _WEST: "┼╋┼", _NORTH: "│┃┆", _SOUTH: "│┃┆", _EAST: "─━┄",
    _WEST: "─━┄",
}  # fmt: skip
_HEADS = {_NORTH: "▲", _EAST: "▶", _SOUTH: "▼", _WEST: "◀"}


class Weight(IntEnum):
    """How a line is drawn: what is drawn later on the same cell never makes it lighter."""

    LIGHT = 0
    DASHED = 1
    HEAVY = 2


@dataclass(slots=True)
class _Cell:
    arms: int = 0
    weight: Weight = Weight.LIGHT
    role: str = ""


@dataclass(slots=True)
class Canvas:
    """Lines and text on a grid of `width` × `height`. What lies outside is not drawn."""

    width: int
    height: int
    _cells: dict[Point, _Cell] = field(default_factory=dict)
    _texts: dict[Point, Span] = field(default_factory=dict)
    _covered: set[Point] = field(default_factory=set)

    def path(self, points: Sequence[Point], role: str, weight: Weight, *, arrow: bool = True) -> None:
        """A line through `points`, each straight from the one before, with an arrow's head at its end."""
        towards = 0
        for (x1, y1), (x2, y2) in pairwise(points):
            dx, dy = (x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1)
            towards = {(1, 0): _EAST, (-1, 0): _WEST, (0, 1): _SOUTH, (0, -1): _NORTH}[dx, dy]
            backwards = {_EAST: _WEST, _WEST: _EAST, _SOUTH: _NORTH, _NORTH: _SOUTH}[towards]
            x, y = x1, y1
            while (x, y) != (x2, y2):
                self._arm(x, y, towards, role, weight)
                x, y = x + dx, y + dy
                self._arm(x, y, backwards, role, weight)
        if arrow and towards:
            self.text(*points[-1], _HEADS[towards], role)

    def text(self, x: int, y: int, text: str, role: str) -> None:
        """`text` from (x, y) on, over whatever lines are there."""
        last = (x, y)
        for character in safe(text):
            wide = cell_len(character)
            if not wide:  # a mark, on the letter before it
                self._texts[last] = (
                    (self._texts[last][0] + character, role) if last in self._texts else (" ", role)
                )
                continue
            last = (x, y)
            self._texts[last] = (character, role)
            self._covered.update((x + n, y) for n in range(1, wide))
            x += wide

    def lines(self) -> list[Line]:
        """What has been drawn, line by line."""
        return [Line(tuple(self._runs(y))) for y in range(self.height)]

    def _arm(self, x: int, y: int, arm: int, role: str, weight: Weight) -> None:
        cell = self._cells.setdefault((x, y), _Cell())
        cell.arms |= arm
        if weight >= cell.weight:
            cell.weight, cell.role = weight, role

    def _runs(self, y: int) -> list[Span]:
        runs: list[Span] = []
        for x in range(self.width):
            if (x, y) in self._covered:
                continue
            run = self._texts.get((x, y))
            if run is None:
                cell = self._cells.get((x, y))
                run = (" ", "") if cell is None else (_ARMS[cell.arms][_style(cell.weight)], cell.role)
            if runs and runs[-1][1] == run[1]:
                runs[-1] = (runs[-1][0] + run[0], run[1])
            else:
                runs.append(run)
        return runs


def _style(weight: Weight) -> int:
    return {Weight.LIGHT: 0, Weight.HEAVY: 1, Weight.DASHED: 2}[weight]
