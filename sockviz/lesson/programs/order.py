"""What a program without turns says of them: in which order the programs are started, and how far the others are by then."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.calls.statement import Statement
from sockviz.calls.table import CALLS
from sockviz.language import _
from sockviz.lesson.programs.plan import Plan
from sockviz.lesson.programs.texts import file_stem


def starting_order(plan: Plan) -> list[str]:
    """The names of the programs, in the order of their first turns."""
    roots = {process: program.process for program in plan.programs for process in program.processes}
    return list(dict.fromkeys(file_stem(roots[process]) for process in plan.turns))


def starting_remark(plan: Plan) -> str | None:
    """In which order the programs are started; None where there is one only."""
    order = starting_order(plan)
    if len(order) < 2:
        return None
    first, *others = order
    return _(
        "Start {first} first, then {others}, each in a terminal of its own. In the lesson they take turns; here "
        "each goes on as far as its calls let it, and comments say how far the others are in the lesson."
    ).format(first=first, others=", ".join(others))


def meanwhile(plan: Plan) -> Mapping[int, str]:
    """Before each turn what another process has done last: ``in the lesson, client has called connect by now``, by number."""
    last: dict[int, Statement] = {}
    for program in plan.programs:
        current: dict[str, int] = {}
        for step in program.every_step():
            process = step.statement.process
            if step.turn is not None:
                current[process] = step.turn
            last[current[process]] = step.statement
    found = {}
    for turn in range(2, len(plan.turns) + 1):
        before = last[turn - 1]
        made = [CALLS[key].name for key in before.calls if CALLS[key].is_call]
        if before.process != plan.turns[turn - 1] and made:
            found[turn] = _("in the lesson, {process} has called {call} by now").format(
                process=before.process, call=made[-1]
            )
    return found
