"""`sockviz doctor`: what this machine allows, what each refusal costs, and how to enable the rest. As text or JSON."""

from __future__ import annotations

import dataclasses
import platform
import shutil
import sys
from collections.abc import Sequence
from itertools import groupby

from sockviz import __version__, door
from sockviz.door import Door, Stream
from sockviz.language import _, said_by_system
from sockviz.probes.machine import Probe, probe_machine, usable_labs
from sockviz.probes.probe import ISOLATED, PROCESSES, TWO_HOSTS, VIEW
from sockviz.progress import default_path
from sockviz.words.diagnosis import diagnosed
from sockviz.wrapping import wrapped

_MARKS = ("✓", "✗", "·")
_WIDEST = 110
#: Room that a probe needs beside its name.
_NARROWEST = 40


def run(*, as_json: bool, out: Stream) -> int:
    """Probes this machine and prints what was found. Returns 0 if lessons can be performed here at all, else 1."""
    probes = probe_machine(default_path())
    labs = usable_labs(probes)
    ok = any(labs.values())
    if as_json:
        answer = {
            "ok": ok,
            "kernel": platform.release(),
            "probes": [dataclasses.asdict(probe) for probe in probes],
            "labs": labs,
        }
        Door.of(out).say_json(answer)
    else:
        width = min(_WIDEST, shutil.get_terminal_size((100, 24)).columns)
        Door.of(out).say(*as_lines(probes, width))
    return 0 if ok else 1


def as_lines(probes: Sequence[Probe], width: int) -> list[str]:
    """The probes by area, refusals with their cost and cure, and which labs can be used."""
    lines = [
        _("sockviz {version} on {system} {release}").format(
            version=__version__, system=platform.system(), release=platform.release()
        )
    ]
    name_width = max(len(diagnosed(probe.name)) for probe in probes)
    for area, group in groupby(probes, lambda probe: probe.area):
        lines += ["", diagnosed(area)]
        for probe in group:
            lines += _probe(probe, name_width, width)
    return [*lines, "", *summary(probes, width)]


def _probe(probe: Probe, name_width: int, width: int) -> list[str]:
    mark = _MARKS[0] if probe.ok else _MARKS[1] if probe.was_reached else _MARKS[2]
    found = diagnosed(probe.found)
    if probe.errno:
        found = f"{probe.errno}: {said_by_system(OSError(0, probe.found)) if found == probe.found else found}"
    if width < name_width + _NARROWEST:  # no room for two columns
        name_width = 0
    indent = " " * (name_width + 6)
    lines = wrapped(found, width, f"  {mark} {diagnosed(probe.name):<{name_width}}  ", indent)
    for label, text in ((_("costs"), probe.costs), (_("to enable"), probe.enable)):
        if text and not probe.ok:
            lines += wrapped(diagnosed(text), width, f"{indent}{label}: ", indent + "  ")
    return lines


def summary(probes: Sequence[Probe], width: int) -> list[str]:
    """Which labs can be used, and what lessons show there."""
    labs = usable_labs(probes)
    isolated, host = _shown(probes, labs)
    lines = [_("What this means")]
    for mark, name, text in (
        (labs["isolated"], _("isolated loopback"), isolated),
        (labs["host"], _("host loopback"), host),
        (labs["two-hosts"], _("two hosts and a link"), _shown_between_hosts(probes, labs["two-hosts"])),
    ):
        lines += wrapped(text, width, f"  {_MARKS[0] if mark else _MARKS[1]} {name}: ", "    ")
    if not any(labs.values()):
        said = _("No lesson can be performed here. `sockviz replay FILE` plays a recording of one.")
        lines += wrapped(said, width, "  ", "  ")
    return lines


def _shown(probes: Sequence[Probe], labs: dict[str, bool]) -> tuple[str, str]:
    ok = {(probe.area, probe.name) for probe in probes if probe.ok}
    known_from = (name for name in ("syscall", "wchan", "stat") if (PROCESSES, f"/proc/PID/{name}") in ok)
    file = next(known_from, None)
    blocked = (
        _("blocked calls are inferred")
        if file is None
        else _("blocked calls are known from /proc/PID/{file}").format(file=file)
    )
    if labs["isolated"]:
        isolated = _(
            "can be used, and lessons run here by default: {wire}, sockets come from {table}, {blocked}; ports and counters "
            "are the lesson's own."
        ).format(
            wire=_wire((ISOLATED, "AF_PACKET inside") in ok),
            table="sock_diag" if (ISOLATED, "sock_diag inside") in ok else "/proc/PID/net",
            blocked=blocked,
        )
    else:
        # What is inside is optional; the steps and the process are not.
        steps = (probe for probe in probes if probe.area == ISOLATED and not probe.name.endswith(" inside"))
        step = next((probe for probe in steps if not probe.ok), None)
        isolated = _cannot(step) if step else _("cannot be used: see processes, above.")
    if labs["host"]:
        told = (
            _(
                "can be used with --lab host: {wire}, sockets come from {table}, {blocked}; ports are free ones of this "
                "machine, and counters count everybody's."
            )
            if labs["isolated"]
            else _(
                "can be used, and lessons run here: {wire}, sockets come from {table}, {blocked}; ports are free ones of "
                "this machine, and counters count everybody's."
            )
        )
        host = told.format(
            wire=_wire((VIEW, "packet capture on lo") in ok),
            table="sock_diag" if (VIEW, "sock_diag TCP") in ok else "/proc/net",
            blocked=blocked,
        )
    else:
        host = _("cannot be used: see above.")
    return isolated, host


def _wire(captured: bool) -> str:
    return _("segments on the wire are captured") if captured else _("segments on the wire are inferred")


def _cannot(step: Probe) -> str:
    """That a lab cannot be used, for what stopped at `step`."""
    why = f"{diagnosed(step.name)}: {step.errno or diagnosed(step.found)}"
    return _("cannot be used ({why}).").format(why=why)


def _shown_between_hosts(probes: Sequence[Probe], usable: bool) -> str:
    if usable:
        return _("can be used. Every packet between the hosts can be held, dropped, delayed or doubled.")
    step = next((probe for probe in probes if probe.area == TWO_HOSTS and not probe.ok), None)
    why = _cannot(step) if step else _("cannot be used: see above.")
    return f"{why} {_('Lessons on two hosts play from their recordings, labelled RECORDED.')}"


if __name__ == "__main__":
    sys.exit(run(as_json="--json" in sys.argv, out=door.out()))
