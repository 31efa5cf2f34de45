"""The commands that the inspector offers to be copied: whatever a recording says, a shell runs nothing but what they are."""

from __future__ import annotations

import ast
import shlex
from dataclasses import replace

import pytest

from sockviz.model.events import PacketCaptured
from sockviz.model.naming import Name
from sockviz.words.evidence import evidence
from sockviz.words.same_by_hand import socket_commands
from tests.tui.stage import scripted

#: Names that a recording may give, each of which a shell, or tcpdump, would take for more than a name.
HOSTILE = (
    "lo; reboot",
    "$(reboot)",
    "`reboot`",
    "lo'; reboot; '",
    '")); import os; os.abort() #',
    "\x1b[201~\rreboot\r",
    "a\nb",
)
PACKET = next(e for e in scripted.listen_queue().timeline.events if isinstance(e, PacketCaptured))


def capturing(event: PacketCaptured) -> list[str]:
    """The words that a shell makes of the command that shows such a packet, behind what enters the lab."""
    script = scripted.listen_queue()
    script.say(event)
    made = evidence(script.timeline, len(script.timeline), packet=len(script.timeline.world.packets) - 1)
    assert made.commands[0][1].isprintable()
    words = shlex.split(made.commands[0][1])
    return words[words.index("tcpdump") :]


@pytest.mark.parametrize("named", HOSTILE)
def test_what_a_recording_calls_an_interface_or_a_protocol_is_no_command(named: str) -> None:
    said = capturing(replace(PACKET, packet=replace(PACKET.packet, interface=named)))
    assert [*said[:2], *said[3:]] == ["tcpdump", "-i", "-nvX", "tcp", "port", "8080"]
    assert capturing(replace(PACKET, packet=replace(PACKET.packet, protocol=named))) == [
        "tcpdump", "-i", "lo", "-nvX", "port", "8080",
    ]  # fmt: skip


def test_no_protocol_is_an_option() -> None:
    said = capturing(replace(PACKET, packet=replace(PACKET.packet, protocol="-zreboot")))
    assert said == ["tcpdump", "-i", "lo", "-nvX", "port", "8080"]


@pytest.mark.parametrize(("family", "kind"), [("AF_INET", "icmp"), ("AF_INET6", "icmp6")])
def test_icmp_is_asked_for_by_the_name_that_the_filter_has_for_its_family(family: str, kind: str) -> None:
    """pcap-filter(7): ``icmp`` is that of IPv4 alone."""
    plain = replace(PACKET.packet, family=family, protocol="ICMP", source=("::1", 0), destination=("::1", 0))
    assert capturing(replace(PACKET, packet=plain)) == ["tcpdump", "-i", "lo", "-nvX", kind]


@pytest.mark.parametrize("host", [*HOSTILE, "127.0.0.1"])
def test_a_name_is_asked_for_by_a_program_that_does_nothing_else(host: str) -> None:
    script = scripted.listen_queue()
    world, header = script.timeline.world, script.timeline.header
    name = Name((host, 80), "bind", "bind", 3)
    command = dict(socket_commands(None, None, None, world, header, name))["that its name is taken"]
    *_, python, _flag, program = shlex.split(command)
    imported, asked = ast.parse(program).body
    assert (python, ast.unparse(imported)) == ("python3", "import socket")
    assert ast.unparse(asked) == f"socket.socket().bind(({host!r}, 80))"
