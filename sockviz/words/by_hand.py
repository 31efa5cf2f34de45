"""What the reader did to the link by hand, in words."""

from __future__ import annotations

from sockviz.language import N_, _

_DID = {
    "hold": N_("you took the wire over by hand"),
    "release": N_("you let the wire go by hand"),
    "deliver": N_("you delivered {packet} by hand"),
    "drop": N_("you dropped {packet} by hand"),
    "duplicate": N_("you delivered {packet} twice by hand"),
}


def did_by_hand(verb: str, packet: str) -> str:
    """``you delivered client SYN by hand``."""
    known = _DID.get(verb)
    return _("you did something to the wire by hand") if known is None else _(known).format(packet=packet)
