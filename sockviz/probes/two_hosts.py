"""Probes of the lab with two hosts: it is set up, a real handshake crosses its link, and it is taken down again. Linux only."""

from __future__ import annotations

import asyncio
import errno
import time
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.kernel.errors import KernelError
from sockviz.lab.hearing import LabLost
from sockviz.lab.lab import Job
from sockviz.lab.supervisor import PATIENCE, LabRefused, TooSlow
from sockviz.lab.two_hosts import TwoHostsLab, open_two_hosts
from sockviz.lab.wire_steps import ADDRESSING, ENTERING, LINKING, LISTENING, OFFLOADING, QUIETING
from sockviz.model.events import CallReturned, PacketCaptured
from sockviz.model.values import Json
from sockviz.probes.advice import Settings, for_resources
from sockviz.probes.probe import HANDSHAKE, TWO_HOSTS, Probe, failed, not_reached, passed, refused

_NETWORKS, _WIRE = "a network for each host", "the wire's process"
#: What the wire's process refuses, in the order in which it does it; any other refusal is of a step before.
_STEPS = {
    ENTERING: "entering them",
    LINKING: "veth pairs",
    QUIETING: "IPv6 off the link",
    ADDRESSING: "addresses, neighbours",
    OFFLOADING: "offloads off",
    LISTENING: "the wire's sockets",
}
_READY, _TABLES = "set-up", "tables of both hosts"
_COSTS = "no lesson on two hosts: such a lesson is played from its recording, labelled RECORDED, or skipped"
_SEGMENTS = ["client SYN", "server SYN+ACK", "client ACK"]


@dataclass(slots=True)
class _Trial:
    """What became of setting up two hosts and connecting them."""

    seconds: float = 0.0
    missing: dict[str, str] = field(default_factory=dict)
    refusal: LabRefused | None = None
    handshake: float | None = None
    failure: str = ""
    number: int = 0


def probe_two_hosts(settings: Settings) -> list[Probe]:
    """The lab with two hosts. To be called outside of any event loop, on the main thread."""
    trial = asyncio.run(_try())
    if trial.refusal is not None:
        return [
            *_until(trial.refusal, settings),
            *(not_reached(TWO_HOSTS, each) for each in (_READY, _TABLES, HANDSHAKE)),
        ]
    return [
        *(passed(TWO_HOSTS, shown, "allowed") for shown in (_NETWORKS, _WIRE, *_STEPS.values())),
        passed(TWO_HOSTS, _READY, f"{trial.seconds * 1000:.0f} ms"),
        _tables(trial),
        _handshake(trial),
    ]


async def _try() -> _Trial:
    trial = _Trial()
    began = time.monotonic()
    try:
        lab = await open_two_hosts()
    except LabRefused as refusal:
        trial.refusal = refusal
        return trial
    try:
        trial.seconds = time.monotonic() - began
        trial.missing = dict(lab.facts.missing)
        trial.handshake = await _connect(lab)
    except LabRefused as refusal:
        trial.failure = refusal.step if refusal.number else str(refusal)
        trial.number = refusal.number
    except (OSError, KernelError) as error:  # a process that ended, a table that cannot be read
        trial.failure, trial.number = str(error), getattr(error, "errno", None) or 0
    finally:
        await lab.close()
    return trial


async def _connect(lab: TwoHostsLab) -> float:
    """Has a process on each host make a real connection. Returns the milliseconds from its first packet to its third.

    Raises `LabRefused` and OSError.
    """
    for host in ("server", "client"):
        await lab.start(host, host, privileged=False)
    there: Json = ["tuple", [["name", "HOST"], ["name", "PORT"]]]
    for process, target, value in (
        ("server", "s", _call("socket.socket", None)),
        ("server", "", _call("socket.socket.bind", "s", there)),
        ("server", "", _call("socket.socket.listen", "s", ["value", 1])),
        ("client", "c", _call("socket.socket", None)),
        ("client", "", _call("socket.socket.connect", "c", there)),
    ):
        await lab.perform(process, Job(1, value, [target] if target else [], False))
        await _returned(lab, process)
    packets: list[tuple[float, str]] = []
    end = time.monotonic() + PATIENCE
    while len(packets) < len(_SEGMENTS) and time.monotonic() < end:
        passed_by = [each for each in lab.drain() if isinstance(each, PacketCaptured)]
        packets += [(each.at, f"{each.host} {each.packet.label}") for each in passed_by]
        await asyncio.sleep(0.001)
    packets.sort()
    if [name for _, name in packets] != _SEGMENTS:
        raise LabRefused(f"the link showed {', '.join(name for _, name in packets) or 'no packet'}", 0)
    return (packets[-1][0] - packets[0][0]) * 1000


