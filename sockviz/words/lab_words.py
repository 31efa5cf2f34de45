"""What a lab is called, what it lacks, and what a lesson has set in its kernel, in words."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.language import N_, _

#: The kinds of labs, and what one may lack, as the facts of a lab name them (`sockviz.model.timeline.LabFacts`).
_OF_LABS = (
    N_("host"), N_("isolated"), N_("two-hosts"), N_("isolated lab"), N_("packets"), N_("counters"), N_("a live run"),
    N_("this lesson's present text"), N_("this lesson's translation"), N_("backlog"), N_("UNIX queues"),
)  # fmt: skip


def lab_word(word: str) -> str:
    """A word of a lab's facts (its kind, or what it lacks) in the reader's language; what is not known as it is."""
    return _(word)


def settings_told(sysctls: Mapping[str, str]) -> list[str]:
    """What a lesson has set in its lab's kernel: ``tcp_syncookies = 0``."""
    return [f"{name.rpartition('.')[2]} = {value}" for name, value in sysctls.items()]
