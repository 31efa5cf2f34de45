"""What doctor tells in Spanish: nothing of it is left in English, whatever a probe may find."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import sockviz.probes
from sockviz.words.diagnosis import diagnosed
from tests.words.test_spanish import english_in

#: Parts of sentences: what they stand in is told.
PARTS = frozenset(
    {
        " after a reboot: 3 is final", " from Linux 5.3 on", " that lets pidfd_open through", "; or ", "; this kernel has no 7",
        "; containers mount it read-only (docker run --security-opt systempaths=unconfined)", "a kernel or sandbox", "it",
        "a program's call of bind was met in the 7 lab, 7 ms", "a second terminal inside the isolated lab (sockviz shell)",
        "keys and answers cannot be read: ", "nothing in sockviz; it shows 7", "now 7 here; ", "packets in a second terminal",
        "signals and abstract UNIX names", "sockets are read from /proc/net instead, which says less: ",
        "sudo modprobe -a 7, or a kernel built with 7", "that the calls in the C view compile",
        "sudo sysctl 7=7 (7those of enclosing namespaces count too, and they nest 32 deep at most)",
        "the isolated lab captures without any right; on the host it takes root or CAP_NET_RAW7",
        "the sockets of any terminal, as the screen shows them", "the system calls of a program of your own",
    }
)  # fmt: skip
#: Data, commands, and names in Python.
NO_WORDS = frozenset(
    {
        "Probe", "call", "lines", "name", "probe", "value", "from _socket import socket\nsocket().bind(('127.0.0.1', 0))\n",
        "sudo ip link set lo up, or a sandbox that allows sockets",
    }
)  # fmt: skip


def sentences(source: str) -> set[str]:
    """What a module's texts may become, docstrings aside; ``7`` stands for what fills one."""
    tree = ast.parse(source)
    aside = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    aside |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    found = set()
    for node in ast.walk(tree):
        if id(node) in aside:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            found.add(
                "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
            )
    return found


def test_whatever_a_probe_may_say_is_told_in_spanish(spanish: None) -> None:
    modules = sorted(Path(sockviz.probes.__path__[0]).glob("*.py"))
    said = {
        sentence
        for module in modules
        for sentence in sentences(module.read_text("utf-8"))
        if english_in(sentence)
    }
    assert len(said) > 100
    left = {
        sentence: words for sentence in said - PARTS - NO_WORDS if (words := english_in(diagnosed(sentence)))
    }
    assert left == {}


@pytest.mark.parametrize(
    "sentence",
    [
        "sockets are read from /proc/net instead, which says less: rows come from /proc/net/udp: no socket cookie",
        "sudo sysctl a.b=1 (now 0); or a seccomp filter refuses unshare: run sockviz outside of this sandbox",
        "a sandbox or security module refuses it: run sockviz outside of it",
        "sudo sysctl user.max=1000 (now 0 here; those of enclosing namespaces count too, and they nest 32 deep at most)",
        "sudo sysctl kernel.yama.ptrace_scope=1 (now 3) after a reboot: 3 is final",
        "sudo modprobe -a tcp_diag udp_diag, or a kernel built with them",
        "the isolated lab captures without any right; on the host it takes root or CAP_NET_RAW",
        "version 7: holds files, TCP ports, signals and abstract UNIX names",
        "/usr/bin/ss: the sockets of any terminal, as the screen shows them",
        "nothing in sockviz; it shows packets in a second terminal",
        "a kernel or sandbox that lets pidfd_open through",
        "a program's call of bind was met in the host lab, 160 ms",
        "tcp_syn_retries = 127; this kernel has no net.ipv4.tcp_syn_linear_timeouts",
    ],
)  # fmt: skip
def test_what_is_put_together_is_told_in_spanish_too(sentence: str, spanish: None) -> None:
    told = diagnosed(sentence)
    assert told != sentence
    assert english_in(told) == []
