"""Every kind of event, as hypothesis makes them: few names, lines and inodes, so that events meet."""

from __future__ import annotations

from hypothesis import strategies as st

from sockviz.model.events import (
    ActedByHand,
    CallBlocked,
    CallEntered,
    CallHeld,
    CallInterrupted,
    CallLetGo,
    CallReturned,
    CaptureLost,
    Caveat,
    Event,
    Executed,
    ExpectationJudged,
    LessonEnded,
    LineTyped,
    LinkActed,
    LinkSet,
    Observed,
    OutputWritten,
    OverLimit,
    PacketCaptured,
    PageOpened,
    PredictionMade,
    PredictionSettled,
    ProcessEnded,
    ProcessStarted,
    ProcessStopped,
    Signalled,
    SourceMet,
    StatementBegun,
    StatementFinished,
    ThreadBegan,
    ThreadEnded,
    Treated,
    VotesCounted,
)
from sockviz.model.found import Finding, Found
from sockviz.model.segments import FLAG_ORDER, Fragment, IcmpHeader, Packet, Relative, TcpHeader
from sockviz.model.sockets import Asleep, FdEntry, ProcessRow, SocketRow, State, TcpInfo, Timer, ToldName
from sockviz.model.values import ObjectValue, SocketValue, Value

names = st.sampled_from(("server", "client", "worker"))
hosts = st.sampled_from(("loopback", "far"))
lines = st.integers(1, 6)
calls = st.integers(1, 4)
inodes = st.integers(0, 6)
cookies = st.integers(0, 6)
instants = st.floats(0, 2e9, allow_nan=False)
maybe_text = st.none() | st.text(max_size=6)
found = st.lists(st.builds(Found, st.sampled_from(Finding), *[st.text(max_size=4)] * 3), max_size=2).map(
    tuple
)
variables = st.sampled_from(("s", "a", "conn"))

endpoints = st.tuples(st.sampled_from(("127.0.0.1", "::1")), st.sampled_from((0, 8080, 40001, 40002)))
inet6_endpoints = endpoints.map(lambda end: (*end, 0, 0))
addresses = endpoints | inet6_endpoints | st.sampled_from(("mailbox", b"\0abstract", b"", "caf\udce9"))

#: What a lesson may give a call for an address, and what the kernel would then refuse.
odd_addresses = st.sampled_from(
    ((), ("127.0.0.1",), ("127.0.0.1", "http"), (8080, "127.0.0.1"), (b"", 0), (None, None), 7, None)
)

sockets = st.builds(
    SocketValue, inodes, st.integers(-1, 9), st.sampled_from(("AF_INET", "AF_UNIX")),
    st.sampled_from(("SOCK_STREAM", "SOCK_DGRAM")), st.just(0),
)  # fmt: skip
plain = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.binary(max_size=8)
    | st.text(alphabet=st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF), max_size=2)  # surrogateescape's
)  # fmt: skip
values: st.SearchStrategy[Value] = st.recursive(
    plain | sockets | st.builds(ObjectValue, st.text(max_size=4), st.text(max_size=8)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(plain, inner, max_size=2)
    ),
    max_leaves=5,
)

counts = st.integers(0, 1 << 40)
optional_counts = st.none() | counts
infos = st.builds(TcpInfo, *[counts] * 15, *[optional_counts] * 8)
rows = st.builds(
    SocketRow,
    family=st.sampled_from(("AF_INET", "AF_INET6", "AF_UNIX")),
    type=st.sampled_from(("SOCK_STREAM", "SOCK_DGRAM")),
    protocol=st.sampled_from(("TCP", "UDP", "UNIX")),
    state=st.sampled_from(State),
    local=st.none() | addresses,
    peer=st.none() | addresses,
    recv_q=st.integers(0, 9),
    send_q=st.integers(0, 9),
    inode=inodes,
    cookie=cookies,
    uid=st.just(0),
    timer=st.none() | st.sampled_from(Timer),
    expires=st.none() | instants,
    retransmits=st.integers(0, 3),
    bound_only=st.booleans(),
    peer_inode=inodes,
    drops=optional_counts,
    info=st.none() | infos,
    raw=st.binary(max_size=4),
)
asleeps = st.builds(
    Asleep,
    maybe_text,
    st.lists(counts, max_size=3).map(tuple),
    maybe_text,
    st.sampled_from("SRZ"),
    st.text(max_size=4),
    st.text(max_size=4),
    st.none() | counts,
)
descriptor_tables = st.lists(
    st.builds(
        FdEntry, st.integers(0, 9), st.sampled_from(("socket:[1]", "/dev/null")), inodes, maybe_text, counts
    ),
    max_size=3,
).map(tuple)
process_rows = st.builds(ProcessRow, names, st.sampled_from("SRZ"), descriptor_tables, st.none() | asleeps)
keys = rows.map(lambda row: row.key)
flags = st.sets(st.sampled_from(FLAG_ORDER)).map(
    lambda chosen: tuple(flag for flag in FLAG_ORDER if flag in chosen)
)
sequence_numbers = st.integers(0, (1 << 32) - 1)
headers = st.builds(
    TcpHeader, flags, sequence_numbers, sequence_numbers, st.integers(0, 65535), st.integers(0, 65535), st.just(0),
    st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), max_size=2).map(tuple),
)  # fmt: skip
packets = st.builds(
    Packet, instants, st.just("AF_INET"), st.sampled_from(("TCP", "UDP", "ICMP")), endpoints, endpoints, st.integers(0, 9),
    st.just(64), st.integers(0, 99), st.none() | headers,
    st.none() | st.builds(IcmpHeader, st.integers(0, 255), st.integers(0, 255), st.none() | st.tuples(endpoints, endpoints)),
    st.binary(max_size=4), st.just("lo"), st.binary(max_size=4),
    st.none() | st.builds(Fragment, st.integers(0, 3), st.integers(0, 2), st.integers(0, 9), st.booleans()),
)  # fmt: skip
frames = st.none() | st.integers(1, 4)
relatives = st.builds(Relative, optional_counts, optional_counts, st.booleans())