def _call(key: str, receiver: str | None, *arguments: Json) -> Json:
    return ["call", key, ["name", receiver] if receiver else None, list(arguments), {}, True]


async def _returned(lab: TwoHostsLab, process: str) -> None:
    """Waits until the process's call has come back. Raises `LabRefused` where it failed."""
    while True:
        lab.news.clear()
        for said in lab.hear():
            match said:
                case CallReturned(process=name, error=str(), number=number) if name == process:
                    raise LabRefused(f"a call of the {process}", number or 0)
                case CallReturned(process=name) if name == process:
                    return
                case LabLost(reason):
                    raise LabRefused(reason, 0)
        try:
            async with asyncio.timeout(PATIENCE):
                await lab.news.wait()
        except TimeoutError:
            raise TooSlow(f"a call of the {process}") from None


def _until(refusal: LabRefused, settings: Settings) -> list[Probe]:
    """The steps up to the refused one, and those that were not reached."""
    at = _STEPS.get(refusal.step, _WIRE if "link" in refusal.step else _NETWORKS)
    shown = (_NETWORKS, _WIRE, *_STEPS.values())
    where = shown.index(at)
    number, advice = refusal.number, _advice(refusal, settings)
    failure = failed(TWO_HOSTS, at, str(refusal), _COSTS, advice)
    stopped = refused(TWO_HOSTS, at, number, _COSTS, advice) if number else failure
    return [
        *(passed(TWO_HOSTS, each, "allowed") for each in shown[:where]),
        stopped,
        *(not_reached(TWO_HOSTS, each) for each in shown[where + 1 :]),
    ]


def _advice(refusal: LabRefused, settings: Settings) -> str:
    number = refusal.number
    if refusal.step == LINKING and number == errno.EOPNOTSUPP:
        return "sudo modprobe veth, or a kernel built with CONFIG_VETH"
    if refusal.step == QUIETING:
        return settings.for_sysctls(number)
    if refusal.step == LISTENING and number == errno.EAFNOSUPPORT:
        return "sudo modprobe af_packet"
    if refusal.step in (LINKING, ADDRESSING) and settings.has_seccomp:
        return settings.for_netlink(number, ("veth",))
    if refusal.step in _STEPS or "link" in refusal.step:
        return for_resources(number) or settings.for_namespace(refusal.step, number)
    return settings.for_namespace(refusal.step, number)


def _tables(trial: _Trial) -> Probe:
    lacking = [
        f"{name}: {why}" for name, why in trial.missing.items() if name.startswith(("diag", "counters"))
    ]
    if lacking:
        return failed(
            TWO_HOSTS, _TABLES, "; ".join(lacking), "sockets are read from /proc/PID/net, which says less"
        )
    return passed(TWO_HOSTS, _TABLES, "each host's own sockets and counters")


def _handshake(trial: _Trial) -> Probe:
    if trial.handshake is not None:
        return passed(
            TWO_HOSTS, HANDSHAKE, f"SYN, SYN+ACK and ACK crossed the link in {trial.handshake:.1f} ms"
        )
    advice = "what is refused above, under processes"
    if trial.number:
        return refused(TWO_HOSTS, HANDSHAKE, trial.number, _COSTS, for_resources(trial.number) or advice)
    return failed(TWO_HOSTS, HANDSHAKE, trial.failure, _COSTS, advice)
