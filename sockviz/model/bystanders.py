"""Processes of a run of programs that have nothing to do with sockets so far: helpers that a program runs, and those of a
shell on its way to a program (pyenv's python3 is a script that runs forty)."""

from __future__ import annotations

from sockviz.model.process import Process
from sockviz.model.world import World


def is_bystander(process: Process, world: World) -> bool:
    """Whether a forked process has made no call, and has no socket: nor, while it lives, may have one of a process that it comes
    from."""
    if process.parent is None or process.entered or any(entry.is_socket for entry in process.fds):
        return False
    forebears = _forebears(process, world)
    if not any(each.command for each in forebears):
        return False  # a lesson's: a line has forked it, and other lines are its
    return not process.alive or not any(each.entered for each in forebears)


def _forebears(process: Process, world: World) -> list[Process]:
    found: list[Process] = []
    parent = process.parent
    while parent is not None and (each := world.processes.get(parent)) is not None and each not in found:
        found.append(each)
        parent = each.parent
    return found


def program_of(name: str, world: World) -> str:
    """The process that one comes from that nobody has forked; its own name, where it is that."""
    process = world.processes.get(name)
    forebears = _forebears(process, world) if process is not None else []
    return forebears[-1].name if forebears else name


def is_of_a_program(process: Process, world: World) -> bool:
    """Whether it is a program of the user's own, or comes from one: no line is performed by it."""
    return bool(process.command) or any(each.command for each in _forebears(process, world))


def programs(world: World) -> tuple[str, ...]:
    """The programs of the user's own that were started in a run, by the names of their first processes."""
    return tuple(each.name for each in world.processes.values() if each.command and each.parent is None)
