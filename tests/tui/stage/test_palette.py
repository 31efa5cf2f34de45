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
    assert to_ascii("aún línea") == "aun linea"


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


#: How far apart (OKLab) the hues of so many processes are at least, as most see them, and with either kind of colour blindness.
APART = {4: (0.15, 0.09), 6: (0.12, 0.07), 8: (0.09, 0.05)}
#: What a colour becomes in linear light for those who lack one kind of cones: Machado, Oliveira, Fernandes (2009), severity 1.
BLINDNESSES = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip
#: The sixteen colours as most terminals have them (xterm's), for the theme that has the terminal's own.
XTERM = {
    "ansi_red": "#cd0000", "ansi_green": "#00cd00", "ansi_yellow": "#cdcd00", "ansi_blue": "#0000ee",
    "ansi_magenta": "#cd00cd", "ansi_cyan": "#00cdcd", "ansi_white": "#e5e5e5", "ansi_bright_black": "#7f7f7f",
    "ansi_bright_red": "#ff0000", "ansi_bright_green": "#00ff00", "ansi_bright_yellow": "#ffff00",
    "ansi_bright_blue": "#5c5cff", "ansi_bright_magenta": "#ff00ff", "ansi_bright_cyan": "#00ffff",
    "ansi_bright_white": "#ffffff", "ansi_default": "#e5e5e5",
}  # fmt: skip


@pytest.mark.parametrize(("dark", "ansi"), [(True, False), (False, False), (True, True)])
@pytest.mark.parametrize("blindness", [None, *BLINDNESSES])
@pytest.mark.parametrize("count", APART)
def test_processes_are_told_apart_by_everybody(
    dark: bool, ansi: bool, blindness: str | None, count: int
) -> None:
    variables = theme_variables(dark, ansi)
    seen = {
        name: seen_as(XTERM.get(variables[name], variables[name]), blindness)
        for name in (f"process-{n}" for n in range(1, count + 1))
    }
    least = min(math.dist(seen[one], seen[other]) for one, other in combinations(seen, 2))
    wanted = APART[count][blindness is not None] * (0.5 if ansi else 1)
    assert least >= wanted, {
        (one, other): round(math.dist(seen[one], seen[other]), 3)
        for one, other in combinations(seen, 2)
        if math.dist(seen[one], seen[other]) < wanted
    }


def test_the_measure_itself() -> None:
    """White is as light as can be, and far from black; red and green come together for those who cannot tell them apart."""
    assert seen_as("#ffffff", None) == pytest.approx((1, 0, 0), abs=1e-3)
    assert seen_as("#000000", None) == pytest.approx((0, 0, 0), abs=1e-6)
    apart = math.dist(seen_as("#b04040", None), seen_as("#608040", None))
    together = math.dist(seen_as("#b04040", "deuteranopia"), seen_as("#608040", "deuteranopia"))
    assert together < apart / 1.5


def seen_as(value: str, blindness: str | None) -> tuple[float, float, float]:
    """A colour in OKLab (Ottosson 2020), as somebody with that blindness sees it."""
    light = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4
        for v in (c / 255 for c in Color.parse(value).rgb)
    ]
    if blindness is not None:
        light = [
            min(1.0, max(0.0, sum(a * b for a, b in zip(row, light, strict=True))))
            for row in BLINDNESSES[blindness]
        ]
    red, green, blue = light
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def contrast(one: Color, other: Color) -> float:
    """WCAG 2's contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Color) -> float:
    parts = [
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour.rgb)
    ]
    return float(0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2])


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
