"""What a probe of this machine answers: one small thing, really tried."""

from __future__ import annotations

import errno
import os

from sockviz.dataclass import dataclass

#: The areas, in the order in which they are probed.
SYSTEM, VIEW, PROCESSES, WALLS, HOST, ISOLATED, TWO_HOSTS = (
    "system",
    "the kernel's view",
    "processes",
    "walls around a lesson",
    "host lab",
    "isolated lab",
    "two hosts",
)
PROGRAMS = "programs of your own"
TERMINAL, FILES, TOOLS = "terminal", "files", "tools (optional, to look by hand)"
#: The probe of each lab that decides whether lessons can be performed in it.
PROCESS = "a lesson process"
#: The same of two hosts: a connection that was made through the link.
HANDSHAKE = "a handshake"
#: What a step found that was never tried, because one before it was refused.
NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing that was tried. Where it is not ``ok``: what that ``costs`` the reader, and how to ``enable`` it.

    ``errno`` is the name of the kernel's answer (``EPERM``), None where there was none.
    """

    area: str
    name: str
    ok: bool
    found: str
    errno: str | None = None
    costs: str = ""
    enable: str = ""

    @property
    def was_reached(self) -> bool:
        """Whether it was tried at all."""
        return self.found != NOT_REACHED


def passed(area: str, name: str, found: str) -> Probe:
    """A probe that succeeded."""
    return Probe(area, name, True, found)


def failed(area: str, name: str, found: str, costs: str, enable: str = "") -> Probe:
    """A probe that failed without an errno: what was looked for is not there."""
    return Probe(area, name, False, found, None, costs, enable)


def refused(area: str, name: str, number: int, costs: str, enable: str = "") -> Probe:
    """A probe that the kernel answered with an errno."""
    return Probe(area, name, False, os.strerror(number), errno_name(number), costs, enable)


def not_reached(area: str, name: str) -> Probe:
    """A probe that an earlier refusal made pointless."""
    return Probe(area, name, False, NOT_REACHED)


def errno_name(number: int) -> str:
    """``EPERM`` for 1."""
    return errno.errorcode.get(number, f"errno {number}")
