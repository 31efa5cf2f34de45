"""Probes of the labs: each is really set up, a process is started in it, and it is taken down again. Linux only."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from sockviz.dataclass import dataclass
from sockviz.kernel import capture, sock_diag
from sockviz.kernel.errors import KernelError, KernelRefused
from sockviz.kernel.procfs import read_asleep, read_stat
from sockviz.lab.channel import Channel
from sockviz.lab.directory import for_a_probe
from sockviz.lab.lab import Job
from sockviz.lab.readers import Readers
from sockviz.lab.supervisor import PATIENCE, Death, FurnishedHost, LabRefused, Ready, Supervisor, TooSlow
from sockviz.lab.window import SYSCTLS
from sockviz.model.hosts import LOOPBACK
from sockviz.model.values import Json
from sockviz.probes.advice import Settings, for_resources
from sockviz.probes.probe import (
    HOST,
    ISOLATED,
    PROCESS,
    Probe,
    errno_name,
    failed,
    not_reached,
    passed,
    refused,
)

_FIRST = "starting the lab"
#: The steps of init.py in their order, by the names under which it refuses them, and as they are shown.
_STEPS = {
    _FIRST: "a process for it",
    "unshare(CLONE_NEWUSER)": "unshare(CLONE_NEWUSER)",
    "/proc/self/setgroups": "setgroups",
    "/proc/self/uid_map": "uid_map",
    "/proc/self/gid_map": "gid_map",
    "unshare(CLONE_NEWNET)": "unshare(CLONE_NEWNET)",
    "unshare(CLONE_NEWPID)": "unshare(CLONE_NEWPID)",
    "starting the lab's first process": "its first process",
    "bringing lo up": "lo up",
}
_INSIDE = ("AF_PACKET inside", "sock_diag inside", "sysctls inside")
_READY = "set-up"
_NO_ISOLATED = (
    "no isolated lab: lessons run on the machine's own loopback (real calls and states; the wire is inferred unless lo can be "
    "captured; no lesson that needs a private network)"
)
_NO_LAB = "lessons cannot be performed in this lab"


@dataclass(slots=True)
class _Trial:
    """What became of setting up a lab and starting a process in it."""

    ready: Ready | None = None
    seconds: float = 0.0
    refusal: LabRefused | None = None
    process: str | None = None  # what was seen of the process; None where it did not start
    process_refusal: LabRefused | None = None
    inside: list[Probe] = field(default_factory=list)


def probe_labs(settings: Settings) -> list[Probe]:
    """Both labs. To be called outside of any event loop, on the main thread."""
    return [*_host(asyncio.run(_try("host", settings))), *_isolated(settings)]


def _host(trial: _Trial) -> list[Probe]:
    if trial.refusal is not None:
        number = trial.refusal.number
        advice = for_resources(number) or "a sandbox that lets processes be started"
        return [
            Probe(
                HOST,
                _READY,
                False,
                str(trial.refusal),
                errno_name(number) if number else None,
                _NO_LAB,
                advice,
            ),
            not_reached(HOST, PROCESS),
        ]
    return [passed(HOST, _READY, _milliseconds(trial)), _process(HOST, trial)]


def _isolated(settings: Settings) -> list[Probe]:
    trial = asyncio.run(_try("isolated", settings))
    if trial.refusal is not None:
        return [
            *_until(trial.refusal, settings),
            *(not_reached(ISOLATED, name) for name in (*_INSIDE, _READY, PROCESS)),
        ]
    return [
        *(passed(ISOLATED, shown, "allowed") for shown in _STEPS.values()),
        *trial.inside,
        passed(ISOLATED, _READY, _milliseconds(trial)),
        _process(ISOLATED, trial),
    ]


def _until(refusal: LabRefused, settings: Settings) -> list[Probe]:
    """The steps up to the refused one, and those that were not reached."""
    at = (
        refusal.step if refusal.step in _STEPS else _FIRST
    )  # it died without a word: no step is known to have passed
    probes: list[Probe] = []
    for step, shown in _STEPS.items():
        if step == at:
            number = refusal.number
            advice = settings.for_namespace(step, number)
            if number:
                probes.append(refused(ISOLATED, shown, number, _NO_ISOLATED, advice))
            else:
                probes.append(failed(ISOLATED, shown, str(refusal), _NO_ISOLATED, advice))
        elif all(probe.ok for probe in probes):
            probes.append(passed(ISOLATED, shown, "allowed"))
        else:
            probes.append(not_reached(ISOLATED, shown))
    return probes


def _milliseconds(trial: _Trial) -> str:
    return f"{trial.seconds * 1000:.0f} ms"


def _process(area: str, trial: _Trial) -> Probe:
    if trial.process is not None:
        return passed(area, PROCESS, trial.process)
    refusal = trial.process_refusal
    advice = "what is refused above, under processes"
    if refusal is not None and refusal.number:
        advice = for_resources(refusal.number) or advice
        return Probe(
            area, PROCESS, False, f"{refusal.step} failed", errno_name(refusal.number), _NO_LAB, advice
        )
    return failed(area, PROCESS, str(refusal), _NO_LAB, advice)


async def _try(kind: str, settings: Settings) -> _Trial:
    with for_a_probe() as directory:
        return await _try_in(directory, kind, settings)


async def _try_in(directory: str, kind: str, settings: Settings) -> _Trial:
    trial = _Trial()
    readers = Readers()
    supervisor = Supervisor(_ignore, lambda: None, readers)
    setup: dict[str, Json] = {"directory": directory, "sysctls": {}}
    if kind == "isolated":
        setup["sysctls"] = dict(SYSCTLS)
    else:
        setup |= {"ports": [], "below": 0, "ephemeral": [1, 0]}
    began = time.monotonic()
    try:
        trial.ready = await supervisor.open(kind, setup)
        trial.seconds = time.monotonic() - began
        if kind == "isolated":
            trial.inside = _look_inside(trial.ready, settings)
        try:
            trial.process = await _start(supervisor, readers, Path(directory))
        except LabRefused as refusal:
            trial.process_refusal = refusal
    except LabRefused as refusal:
        trial.refusal = refusal
    finally:
        for sock in trial.ready.hosts[LOOPBACK].windows.values() if trial.ready else ():
            sock.close()
        await supervisor.close()
    return trial


def _ignore(_death: Death) -> None:
    """The probe's own process, at the end."""


