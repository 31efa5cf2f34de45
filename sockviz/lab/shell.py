"""`sockviz shell`: a second terminal inside an open lab of this user, where `ss` and `tcpdump` show what the screen shows.

On a terminal it enters the lab that is asked for, else the newest. Elsewhere, and with ``--list``, it prints the lines that do.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from sockviz.dataclass import dataclass
from sockviz.door import Door, Stream
from sockviz.language import _, said_by_system
from sockviz.words.lab_words import lab_word

_ENTER = Path(__file__).with_name("enter.py")
_CAP_SYS_ADMIN = 21


@dataclass(frozen=True, slots=True)
class OpenLab:
    """A lab that is running: its kind, the pid of its first process as this machine counts, its ports, when it was opened.

    ``hosts`` has the name of each host and a process in it, where a lab has two. ``number``, ``slug`` and ``title`` are its
    lesson's, empty where there is none.
    """

    kind: str
    pid: int
    ports: tuple[int, ...]
    opened: float
    hosts: tuple[tuple[str, int], ...] = ()
    number: str = ""
    slug: str = ""
    title: str = ""

    @property
    def name(self) -> str:
        """``8 The queue before accept``, or what kind of lab it is."""
        return " ".join(filter(None, (self.number, self.title))) or lab_word(self.kind)

    @property
    def word(self) -> str:
        """What names it on the command line."""
        return self.number or self.slug or str(self.pid)


def run(
    word: str | None = None, *, listing: bool = False, on_terminal: bool = False, out: Stream, err: Stream
) -> int:
    """Enters the lab that `word` names (a lesson's number or slug, a process's pid, a host), else the newest; where `listing`, or
    without a terminal, prints the lines that do. Returns the exit code: 1 where no lab is open, 2 where none goes by `word`."""
    complain = Door.of(err).say
    if sys.platform != "linux":
        complain("sockviz: " + _("labs need Linux; this is {system}").format(system=sys.platform))
        return 1
    labs = running_labs()
    if not labs:
        complain(
            "sockviz: "
            + _(
                "no lab of yours is running. Start a lesson in another terminal, as `sockviz run 1`, "
                "and leave it open."
            )
        )
        return 1
    meant = labs if word is None else [lab for lab in labs if names(lab, word)]
    if not meant:
        running = ", ".join(f"{lab.name} (`sockviz shell {lab.word}`)" for lab in labs)
        wrong = _("no running lab goes by «{word}»; running: {labs}").format(word=word, labs=running)
        complain("sockviz: " + wrong)
        return 2
    if listing or not on_terminal or meant[-1].kind == "host":
        told = [
            ["", *lines(lab, os.geteuid())] for lab in (meant if listing or not on_terminal else meant[-1:])
        ]
        Door.of(out).say(*[line for lab in told for line in lab][1:])
        return 0
    return _enter(meant[-1], word, labs, out, err)


def names(lab: OpenLab, word: str) -> bool:
    """Whether `word` means `lab`: its lesson's number or slug (or how that begins), one of its hosts, one of its processes."""
    if word in (lab.number, lab.slug) or word in dict(lab.hosts):
        return True
    if word.isascii() and word.isdigit():
        return _is_in(int(word[:9]), lab)
    return bool(lab.slug) and lab.slug.startswith(word.casefold())


def _is_in(pid: int, lab: OpenLab) -> bool:
    """Whether `pid`, as this machine or the lab itself counts (the stage shows that), is a process of the lab."""
    homes = {_network(home) for home in (lab.pid, *(process for _host, process in lab.hosts))} - {None}
    if pid == lab.pid or (lab.kind != "host" and _network(pid) in homes):
        return True
    return lab.kind != "host" and any(
        _network(process) in homes and _own_pid(process) == pid
        for process in (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())
    )


def _network(pid: int) -> str | None:
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:  # EACCES: another user's; ENOENT: gone
        return None


def _own_pid(pid: int) -> int | None:
    """A process's pid as it counts itself (proc_pid_status(5), NSpid)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"^NSpid:.*?(\d+)$", status, re.MULTILINE)
    return int(found[1]) if found else None


def _enter(lab: OpenLab, word: str | None, labs: Sequence[OpenLab], out: Stream, err: Stream) -> int:
    """Becomes a shell in `lab`."""
    hosts = dict(lab.hosts)
    host = word if word in hosts else next(iter(hosts), "")
    device = "eth0" if hosts else "lo"
    way = way_in(hosts.get(host, lab.pid), os.geteuid(), device)
    say = Door.of(out).say
    others = [other for other in labs if other.pid != lab.pid]
    for other in others:
        say(_("also running: {lab}: sockviz shell {word}").format(lab=other.name, word=other.word))
    for other_host in sorted(hosts.keys() - {host}):
        say(_("the other host: sockviz shell {host}").format(host=other_host))
    where = f"{lab.name}, {host}" if host else lab.name
    say(
        _("in the lab of {lab}: ss -tuanoe shows its sockets, {capture} its packets; exit leaves it").format(
            lab=where, capture=way.capture
        )
    )
    command = shlex.split(way.lines[0], comments=True)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        cannot = _("{program} cannot be started: {error}").format(
            program=command[0], error=said_by_system(error)
        )
        Door.of(err).say("sockviz: " + cannot)
        return 1


def running_labs() -> list[OpenLab]:
    """The labs of this user, oldest first."""
    from sockviz.lab.directory import open_labs  # fcntl: no such module on every system

    found = (read_lab(path) for path in open_labs())
    return sorted((lab for lab in found if lab is not None), key=lambda lab: lab.opened)


def read_lab(directory: Path) -> OpenLab | None:
    """What a lab left in its directory; None where it is still being set up, or its first process has ended."""
    try:
        kind, pid = (directory / "init-pid").read_text(encoding="utf-8").split()
        ports = (directory / "ports").read_text(encoding="utf-8").split()
        opened = (directory / "init-pid").stat().st_mtime
        hosts = _hosts(directory) if kind == "two-hosts" else ()
        lab = OpenLab(kind, int(pid), tuple(map(int, ports)), opened, hosts, *_lesson(directory))
    except (OSError, ValueError):
        return None  # ENOENT: no notes yet, or none any more
    return lab if Path(f"/proc/{lab.pid}").exists() else None


def _lesson(directory: Path) -> tuple[str, str, str]:
    """Its lesson's number, slug and title; empty where nobody has said."""
    try:
        number, slug, title = (directory / "lesson").read_text(encoding="utf-8").split("\n")[:3]
    except (OSError, ValueError):
        return "", "", ""
    return number, slug, title


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
    head = f"{lab.name}: {head}" if lab.title else head
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
    head = _("two hosts and a link, opened {time}, first process {pid}").format(time=opened, pid=lab.pid)
    said = [f"{lab.name}: {head}" if lab.title else head]
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
