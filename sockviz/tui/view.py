"""What the widgets of the lesson screen are handed: one frozen view, made by the screen, drawn by each."""

from __future__ import annotations

from enum import Enum

from sockviz.calls.script import Script, ScriptPage
from sockviz.dataclass import dataclass
from sockviz.model.lab_facts import LabFacts
from sockviz.model.subjects import Subjects
from sockviz.model.timeline import Timeline
from sockviz.model.world import World
from sockviz.player.next import Next

#: Of a page that asks nothing.
NOTHING_ASKED = Subjects()


class Mode(Enum):
    """How what is on screen relates to now."""

    LIVE = "LIVE"
    REVIEW = "REVIEW"
    RECORDED = "RECORDED"
    FOLLOWING = "FOLLOWING"  # at the end of a recording that is still being written


@dataclass(frozen=True, slots=True)
class Look:
    """How things may be drawn on this terminal. ``animate`` is off for TEXTUAL_ANIMATIONS=none and in golden screens; ``shell``
    where its reader has one to type a command at."""

    ascii: bool = False
    colour: bool = True
    animate: bool = True
    language: str = "python"  # or "c": which view of the code
    large: bool = False  # what has changed is to be seen from a room's last row
    shell: bool = True


@dataclass(frozen=True, slots=True)
class Focus:
    """What the reader points at: a socket (by inode), a line of the lesson, a packet (by number), or a call of a program's (by
    its process and its number there). All None: nothing."""

    inode: int | None = None
    line: int | None = None
    packet: int | None = None
    call: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class View:
    """Everything the stage draws from. ``world`` is after ``cursor`` events of ``timeline``, ``before`` is the world at the last
    resting place before it (so that what is new can be marked and moved once). ``progress`` runs from 0 to 1 while that
    movement is under way and is 1 at rest: the picture is a function of this view alone. ``version`` grows with each view.
    ``subjects`` are what the page asks about: they stay in sight. While a step's story is told (`sockviz.tui.story`) ``told`` is
    the world a moment earlier, and ``place`` the cursor where the reader is; None at rest. ``still`` is an earlier view since
    which time alone has gone on (`sockviz.tui.story.is_once_more`): the stage is laid out for it. None: for this one.
    """

    version: int
    script: Script
    page: ScriptPage
    timeline: Timeline
    cursor: int
    world: World
    before: World
    next: Next
    mode: Mode
    look: Look
    focus: Focus = Focus()
    progress: float = 1.0
    problem: str | None = None
    subjects: Subjects = NOTHING_ASKED
    told: World | None = None
    place: int | None = None
    still: View | None = None
    now: float | None = None  # the instant to count down from (CLOCK_REALTIME); None: the world's own

    @property
    def lab(self) -> LabFacts:
        """The facts of the lab that the run was made in."""
        return self.timeline.header.lab

    @property
    def crossed(self) -> int:
        """How many segments are known to have been on the wire."""
        return len(self.world.packets) if self.lab.has_packets else len(self.world.inferred)
