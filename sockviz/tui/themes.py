"""The four themes: dark, light, the terminal's own sixteen colours, and none at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from textual.theme import Theme

#: The variables of the stage's colours for a theme that is (dark, ansi): `sockviz.tui.palette.theme_variables`.
StageColours: TypeAlias = Callable[[bool, bool], dict[str, str]]

DARK, LIGHT, ANSI, MONOCHROME = "sockviz-dark", "sockviz-light", "sockviz-ansi", "sockviz-monochrome"
#: What Textual's own style sheets ask of an ANSI theme.
_ANSI = {"ansi-background": "ansi_default", "ansi-foreground": "ansi_default"}
#: What a person may call them.
NAMES = {"dark": DARK, "light": LIGHT, "ansi": ANSI, "mono": MONOCHROME}


def themes(stage: StageColours | None = None) -> tuple[Theme, ...]:
    """All four, dark first. The palette is loaded with the first lesson: until then there is no `stage`."""
    drawn = stage or _none
    return (_dark(drawn), _light(drawn), _ansi(drawn), _monochrome(drawn))


def _none(dark: bool, ansi: bool) -> dict[str, str]:
    del dark, ansi
    return {}


def _dark(stage: StageColours) -> Theme:
    return Theme(
        name=DARK, dark=True, primary="#7fb0e8", secondary="#9aa7b8", accent="#e6b566", success="#86c08f",
        warning="#e0b15e", error="#e8787c", foreground="#d5dbe4", background="#12161c", surface="#161b22",
        panel="#1d232c",
        variables={
            "pane": "#161b22", "pane-border": "#67707d", "pane-focus": "#7fb0e8", "quiet": "#8c99aa",
            "faint": "#6a7585", "code": "#a9c7e8", "code-background": "#1f2630", "bar": "#1a2029",
            "badge-live": "#86c08f", "badge-review": "#e6b566", "badge-recorded": "#b39ddb",
            "block-cursor-background": "#26303d", "block-cursor-foreground": "#ffffff",
            "block-cursor-blurred-background": "#1f2731", "block-cursor-blurred-foreground": "#d5dbe4",
            "scrollbar": "#626d7a", "scrollbar-hover": "#7b8794", "scrollbar-active": "#94a1af",
            "scrollbar-background": "#161b22", "scrollbar-background-hover": "#161b22",
            "scrollbar-background-active": "#161b22", "scrollbar-corner-color": "#161b22",
            **stage(True, False),
        },
    )  # fmt: skip


def _light(stage: StageColours) -> Theme:
    return Theme(
        name=LIGHT, dark=False, primary="#225f9e", secondary="#5b6675", accent="#8a5300", success="#2c7042",
        warning="#8a5d00", error="#a8322c", foreground="#262b32", background="#f3f1ec", surface="#fcfbf8",
        panel="#e9e6df",
        variables={
            "pane": "#fcfbf8", "pane-border": "#84827b", "pane-focus": "#225f9e", "quiet": "#57606b",
            "faint": "#787e78", "code": "#1f5288", "code-background": "#efece5", "bar": "#e9e6df",
            "badge-live": "#2c7042", "badge-review": "#8a5300", "badge-recorded": "#6a4ba3",
            "block-cursor-background": "#dde7f2", "block-cursor-foreground": "#11161c",
            "block-cursor-blurred-background": "#e8ebee", "block-cursor-blurred-foreground": "#262b32",
            "scrollbar": "#84827b", "scrollbar-hover": "#6c6a62", "scrollbar-active": "#56544d",
            "scrollbar-background": "#fcfbf8", "scrollbar-background-hover": "#fcfbf8",
            "scrollbar-background-active": "#fcfbf8", "scrollbar-corner-color": "#fcfbf8",
            **stage(False, False),
        },
    )  # fmt: skip


def _ansi(stage: StageColours) -> Theme:
    return Theme(
        name=ANSI, ansi=True, dark=True, primary="ansi_blue", secondary="ansi_default", accent="ansi_yellow",
        success="ansi_green", warning="ansi_yellow", error="ansi_red", foreground="ansi_default",
        background="ansi_default", surface="ansi_default", panel="ansi_default", boost="ansi_default",
        variables={
            **_variables("ansi_default", stage), **stage(True, True),
            "pane-border": "ansi_bright_black", "pane-focus": "ansi_blue", "quiet": "ansi_bright_black",
            "faint": "ansi_bright_black", "code": "ansi_cyan", "badge-live": "ansi_green",
            "badge-review": "ansi_yellow", "badge-recorded": "ansi_magenta",
            "block-cursor-background": "ansi_blue", "block-cursor-foreground": "ansi_bright_white",
            "scrollbar": "ansi_bright_black",
        },
    )  # fmt: skip


def _monochrome(stage: StageColours) -> Theme:
    plain = "ansi_default"
    return Theme(
        name=MONOCHROME, ansi=True, dark=True, primary=plain, secondary=plain, accent=plain, success=plain,
        warning=plain, error=plain, foreground=plain, background=plain, surface=plain, panel=plain, boost=plain,
        variables={**_variables(plain, stage), "block-cursor-text-style": "reverse bold", "border": plain},
    )  # fmt: skip


def _variables(colour: str, stage: StageColours) -> dict[str, str]:
    """Every colour that the themes above set, all the same."""
    its = dict.fromkeys(stage(True, False), colour)
    ours = (
        *_dark(_none).variables,
        "border-blurred",
        "block-cursor-blurred-background",
        "text-muted",
        "text-disabled",
    )
    return {**its, **dict.fromkeys(ours, colour), "block-cursor-text-style": "reverse", **_ANSI}
