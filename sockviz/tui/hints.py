"""The sentences beside the objective: what a key did not do, and why; what is lacking. Each lasts until the next key.

Constants are looked up in the reader's language where they are said; functions have done so already.
"""

from __future__ import annotations

from sockviz.language import N_, _, ngettext
from sockviz.model.call import Call
from sockviz.model.lab_facts import LabFacts
from sockviz.player.refusals import LIVE_RUN, PRESENT_TEXT
from sockviz.tui.motion import Tempo
from sockviz.tui.view import Mode
from sockviz.words.kept_sentences import in_words

#: The part of `LabFacts.missing` that says why the lab is not an isolated one.
ISOLATED = "isolated lab"

PREDICT = N_("Predict first: a digit answers, space again passes.")
BUSY = N_("The last step is still under way; all other keys work meanwhile.")
COMES_BY_ITSELF = N_("What the instructor does next comes by itself; b looks back meanwhile.")
PLAYING = N_("Playing on: any key stops.")
TOLD_NOW = N_("That is what came of it: space once more turns the page.")
BEGINS_HERE = N_("This is where the lesson begins.")
NOTHING_AFTER = N_("Nothing has happened after this: space performs the next call.")
DONE = N_("The lesson is done: space tells what it showed, and what comes next.")
NOTHING_TO_COPY = N_("Nothing to copy here: point at a socket, a line or a packet (Tab and ↑↓, or a click).")
NOTHING_TYPED = N_("This is a recording: nothing can be typed at it.")
NOTHING_TO_VOTE_ON = N_("There is no question on this page to vote on.")
VOTES_ARE_LIVE = N_("This is the past: End returns to where votes are counted.")
LEAVING = N_("Ending the lesson's processes…")
LEFT_BY = N_("Press {key} to leave the lesson.")


NOTHING_AGAIN = N_("There is no step here that could be told again.")


def tempo(chosen: Tempo, animated: bool) -> str:
    """How fast what happens is told from now on."""
    name = _(chosen.name)
    if chosen.by_press:
        return _("Pace: {name}. What crosses the wire in one step is shown slower than it was.").format(
            name=name
        )
    if not animated:
        return _(
            "Nothing moves on this terminal (TEXTUAL_ANIMATIONS): pace {name} is for playing on."
        ).format(name=name)
    if chosen.speed < 1:
        return _("Pace {name}: what crosses the wire is shown slower than it was.").format(name=name)
    return _("Pace {name}.").format(name=name)


def one_at_a_time(ahead: int, captured: bool) -> str:
    """While segments wait to be told, a press each."""
    more = ngettext(
        "space shows the next segment ({count} is left)",
        "space shows the next segment ({count} are left)",
        ahead,
    ).format(count=ahead)
    if captured:
        return _("From the capture, shown slower than it was: {more}.").format(more=more)
    return _("Inferred, and shown slower than it was: {more}.").format(more=more)


def performing_up_to(page: int) -> str:
    """While what comes before `page` (from 0) is performed."""
    return _("Performing the pages before page {number}…").format(number=page + 1)


#: Of a check that does not hold, and what there is to do then.
UNHELD = N_("A check failed (✗): perhaps a slow machine, or a long pause")
UNHELD_ON = N_("k: the recording, r: this page anew.")
ASKED_FOR = N_("its reader asked for the recording")
NO_RECORDING = N_(
    "There is no recording to go on from: k is for a lesson of the course that is performed here."
)


def waits_for(call: Call) -> str:
    """Why nothing happens: the next line is for a process that sleeps."""
    return _("{process} still sleeps in {call}: its next line waits for that to return.").format(
        process=call.process, call=call.name
    )


def copied(command: str) -> str:
    """The command went into the terminal's clipboard."""
    return _("Copied: {command}").format(command=command)


def end_of(mode: Mode) -> str:
    """Nothing is left."""
    if mode is Mode.RECORDED:
        return _("This is the end of the recording: b looks back, q goes back to the course.")
    return _("This is the end of the lesson: b looks back, q goes back to the course.")


def notes(shown: bool, there_are_some: bool) -> str:
    """What the notes' key did, where that cannot be seen."""
    if there_are_some:
        return ""
    if shown:
        return _("Notes for the instructor on; this page has none.")
    return _("Notes for the instructor off; this page has none.")


def why_not_isolated(lab: LabFacts) -> str:
    """The reason why this machine has no isolated lab; empty where it has one, or none was wanted."""
    reason = lab.missing.get(ISOLATED)
    return _("No isolated lab here: {reason}").format(reason=in_words(reason)) if reason else ""


def lacking(lab: LabFacts, mode: Mode) -> str:
    """What is said first where this machine allows no better lab; title and inspector have the reason."""
    if mode is Mode.RECORDED and LIVE_RUN in lab.missing:
        if PRESENT_TEXT in lab.missing:
            return _("This machine cannot perform it: a recording, of an older text, is played. i tells why.")
        return _("It is not performed here: its recording is played. i tells why, R tries again.")
    if ISOLATED not in lab.missing or mode is Mode.RECORDED:
        return ""
    if lab.has_packets:
        return _("No isolated lab here: this machine's own loopback. i tells why.")
    return _("No isolated lab here: this machine's own loopback, its segments inferred. i tells why.")


LINK_IS_PAST = N_("This is the past: End returns to LIVE, where the wire can be taken over.")
LINK_EMPTY = N_("No packet is on the way: h holds everything from now on.")
LINK_WAITS = N_("No packet is on the way: the link keeps whatever is sent next; h lets everything go.")
LINK_HELD = N_(
    "The wire is yours: d delivers, x drops, u duplicates; ↑↓ in the wire choose a packet; h lets everything go."
)
LINK_RELEASED = N_("The wire is free: everything goes through.")
_DONE = {
    "deliver": N_("{packet}: delivered."),
    "drop": N_("{packet}: dropped."),
    "duplicate": N_("{packet}: delivered twice."),
}


def link_did(verb: str, packet: str) -> str:
    """What a hand on the wire has just done."""
    return _(_DONE[verb]).format(packet=packet)
