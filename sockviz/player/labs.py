"""Chooses a lab: the best that this machine allows, or the one asked for; says what a lesson would miss in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sockviz.dataclass import dataclass
from sockviz.lab.lab import Lab
from sockviz.lab.loopback import LoopbackLab, open_lab
from sockviz.lab.supervisor import LabRefused
from sockviz.language import N_, _
from sockviz.lesson.document import Lesson
from sockviz.lesson.told_by_diag import BACKLOG, UNIX_QUEUES
from sockviz.words.kept_sentences import in_words
from sockviz.words.lab_words import lab_word

if TYPE_CHECKING:
    from sockviz.lab.two_hosts import TwoHostsLab

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
    if lesson.lab == "two-hosts":
        chosen = ChosenLab(await _two_hosts(lesson, kind), None)
    else:
        chosen = await choose_lab(kind, lesson.sysctls)
    await _fit_for(lesson, chosen.lab, chosen.fallback)
    return chosen


async def lab_beside_programs(lesson: Lesson, kind: str = "auto") -> LoopbackLab | TwoHostsLab:
    """One with a network of its own, in which programs of the user's own run beside the lesson's lines. Raises as `lab_for`."""
    lab: LoopbackLab | TwoHostsLab
    if lesson.lab == "two-hosts":
        lab = await _two_hosts(lesson, kind, programs=True)
    elif kind == "host":
        raise LessonSkipped(
            _(
                "lines reach the lesson's own ports there, and not what a program binds: it needs a network of its own"
            )
        )
    else:
        lab = await open_lab("isolated", lesson.sysctls, programs=True)
    await _fit_for(lesson, lab)
    return lab


async def _fit_for(lesson: Lesson, lab: Lab, fallback: str | None = None) -> None:
    """Says whose it is, or closes it where the lesson lacks something in it. Raises `LessonSkipped`."""
    missing = [need for need in lesson.needs if need not in lab.facts.facts]
    missing += [each for each in (*lesson.reads, *lesson.sysctls) if each in lab.facts.missing]
    if lesson.privileged and lab.facts.kind == "host" and "private" not in missing:
        missing.append("private")
    if not missing:
        lab.note_script(lesson.number, lesson.slug, lesson.title)
        return
    await lab.close()
    wanted = ", ".join(_(_NEED[need]) if need in _NEED else need for need in missing)
    why = next((lab.facts.missing[need] for need in missing if need in lab.facts.missing), fallback)
    # In a private network it is the value that is refused, or this kernel has no such setting.
    is_private = lab.facts.kind != "host"
    told = (
        _("it sets {wanted}, which this lab ({kind}) does not take")
        if is_private and all(need in lesson.sysctls for need in missing)
        else _("it needs {wanted}, which this lab ({kind}) lacks")
    )
    raise LessonSkipped(
        told.format(wanted=wanted, kind=lab_word(lab.facts.kind)) + (f": {in_words(why)}" if why else "")
    )


async def _two_hosts(lesson: Lesson, kind: str, *, programs: bool = False) -> TwoHostsLab:
    if kind == "host":
        raise LessonSkipped(_("it needs two hosts and a link between them, and --lab host has one"))
    from sockviz.lab.two_hosts import open_two_hosts  # few lessons need it, and all wait for the start

    try:
        return await open_two_hosts(lesson.sysctls, lesson.ip, programs=programs)
    except LabRefused as refusal:
        raise LessonSkipped(
            _("it needs two hosts and a link between them, which this machine refuses: {refusal}").format(
                refusal=refusal
            )
        ) from None
