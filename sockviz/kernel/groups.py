"""The multicast groups that a host has joined, and how many of its sockets did: /proc/net/igmp and igmp6 (net/ipv4/igmp.c,
igmp_mc_seq_show; net/ipv6/mcast.c, igmp6_mc_seq_show)."""

from __future__ import annotations

import re
import socket
import sys

from sockviz.kernel.errors import KernelRefused
from sockviz.kernel.files import read_file
from sockviz.kernel.kept_files import Read
from sockviz.model.groups import JoinedGroup
from sockviz.pattern import pattern

#: An interface, and below it its groups: an address as the number that its bytes are on this machine.
_INTERFACE = pattern(rb"^\d+\s+(\S+?)\s*:", re.MULTILINE)
_GROUP = pattern(rb"^\s+([0-9A-F]{8})\s+(\d+) ", re.MULTILINE)
_GROUP_6 = re.compile(rb"^\d+\s+(\S+)\s+([0-9a-f]{32})\s+(\d+) ", re.MULTILINE)
#: What every interface joins by itself: all hosts, all nodes, and the neighbours that might ask for one of its addresses.
_EVERYBODYS = pattern(r"224\.0\.0\.1|ff0[12]::1|ff02::1:ff[0-9a-f]{2}:[0-9a-f]{1,4}")


def parse_igmp(text: bytes) -> tuple[JoinedGroup, ...]:
    """The IPv4 groups in /proc/net/igmp."""
    found: list[JoinedGroup] = []
    interface = ""
    for row in text.split(b"\n"):
        if device := _INTERFACE.match(row):
            interface = device[1].decode("utf-8", "backslashreplace")
        elif group := _GROUP.match(row):
            address = socket.inet_ntop(socket.AF_INET, int(group[1], 16).to_bytes(4, sys.byteorder))
            found.append(JoinedGroup(interface, address, int(group[2])))
    return tuple(found)


def parse_igmp6(text: bytes) -> tuple[JoinedGroup, ...]:
    """The IPv6 groups in /proc/net/igmp6."""
    return tuple(
        JoinedGroup(
            device.decode("utf-8", "backslashreplace"),
            socket.inet_ntop(socket.AF_INET6, bytes.fromhex(group.decode("ascii"))),
            int(users),
        )
        for device, group, users in _GROUP_6.findall(text)
    )


def read_groups(net: str = "/proc/net", *, read: Read = read_file) -> tuple[JoinedGroup, ...]:
    """The groups that somebody has joined on the host whose /proc directory is `net`."""
    found: list[JoinedGroup] = []
    for name, parse in (("igmp", parse_igmp), ("igmp6", parse_igmp6)):
        try:
            found += parse(read(f"{net}/{name}"))
        except KernelRefused:
            continue  # ENOENT: built without multicast, or without IPv6. EACCES: a sandbox
    return tuple(group for group in found if not _EVERYBODYS.fullmatch(group.group))
