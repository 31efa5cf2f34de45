"""Who gave the answer to a prediction: the kernel, or what runs in the process before the kernel is asked."""

from __future__ import annotations

import builtins

from sockviz.calls.table import CALLS
from sockviz.lesson.document import Page
from sockviz.model.hosts import LINK
from sockviz.model.world import World


def is_the_kernels(answer: str, page: Page, world: World) -> bool:
    """Whether `answer`, to a prediction of `page` once that has been performed, is what the kernel said.

    A resolver's code is not, nor an exception that Python raises by itself, nor what lines gave that made no system call.
    """
    answer = answer.strip(" `")
    if answer.startswith("EAI_") or isinstance(getattr(builtins, answer, None), type):
        return False
    performed = [world.lines[it.line] for it in page.statements if it.line in world.lines]
    if not performed or any(line.process == LINK for line in performed):
        return True  # what earlier pages began goes on by itself
    calls = (
        world.processes[line.process].call(number)
        for line in performed
        if line.process in world.processes
        for number in line.calls
    )
    return any(call is not None and _asks_the_kernel(call.function) for call in calls)


def asks_the_kernel(page: Page) -> bool:
    """Whether what is expected on `page`, and asked, is the kernel's to answer; else all its lines are a library's."""
    if any(statement.process == LINK for statement in page.statements):
        return True
    functions = [function for statement in page.statements for function in statement.calls]
    return not functions or any(_asks_the_kernel(function) for function in functions)


def _asks_the_kernel(function: str) -> bool:
    row = CALLS.get(function)  # a recording may have one that the table no longer has
    return row is None or bool(row.system_calls)
