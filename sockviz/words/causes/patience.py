"""How long a call was let wait, and by what."""

from __future__ import annotations

from sockviz.language import _, decimal
from sockviz.words import acts
from sockviz.words.situation import Situation

#: A limit that a call did not reach by this part of it (clocks differ) did not end it.
_NEARLY = 0.9


def waited(s: Situation, option: str) -> str:
    """Which limit was over: ``and SO_RCVTIMEO let s wait 0.1 s``; empty where none was seen to be.

    `option`: SO_RCVTIMEO or SO_SNDTIMEO, whichever bounds such calls.
    """
    if s.error == "TimeoutError":
        seconds = acts.timeout(s.world, s.inode)
        if not seconds:
            return ""
        return _("and settimeout let {name} wait {time}").format(name=s.name, time=_exactly(seconds))
    allowed = acts.time_limit(s.world, s.inode, option)
    took = (s.call.returned or s.call.entered) - s.call.entered
    if allowed == 0 and not s.call.slept:
        return _("and {option}, a negative time, lets no call of {name} wait").format(
            option=option, name=s.name
        )
    if allowed is None or took < allowed * _NEARLY:
        return ""
    return _("and {option} let {name} wait {time}").format(option=option, name=s.name, time=_exactly(allowed))


def limit(s: Situation, option: str) -> str:
    """Why the call did not wait on: `waited`, or ``and s does not block``; empty where nothing says so."""
    if said := waited(s, option):
        return said
    if s.call.slept or s.error == "TimeoutError":
        return ""
    if acts.has(s.call, "MSG_DONTWAIT"):
        return _("and MSG_DONTWAIT told this call not to sleep")
    return _("and {name} does not block").format(name=s.name) if acts.does_not_block(s.call, s.world) else ""


def bounded(said: str, s: Situation, option: str) -> str:
    """`said`, and why the call did not wait on."""
    why = limit(s, option)
    return f"{said}, {why}" if why else said


def _exactly(seconds: float) -> str:
    """A limit as it was set: ``0.25 s``."""
    return f"{decimal(seconds)} s"
