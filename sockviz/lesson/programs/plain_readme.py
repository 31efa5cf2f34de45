"""README.txt beside programs to hand out: how to build them, and in which order they are started."""

from __future__ import annotations

import shlex

from sockviz.language import _
from sockviz.lesson.programs.order import starting_order, starting_remark, step_lines, waiting_remark
from sockviz.lesson.programs.plan import Plan
from sockviz.lesson.programs.texts import PLAIN_FLAGS, files_made, one_line, remarks, title_of, wrapped
from sockviz.lesson.programs.waits import waits


def plain_readme(plan: Plan, language: str, suffix: str) -> str:
    """The text of it."""
    order = starting_order(plan)
    lines = [
        title_of(plan.lesson),
        "",
        *wrapped(one_line(plan.lesson.summary), 76),
        "",
    ]
    if language == "c":
        lines += [*(f"    cc {PLAIN_FLAGS} -o {name} {name}.c" for name in order), ""]
    lines += [*(f"    ./{name}" if language == "c" else f"    python3 {name}.{suffix}" for name in order), ""]
    waiting = waits(plan)
    steps = step_lines(waiting)
    for each in (starting_remark(plan), waiting_remark(waiting)):
        lines += [*wrapped(each, 76), ""] if each else []
    lines += [*steps, *([""] if steps else [])]
    said: list[str] = []
    said.append(
        _("A call that fails ends its program, except where the lesson wants it to fail: a comment says so.")
    )
    said.append(
        _(
            "HOST and PORT stand at the top of each. If bind says EADDRINUSE, another program has the port, or the kernel keeps "
            "it from a run before, for a minute at most."
        )
    )
    if made := files_made(plan.lesson):
        said.append(
            _("Its UNIX sockets have names that are files here. Before another run: {command}").format(
                command=f"rm -f -- {shlex.join(made)}"
            )
        )
    said += list(dict.fromkeys(each for program in plan.programs for each in remarks(plan.lesson, program)))
    for each in said:
        lines += [*wrapped(each, 76), ""]
    return "\n".join(lines)