tasks = st.integers(0, 2)
call_names = st.sampled_from(
    ("fork", "accept", "connect", "bind", "sendto", "recvfrom", "getsockname", "close", "unlink")
)

kinds: dict[type, st.SearchStrategy[Event]] = {
    PageOpened: st.builds(PageOpened, instants, st.integers(0, 3)),
    ProcessStarted: st.builds(
        ProcessStarted, instants, names, st.integers(1, 9), st.integers(1, 9), hosts, st.none() | names, st.booleans()
    ),
    StatementBegun: st.builds(StatementBegun, instants, names, lines, tasks),
    CallEntered: st.builds(
        CallEntered, instants, names, calls, st.none() | lines, call_names, st.text(max_size=4),
        st.lists(sockets | addresses | odd_addresses | values, max_size=3).map(tuple),
        st.dictionaries(variables, values, max_size=1), tasks, st.integers(0, 1),
    ),
    CallBlocked: st.builds(CallBlocked, instants, names, calls, st.none() | asleeps, tasks),
    CallReturned: st.builds(
        CallReturned, instants, names, calls, values, st.none() | st.sampled_from(("ECONNREFUSED", "EAGAIN")),
        st.none() | st.integers(1, 130), st.text(max_size=4),
        st.lists(st.builds(ToldName, inodes, st.integers(0, 9), addresses), max_size=2).map(tuple), tasks,
    ),
    StatementFinished: st.builds(
        StatementFinished, instants, names, lines, st.dictionaries(variables, values, max_size=2),
        st.dictionaries(variables, st.integers(-1, 9), max_size=2), maybe_text, st.text(max_size=4), tasks,
    ),
    CallHeld: st.builds(CallHeld, instants, names, calls, tasks),
    CallLetGo: st.builds(CallLetGo, instants, names, calls, tasks),
    CallInterrupted: st.builds(CallInterrupted, instants, names, calls, tasks, st.booleans()),
    ThreadBegan: st.builds(ThreadBegan, instants, names, tasks),
    ThreadEnded: st.builds(ThreadEnded, instants, names, tasks),
    Executed: st.builds(Executed, instants, names, st.lists(st.text(max_size=6), max_size=3).map(tuple)),
    SourceMet: st.builds(SourceMet, instants, st.integers(1, 3), st.text(max_size=6), st.text(max_size=9)),
    Signalled: st.builds(Signalled, instants, names, st.sampled_from(("SIGCHLD", "SIGALRM")), tasks),
    ProcessStopped: st.builds(ProcessStopped, instants, names, st.sampled_from(("SIGSTOP", None))),
    OutputWritten: st.builds(OutputWritten, instants, names, st.sampled_from((1, 2)), st.binary(max_size=9), st.integers(0, 9)),
    OverLimit: st.builds(OverLimit, instants, names, st.just(64)),
    Caveat: st.builds(Caveat, instants, names, st.sampled_from(("filter", "io_uring"))),
    Treated: st.builds(
        Treated, instants, st.sampled_from(("short", "interrupts", "slow-peer", "lossy")), st.just("") | names,
        st.integers(0, 4), tasks, st.none() | st.integers(1, 9), st.none() | st.integers(1, 9), st.none() | st.integers(1, 4),
    ),
    ProcessEnded: st.builds(ProcessEnded, instants, names, st.none() | st.integers(0, 255), maybe_text),
    Observed: st.builds(
        Observed, instants, hosts, st.lists(rows, max_size=4).map(tuple), st.lists(keys, max_size=2).map(tuple),
        st.lists(process_rows, max_size=2).map(tuple), st.dictionaries(st.sampled_from(("Tcp.InSegs", "Udp.NoPorts")), counts),
    ),
    PacketCaptured: st.builds(
        PacketCaptured, instants, hosts, packets, names, names, st.none() | relatives, st.booleans(), frames, frames
    ),
    LinkActed: st.builds(LinkActed, instants, st.sampled_from(("deliver", "drop", "duplicate")), st.integers(1, 4)),
    LinkSet: st.builds(LinkSet, instants, st.lists(hosts, max_size=2).map(tuple)),
    ActedByHand: st.builds(
        ActedByHand, instants, st.sampled_from(("hold", "release", "deliver", "drop", "duplicate")), st.none() | st.integers(1, 4)
    ),
    LineTyped: st.builds(LineTyped, instants, names, lines, st.text(max_size=4), st.integers(0, 3)),
    CaptureLost: st.builds(CaptureLost, instants, hosts, st.integers(0, 9)),
    ExpectationJudged: st.builds(
        ExpectationJudged, instants, lines, st.text(max_size=4), st.booleans(), st.text(max_size=4), st.booleans(), found
    ),
    PredictionMade: st.builds(PredictionMade, instants, lines, st.none() | st.integers(0, 3)),
    PredictionSettled: st.builds(PredictionSettled, instants, lines, maybe_text, st.text(max_size=4), found),
    VotesCounted: st.builds(VotesCounted, instants, lines, st.lists(st.integers(0, 9), max_size=3).map(tuple)),
    LessonEnded: st.builds(LessonEnded, instants),
}  # fmt: skip

events: st.SearchStrategy[Event] = st.one_of(*kinds.values())
#: Runs in which there are processes, which all else depends on.
runs = st.lists(events, max_size=12).flatmap(
    lambda rest: st.lists(kinds[ProcessStarted], min_size=1, max_size=3).map(lambda first: [*first, *rest])
)
