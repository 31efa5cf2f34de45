"""The kernel's network counters: /proc/net/netstat, snmp and snmp6, each as ``group.name``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from sockviz.kernel.errors import BadMessage, KernelRefused
from sockviz.kernel.files import read_file
from sockviz.kernel.kept_files import Read

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


def read_counters(net: str = "/proc/net", *, read: Read = read_file) -> Mapping[str, int]:
    """All counters of the namespace whose files are in `net` (``/proc/PID/net`` for another process's). Raises `KernelRefused`.

    While none of them moves, it is the same object that is returned.
    """
    netstat, snmp = read(f"{net}/netstat"), read(f"{net}/snmp")
    snmp6: bytes | None
    try:
        snmp6 = read(f"{net}/snmp6")
    except KernelRefused as refusal:
        if not refusal.is_missing:
            raise
        snmp6 = None  # ENOENT: a kernel without IPv6
    return _together(netstat, snmp, snmp6)


@lru_cache(maxsize=8)  # a look at another host may come between two at this one
def _together(netstat: bytes, snmp: bytes, snmp6: bytes | None) -> Mapping[str, int]:
    counters = {**parse_counters(netstat), **parse_counters(snmp)}
    if snmp6 is not None:
        counters.update(parse_counters6(snmp6))
    return counters


def growth(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """What changed from one reading to a later one; a counter that appeared since began at 0."""
    # A few of some four hundred, found without a step of Python's for each.
    news = after.items() - before.items()
    return {
        key: value - before.get(key, 0) for key, value in news if value != before.get(key, 0)
    }  # gauges among them (Tcp.CurrEstab) may have fallen
