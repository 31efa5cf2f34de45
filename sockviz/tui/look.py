"""What this terminal can show, read from the environment. No Textual here: it is asked before the screen is started."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.language import _

#: Terminals whose character set has boxes at best, none of the symbols that states are drawn with.
_PLAIN_TERMINALS = ("linux", "ansi", "vt52", "vt100", "vt102", "vt220", "sun", "cons25")


def wants_ascii(environment: Mapping[str, str]) -> bool:
    """Whether only ASCII can be drawn: another encoding than UTF-8, or a terminal without the symbols.

    With no locale named at all, UTF-8 is taken for granted, as Python does (PEP 538).
    """
    if environment.get("TERM", "") in _PLAIN_TERMINALS:
        return True
    # POSIX, Base Definitions 8.2: the first of these that is set and not empty decides.
    locale = next((v for n in ("LC_ALL", "LC_CTYPE", "LANG") if (v := environment.get(n))), "")
    if not locale:
        return False
    encoding = locale.partition("@")[0].partition(".")[2]
    return encoding.lower().replace("-", "") != "utf8"


def no_colour(environment: Mapping[str, str]) -> bool:
    """Whether no colour is wanted (no-color.org: NO_COLOR present and not empty)."""
    return bool(environment.get("NO_COLOR"))


def no_screen(environment: Mapping[str, str], stdin_tty: bool, stdout_tty: bool) -> str | None:
    """Why no screen can be drawn here, with what to do; None where one can."""
    if not stdin_tty or not stdout_tty:
        which = _("standard input") if not stdin_tty else _("standard output")
        return _(
            "{which} is not a terminal, so no screen can be drawn: add --plain for the same lesson as text"
        ).format(which=which)
    if environment.get("TERM", "dumb") in ("dumb", ""):
        return _(
            "TERM=dumb cannot position text, so no screen can be drawn: add --plain for the same lesson as text"
        )
    return None
