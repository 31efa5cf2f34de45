from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.kernel.counters import growth, parse_counters, parse_counters6, read_counters
from sockviz.kernel.errors import BadMessage, KernelRefused
from sockviz.lesson.names import counter_key
from tests.required import unavailable

if TYPE_CHECKING:
    from tests.kernel.conftest import Theatre


def recorded(fixtures: Path) -> dict[str, int]:
    return {
        **parse_counters((fixtures / "netstat.txt").read_bytes()),
        **parse_counters((fixtures / "snmp.txt").read_bytes()),
        **parse_counters6((fixtures / "snmp6.txt").read_bytes()),
    }


def test_recorded(fixtures: Path) -> None:
    counters = recorded(fixtures)
    assert counters["TcpExt.ListenOverflows"] == 1
    assert counters["Udp.RcvbufErrors"] == 17
    assert counters["Udp.NoPorts"] == 1
    assert counters["Udp6.NoPorts"] == 1
    assert counters["Tcp.MaxConn"] == -1
    assert counters["IpExt.InOctets"] > 0
    assert counters["Icmp6.OutErrors"] == 0


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("ListenOverflows", "TcpExt.ListenOverflows"),
        ("RetransSegs", "Tcp.RetransSegs"),
        ("RcvbufErrors", "Udp.RcvbufErrors"),
        ("InDatagrams", "Udp.InDatagrams"),
        ("InErrs", "Tcp.InErrs"),
        ("InReceives", "Ip.InReceives"),
        ("InEchos", "Icmp.InEchos"),
        ("UdpRcvbufErrors", "Udp.RcvbufErrors"),
        ("TcpExtListenOverflows", "TcpExt.ListenOverflows"),
        ("TcpRetransSegs", "Tcp.RetransSegs"),
        ("IpExtInOctets", "IpExt.InOctets"),
        ("Udp6NoPorts", "Udp6.NoPorts"),
        ("TCPTimeouts", "TcpExt.TCPTimeouts"),
        ("InCsumErrors", "Tcp.InCsumErrors"),  # in several groups: Tcp before Udp
    ],
)
def test_names(fixtures: Path, name: str, key: str) -> None:
    assert counter_key(name, {*recorded(fixtures)}) == key


def test_growth_is_what_changed() -> None:
    before = {"Udp.InErrors": 3, "Tcp.CurrEstab": 2, "Tcp.InErrs": 1}
    after = {"Udp.InErrors": 5, "Tcp.CurrEstab": 1, "Tcp.InErrs": 1, "IcmpMsg.InType3": 4}
    assert growth(before, after) == {"Udp.InErrors": 2, "Tcp.CurrEstab": -1, "IcmpMsg.InType3": 4}


def test_every_truncation_is_an_error_or_has_whole_groups_only(fixtures: Path) -> None:
    for name, parse in (("netstat", parse_counters), ("snmp", parse_counters), ("snmp6", parse_counters6)):
        text = (fixtures / f"{name}.txt").read_bytes()
        whole = parse(text)
        for length in range(len(text)):
            try:
                part = parse(text[:length])
            except BadMessage:
                continue
            assert text[:length].endswith(b"\n")
            assert part.items() <= whole.items()


@pytest.mark.parametrize(
    "text",
    [
        b"Tcp: A B\nUdp: 1 2\n",
        b"Tcp: A B\nTcp: 1\n",
        b"Tcp: A\nTcp: one\n",
        b"Tcp: A\n",
        b"Tcp: \xff\nTcp: 1\n",
        b"",
        b"\n\n",
    ],
)
def test_broken_tables(text: bytes) -> None:
    with pytest.raises(BadMessage):
        parse_counters(text)


@given(st.binary(max_size=80))
def test_any_bytes(text: bytes) -> None:
    for parse in (parse_counters, parse_counters6):
        with contextlib.suppress(BadMessage):
            parse(text + b"\n")


def test_the_same_figures_as_nstat(stage: Theatre) -> None:
    if shutil.which("nstat") is None:
        unavailable("iproute2's nstat is not installed")
    before = read_counters(f"/proc/{stage.pid}/net")
    printed = stage.run("nstat", "-a", "-s", "-z").splitlines()[1:]
    after = read_counters(f"/proc/{stage.pid}/net")
    compared = 0
    for line in printed:
        name, value, _ = line.split()
        key = counter_key(name, {*after})
        assert key is not None, name
        # Retransmissions go on while we look.
        assert before.get(key, 0) <= int(value) <= after[key] or key == "Tcp.CurrEstab", line
        compared += 1
    assert compared > 200
    assert after["TcpExt.ListenOverflows"] > 0


def test_a_kernel_without_ipv6_or_without_any(tmp_path: Path) -> None:
    (tmp_path / "netstat").write_bytes(b"TcpExt: A\nTcpExt: 1\n")
    with pytest.raises(KernelRefused, match="ENOENT"):
        read_counters(str(tmp_path))
    (tmp_path / "snmp").write_bytes(b"Tcp: B\nTcp: 2\n")
    assert read_counters(str(tmp_path)) == {"TcpExt.A": 1, "Tcp.B": 2}
