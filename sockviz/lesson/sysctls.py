"""The settings of a private lab's kernel that a lesson may choose in its front matter (``sysctls:``): an allow-list.

Each is of a network namespace on every supported kernel that has it, so that nothing outside of the lab changes, and its values
are bounded by what makes sense in a lesson, never beyond what the kernel takes (Documentation/networking/ip-sysctl.rst).
"""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.dataclass import dataclass
from sockviz.pattern import pattern

_NUMBER = pattern(r"-?[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class Setting:
    """A sysctl: its whole name, the least and the greatest number that a lesson may give it, and how many it takes."""

    path: str
    low: int
    high: int
    count: int = 1

    @property
    def takes(self) -> str:
        """What it takes, for whoever gave it something else."""
        if self.count == 1:
            return f"a whole number from {self.low} to {self.high}"
        return f"{self.count} whole numbers from {self.low} to {self.high}, none less than the one before it"

    def value(self, text: str) -> str | None:
        """`text` as it is written to the kernel; None where it is nothing that a lesson may give."""
        words = text.split()
        if len(words) != self.count or not all(_NUMBER.fullmatch(word) for word in words):
            return None
        numbers = [int(word) for word in words]
        if numbers != sorted(numbers) or not (self.low <= numbers[0] and numbers[-1] <= self.high):
            return None
        return " ".join(map(str, numbers))


def _ipv4(**bounds: tuple[int, ...]) -> dict[str, Setting]:
    return {name: Setting(f"net.ipv4.{name}", *numbers) for name, numbers in bounds.items()}


#: By the last part of their names.
SETTINGS: Mapping[str, Setting] = {
    **_ipv4(
        # handshakes and queues
        tcp_abort_on_overflow=(0, 1), tcp_syncookies=(0, 2), tcp_max_syn_backlog=(1, 65536), tcp_fastopen=(0, 0x607),
        tcp_syn_retries=(1, 127), tcp_synack_retries=(0, 255), tcp_syn_linear_timeouts=(0, 127), tcp_migrate_req=(0, 1),
        # the end of a connection
        tcp_fin_timeout=(1, 600), tcp_tw_reuse=(0, 2), tcp_max_tw_buckets=(0, 1 << 18), tcp_rfc1337=(0, 1),
        tcp_orphan_retries=(0, 255), tcp_retries1=(1, 255), tcp_retries2=(0, 255),
        tcp_keepalive_time=(1, 32767), tcp_keepalive_intvl=(1, 32767), tcp_keepalive_probes=(1, 127),
        # what is in a segment, and when one is sent
        tcp_sack=(0, 1), tcp_dsack=(0, 1), tcp_timestamps=(0, 2), tcp_window_scaling=(0, 1), tcp_ecn=(0, 2),
        tcp_autocorking=(0, 1), tcp_slow_start_after_idle=(0, 1), tcp_early_retrans=(0, 4), tcp_recovery=(0, 7),
        tcp_reordering=(3, 300), tcp_mtu_probing=(0, 2), tcp_pingpong_thresh=(1, 255), tcp_no_metrics_save=(0, 1),
        tcp_rto_min_us=(1000, 1_000_000), tcp_rto_max_ms=(1000, 120_000),
        # buffers (bytes: least, at first, most) and windows
        tcp_rmem=(4096, 1 << 23, 3), tcp_wmem=(4096, 1 << 23, 3), tcp_moderate_rcvbuf=(0, 1), tcp_shrink_window=(0, 1),
        tcp_notsent_lowat=(1, 0x7FFFFFFF), udp_rmem_min=(4096, 1 << 20), udp_wmem_min=(4096, 1 << 20),
        # ports, addresses, ICMP
        ip_local_port_range=(1024, 65535, 2), ip_unprivileged_port_start=(0, 65535), ip_nonlocal_bind=(0, 1),
        ip_autobind_reuse=(0, 1), ip_default_ttl=(1, 255), ip_no_pmtu_disc=(0, 3), ping_group_range=(0, 0x7FFFFFFE, 2),
        icmp_echo_ignore_all=(0, 1), icmp_ratelimit=(0, 10_000), ipfrag_time=(1, 600),
    ),
    "bindv6only": Setting("net.ipv6.bindv6only", 0, 1),
    "ip6frag_time": Setting("net.ipv6.ip6frag_time", 1, 600),
    "somaxconn": Setting("net.core.somaxconn", 1, 65535),
    "max_dgram_qlen": Setting("net.unix.max_dgram_qlen", 1, 1024),
}  # fmt: skip
