"""What this terminal can show, read from the environment. No Textual here: it is asked before the screen is started."""

from __future__ import annotations

import sys
from collections.abc import Mapping, MutableMapping

from sockviz.language import _
from sockviz.spelling import has_all

#: No window has so many columns, or lines.
_MOST = 1000

#: Terminals whose character set has boxes at best, none of the symbols that states are drawn with.
_PLAIN_TERMINALS = ("linux", "ansi", "vt52", "vt100", "vt102", "vt220", "sun", "cons25")


def wants_ascii(environment: Mapping[str, str], encoding: str = "utf-8") -> bool:
    """Whether only ASCII can be drawn: another encoding than UTF-8, or a terminal without the symbols. ``encoding`` is the one
    that is written in.

    With no locale named at all, UTF-8 is taken for granted, as Python does (PEP 538).
    """
    if environment.get("TERM", "") in _PLAIN_TERMINALS or not has_all(encoding):
        return True
    # POSIX, Base Definitions 8.2: the first of these that is set and not empty decides.
    locale = next((v for n in ("LC_ALL", "LC_CTYPE", "LANG") if (v := environment.get(n))), "")
    if not locale:
        return False
    encoding = locale.partition("@")[0].partition(".")[2]
    return encoding.lower().replace("-", "") != "utf8"


def keep_size(environment: MutableMapping[str, str], measured: tuple[int, int]) -> None:
    """Leaves COLUMNS and LINES only where the terminal does not know its own size (0), and where they can be one. Where it says
    what no window has (65535 would be drawn for minutes) they are set to the most.

    A shell may have exported them for another window; Textual would believe them at every size that the window takes later.
    """
    if environment.get("TEXTUAL_DRIVER"):
        return  # a browser's server tells its size so
    for name, own in zip(("COLUMNS", "LINES"), measured, strict=True):
        given = environment.get(name, "")
        if own > _MOST:
            environment[name] = str(_MOST)
        elif own or not (given.isascii() and given.isdecimal() and 0 < int(given[:9]) <= _MOST):
            environment.pop(name, None)


def no_colour(environment: Mapping[str, str]) -> bool:
    """Whether no colour is wanted (no-color.org: NO_COLOR present and not empty)."""
    return bool(environment.get("NO_COLOR"))


def theme(environment: Mapping[str, str]) -> str:
    """Which theme is wanted, by a name that a person may have got wrong (`sockviz.tui.themes.NAMES`)."""
    return environment.get("SOCKVIZ_THEME", "").strip().lower()


def wants_mouse(environment: Mapping[str, str]) -> bool:
    """Whether the mouse is ours: unless SOCKVIZ_NO_MOUSE is set and not empty, when it stays the terminal's."""
    return not environment.get("SOCKVIZ_NO_MOUSE")


def takes_copies(environment: Mapping[str, str]) -> bool:
    """Whether this terminal may take what is copied (xterm's OSC 52). None can be asked; of these it is known that they do not:
    the console, Apple's Terminal, and whatever is drawn by VTE (GNOME's and others')."""
    if environment.get("TMUX"):
        return True  # it has a buffer of its own, and passes on to what it is drawn in
    return (
        environment.get("TERM", "") not in _PLAIN_TERMINALS
        and environment.get("TERM_PROGRAM") != "Apple_Terminal"
        and not environment.get("VTE_VERSION")
    )


def no_screen(environment: Mapping[str, str], stdin: bool, stdout: bool, stderr: bool) -> str | None:
    """Why no screen can be drawn here, with what to do; None where one can. The streams: whether each is a terminal."""
    # Who draws is Textual's driver. One that is named there (textual-serve names the one for a browser) asks for no terminal.
    driver = environment.get("TEXTUAL_DRIVER", "").rpartition(":")[2]
    if driver not in ("", "LinuxDriver", "WindowsDriver"):
        return None
    if not (stdin and stdout):
        return _("standard input and output are not a terminal: add --plain for a linear transcript")
    if not stderr:
        return _(
            "the screen is drawn on standard error, which is not a terminal: leave it alone, or add --plain"
        )
    if environment.get("TERM", "") in ("", "dumb") and sys.platform != "win32":
        term = environment.get("TERM") or _("not set")
        return _(
            "TERM is {term}: this terminal cannot draw a screen; add --plain for a linear transcript"
        ).format(term=term)
    return None
