"""What can happen in a lesson. Every event is a fact with the instant it happened (CLOCK_REALTIME seconds).

A call, and a line of the lesson, belong to a ``task`` of a process: the one that it began with (0), or another of its threads, by
its number. A lesson's processes have one task each.

A program that is watched (`sockviz watch`) makes calls that no line asked for; `CallHeld`, `CallLetGo`, `CallInterrupted`,
`ThreadBegan`, `ThreadEnded`, `Executed`, `Signalled`, `ProcessStopped`, `OutputWritten`, `OverLimit`, `Caveat` and `SourceMet`
are its alone, and in an exercise `Treated`.

Three voices are kept apart: `CallEntered`, `CallReturned`, `StatementFinished` are what a process reported of itself, or its
tracer of it (*returned*); `Observed`, `CallBlocked`, `ProcessEnded` are what the kernel said of it (*observed*);
`PacketCaptured` is what was taken off an interface (*captured*). The rest is the lesson itself moving on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TypeAlias

from sockviz.dataclass import dataclass
from sockviz.model.groups import JoinedGroup
from sockviz.model.reader_events import (
    ActedByHand as ActedByHand,
)
from sockviz.model.reader_events import (
    ExpectationJudged as ExpectationJudged,
)
from sockviz.model.reader_events import (
    LessonEnded as LessonEnded,
)
from sockviz.model.reader_events import (
    LineTyped as LineTyped,
)
from sockviz.model.reader_events import (
    PredictionMade as PredictionMade,
)
from sockviz.model.reader_events import (
    PredictionSettled as PredictionSettled,
)
from sockviz.model.reader_events import (
    VotesCounted as VotesCounted,
)
from sockviz.model.segments import Packet, Relative
from sockviz.model.sockets import Asleep, ProcessRow, RowKey, SocketRow, ToldName
from sockviz.model.treated import Treated as Treated
from sockviz.model.values import Value


@dataclass(frozen=True, slots=True)
class PageOpened:
    """The lesson turned to a page (0-based)."""

    at: float
    page: int


@dataclass(frozen=True, slots=True)
class ProcessStarted:
    """An OS process of the lesson exists. ``pid`` is what its own getpid says; ``outer_pid`` is this machine's number.

    ``parent`` names the process that forked it; None when the lab started it.
    """

    at: float
    process: str
    pid: int
    outer_pid: int
    host: str
    parent: str | None = None
    privileged: bool = False


@dataclass(frozen=True, slots=True)
class StatementBegun:
    """A line of the lesson (1-based line of the file) was handed to its process.

    ``together``: with the line before it, and no stop between the two.
    """

    at: float
    process: str
    line: int
    task: int = 0
    together: bool = False


@dataclass(frozen=True, slots=True)
class CallEntered:
    """A process is about to make a call. ``function`` is its row in the table of calls, as ``socket.accept``.

    ``watched``: what a poll object waits for, descriptors and events, as its process has told it.
    ``call`` numbers the calls of one process from 1. ``arguments`` are the values passed, the receiver first
    for a method. ``line`` of the script's text number ``text`` asked for it; where it is None none is known. ``library``: no text
    of the user's did, but this line of a library's, ``/usr/lib/python3.11/socketserver.py:466``.
    """

    at: float
    process: str
    call: int
    line: int | None
    name: str
    function: str
    arguments: tuple[Value, ...] = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)
    task: int = 0
    text: int = 0
    watched: tuple[tuple[int, int], ...] = ()
    library: str = ""


@dataclass(frozen=True, slots=True)
class CallBlocked:
    """The process sleeps in the call. ``evidence`` is the second of two looks that agreed; None means *inferred*."""

    at: float
    process: str
    call: int
    evidence: Asleep | None
    task: int = 0


@dataclass(frozen=True, slots=True)
class CallReturned:
    """A call came back: with ``value``, or with ``error`` (an errno's name, EAI_… or a Python exception's name).

    ``told``: the names that the sockets of the call have now, where it may have changed them, as their process says.
    ``option_was`` and ``option_is``: what getsockopt said of the option that the call set, right before and right after."""

    at: float
    process: str
    call: int
    value: Value = None
    error: str | None = None
    number: int | None = None  # errno, or EAI_ code
    message: str = ""
    told: tuple[ToldName, ...] = ()
    task: int = 0
    option_was: Value = None
    option_is: Value = None


@dataclass(frozen=True, slots=True)
class CallHeld:
    """A call that was entered is not made yet: its task waits until somebody lets it go."""

    at: float
    process: str
    call: int
    task: int = 0


@dataclass(frozen=True, slots=True)
class CallLetGo:
    """A call that was held is made now."""

    at: float
    process: str
    call: int
    task: int = 0


@dataclass(frozen=True, slots=True)
class CallInterrupted:
    """A signal has interrupted a call, and its handler makes calls of its own meanwhile. With ``over`` the handler has come back,
    and the kernel goes on with the call."""

    at: float
    process: str
    call: int
    task: int = 0
    over: bool = False


@dataclass(frozen=True, slots=True)
class ThreadBegan:
    """A process has a further thread, whose ``task`` is a number of its own; calls of it may come later, or never."""

    at: float
    process: str
    task: int


@dataclass(frozen=True, slots=True)
class ThreadEnded:
    """A further thread of a process is gone."""

    at: float
    process: str
    task: int


@dataclass(frozen=True, slots=True)
class Executed:
    """A process has become another program, or begun as one: ``arguments`` are its command, as far as they were read."""

    at: float
    process: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceMet:
    """A text of the user's own is known from here on by a ``number`` (from 1): calls name its lines. ``content`` is its
    beginning, or nothing where it could not be read."""

    at: float
    number: int
    path: str
    content: str


@dataclass(frozen=True, slots=True)
class Signalled:
    """A task is delivered a signal, by its name: its program's handler, or what the kernel does by default, comes next."""

    at: float
    process: str
    signal: str
    task: int = 0


