"""A run written by hand: a timeline made event by event, in the order in which a lab would have told of them.

For tests of whatever is above the labs, and for whoever wants to draw what no lab has done:

    it = Scripted()
    it.start("server")
    s = it.socket(3)
    it.enter("server", 1, "accept", s)
    it.sleep("server")
    it.timeline.world.processes["server"].sleeping
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallReturned,
    Event,
    Observed,
    PacketCaptured,
    PageOpened,
    ProcessEnded,
    ProcessStarted,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.lab_facts import LabFacts
from sockviz.model.script_text import ScriptText, UnreadScript
from sockviz.model.segments import Endpoint, Packet, SequenceTracker, TcpHeader
from sockviz.model.sockets import Asleep, FdEntry, ProcessRow, SocketRow, State, TcpInfo, Timer
from sockviz.model.timeline import Header, Timeline
from sockviz.model.values import Address, SocketValue, Value

#: When a run begins, and how far its events are apart (seconds).
START, APART = 1_700_000_000.0, 0.01
CAPTURES = LabFacts("isolated", ("packets", "counters", "ipv6", "private"), ("lab",), {"lab": "127.0.0.1"})
CAPTURES_NOTHING = replace(CAPTURES, kind="host", facts=("ipv6",))
#: Where accept sleeps, and where recv does.
IN_ACCEPT = Asleep("accept4", (3,), "inet_csk_accept", "S", "/proc/PID/syscall", "288 0x3")
IN_RECV = Asleep("recvfrom", (4,), "sk_wait_data", "S", "/proc/PID/syscall", "45 0x4")
INFO = TcpInfo(
    1, 0, 201000, 40000, 32768, 32741, 0, 0, 0, 0, 33, 16, 2147483647, 10, 0, 1, 0, 2, 2, 0, 0, 65536, 65536
)
_SNAP = 54  # bytes of a frame before its payload: Ethernet, IPv4, TCP
_STDIO = tuple(FdEntry(number, "/dev/null", 0) for number in range(3))


def header(lab: LabFacts = CAPTURES, script: ScriptText | None = None) -> Header:
    """What stands before such a run."""
    return Header(script or UnreadScript(path="00-x.md"), lab, "6.18.0", START)


def row(
    state: State, local: Address | None, peer: Address | None = None, *, inode: int = 0, cookie: int = 0,
    queues: tuple[int, int] = (0, 0), timer: Timer | None = None, expires: float | None = None, retransmits: int = 0,
    protocol: str = "TCP", bound_only: bool = False,
) -> SocketRow:  # fmt: skip
    """A kernel row, TCP over IPv4 unless said otherwise."""
    kind = "SOCK_STREAM" if protocol == "TCP" else "SOCK_DGRAM"
    info = INFO if protocol == "TCP" and state not in (State.TIME_WAIT, State.SYN_RECEIVED) else None
    return SocketRow(
        "AF_INET", kind, protocol, state, local, peer, *queues, inode, cookie, 0, timer, expires, retransmits, bound_only,
        info=info,
    )  # fmt: skip


class Scripted:
    """Appends events as a source would. ``at`` is the instant of the next one; ``fds`` and ``open`` are each process's
    descriptors and the numbers that its names hold, as the next observation and the next finished line say them."""

    def __init__(self, of: Header | None = None) -> None:
        self.timeline = Timeline(of or header())
        lab = self.timeline.header.lab
        self.host = lab.hosts[0]
        self.captures = lab.has_packets
        self.at = START
        self.calls: dict[str, int] = {}
        self.fds: dict[str, dict[int, FdEntry]] = {}
        self.open: dict[str, dict[str, int]] = {}
        self.pids = 4120
        self.inodes = 1000
        self._under_way: dict[tuple[str, int], int] = {}  # by process and task, the call
        self._tracker = SequenceTracker()
        self._seqs: dict[tuple[Endpoint, Endpoint], int] = {}

    def say(self, event: Event) -> None:
        """Appends any event."""
        self.timeline.append(event)
        self.at += APART

    def page(self, index: int) -> None:
        """The lesson turns to a page."""
        self.say(PageOpened(self.at, index))

    # --- processes and their calls -----------------------------------------------------------------------------

    def start(self, name: str, parent: str | None = None) -> None:
        """A process begins; with a `parent`, as its copy."""
        self.pids += 1
        self.fds[name] = dict(self.fds[parent]) if parent else {}
        self.open[name] = dict(self.open[parent]) if parent else {}
        self.calls.setdefault(name, self.calls[parent] if parent else 0)
        self._under_way[name, 0] = self.calls[name]
        self.say(ProcessStarted(self.at, name, self.pids, self.pids + 90000, self.host, parent))

    def enter(self, process: str, line: int | None, name: str, *arguments: Value, task: int = 0) -> int:
        """The process is handed a line, and enters its call; without a line, a call that none is known to have asked for."""
        number = self.calls[process] = self._under_way[process, task] = self.calls[process] + 1
        if line is not None:
            self.say(StatementBegun(self.at, process, line, task))
        self.say(CallEntered(self.at, process, number, line, name, f"socket.{name}", arguments, task=task))
        return number

    def sleep(self, process: str, evidence: Asleep | None = IN_ACCEPT, task: int = 0) -> None:
        """It is seen asleep in its call."""
        self.say(CallBlocked(self.at, process, self._under_way[process, task], evidence, task))

    def leave(
        self, process: str, line: int | None, value: Value = None, *, bound: Mapping[str, Value] | None = None,
        error: str | None = None, number: int | None = None, message: str = "it failed", task: int = 0,
    ) -> None:  # fmt: skip
        """Its call comes back, and with it the line is done: names are bound, and hold what descriptors they hold."""
        call, why = self._under_way[process, task], message if error else ""
        self.say(CallReturned(self.at, process, call, value, error, number, why, task=task))
        for name, item in (bound or {}).items():
            for held in item if isinstance(item, tuple) else (item,):
                if isinstance(held, SocketValue):
                    self.open[process][name] = held.fd
                    self.hold(process, held)
        if line is not None:
            opened = dict(self.open[process])
            self.say(StatementFinished(self.at, process, line, bound or {}, opened, task=task))

    def do(
        self, process: str, line: int | None, name: str, *arguments: Value, value: Value = None,
        bound: Mapping[str, Value] | None = None,
    ) -> None:  # fmt: skip
        """A whole line whose call returns at once."""
        self.enter(process, line, name, *arguments)
        self.leave(process, line, value, bound=bound)

    def end(self, process: str, code: int | None = 0, signal: str | None = None) -> None:
        """A process exits, or is killed."""
        self.fds[process] = {}
        self.say(ProcessEnded(self.at, process, code, signal))

    # --- sockets and what the kernel says of them --------------------------------------------------------------------

    def socket(self, fd: int, kind: str = "SOCK_STREAM") -> SocketValue:
        """A socket that is new, as its process would tell of it."""
        self.inodes += 1
        return SocketValue(self.inodes, fd, "AF_INET", kind, 0)

    def hold(self, process: str, held: SocketValue) -> None:
        """From the next observation on the process has a descriptor of it, whatever names hold it."""
        protocol = "TCP" if held.type == "SOCK_STREAM" else "UDP"
        self.fds[process][held.fd] = FdEntry(held.fd, f"socket:[{held.inode}]", held.inode, protocol)

    def shut(self, process: str, name: str) -> None:
        """The descriptor that a name holds is closed."""
        self.fds[process].pop(self.open[process][name], None)
        self.open[process][name] = -1

    def observe(
        self, *rows: SocketRow, gone: Sequence[SocketRow] = (), counters: Mapping[str, int] | None = None,
        of: Iterable[str] | None = None,
    ) -> None:  # fmt: skip
        """The kernel is asked: rows that are new or changed, and the descriptors of every process, or of those in `of`."""
        names = self.fds if of is None else of
        seen = tuple(ProcessRow(name, "S", _STDIO + tuple(self.fds[name].values())) for name in names)
        self.say(Observed(self.at, self.host, rows, tuple(row.key for row in gone), seen, counters or {}))

    # --- the wire ----------------------------------------------------------------------------------------------

    def segment(
        self, sender: str, receiver: str, source: Endpoint, destination: Endpoint, *flags: str, length: int = 0,
        again: bool = False, late: bool = False, options: Sequence[tuple[str, str]] = (),
    ) -> None:  # fmt: skip
        """A segment is captured, with the sequence numbers that are due; nothing is, in a lab that captures nothing."""
        if not self.captures:
            return
        way, back = (source, destination), (destination, source)
        occupies = length + ("SYN" in flags) + ("FIN" in flags)
        seq = self._seqs.get(way, 4_000_000_000 + source[1])
        if again:
            seq -= occupies
        self._seqs[way] = seq + occupies
        of_tcp = TcpHeader(
            flags, seq, self._seqs.get(back, 0) if "ACK" in flags else 0, 65535, 0xBEEF, 0, tuple(options)
        )
        payload = b"x" * length
        packet = Packet(
            self.at, "AF_INET", "TCP", source, destination, length, 64, 40 + length, of_tcp, None, payload, "lo",
            bytes(range(_SNAP)) + payload,
        )  # fmt: skip
        relative = self._tracker.follow(packet)
        self.say(PacketCaptured(self.at, self.host, packet, sender, receiver, relative, late))

    def handshake(self, client: Endpoint, who: str, server: Endpoint, whose: str = "server") -> None:
        """SYN, SYN+ACK, ACK."""
        self.segment(who, whose, client, server, "SYN")
        self.segment(whose, who, server, client, "SYN", "ACK")
        self.segment(who, whose, client, server, "ACK")
