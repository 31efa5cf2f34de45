"""The sentences beside the objective: what a key did not do, and why; what is lacking. Each lasts until the next key."""

from __future__ import annotations

from sockviz.model.calls import Call
from sockviz.model.timeline import LabFacts
from sockviz.player.instead import LIVE_RUN, PRESENT_TEXT
from sockviz.tui.view import Mode

#: The part of `LabFacts.missing` that says why the lab is not an isolated one.
ISOLATED = "isolated lab"

PREDICT = "Predict first: a digit answers, space again passes."
BUSY = "The last step is still under way; all other keys work meanwhile."
PLAYING = "Playing on: any key stops."
BEGINS_HERE = "This is where the lesson begins."
NOTHING_AFTER = "Nothing has happened after this: space performs the next call."
LEAVING = "Ending the lesson's processes…"


def performing_up_to(page: int) -> str:
    """While what comes before `page` (from 0) is performed."""
    return f"Performing the pages before page {page + 1}…"


def not_reached(page: int) -> str:
    """Why `page` (from 0) cannot be looked at."""
    return f"Page {page + 1} has not been reached yet: space goes on."


def waits_for(call: Call) -> str:
    """Why nothing happens: the next line is for a process that sleeps."""
    return f"{call.process} still sleeps in {call.name}: its next line waits for that to return."


def end_of(mode: Mode) -> str:
    """Nothing is left."""
    over = "the end of the recording" if mode is Mode.RECORDED else "the end of the lesson"
    return f"This is {over}: b looks back, q goes back to the course."


def notes(shown: bool, there_are_some: bool) -> str:
    """What the notes' key did, where that cannot be seen."""
    return (
        "" if there_are_some else f"Notes for the instructor {'on' if shown else 'off'}; this page has none."
    )


def why_not_isolated(lab: LabFacts) -> str:
    """The reason why this machine has no isolated lab; empty where it has one, or none was wanted."""
    reason = lab.missing.get(ISOLATED)
    return f"No isolated lab here: {reason}" if reason else ""


def lacking(lab: LabFacts, mode: Mode) -> str:
    """What is said first where this machine allows no better lab; title and inspector have the reason."""
    if mode is Mode.RECORDED and LIVE_RUN in lab.missing:
        older = ", of an older text," if PRESENT_TEXT in lab.missing else ""
        return f"This machine cannot perform it: a recording{older} is played. i tells why."
    if ISOLATED not in lab.missing or mode is Mode.RECORDED:
        return ""
    shown = "" if lab.has_packets else ", its segments inferred"
    return f"No isolated lab here: this machine's own loopback{shown}. i tells why."


LINK_IS_PAST = "This is the past: End returns to LIVE, where the wire can be taken over."
LINK_EMPTY = "No packet is on the way: h holds everything from now on."
LINK_HELD = "The wire is yours: d delivers, x drops, u duplicates; ↑↓ in the wire choose a packet; h lets everything go."
LINK_RELEASED = "The wire is free: everything goes through."
_DONE = {"deliver": "delivered", "drop": "dropped", "duplicate": "delivered twice"}


def link_did(verb: str, packet: str) -> str:
    """What a hand on the wire has just done."""
    return f"{packet}: {_DONE[verb]}."