@dataclass(frozen=True, slots=True)
class ProcessStopped:
    """All tasks of a process stand still where they are, by a signal of this name, until SIGCONT comes; None: they go on."""

    at: float
    process: str
    signal: str | None


@dataclass(frozen=True, slots=True)
class OutputWritten:
    """A program, or what it has forked, wrote to its standard output (1) or error (2). ``unkept``: so many bytes after ``data``
    are not kept."""

    at: float
    process: str
    stream: int
    data: Value
    unkept: int = 0


@dataclass(frozen=True, slots=True)
class OverLimit:
    """A process was refused another one, or a thread, the first time: a run has ``most`` processes at a time."""

    at: float
    process: str
    most: int


@dataclass(frozen=True, slots=True)
class Caveat:
    """Something of a process is out of sight from here on, or goes otherwise than without us: ``what`` is one of the codes that
    `sockviz.words.caveats` has words for."""

    at: float
    process: str
    what: str


@dataclass(frozen=True, slots=True)
class StatementFinished:
    """A line is done. ``bound``: the names it (re)bound. ``open_fds``: for each name that holds a socket, its descriptor
    now (-1 once closed). ``error`` where the line failed outside any call (a ValueError, say)."""

    at: float
    process: str
    line: int
    bound: Mapping[str, Value] = field(default_factory=dict)
    open_fds: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None
    message: str = ""
    task: int = 0


@dataclass(frozen=True, slots=True)
class ProcessEnded:
    """A process of the lesson is gone: with an exit status, or by a signal (its name). Neither where no one could say."""

    at: float
    process: str
    exit_code: int | None = None
    signal: str | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """The kernel's view of one host differs from the last: rows that are new or changed, keys of rows that are gone,
    processes that changed, counters that grew (their growth since the lesson began), the multicast groups that the host
    has joined, all of them (None: as before)."""

    at: float
    host: str
    rows: tuple[SocketRow, ...] = ()
    gone: tuple[RowKey, ...] = ()
    processes: tuple[ProcessRow, ...] = ()
    counters: Mapping[str, int] = field(default_factory=dict)
    groups: tuple[JoinedGroup, ...] | None = None


@dataclass(frozen=True, slots=True)
class PacketCaptured:
    """A packet was taken off ``packet.interface`` of ``host``.

    ``sender``/``receiver`` name the process whose socket it belongs to, or ``kernel``; on two hosts they name hosts.
    ``late``: it came out of the capture after later events had been appended. On a link ``frame`` is its number there,
    and ``entry`` the number of the frame whose copy it is: its own, unless it repeats one that still waits.
    """

    at: float
    host: str
    packet: Packet
    sender: str
    receiver: str
    relative: Relative | None = None
    late: bool = False
    frame: int | None = None
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class LinkActed:
    """The link did something with a frame: ``deliver``, ``drop`` or ``duplicate`` (a second time through)."""

    at: float
    verb: str
    frame: int


@dataclass(frozen=True, slots=True)
class LinkSet:
    """From here on the link keeps what the hosts named in ``holding`` send; nothing, where it is empty."""

    at: float
    holding: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaptureLost:
    """The capture itself lost ``count`` packets since it last said so."""

    at: float
    host: str
    count: int


Event: TypeAlias = (
    PageOpened
    | ProcessStarted
    | StatementBegun
    | CallEntered
    | CallBlocked
    | CallReturned
    | CallHeld
    | CallLetGo
    | CallInterrupted
    | ThreadBegan
    | ThreadEnded
    | Executed
    | SourceMet
    | Signalled
    | ProcessStopped
    | OutputWritten
    | OverLimit
    | Caveat
    | Treated
    | StatementFinished
    | ProcessEnded
    | Observed
    | PacketCaptured
    | LinkActed
    | LinkSet
    | ActedByHand
    | LineTyped
    | CaptureLost
    | ExpectationJudged
    | PredictionMade
    | PredictionSettled
    | VotesCounted
    | LessonEnded
)
