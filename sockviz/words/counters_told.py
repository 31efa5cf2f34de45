"""The counters of which there are words: what each has counted. Some are told of; all that have grown stand in the inspector."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.language import N_
from sockviz.model.hindsight import COUNTERS

#: Counts each SYN, and each last ACK of a handshake, that met a full accept queue (net/ipv4/tcp_ipv4.c, tcp_input.c).
OVERFLOWS = "TcpExt.ListenOverflows"
#: Counts each tail loss probe (net/ipv4/tcp_output.c, tcp_send_loss_probe).
LOSS_PROBES = "TcpExt.TCPLossProbes"
#: The counters whose growth says something by itself, and what it says.
TELLING: Mapping[str, str] = {
    OVERFLOWS: N_("met a full accept queue"),
    "TcpExt.ListenDrops": N_("dropped on their way to a listener, for whatever reason"),
    "TcpExt.TCPMigrateReqSuccess": N_(
        "who waited at a listener went over to another of its group (tcp_migrate_req)"
    ),
    "TcpExt.TCPReqQFullDrop": N_("SYNs dropped: the SYN queue was full"),
    "TcpExt.TCPReqQFullDoCookies": N_("SYNs answered by a cookie: the SYN queue was full"),
    "TcpExt.SyncookiesSent": N_("SYN cookies sent"),
    "TcpExt.TCPDeferAcceptDrop": N_("last ACKs not yet believed (TCP_DEFER_ACCEPT)"),
    "TcpExt.TCPTimeouts": N_("retransmission timers that ran out"),
    LOSS_PROBES: N_(
        "tail loss probes: nothing was heard of the last segment, and the next that waited, or that one again, asks"
    ),
    "TcpExt.TCPSynRetrans": N_("SYNs sent again"),
    "Tcp.RetransSegs": N_("segments sent again"),
    "TcpExt.TCPAbortOnClose": N_("connections reset: closed with unread data"),
    "TcpExt.TCPAbortOnData": N_("connections reset: data came after close or shutdown, or SO_LINGER was 0 s"),
    "TcpExt.TCPAbortOnTimeout": N_("connections given up: no answer"),
    "TcpExt.TCPRcvQDrop": N_("segments dropped: the receive buffer was full"),
    "TcpExt.TCPZeroWindowDrop": N_("segments dropped: they came while the window was closed"),
    "TcpExt.TCPBacklogDrop": N_("segments dropped: too many waited for a socket that was in use"),
    "TcpExt.TCPMinTTLDrop": N_("segments dropped: they had fewer hops left than IP_MINTTL asks for"),
    "TcpExt.PAWSEstab": N_("segments dropped: their timestamp is older than one that has come (PAWS)"),
    "TcpExt.TCPSpuriousRTOs": N_("timeouts that were too early: nothing was lost"),
    "Ip.ReasmTimeout": N_("datagrams given up: the time for their missing fragments was over (ipfrag_time)"),
    "Ip6.ReasmTimeout": N_(
        "datagrams given up: the time for their missing fragments was over (ip6frag_time)"
    ),
    "Tcp.OutRsts": N_("RSTs sent"),
    "Tcp.AttemptFails": N_("handshakes that failed"),
    "Tcp.EstabResets": N_("connections that were reset"),
    "Udp.NoPorts": N_("datagrams to a port nobody has"),
    "Udp.RcvbufErrors": N_("datagrams dropped: the receive buffer was full"),
    "Udp6.RcvbufErrors": N_("datagrams dropped: the receive buffer was full"),
    "Udp6.NoPorts": N_("datagrams to a port nobody has"),
    "Udp.InErrors": N_("datagrams that could not be delivered"),
    "Udp6.InErrors": N_("datagrams that could not be delivered"),
    "Udp.InCsumErrors": N_("datagrams dropped: their checksum was wrong"),
    "Udp6.InCsumErrors": N_("datagrams dropped: their checksum was wrong"),
    "Udp.IgnoredMulti": N_("broadcasts and multicasts that no socket here takes"),
    "Udp6.IgnoredMulti": N_("multicasts that no socket here takes"),
    "Udp.MemErrors": N_("datagrams dropped: all of UDP's memory was used up (udp_mem)"),
    "Udp6.MemErrors": N_("datagrams dropped: all of UDP's memory was used up (udp_mem)"),
    "Tcp.InCsumErrors": N_("segments dropped: their checksum was wrong"),
}
#: Of these, what is told in the sentence of an observation: the others go without saying once these are said.
SPOKEN = frozenset(
    {OVERFLOWS, "TcpExt.ListenDrops", "TcpExt.TCPMigrateReqSuccess",
     "TcpExt.TCPReqQFullDrop", "TcpExt.TCPAbortOnClose", "TcpExt.TCPAbortOnData",
     "TcpExt.TCPAbortOnTimeout", "TcpExt.TCPTimeouts", LOSS_PROBES,
     "TcpExt.SyncookiesSent", "TcpExt.TCPReqQFullDoCookies",
     "TcpExt.TCPRcvQDrop", "TcpExt.TCPZeroWindowDrop", "TcpExt.TCPBacklogDrop", "TcpExt.PAWSEstab",
     "TcpExt.TCPSpuriousRTOs", "Udp.RcvbufErrors", "Udp6.RcvbufErrors", "Ip.ReasmTimeout", "Ip6.ReasmTimeout",
     "Udp.InCsumErrors", "Udp6.InCsumErrors", "Udp.IgnoredMulti", "Udp6.IgnoredMulti",
     "Udp.MemErrors", "Udp6.MemErrors", "Tcp.InCsumErrors"}
)  # fmt: skip
#: Those of which there is something to say, those by which it is found why a packet was sent again or not let in, and those that
#: lessons have looked at: on a timeline stands how each of them grew.
FOLLOWED = frozenset({
    *TELLING, *COUNTERS, "TcpExt.SyncookiesRecv", "TcpExt.SyncookiesFailed", "Tcp.ActiveOpens", "Tcp.PassiveOpens",
})  # fmt: skip
