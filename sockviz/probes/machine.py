"""What this machine allows, tried step by step and never assumed. Importable on any system."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from sockviz.probes.advice import Settings
from sockviz.probes.probe import (
    HANDSHAKE,
    HOST,
    ISOLATED,
    PROCESS,
    PROCESSES,
    SYSTEM,
    TWO_HOSTS,
    VIEW,
    Probe,
    failed,
    passed,
)
from sockviz.probes.terminal import probe_files, probe_terminal, probe_tools

__all__ = ["Probe", "probe_machine", "usable_labs"]

_OLDEST_PYTHON = (3, 11)
_OLDEST_LINUX = (5, 10)


def probe_machine(progress: Path | None = None) -> tuple[Probe, ...]:
    """Tries everything; takes about half a second. `progress` is the file that would keep the reader's progress.

    Not to be called from a running event loop: every lab is set up and taken down again on one of its own.
    """
    probes = [_python(), _system()]
    if sys.platform == "linux":
        from sockviz.probes.labs import probe_labs
        from sockviz.probes.processes import probe_processes
        from sockviz.probes.sockets import probe_sockets
        from sockviz.probes.two_hosts import probe_two_hosts
        from sockviz.probes.walls import probe_walls
        from sockviz.probes.watching import probe_watching

        settings = Settings()
        probes += probe_sockets(settings) + probe_processes(settings) + probe_walls() + probe_labs(settings)
        probes += probe_two_hosts(settings)
        probes += probe_watching(usable_labs(probes), settings)
    tools = (
        probe_tools() if sys.platform == "linux" else []
    )  # they look into labs, of which there are none elsewhere
    return (*probes, *probe_terminal(), *probe_files(progress), *tools)


def usable_labs(probes: Sequence[Probe]) -> dict[str, bool]:
    """The labs by name, and whether lessons can be performed in them.

    A process was started there and made its first calls, and of processes and sockets the least can be read.
    """
    ok = {(probe.area, probe.name) for probe in probes if probe.ok}
    tables = (VIEW, "/proc/net tables")
    host_rows, inside_rows = (VIEW, "sock_diag TCP"), (ISOLATED, "sock_diag inside")
    readable = all((PROCESSES, f"/proc/PID/{name}") in ok for name in ("stat", "fd", "fdinfo"))
    return {
        "host": readable and (HOST, PROCESS) in ok and bool({tables, host_rows} & ok),
        "isolated": readable and (ISOLATED, PROCESS) in ok and bool({tables, inside_rows} & ok),
        # Both hosts' tables are read as the isolated lab's are; without sock_diag from /proc.
        "two-hosts": readable and (TWO_HOSTS, HANDSHAKE) in ok and bool({tables, inside_rows} & ok),
    }


def release_numbers(release: str) -> tuple[int, int] | None:
    """(6, 18) of ``6.18.44-generic``; None where there are no two numbers."""
    found = re.match(r"(\d+)\.(\d+)", release)
    return (int(found[1]), int(found[2])) if found else None


def _python() -> Probe:
    found = platform.python_version()
    if sys.version_info[:2] >= _OLDEST_PYTHON:
        return passed(SYSTEM, "Python", f"{found} ({sys.executable})")
    return failed(SYSTEM, "Python", found, "sockviz does not run", "Python 3.11 or later")


def _system() -> Probe:
    found = f"{platform.system()} {platform.release()}"
    if sys.platform != "linux":
        costs = "no lesson can be performed here: sockviz plays recordings of them (sockviz replay FILE)"
        return failed(SYSTEM, "Linux", found, costs, "a Linux machine, WSL2 or a Linux container")
    if (release_numbers(platform.release()) or (0, 0)) < _OLDEST_LINUX:
        costs = "what is tried below may work; older kernels than 5.10 are not tested"
        return failed(SYSTEM, "Linux", found, costs, "Linux 5.10 or later")
    return passed(SYSTEM, "Linux", found)