async def _start(supervisor: Supervisor, readers: Readers, directory: Path) -> str:
    """Starts child.py and looks at it. Returns what was seen. Raises `LabRefused`."""
    heard: asyncio.Queue[Json] = asyncio.Queue()
    channel = Channel(
        heard.put_nowait, lambda: heard.put_nowait(None), lambda _words: heard.put_nowait(None), readers
    )
    began = time.monotonic()
    with contextlib.closing(channel):
        if channel.theirs is None:
            raise LabRefused("starting a process", 0)
        try:
            await supervisor.start("probe", LOOPBACK, channel.theirs, directory, privileged=False)
        finally:
            channel.hand_over()
        await _hear(heard, "hello")
        took = (time.monotonic() - began) * 1000
        await _listen(channel, heard)
        return f"started in {took:.0f} ms; listens on 127.0.0.1; {await _evidence(channel.outer_pid)}"


async def _hear(heard: asyncio.Queue[Json], event: str) -> None:
    """Waits for a message of the process. Raises `LabRefused` where it ends instead, or a call of its fails."""
    while True:
        try:
            async with asyncio.timeout(PATIENCE):
                message = await heard.get()
        except TimeoutError:
            raise TooSlow("the answer of a process") from None
        match message:
            case {"event": "returned", "error": str(), "number": int(number)}:
                raise LabRefused("its first calls", number)
            case {"event": str(said)} if said == event:
                return
            case None:
                raise LabRefused("it ended at once", 0)


