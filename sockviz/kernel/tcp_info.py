"""`struct tcp_info` (include/uapi/linux/tcp.h), as INET_DIAG_INFO and getsockopt(TCP_INFO) give it."""

from __future__ import annotations

from struct import Struct

from sockviz.kernel.errors import BadMessage
from sockviz.model.sockets import TcpInfo

# Offsets 0 to 104 have been there since Linux 2.6. The four elapsed times (last_data_sent … last_ack_recv) and
# the figures that no lesson speaks of are passed over.
_ALWAYS = Struct("=BxB5x 4I 4I 4x 16x 8x 4I 8x 8x I")
# tcpi_bytes_acked … tcpi_notsent_bytes (Linux 4.2 to 4.6), at 120.
_COUNTS = Struct("=2Q 3I")
_COUNTS_AT = 120
_BYTES_SENT = Struct("=Q")  # Linux 4.19
_BYTES_SENT_AT = 200
_SND_WND = Struct("=I")  # Linux 5.4
_SND_WND_AT = 228
_RCV_WND = Struct("=I")  # Linux 6.2
_RCV_WND_AT = 232


def parse_tcp_info(data: bytes) -> TcpInfo:
    """The `TcpInfo` in `data`. The structure grows with every kernel; fields beyond its end are None."""
    size = len(data)
    if size < _ALWAYS.size:
        raise BadMessage(f"tcp_info of {size} bytes; every kernel's has at least {_ALWAYS.size}")
    (
        state, retransmits, rto, ato, snd_mss, rcv_mss, unacked, sacked, lost, retrans,
        rtt, rttvar, snd_ssthresh, snd_cwnd, total_retrans,
    ) = _ALWAYS.unpack_from(data)  # fmt: skip
    acked = received = segs_out = segs_in = notsent = None
    if size >= _COUNTS_AT + _COUNTS.size:
        acked, received, segs_out, segs_in, notsent = _COUNTS.unpack_from(data, _COUNTS_AT)
    sent = _BYTES_SENT.unpack_from(data, _BYTES_SENT_AT)[0] if size >= _BYTES_SENT_AT + 8 else None
    snd_wnd = _SND_WND.unpack_from(data, _SND_WND_AT)[0] if size >= _SND_WND_AT + 4 else None
    rcv_wnd = _RCV_WND.unpack_from(data, _RCV_WND_AT)[0] if size >= _RCV_WND_AT + 4 else None
    return TcpInfo(
        state, retransmits, rto, ato, snd_mss, rcv_mss, unacked, sacked, lost, retrans,
        rtt, rttvar, snd_ssthresh, snd_cwnd, total_retrans,
        acked, received, segs_out, segs_in, notsent, sent, snd_wnd, rcv_wnd,
    )  # fmt: skip
