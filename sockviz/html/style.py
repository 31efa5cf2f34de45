"""The colours of the page: those of the screen's light and dark theme, each as far from what it stands on as WCAG AA asks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sockviz.html.sheet import SHEET
from sockviz.tui.palette import INKS, Ink, theme_variables
from sockviz.tui.themes import DARK, LIGHT, themes

#: What text of any size stands off its ground by, at least (WCAG 2.2, 1.4.3).
ENOUGH = 4.5
#: What stands beneath text, by the theme's own names.
GROUNDS = ("background", "surface", "code-background")
_TEXT = "foreground"
#: Colours of text that the stage has no part in.
_OWN = ("primary", "accent", "success", "error", "warning", "quiet", "code")


@cache
def style_sheet() -> str:
    """All of it."""
    light, dark = variables(dark=False), variables(dark=True)
    paper = {**light, **dict.fromkeys(GROUNDS, "#ffffff")}
    return "\n".join(
        (
            f":root{{color-scheme:light dark;{_declared(light)}}}",
            f"@media screen and (prefers-color-scheme:dark){{:root{{{_declared(dark)}}}}}",
            f"@media print{{:root{{{_declared(paper)}}}}}",
            *(f".{class_of(role)}{{{_drawn(ink)}}}" for role, ink in INKS.items() if is_drawn(role)),
            SHEET.strip(),
        )
    )


def is_drawn(role: str) -> bool:
    """Whether a role shows on a page: nobody points at anything there."""
    return INKS[role].on is None and bool(_drawn(INKS[role]))


def class_of(role: str) -> str:
    """The class that a role is drawn by."""
    return f"r-{role}"


def variables(*, dark: bool) -> Mapping[str, str]:
    """The colours of a theme, by the theme's names for them."""
    theme = next(it for it in themes(_stage) if it.name == (DARK if dark else LIGHT))
    named = {
        **theme.variables,
        **{name: getattr(theme, name) for name in (*_OWN, *GROUNDS, _TEXT) if hasattr(theme, name)},
    }
    grounds = {name: named[name] for name in GROUNDS}
    inks = {ink.colour for role, ink in INKS.items() if ink.colour is not None and is_drawn(role)}
    texts = {name: named[name] for name in (_TEXT, *_OWN, *sorted(inks))}
    readable = {
        name: _readable(colour, tuple(grounds.values()), texts[_TEXT]) for name, colour in texts.items()
    }
    return {**grounds, **readable}


def _stage(dark: bool, ansi: bool) -> dict[str, str]:
    return theme_variables(dark, ansi)


def _declared(colours: Mapping[str, str]) -> str:
    return ";".join(f"--{name}:{colour}" for name, colour in colours.items())


def _drawn(ink: Ink) -> str:
    parts = (
        f"color:var(--{ink.colour})" if ink.colour else "", "font-weight:bold" if ink.bold else "",
        "font-style:italic" if ink.italic else "", "text-decoration:underline" if ink.underline else "",
    )  # fmt: skip
    return ";".join(filter(None, parts))


def _readable(colour: str, grounds: tuple[str, ...], text: str) -> str:
    """`colour`, or the nearest on the way from it to `text` that stands off all of `grounds`."""
    for step in range(0, 101, 4):
        mixed = _mixed(colour, text, step / 100)
        if all(contrast(mixed, ground) >= ENOUGH for ground in grounds):
            return mixed
    return text


def _mixed(one: str, other: str, share: float) -> str:
    pairs = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def contrast(one: str, other: str) -> float:
    """How far two colours (``#rrggbb``) stand apart, 1 to 21 (WCAG 2.2, contrast ratio)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2), of sRGB."""
    linear = (
        (c / 12.92) if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (p / 255 for p in _parts(colour))
    )
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