async def _listen(channel: Channel, heard: asyncio.Queue[Json]) -> None:
    """Has the process make a socket and listen on it, as a lesson does. Raises `LabRefused`."""
    calls: list[tuple[str, Json]] = [
        ("s", ["call", "socket.socket", None, [], {}, True]),
        ("", ["call", "socket.socket.bind", ["name", "s"], [_tuple("127.0.0.1", 0)], {}, True]),
        ("", ["call", "socket.socket.listen", ["name", "s"], [["value", 1]], {}, True]),
    ]
    for line, (target, value) in enumerate(calls, start=1):
        targets = [target] if target else []
        job = Job(line, value, targets, unpacks=False)
        await channel.send(
            {"op": "perform", "lines": [job.told], "pids": [], "ours": [], "ports": {}, "strangers": {}}
        )
        await _hear(heard, "finished")


def _tuple(*items: Json) -> Json:
    return ["tuple", [["value", item] for item in items]]


async def _evidence(pid: int) -> str:
    """From which file it is known that the process, which now waits for its first line, is asleep."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            stat = read_stat(pid)
            asleep = read_asleep(pid, stat.state) if stat else None
        except KernelError:
            return "its sleep cannot be seen: blocked calls are inferred"
        if asleep is not None:
            return f"its sleep is seen in {asleep.interface}"
        await asyncio.sleep(0.001)
    return "its sleep was not seen"


def _look_inside(ready: Ready, settings: Settings) -> list[Probe]:
    given = ready.hosts[LOOPBACK]
    return [_capture(given), _diag(given, settings), _sysctls(given, ready.sysctls, settings)]


def _capture(given: FurnishedHost) -> Probe:
    name, costs = _INSIDE[0], "the wire's segments are inferred instead of captured"
    if "capture" in given.refused:
        return refused(ISOLATED, name, given.refused["capture"], costs, "sudo modprobe af_packet")
    try:
        sock: socket.socket = capture.prepare_capture(given.windows["capture"], "lo")
        capture.read_packets(sock, "lo")
    except KernelRefused as refusal:
        return refused(ISOLATED, name, refusal.number, costs)
    return passed(ISOLATED, name, "lo is captured, with no right asked for")


def _diag(given: FurnishedHost, settings: Settings) -> Probe:
    name, costs = _INSIDE[1], "its sockets are read from /proc/PID/net, which says less"
    if "diag" in given.refused:
        number = given.refused["diag"]
        return refused(ISOLATED, name, number, costs, settings.for_netlink(number, ("inet_diag", "tcp_diag")))
    try:
        rows = sock_diag.read_tcp(sock_diag.SockDiag(given.windows["diag"]), now=time.time())
    except KernelRefused as refusal:
        advice = settings.for_netlink(refusal.number, ("inet_diag", "tcp_diag"))
        return refused(ISOLATED, name, refusal.number, costs, advice)
    except KernelError as error:
        return failed(ISOLATED, name, str(error), costs)
    return passed(
        ISOLATED, name, f"answers; {len(rows)} TCP sockets, as it should be" if not rows else "answers"
    )


def _sysctls(given: FurnishedHost, in_force: Mapping[str, str], settings: Settings) -> Probe:
    name = _INSIDE[2]
    left_alone = [each for each in SYSCTLS if each in given.refused]
    if left_alone:
        number = given.refused[left_alone[0]]
        costs = f"a handshake that is left waiting ends after about two minutes ({', '.join(left_alone)} cannot be set)"
        return refused(ISOLATED, name, number, costs, settings.for_sysctls(number))
    absent = [each for each in SYSCTLS if each not in in_force]
    newer = f"; this kernel has no {', '.join(absent)}" if absent else ""
    said = ", ".join(f"{each.rpartition('.')[2]} = {value}" for each, value in in_force.items())
    return passed(ISOLATED, name, said + newer)
