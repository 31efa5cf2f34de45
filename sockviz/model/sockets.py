"""What the kernel says of a socket, and the states it can be in.

A `SocketRow` is one line of a kernel table (sock_diag, or /proc/net where that is refused), never more than the
kernel said. Elapsed times are kept as instants, so two observations of an unchanged socket compare equal.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from sockviz.dataclass import dataclass
from sockviz.model.values import Address


class State(StrEnum):
    """RFC 9293's names for TCP; `UNCONNECTED` and `CONNECTED` for datagram sockets."""

    LISTEN = "LISTEN"
    SYN_SENT = "SYN-SENT"
    SYN_RECEIVED = "SYN-RECEIVED"
    ESTABLISHED = "ESTABLISHED"
    FIN_WAIT_1 = "FIN-WAIT-1"
    FIN_WAIT_2 = "FIN-WAIT-2"
    CLOSE_WAIT = "CLOSE-WAIT"
    CLOSING = "CLOSING"
    LAST_ACK = "LAST-ACK"
    TIME_WAIT = "TIME-WAIT"
    CLOSED = "CLOSED"
    UNCONNECTED = "UNCONNECTED"
    CONNECTED = "CONNECTED"


#: A connect is under way: as it began, and once its SYN has crossed another's (RFC 9293, figure 5).
IN_HANDSHAKE = frozenset({State.SYN_SENT, State.SYN_RECEIVED})


class Timer(StrEnum):
    """The timer that runs on a socket, by the names `ss -o` gives it."""

    ON = "on"  # retransmission (of data, SYN or FIN)
    KEEPALIVE = "keepalive"
    TIMEWAIT = "timewait"
    PERSIST = "persist"  # zero-window probe


@dataclass(frozen=True, slots=True)
class TcpInfo:
    """The part of `struct tcp_info` that does not merely count elapsed time. Times in µs, sizes in bytes.

    ``None`` where this kernel's structure is too short to have the field.
    """

    state: int
    retransmits: int
    rto: int
    ato: int
    snd_mss: int
    rcv_mss: int
    unacked: int
    sacked: int
    lost: int
    retrans: int
    rtt: int
    rttvar: int
    snd_ssthresh: int
    snd_cwnd: int
    total_retrans: int
    bytes_acked: int | None = None
    bytes_received: int | None = None
    segs_out: int | None = None
    segs_in: int | None = None
    notsent_bytes: int | None = None
    bytes_sent: int | None = None
    snd_wnd: int | None = None
    rcv_wnd: int | None = None


if TYPE_CHECKING:
    RowKey: TypeAlias = tuple[str | int | None, ...]
else:

    class RowKey:
        """Marks a field whose content is written tagged (see `sockviz.model.recording`)."""


@dataclass(frozen=True, slots=True)
class SocketRow:
    """One row of a kernel socket table.

    For LISTEN, ``recv_q``/``send_q`` are the accept queue's length and the backlog (net/ipv4/tcp_diag.c,
    tcp_diag_get_info). ``inode`` is 0 where no descriptor owns the row: un-accepted, SYN-RECEIVED, orphan, TIME-WAIT.
    ``cookie`` is 0 where the interface has none (/proc/net). ``expires`` is a CLOCK_REALTIME instant in seconds.
    """

    family: str  # "AF_INET", "AF_INET6", "AF_UNIX"
    type: str  # "SOCK_STREAM", "SOCK_DGRAM", "SOCK_SEQPACKET", "SOCK_RAW"
    protocol: str  # "TCP", "UDP", "UNIX", "RAW", …
    state: State
    local: Address | None
    peer: Address | None
    recv_q: int
    send_q: int
    inode: int
    cookie: int
    uid: int
    timer: Timer | None = None
    expires: float | None = None
    retransmits: int = 0
    bound_only: bool = False  # sock_diag's TCP_BOUND_INACTIVE: has a port, neither listens nor is connected
    peer_inode: int = 0  # AF_UNIX: the other end's inode
    drops: int | None = None  # UDP: datagrams that came for it and that it was not given
    info: TcpInfo | None = None
    interface: str = "sock_diag"
    raw: bytes = field(default=b"", compare=False, repr=False)
    outlived: bool = False  # bound only, and the connection that it had is still there as a TIME-WAIT row of the same cookie

    @property
    def key(self) -> RowKey:
        """Identifies this socket among a host's rows, across observations."""
        if self.outlived:
            return ("bound", self.cookie)
        if self.cookie:
            return ("cookie", self.cookie)
        return (self.protocol, self.inode, repr(self.local), repr(self.peer), self.state == State.LISTEN)

    @property
    def is_raw(self) -> bool:
        """Whether what stands for a port in its names is a protocol's number."""
        return self.type == "SOCK_RAW" and self.family != "AF_UNIX"

    @property
    def has_ports(self) -> bool:
        """Whether its names have ports."""
        return self.family != "AF_UNIX" and not self.is_raw

    @property
    def is_listening(self) -> bool:
        """Whether the two queue columns mean pending and backlog instead of bytes."""
        return self.state is State.LISTEN

    @property
    def tells_queues(self) -> bool:
        """Whether its table has the two queues at all: /proc/net/unix has none, and no peer."""
        return self.interface != "/proc/net/unix"

    @property
    def backlog(self) -> int | None:
        """A listener's backlog; None of what does not listen, and where its table does not say: no table of /proc/net has it."""
        return self.send_q if self.is_listening and not self.interface.startswith("/proc") else None


