"""The kernel's network counters: /proc/net/netstat, snmp and snmp6, each as ``group.name``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from sockviz.kernel.errors import BadMessage, Refused, UnknownCounter
from sockviz.kernel.files import read_file

#: Where a bare name is looked for, in this order.
BARE_GROUPS = ("TcpExt", "Tcp", "Udp", "Ip", "Icmp")

_IPV6_NAME = re.compile(r"^(Ip6|Icmp6|UdpLite6|Udp6)(\w+)$")


@lru_cache(maxsize=8)  # between two looks most files have not changed
def parse_counters(text: bytes) -> Mapping[str, int]:
    """/proc/net/netstat or snmp: a line of names after each group's name, then the line of its values.

    Raises `BadMessage`.
    """
    counters: dict[str, int] = {}
    lines = _lines(text)
    if len(lines) % 2:
        raise BadMessage("a group of counters without its values")
    try:
        for names, values in zip(lines[::2], lines[1::2], strict=True):
            group, keys = _keys(names)
            again, *numbers = values.split()
            if group != again:
                raise BadMessage(f"counters of {again[:40]!r} under the names of {group[:40]!r}")
            counters.update(zip(keys, map(int, numbers), strict=True))
    except ValueError as error:
        raise BadMessage(f"counters that are not names and numbers: {error}") from None
    return counters


@lru_cache(maxsize=32)  # the names stay the same from one reading to the next
def _keys(line: str) -> tuple[str, tuple[str, ...]]:
    group, *names = line.split()
    return group, tuple(f"{group[:-1]}.{name}" for name in names)


@lru_cache(maxsize=4)
def parse_counters6(text: bytes) -> Mapping[str, int]:
    """/proc/net/snmp6: a name and a value a line; ``Udp6RcvbufErrors`` becomes ``Udp6.RcvbufErrors``. Raises `BadMessage`."""
    words = " ".join(lines := _lines(text)).split()
    try:
        if len(words) != 2 * len(lines):
            raise ValueError(f"{len(words)} words on {len(lines)} lines")
        return dict(zip(_keys6(tuple(words[::2])), map(int, words[1::2]), strict=True))
    except ValueError as error:
        raise BadMessage(f"/proc/net/snmp6: not a name and a number a line: {error}") from None


@lru_cache(maxsize=4)
def _keys6(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_IPV6_NAME.sub(r"\1.\2", name) for name in names)


def _lines(text: bytes) -> list[str]:
    if not text.endswith(b"\n"):
        raise BadMessage(f"counters cut short: they end in {text[-20:]!r}")
    try:
        return text.decode("ascii").split("\n")[:-1]
    except UnicodeDecodeError as error:
        raise BadMessage(f"counters that are not text: {error}") from None


def read_counters(net: str = "/proc/net") -> dict[str, int]:
    """All counters of the namespace whose files are in `net` (``/proc/PID/net`` for another process's). Raises `Refused`."""
    counters = {**parse_counters(read_file(f"{net}/netstat")), **parse_counters(read_file(f"{net}/snmp"))}
    try:
        counters.update(parse_counters6(read_file(f"{net}/snmp6")))
    except Refused as refusal:
        if not refusal.is_missing:
            raise
        # ENOENT: a kernel without IPv6
    return counters


def resolve(name: str, known: Iterable[str]) -> str:
    """The key in `known` that `name` means: ``TcpExt.ListenOverflows``, nstat's ``TcpExtListenOverflows``, or bare.

    Raises `UnknownCounter` with the nearest names.
    """
    keys = set(known)
    if name in keys:
        return name
    for group in BARE_GROUPS:
        if f"{group}.{name}" in keys:
            return f"{group}.{name}"
    by_nstat = {key.replace(".", "", 1): key for key in keys}
    if name in by_nstat:
        return by_nstat[name]
    bare = {key.partition(".")[2] for key in keys if key.partition(".")[0] in BARE_GROUPS}
    nearest = difflib.get_close_matches(name, sorted(keys | bare | set(by_nstat)), n=3, cutoff=0.7)
    raise UnknownCounter(name, tuple(nearest))


def growth(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """What changed from one reading to a later one; a counter that appeared since began at 0."""
    return {
        key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key, 0)
    }  # gauges among them (Tcp.CurrEstab) may have fallen
