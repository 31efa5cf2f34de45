"""One host's window on its kernel: its socket tables, its counters, what it has and what it lacks."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence

from sockviz.kernel import sock_diag
from sockviz.kernel.counters import growth, read_counters
from sockviz.kernel.errors import Refused
from sockviz.kernel.observe import HostSources, Kept, ProcessSource, observe
from sockviz.lab.lab import Look
from sockviz.lab.scope import Scope
from sockviz.model.sockets import SocketRow

#: What a held or unanswered handshake needs to live as long as a lecturer talks; a waiting SYN comes every second.
SYSCTLS = {
    "net.ipv4.tcp_syn_retries": "127",
    "net.ipv4.tcp_synack_retries": "255",
    "net.ipv4.tcp_syn_linear_timeouts": "127",
}


class Window:
    """Looks at one host. `net` is the /proc directory of its network; `scope` says what is the lesson's, where others live."""

    def __init__(self, host: str, diag: sock_diag.SockDiag | None, net: str) -> None:
        self.host = host
        self.scope: Scope | None = None
        self.counters: frozenset[str] = frozenset()
        self.facts: list[str] = []
        self.missing: dict[str, str] = {}
        self._diag = diag
        self._net = net
        self._kept = Kept()
        self._sources = HostSources(diag, net, kept=self._kept)
        self._baseline: Mapping[str, int] = {}
        self._counted: Mapping[str, int] = {}
        self._grown: Mapping[str, int] = {}
        self._probe()

    def _probe(self) -> None:
        try:
            self._baseline = read_counters(self._net)
            self.counters = frozenset(self._baseline)
            self.facts.append("counters")
        except Refused as refusal:
            self.missing["counters"] = str(refusal)
        try:
            with open(f"{self._net}/if_inet6") as interfaces:
                if any(line.split()[0] == "0" * 31 + "1" for line in interfaces):
                    self.facts.append("ipv6")
        except OSError:
            self.missing["ipv6"] = "this kernel has no IPv6"

    def all_rows(self) -> Sequence[SocketRow]:
        """Every row of the host, the lesson's or not. Raises `KernelError`."""
        return observe(HostSources(self._diag, self._net), (), time.time()).rows

    def look(self, processes: Sequence[ProcessSource]) -> Look:
        """Looks once. Raises `KernelError`."""
        reading = observe(self._sources, processes, time.time())
        rows: Sequence[SocketRow] = reading.rows
        if self.scope is not None:
            rows = self.scope.only(rows, reading.processes)
        if reading.counters is not self._counted:
            self._counted, self._grown = reading.counters, growth(self._baseline, reading.counters)
        # Stamped when all is read: what the rows show has then happened before, packets that caused it included.
        return Look(time.time(), self.host, rows, reading.processes, self._grown)

    def close(self) -> None:
        """Closes the window."""
        self._kept.files.close()
        if self._diag is not None:
            self._diag.close()


def differing(in_force: Mapping[str, str]) -> Mapping[str, str]:
    """Of the sysctls that were set in a lab, those that now differ from this machine's own."""
    differs = {}
    for name, value in in_force.items():
        try:
            with open("/proc/sys/" + name.replace(".", "/")) as file:
                if file.read().strip() == value:
                    continue
        except OSError:
            pass  # unreadable here: then it is said, as a difference
        differs[name] = value
    return differs


def why(number: int) -> str:
    """An errno, for a person."""
    return f"{os.strerror(number)} (errno {number})"
