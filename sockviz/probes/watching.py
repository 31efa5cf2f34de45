"""Probes of what `sockviz watch` needs: a small program is really traced in a lab, to its end. Linux only."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from sockviz.lab.directory import for_a_probe
from sockviz.lab.loopback import open_lab
from sockviz.lab.supervisor import LabRefused
from sockviz.model.call import Call
from sockviz.model.hosts import LOOPBACK
from sockviz.model.programs import Program, Programs
from sockviz.model.timeline import Header, Timeline
from sockviz.player.programs_begun import NotStarted, Surroundings
from sockviz.player.traced import Traced
from sockviz.probes.advice import Settings, for_resources
from sockviz.probes.probe import PROGRAMS, Probe, failed, not_reached, passed, refused

_TRACED, _MEMORY, _DESCRIPTORS = "ptrace and seccomp", "process_vm_readv", "pidfd_getfd"
_PYTHON, _C = "lines of Python", "lines of C"
_COSTS = {
    "isolated": "`sockviz watch` runs programs unwatched: what the kernel says of their sockets is shown, and no call",
    "host": "`sockviz watch` can watch no program",
}
_NAME = "probe"
#: Makes a call on its second line.
_TEXT = "from _socket import socket\nsocket().bind(('127.0.0.1', 0))\n"
_LINE, _ADDRESS = 2, ("127.0.0.1", 0)
#: Seconds for which it is waited for.
_PATIENCE = 10.0


def probe_watching(labs: Mapping[str, bool], settings: Settings) -> list[Probe]:
    """All of them, in the first of the `labs` that can be used. To be called outside of any event loop, on the main thread."""
    lab = next((name for name in ("isolated", "host") if labs[name]), None)
    if lab is None:
        return [not_reached(PROGRAMS, _TRACED), *_later(), _addr2line()]
    return [*asyncio.run(_traced(lab, settings)), _addr2line()]


def _later() -> list[Probe]:
    return [not_reached(PROGRAMS, name) for name in (_MEMORY, _DESCRIPTORS, _PYTHON)]


async def _traced(kind: str, settings: Settings) -> list[Probe]:
    began = time.monotonic()
    costs, enable = _COSTS[kind], settings.for_tracing()
    try:
        call, error = await _watch(kind)
    except (LabRefused, NotStarted, TimeoutError) as problem:
        return [failed(PROGRAMS, _TRACED, str(problem) or "no answer", costs, enable), *_later()]
    except OSError as problem:  # EMFILE, ENFILE: no further descriptors
        number = problem.errno or 0
        advice = for_resources(number) or enable
        return [refused(PROGRAMS, _TRACED, number, costs, advice), *_later()]
    if error:
        return [refused(PROGRAMS, _TRACED, error, costs, enable), *_later()]
    if call is None:
        return [failed(PROGRAMS, _TRACED, "its call was not met", costs, enable), *_later()]
    found = f"a program's call of bind was met in the {kind} lab, {(time.monotonic() - began) * 1000:.0f} ms"
    return [
        passed(PROGRAMS, _TRACED, found),
        _memory(call, enable),
        _descriptors(call, enable),
        _python(call),
    ]


def _memory(call: Call, enable: str) -> Probe:
    if call.target == _ADDRESS:
        return passed(PROGRAMS, _MEMORY, "what its pointers lead to is read")
    costs = "of addresses and data only where they are in memory is shown, and no line of a program's source"
    return failed(PROGRAMS, _MEMORY, "what a program's pointers lead to cannot be read", costs, enable)


def _descriptors(call: Call, enable: str) -> Probe:
    if call.receiver is not None:
        return passed(PROGRAMS, _DESCRIPTORS, "which socket a descriptor stands for is known at each call")
    costs = (
        "calls and the kernel's rows stand side by side: which socket a descriptor stands for is not known"
    )
    return failed(PROGRAMS, _DESCRIPTORS, "its descriptors cannot be looked at", costs, enable)


async def _watch(kind: str) -> tuple[Call | None, int]:
    """The call that the program made, where it was seen, and the errno with which tracing was refused, or 0."""
    lab = await open_lab(kind, programs=True)
    with for_a_probe() as directory:
        file = Path(directory) / "probe.py"
        file.write_text(_TEXT, encoding="utf-8")
        program = Program(_NAME, LOOPBACK, (sys.executable, "-I", "-S", str(file)))
        timeline = Timeline(Header(Programs((program,)), lab.facts, os.uname().release, time.time()))
        source = Traced(lab, timeline, frozenset(), holds=False)
        try:
            async with asyncio.timeout(_PATIENCE):
                await source.start((program,), Surroundings(directory=directory))
                await source.ended()
        finally:
            await source.close()
    process = timeline.world.processes.get(_NAME)
    calls = process.calls if process is not None else ()
    return next((call for call in calls if call.name == "bind"), None), source.untraced_errno


def _python(call: Call) -> Probe:
    version = ".".join(map(str, sys.version_info[:2]))
    if call.line == _LINE:
        return passed(PROGRAMS, _PYTHON, f"read from Python {version}, from outside")
    costs = "calls of programs in Python stand without the line that made them"
    return failed(PROGRAMS, _PYTHON, f"not found in Python {version}", costs, "CPython 3.11, 3.12 or 3.13")


def _addr2line() -> Probe:
    path = shutil.which("addr2line")
    if path is not None:
        return passed(PROGRAMS, _C, f"{path}, for programs compiled with -g")
    costs = "calls of programs in C stand without the line that made them"
    return failed(PROGRAMS, _C, "addr2line is not there", costs, "install binutils; and compile with -g")
