"""Which processes have a panel at a moment, and on which side of the wire."""

from __future__ import annotations

from collections.abc import Collection

from sockviz.calls.script import Script, ScriptPage
from sockviz.dataclass import dataclass
from sockviz.model.bystanders import is_bystander
from sockviz.model.hosts import HOSTS, LINK, SERVER
from sockviz.model.limits import MOST_PROCESSES
from sockviz.model.script_text import LESSON, PROGRAMS
from sockviz.model.world import World
from sockviz.tui.remembered import remembered


@dataclass(frozen=True, slots=True)
class Cast:
    """The processes to show: listening sides on the left, clients on the right. ``wire``: whether there is one to draw."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    wire: bool


def cast(script: Script, page: ScriptPage, world: World, opened: float, kept: Collection[str] = ()) -> Cast:
    """Who is shown at `world`: all that live, that this page's lines are for, that ended since it was `opened`, or that are
    `kept` for what they left behind; of programs not those that have nothing to do with sockets. The run of a program that is
    judged stays, though it has ended: that is what others meet.

    A side with nobody on it is given the first of the script's processes that belongs there, so that the picture
    does not jump when that one starts.
    """
    here = {statement.process for statement in page.statements}
    judged = _judged(script, world)
    shown: dict[str, None] = {}
    for name in (*script.processes, *world.processes):
        process = world.processes.get(name)
        if name == LINK:
            continue
        if process is not None and is_bystander(process, world):
            continue
        has_ended = process is None or (process.ended is not None and process.ended < opened)
        if name in here or not has_ended or name in kept or name == judged:
            shown[name] = None
    sides: dict[bool, list[str]] = {True: [], False: []}
    for name in shown:
        sides[is_left(script, world, name)].append(name)
    forked = _forked(script)
    for side, names in sides.items():
        if not names:
            names += [
                n
                for n in script.processes
                if n != LINK
                and n not in forked
                and n not in world.processes
                and is_left(script, world, n) is side
            ][:1]
    several = sum(1 for name in script.processes if name != LINK) > 1
    return Cast(tuple(sides[True]), tuple(sides[False]), several or bool(world.packets or world.inferred))


def _judged(script: Script, world: World) -> str | None:
    """Of a student's program the run that was started last."""
    programs = [each.name for each in world.processes.values() if each.command and not each.parent]
    return programs[-1] if programs and script.kind == LESSON else None


def is_left(script: Script, world: World, name: str) -> bool:
    """Whether a process belongs to the server's side: named so, on its host, or forked by one that does."""
    process = world.processes.get(name)
    for _generation in range(MOST_PROCESSES):  # a recording may have its processes beget each other
        parent = process.parent if process else _forked(script).get(name)
        if not parent or parent == name:
            break
        name, process = parent, world.processes.get(parent)
    host = process.host if process else script.hosts.get(name)
    if host in HOSTS:
        return host == SERVER
    if name.startswith("server"):
        return True
    if name.startswith("client") and process and process.command and script.kind != PROGRAMS:
        return False  # whoever is typed is its server
    servers = [n for n in script.processes if n.startswith("server")]
    return not servers and bool(script.processes) and name == script.processes[0]


@remembered(4)
def _forked(script: Script) -> dict[str, str]:
    """The parent of each process that a line of the script forks."""
    return {s.targets[0]: s.process for s in script.statements if s.forks and s.targets}
