"""One symbol and colour for each state, one hue for each process, all readable in every theme."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from rich.cells import cell_len
from textual.color import Color

from sockviz.model.sockets import State
from sockviz.tui.palette import ASCII, INKS, STATE_SYMBOLS, hues, theme_variables, to_ascii
from tests.tui.stage import scripted

#: Backgrounds that the themes give a panel.
BACKGROUNDS = {True: ("#12161c", "#161b22", "#1d232c"), False: ("#f3f1ec", "#fcfbf8", "#e9e6df")}


def test_each_state_has_its_own_symbol_in_ascii_too() -> None:
    assert set(STATE_SYMBOLS) == set(State)
    assert len(set(STATE_SYMBOLS.values())) == len(State)
    assert len({ASCII[symbol] for symbol in STATE_SYMBOLS.values()}) == len(State)


def test_ascii_stand_ins_take_as_many_cells() -> None:
    for symbol, plain in ASCII.items():
        assert plain.isascii()
        assert cell_len(symbol) == cell_len(plain) == 1, symbol
    assert to_ascii("日本→x") == "????>x"


@pytest.mark.parametrize("dark", [True, False])
def test_every_ink_has_its_colour_in_every_theme(dark: bool) -> None:
    for variables in (theme_variables(dark), theme_variables(dark, ansi=True)):
        for ink in INKS.values():
            for name in (ink.colour, ink.on):
                assert name is None or Color.parse(variables[name])


@pytest.mark.parametrize("dark", [True, False])
def test_colours_can_be_read(dark: bool) -> None:
    variables = theme_variables(dark)
    for name, value in variables.items():
        if name in ("stage-faint", "stage-mark", "stage-related"):
            continue  # lines and backgrounds
        for background in (*BACKGROUNDS[dark], variables["stage-mark"]):
            ratio = contrast(Color.parse(value), Color.parse(background))
            least = (
                3.0
                if name in ("stage-muted", "state-closed") or background == variables["stage-mark"]
                else 4.5
            )
            assert ratio >= least, f"{name} {value} on {background}: {ratio:.1f}"


@pytest.mark.parametrize("dark", [True, False])
def test_the_first_processes_are_easily_told_apart(dark: bool) -> None:
    variables = theme_variables(dark)
    for one, other in combinations([f"process-{n}" for n in (1, 2, 3, 4)], 2):
        assert distance(variables[one], variables[other]) > 40, (one, other)


def contrast(one: Color, other: Color) -> float:
    """WCAG 2's contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Color) -> float:
    parts = [
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour.rgb)
    ]
    return float(0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2])


def distance(one: str, other: str) -> float:
    return math.dist(Color.parse(one).rgb, Color.parse(other).rgb)


def test_servers_and_what_they_fork_share_a_family_of_hues() -> None:
    assert hues(scripted.forked().lesson) == {
        "server": "process-1",
        "worker": "process-3",
        "client": "process-2",
    }


def test_hues_go_by_order_of_appearance() -> None:
    named = [
        scripted.statement(name, n, "x()") for n, name in enumerate(["alice", "bob", "client", "client2"], 1)
    ]
    assert hues(scripted.lesson([named])) == {
        "alice": "process-1", "bob": "process-2", "client": "process-4", "client2": "process-6",
    }  # fmt: skip
