"""What a piece of evidence is made of: facts from one source each, raw bytes, and the commands that show the same by hand."""

from __future__ import annotations

from enum import StrEnum

from sockviz.dataclass import dataclass
from sockviz.language import N_


class Voice(StrEnum):
    """Who says so."""

    RETURNED = N_("returned")
    ENTERED = N_(
        "entered"
    )  # of a call that has not come back: what it was made with is all that its process has said
    OBSERVED = N_("observed")
    CAPTURED = N_("captured")
    INFERRED = N_("inferred")


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: a field's name, its value, and what it means where that is not plain."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Facts from one source. ``voice`` is None for what describes the lab rather than the lesson's sockets."""

    title: str
    voice: Voice | None
    interface: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes or text as they were read."""

    title: str
    data: bytes | str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one thing, and how. ``commands`` show the same by hand; ``disagreements``: where the voices differ."""

    title: str
    sections: tuple[Section, ...] = ()
    raw: tuple[Raw, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()  # (what it shows, the command)
    disagreements: tuple[str, ...] = ()
