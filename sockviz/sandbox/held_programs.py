"""What is typed of programs that are held at their calls, beside lines: who is let go."""

from __future__ import annotations

from sockviz.language import _
from sockviz.player.performance import Performance

#: Lets a task go (who has waited longest, or one by its name); has all run; has each wait at its next call again.
_GO, _RUN, _HOLD = "go", "run", "hold"


async def ordered(run: Performance, typed: str) -> str | None:
    """Does what was typed of them; an empty line is a ``go``. Returns what there is to say, or None where it is none of this: a
    line to be performed. Raises `CannotGoOn`."""
    beside, words = run.beside, typed.split()
    if beside is None:
        return None
    held = list(beside.held)
    match words:
        case [] if held:
            await beside.goes(held[0])
        case [word] if word == _GO:
            if not held:
                return _("Nobody is held.")
            await beside.goes(held[0])
        case [word, task] if word == _GO:
            if task not in held:
                return _("«{typed}» is none of those that are held.").format(typed=task)
            await beside.goes(task)
        case [word] if word in (_RUN, _HOLD):
            await beside.held_from_now_on(word == _HOLD)
        case _:
            return None
    return ""
