"""Chooses a lab: the best that this machine allows, or the one asked for; says what a lesson would miss in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sockviz.dataclass import dataclass
from sockviz.lab.lab import Lab
from sockviz.lab.loopback import open_lab
from sockviz.lab.supervisor import LabRefused
from sockviz.language import N_, _
from sockviz.lesson.document import Lesson
from sockviz.lesson.told_by_diag import BACKLOG, UNIX_QUEUES
from sockviz.words.kept_sentences import in_words
from sockviz.words.lab_words import lab_word

KINDS = ("auto", "isolated", "host")
_NEED = {
    "packets": N_("captured packets"),
    "counters": N_("the kernel's counters"),
    "ipv6": "IPv6",
    "private": N_("a network of its own"),
    BACKLOG: N_("each listener's backlog"),
    UNIX_QUEUES: N_("the queues and peers of AF_UNIX sockets"),
}


class LessonSkipped(Exception):
    """This machine or lab cannot perform the lesson. The message is the reason."""


@dataclass(frozen=True, slots=True)
class ChosenLab:
    """An open lab, and why it is not the isolated one, where it is not although that was tried."""

    lab: Lab
    fallback: str | None


async def choose_lab(kind: str = "auto", sysctls: Mapping[str, str] | None = None) -> ChosenLab:
    """Opens a lab of `kind`, a private one with `sysctls`. Raises `LabRefused` where that cannot be had."""
    if kind != "auto":
        return ChosenLab(await open_lab(kind, sysctls), None)
    try:
        return ChosenLab(await open_lab("isolated", sysctls), None)
    except LabRefused as refusal:
        lab = await open_lab("host")
        lab.facts = replace(lab.facts, missing={"isolated lab": refusal.fact, **lab.facts.missing})
        return ChosenLab(lab, str(refusal))


async def lab_for(lesson: Lesson, kind: str = "auto") -> ChosenLab:
    """A lab that `lesson` can be performed in. Raises `LessonSkipped` with the reason, and `LabRefused`."""
    two = lesson.lab == "two-hosts"
    chosen = await _two_hosts(lesson, kind) if two else await choose_lab(kind, lesson.sysctls)
    lab = chosen.lab
    missing = [need for need in lesson.needs if need not in lab.facts.facts]
    missing += [each for each in (*lesson.reads, *lesson.sysctls) if each in lab.facts.missing]
    if lesson.privileged and lab.facts.kind == "host" and "private" not in missing:
        missing.append("private")
    if not missing:
        lab.note_lesson(lesson.number, lesson.slug, lesson.title)
        return chosen
    await lab.close()
    wanted = ", ".join(_(_NEED[need]) if need in _NEED else need for need in missing)
    why = next((lab.facts.missing[need] for need in missing if need in lab.facts.missing), chosen.fallback)
    raise LessonSkipped(
        _("it needs {wanted}, which this lab ({kind}) lacks").format(
            wanted=wanted, kind=lab_word(lab.facts.kind)
        )
        + (f": {in_words(why)}" if why else "")
    )


async def _two_hosts(lesson: Lesson, kind: str) -> ChosenLab:
    if kind == "host":
        raise LessonSkipped(_("it needs two hosts and a link between them, and --lab host has one"))
    from sockviz.lab.two_hosts import open_two_hosts  # few lessons need it, and all wait for the start

    try:
        return ChosenLab(await open_two_hosts(lesson.sysctls, lesson.ip), None)
    except LabRefused as refusal:
        raise LessonSkipped(
            _("it needs two hosts and a link between them, which this machine refuses: {refusal}").format(
                refusal=refusal
            )
        ) from None
