"""One call as the world knows it: entered, perhaps asleep, returned or failed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from sockviz.dataclass import dataclass, replace
from sockviz.model.segments import Endpoint, first_endpoint, reached
from sockviz.model.sockets import Asleep
from sockviz.model.values import ObjectValue, SocketValue, Value

if TYPE_CHECKING:
    from sockviz.model.events import CallEntered, CallReturned, Treated

#: Calls that hand data to the kernel, and calls that take some, by name: on a socket or on its descriptor.
SENDING = frozenset({"send", "sendall", "sendto", "sendmsg", "write", "writev"})
RECEIVING = frozenset({"recv", "recvfrom", "recv_into", "recvfrom_into", "recvmsg", "read", "readv"})
CONNECTING = frozenset({"connect", "connect_ex"})
#: Calls whose address is somebody else's.
_REACHING = CONNECTING | SENDING
#: Calls that answer with an address.
NAMING = frozenset({"getsockname", "getpeername"})
#: Calls that are not meant to return.
ENDING = frozenset({"_exit", "abort"})
#: C's connect, called by ctypes with an address of no family (AF_UNSPEC): the peer is forgotten.
DISSOLVING = "ctypes.CDLL.connect"


class Stage(Enum):
    """Where a call is in its life."""

    ENTERED = "entered"
    HELD = "held"  # entered, and not made until somebody lets it go
    ASLEEP = "asleep"
    INTERRUPTED = "interrupted"  # by a signal whose handler makes calls of its own
    RETURNED = "returned"
    FAILED = "failed"
    ABANDONED = "abandoned"  # its process ended before it returned


#: So begins what is told of an address that has no family.
NO_FAMILY = "AF_UNSPEC"


@dataclass(frozen=True, slots=True)
class Origin:
    """What asked for a call: a line (from 1) of one of the script's texts (from 0). A lesson is one text."""

    line: int
    text: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """One system call (or resolver function) of one task of a process.

    ``asleep`` keeps the evidence of its sleep after it has returned; ``slept`` says that it was seen asleep at all.
    """

    process: str
    number: int
    origin: Origin | None  # None where no line is known to have asked for it
    name: str
    function: str
    arguments: tuple[Value, ...]
    keywords: Mapping[str, Value]
    entered: float
    stage: Stage = Stage.ENTERED
    slept: bool = False
    asleep: Asleep | None = None
    returned: float | None = None
    value: Value = None
    error: str | None = None
    errno: int | None = None
    message: str = ""
    task: int = 0
    watched: tuple[tuple[int, int], ...] = ()  # what a poll object waits for: descriptors and events
    library: str = (
        ""  # the file and line of a library that made it, where no line of the user's is known to have
    )
    treated: tuple[Treated, ...] = ()  # what an exercise's kernel did to it, in order

    @property
    def line(self) -> int | None:
        """The line that asked for it, where one is known."""
        return self.origin.line if self.origin is not None else None

    @property
    def receiver(self) -> SocketValue | None:
        """The socket that the call was made on, where there is one."""
        first = self.arguments[0] if self.arguments else None
        return first if isinstance(first, SocketValue) else None

    @property
    def target(self) -> Endpoint | None:
        """The IP address and port among its arguments, where there is one; of what sends or connects, as it is reached."""
        end = first_endpoint(self.arguments)
        return end if end is None or self.name not in _REACHING else reached(_of_family(end, self.receiver))

    @property
    def dissolves(self) -> bool:
        """Whether it is a connect to no address, which takes a socket's peer away."""
        if self.function == DISSOLVING:
            return True
        address = self.arguments[1] if self.name == "connect" and len(self.arguments) > 1 else None
        return isinstance(address, ObjectValue) and address.text.startswith(NO_FAMILY)

    @property
    def is_over(self) -> bool:
        """Whether the call has come back."""
        return self.stage in (Stage.RETURNED, Stage.FAILED, Stage.ABANDONED)


def _of_family(end: Endpoint, held: SocketValue | None) -> Endpoint:
    """Python's empty host is every address of the socket's family."""
    return ("::", end[1]) if not end[0] and held is not None and held.family == "AF_INET6" else end


def as_entered(event: CallEntered) -> Call:
    """The call that has begun with the event."""
    origin = Origin(event.line, event.text) if event.line is not None else None
    return Call(
        event.process, event.call, origin, event.name, event.function, event.arguments, event.keywords, event.at,
        task=event.task, watched=event.watched, library=event.library,
    )  # fmt: skip


def as_come_back(entered: CallEntered | Call, event: CallReturned) -> Call:
    """The call that has come back with `event`. Of one of which nothing was said but that it was entered it is made at once, and
    not three times."""
    stage = Stage.RETURNED if event.error is None else Stage.FAILED
    if isinstance(entered, Call):
        return replace(
            entered, stage=stage, returned=event.at, value=event.value, error=event.error, errno=event.number,
            message=event.message,
        )  # fmt: skip
    origin = _origin(entered.line, entered.text) if entered.line is not None else None
    return Call(
        entered.process, entered.call, origin, entered.name, entered.function, entered.arguments, entered.keywords, entered.at,
        stage, False, None,
        event.at, event.value, event.error, event.number, event.message, entered.task, entered.watched,
        entered.library,
    )  # fmt: skip


@lru_cache(maxsize=64)
def _origin(line: int, text: int) -> Origin:
    return Origin(line, text)
