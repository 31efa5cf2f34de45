"""The processes of a program of the user's own: its first, and what that has forked."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.model.call import Stage
from sockviz.model.world import World


def family(world: World, name: str) -> Mapping[str, bool]:
    """The processes of a program by name, its first and what that has forked, and whether each is alive."""
    found: dict[str, bool] = {}
    for process in world.processes.values():  # a parent stands before what it forks
        if process.name == name or process.parent in found:
            found[process.name] = process.alive
    return found


def is_ready(world: World, name: str) -> bool:
    """Whether a program listens, or sleeps in a call, or all of it has ended."""
    alive = [world.processes[each] for each, lives in family(world, name).items() if lives]
    if not alive:
        return name in world.processes
    return any(
        call.stage is Stage.ASLEEP or (call.name == "listen" and call.stage is Stage.RETURNED)
        for process in alive
        for call in (*process.under_way, *process.latest.values())
    )
