"""Multicast groups: what /proc/net says, cut anywhere, and of ourselves."""

from __future__ import annotations

import socket
import struct
import sys
from pathlib import Path

import pytest

from sockviz.kernel.groups import parse_igmp, parse_igmp6, read_groups
from sockviz.model.groups import JoinedGroup

IGMP = b"""Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
1\tlo        :     2      V3
\t\t\t\t030201E0     2 0:00000000\t\t0
\t\t\t\t010000E0     1 0:00000000\t\t0
4\teth0.5    :     1      V3
\t\t\t\t010000E0     1 0:00000000\t\t0
"""
IGMP6 = b"""1    lo              ff020000000000000000000000000001     1 0000000C 0
4    eth0            ff15000000000000000000000000abcd     3 00000004 0
"""


@pytest.mark.skipif(sys.byteorder != "little", reason="the fixture is of a little-endian machine")
def test_groups_by_interface() -> None:
    assert parse_igmp(IGMP) == (
        JoinedGroup("lo", "224.1.2.3", 2), JoinedGroup("lo", "224.0.0.1", 1), JoinedGroup("eth0.5", "224.0.0.1", 1),
    )  # fmt: skip
    assert parse_igmp6(IGMP6) == (JoinedGroup("lo", "ff02::1", 1), JoinedGroup("eth0", "ff15::abcd", 3))


def test_cut_anywhere() -> None:
    for end in range(len(IGMP)):
        assert set(parse_igmp(IGMP[:end])) <= set(parse_igmp(IGMP))
    for end in range(len(IGMP6)):
        assert set(parse_igmp6(IGMP6[:end])) <= set(parse_igmp6(IGMP6))


def test_what_we_have_joined_ourselves() -> None:
    group = "239.77.3.9"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as member:
        joining = struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton("127.0.0.1"))
        assert group not in {each.group for each in read_groups()}
        member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joining)
        assert JoinedGroup("lo", group, 1) in read_groups()
    assert group not in {each.group for each in read_groups()}


def test_a_host_without_them(tmp_path: Path) -> None:
    assert read_groups(str(tmp_path)) == ()
