"""What `sockviz shell` prints: for every open lab of this user, how a second terminal sees what the screen shows."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sockviz.door import Door, Stream
from sockviz.language import _
from sockviz.words.wording import lab_word

_ENTER = Path(__file__).with_name("enter.py")
_CAP_SYS_ADMIN = 21


@dataclass(frozen=True, slots=True)
class OpenLab:
    """A lab that is running: its kind, the pid of its first process as this machine counts, its ports, when it was opened.

    ``hosts`` has the name of each host and a process in it, where a lab has two.
    """

    kind: str
    pid: int
    ports: tuple[int, ...]
    opened: float
    hosts: tuple[tuple[str, int], ...] = ()


def run(*, out: Stream, err: Stream) -> int:
    """Prints the lines. Returns the exit code: 1 where no lab is open."""
    if sys.platform != "linux":
        Door.of(err).say("sockviz: " + _("labs need Linux; this is {system}").format(system=sys.platform))
        return 1
    labs = running_labs()
    if not labs:
        Door.of(err).say(
            "sockviz: "
            + _(
                "no lab of yours is running. Start a lesson in another terminal, as `sockviz run 1`, "
                "and leave it open."
            )
        )
        return 1
    told = [["", *lines(lab, os.geteuid())] for lab in labs]
    Door.of(out).say(*[line for lab in told for line in lab][1:])
    return 0


def running_labs() -> list[OpenLab]:
    """The labs of this user, oldest first."""
    from sockviz.lab.directory import open_labs  # fcntl: no such module on every system

    found = (read_lab(path) for path in open_labs())
    return [lab for lab in found if lab is not None]


def read_lab(directory: Path) -> OpenLab | None:
    """What a lab left in its directory; None where it is still being set up, or its first process has ended."""
    try:
        kind, pid = (directory / "init-pid").read_text(encoding="utf-8").split()
        ports = (directory / "ports").read_text(encoding="utf-8").split()
        opened = (directory / "init-pid").stat().st_mtime
        lab = OpenLab(
            kind, int(pid), tuple(map(int, ports)), opened, _hosts(directory) if kind == "two-hosts" else ()
        )
    except (OSError, ValueError):
        return None  # ENOENT: no notes yet, or none any more
    return lab if Path(f"/proc/{lab.pid}").exists() else None


def _hosts(directory: Path) -> tuple[tuple[str, int], ...]:
    """Each host, and a process in it. Raises OSError and ValueError."""
    words = (line.split() for line in (directory / "hosts").read_text(encoding="utf-8").splitlines())
    return tuple((host, int(pid)) for host, pid in words)


def lines(lab: OpenLab, uid: int) -> list[str]:
    """What to say of one lab to user `uid`."""
    opened = time.strftime("%H:%M:%S", time.localtime(lab.opened))
    if lab.kind == "two-hosts":
        return _lines_of_two(lab, opened, uid)
    head = _("{kind} loopback, opened {time}, first process {pid}").format(
        kind=lab_word(lab.kind), time=opened, pid=lab.pid
    )
    if lab.kind == "isolated":
        way = way_in(lab.pid, uid)
        return [
            head,
            "  " + _("a second terminal inside it (it closes with the lab):"),
            *(f"    {line}" for line in way.lines),
            "  " + _("and in there:"),
            "    ss -tuanoe",
            f"    {way.capture}",
        ]
    ports = " or ".join(f"sport = :{port} or dport = :{port}" for port in lab.ports)
    capture = f"tcpdump -i lo -nn '{' or '.join(f'port {port}' for port in lab.ports)}'"
    return [
        head,
        "  " + _("nothing to enter: this is the machine's own network, and any terminal sees it:"),
        f"    ss -tuanoe '( {ports} )'",
        f"    {capture if uid == 0 else 'sudo ' + capture}",
    ]


def _lines_of_two(lab: OpenLab, opened: str, uid: int) -> list[str]:
    said = [_("two hosts and a link, opened {time}, first process {pid}").format(time=opened, pid=lab.pid)]
    for host, pid in lab.hosts:
        way = way_in(pid, uid, "eth0")
        said += [
            "  " + _("a second terminal on the {host} (it closes with the lab):").format(host=host),
            *(f"    {line}" for line in way.lines),
            "  " + _("and in there:"),
            "    ss -tuanoe",
            f"    {way.capture}",
        ]
    return said


@dataclass(frozen=True, slots=True)
class WayIn:
    """The line that opens a shell in a lab, perhaps with another beside it, and the command that captures packets there."""

    lines: tuple[str, ...]
    capture: str


def way_in(pid: int, uid: int, device: str = "lo") -> WayIn:
    """How user `uid` gets into the network of process `pid` with the tools that this machine has, to capture on `device`."""
    nsenter = f"nsenter -t {pid} -U -n -p --preserve-credentials"
    own = shlex.join([sys.executable, "-I", "-S", str(_ENTER), str(pid)])
    options = nsenter_help()
    if uid != 0:
        capture = f"tcpdump -i {device} -nn"
        if "--keep-caps" in options:
            return WayIn((f"{nsenter} --keep-caps",), capture)
        # exec takes an ordinary user's capabilities away, also those of a namespace of their own.
        beside = (f"{nsenter}      # {_('the same, without packet capture')}",) if options else ()
        return WayIn((own, *beside), capture)
    if options and may_administer():
        # Root needs none of the lab's own capabilities, and tcpdump can become the user it wants to run as.
        return WayIn((f"nsenter -t {pid} -n -p",), f"tcpdump -i {device} -nn")
    # Run by root, tcpdump changes user, and setgroups is denied in the lab's user namespace; tshark stays as it is.
    return WayIn((nsenter if options else own,), f"tshark -i {device} -n")


def nsenter_help() -> str:
    """What `nsenter --help` says; nothing where there is no nsenter, or one that cannot enter a user namespace."""
    program = shutil.which("nsenter")
    if program is None:
        return ""
    said = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
    text = said.stdout + said.stderr
    return text if "--preserve-credentials" in text else ""


def may_administer(status: Path = Path("/proc/self/status")) -> bool:
    """Whether this process holds CAP_SYS_ADMIN where it is: root of a container usually does not."""
    try:
        found = re.search(r"^CapEff:\s*([0-9a-f]+)$", status.read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return False
    return found is not None and bool(int(found[1], 16) >> _CAP_SYS_ADMIN & 1)
