"""What a program without turns says of them: in which order the programs are started, how far the others are by then, and what it
waits for."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.calls.statement import Statement
from sockviz.calls.table import CALLS
from sockviz.language import _
from sockviz.lesson.programs.plan import Plan, may_sleep
from sockviz.lesson.programs.texts import file_stem
from sockviz.lesson.programs.waits import HandStep, WaitingStep, Waits


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


def waiting_remark(waits: Waits) -> str | None:
    """How the programs go on where they wait; None where none does."""
    kinds = {step.kind for step in waits.steps}
    if not kinds & {HandStep.ENTER, HandStep.CONTINUE}:
        return None
    said = _(
        "Where that is not enough a program says for what it waits, and Enter lets it go on. The numbers are the order of it "
        "all, which README.txt has."
    )
    if HandStep.CONTINUE in kinds:
        said += " " + _("A process that was forked stops itself there: kill -CONT lets it go on.")
    return said


def prompt(step: WaitingStep) -> str:
    """What a program says where it waits: ``3: when client has called send``."""
    return f"{step.number}: {_when(step) or _('at the end')}"


def step_lines(waits: Waits) -> list[str]:
    """What a person does, in order, a line each; none where all there is to do is to start the programs."""
    if {step.kind for step in waits.steps} == {HandStep.START}:
        return []
    width = max(len(step.process) for step in waits.steps)
    return [f"{step.number:>6}  {step.process:<{width}}  {_done(step)}" for step in waits.steps]


def _done(step: WaitingStep) -> str:
    when = _when(step)
    match step.kind:
        case HandStep.START:
            return _("start it, {when}").format(when=when) if when else _("start it")
        case HandStep.KILL:
            return f"kill, {_('at the end')}"
        case HandStep.INTERRUPT if step.line is None:
            return _("Ctrl-C: the lesson leaves it asleep in {call}").format(call=step.call)
        case HandStep.INTERRUPT:
            return _("Ctrl-C, if it sleeps in {call}: what ends that in the lesson is its wire").format(
                call=step.call
            )
        case HandStep.CONTINUE:
            return f"kill -CONT, {when or _('at the end')}"
    return f"{_('Enter')}, {when or _('at the end')}"


def _when(step: WaitingStep) -> str:
    if not step.who:
        return ""
    said = (
        _("when {call} of {process} has returned") if step.returned else _("when {process} has called {call}")
    )
    return said.format(call=step.call, process=step.who)


def meanwhile(plan: Plan, waits: Waits) -> Mapping[int, str]:
    """Before each turn what another process has done last: ``in the lesson, client has called connect by now``, by number. Where
    the program waits for it in that turn, it says so itself."""
    said: set[int] = set()
    last: dict[int, Statement] = {}
    for program in plan.programs:
        current: dict[str, int] = {}
        for step in program.every_step():
            process = step.statement.process
            if step.turn is not None:
                current[process] = step.turn
            before = last.get(current[process])
            together = before is not None and before.at_once and before.at_once == step.statement.at_once
            if not (together and before is not None and may_sleep(before, plan.lesson)):
                last[current[process]] = step.statement  # else it may still be asleep in the one before
            if step.statement.line in waits.before:
                said.add(current[process])
    found = {}
    for turn in range(2, len(plan.turns) + 1):
        before = last[turn - 1]
        made = [CALLS[key].name for key in before.calls if CALLS[key].is_call]
        if before.process != plan.turns[turn - 1] and made and turn not in said:
            found[turn] = _("in the lesson, {process} has called {call} by now").format(
                process=before.process, call=made[-1]
            )
    return found