#: Two readings of one countdown differ by clock granularity (a jiffy is up to 10 ms) and by reading time.
SAME_INSTANT = 0.05


def says_the_same(old: SocketRow, new: SocketRow) -> bool:
    """Whether two rows of one socket differ in nothing but elapsed time."""
    if old == new:
        return True
    if old.timer is not new.timer or (old.expires is None) != (new.expires is None):
        return False
    if old.expires is not None and new.expires is not None and abs(old.expires - new.expires) > SAME_INSTANT:
        return False
    return _timeless(old) == _timeless(new)


def _timeless(row: SocketRow) -> tuple[object, ...]:
    return (
        row.family, row.type, row.protocol, row.state, row.local, row.peer, row.recv_q, row.send_q,
        row.inode, row.cookie, row.uid, row.timer, row.retransmits, row.bound_only, row.outlived, row.peer_inode,
        row.drops, row.info, row.interface,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ToldName:
    """What getsockname said of a socket's local name, right after a call that may have changed it."""

    inode: int
    fd: int
    local: Address


@dataclass(frozen=True, slots=True)
class Watched:
    """One entry of an epoll descriptor's interest list, from its /proc/PID/fdinfo (fs/eventpoll.c, ep_show_fdinfo).

    ``fd`` is the number under which it was put on the list, which may be closed by now, or another's: epoll watches the open
    file, whose ``inode`` this is. ``events`` as the kernel keeps them: EPOLLERR and EPOLLHUP are always among them. ``data`` is
    what epoll_wait gives back; Python has the descriptor there.
    """

    fd: int
    events: int
    data: int = 0
    inode: int = 0


#: Of longer interest lists the first entries are kept, and how many more there are.
MOST_WATCHED = 64


@dataclass(frozen=True, slots=True)
class FdEntry:
    """One line of a process's descriptor table, from /proc/PID/fd and /proc/PID/fdinfo.

    ``protocol`` is the kernel's own name (`TCP`, `UDP`, `UNIX-STREAM` …) from the descriptor's
    ``system.sockprotoname`` attribute: the only thing the kernel says of a socket that was never bound.
    """

    fd: int
    target: str  # what readlink says: "socket:[12345]", "/dev/null", "pipe:[67]"
    inode: int  # of a socket or pipe; 0 otherwise
    protocol: str | None = None
    flags: int = 0  # open-file flags: O_NONBLOCK, O_CLOEXEC …
    watched: tuple[Watched, ...] = ()  # of an epoll descriptor, in the order of their numbers
    watched_more: int = 0  # entries of its list beyond these

    @property
    def is_epoll(self) -> bool:
        """Whether the descriptor refers to an epoll instance."""
        return self.target == "anon_inode:[eventpoll]"

    @property
    def is_mptcp(self) -> bool:
        """Whether it is a socket of MPTCP, whose rows in TCP's table are its subflows (net/mptcp/protocol.c)."""
        return self.protocol in ("MPTCP", "MPTCPv6")

    @property
    def is_socket(self) -> bool:
        """Whether the descriptor refers to a socket."""
        return self.target.startswith("socket:")


#: The calls in which the parent sleeps until its child is another program (kernel/fork.c, wait_for_vfork_done).
_VFORK = frozenset({"vfork", "clone", "clone3"})


@dataclass(frozen=True, slots=True)
class Asleep:
    """Evidence that a process sleeps: what /proc said of it at one look.

    ``interface`` names the strongest file that could be read: /proc/PID/syscall, else wchan, else stat. ``caught``: the signals
    that it has handlers for, of signal N bit N - 1; None where nobody asked, or it is not to be read.
    """

    syscall: str | None  # "accept4", or None where /proc/PID/syscall is refused
    arguments: tuple[int, ...]
    wchan: str | None
    state: str  # "S" interruptible sleep, "R" running, "Z" zombie …
    interface: str
    raw: str
    caught: int | None = None

    @property
    def is_of_the_machine(self) -> bool:
        """Whether it waits for a disk, or for memory, and goes on without anybody's doing: an uninterruptible sleep, but for that
        of who has forked by vfork(2) and waits for its child."""
        return self.state == "D" and self.syscall not in _VFORK


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """What /proc says of one process at one moment. ``fds`` leaves out sockviz's own control descriptors."""

    process: str
    state: str
    fds: tuple[FdEntry, ...]
    asleep: Asleep | None = None
