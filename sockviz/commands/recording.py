"""The file that ``--record`` names."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from sockviz import door
from sockviz.commands.shared import Usage
from sockviz.dataclass import dataclass
from sockviz.visible import quoted


@dataclass(slots=True)
class Recording:
    """The file that --record names. ``problem`` says why it does not have all of the run, where it has not."""

    file: TextIO
    problem: str | None = None

    def stopped(self, problem: str) -> None:
        """Notes that, and says it."""
        self.problem = problem
        door.complain(problem)


@contextlib.contextmanager
def recording_to(name: str | None) -> Iterator[Recording | None]:
    """The new file called `name`, which is not there any more where nothing was written to it. None: nothing is recorded."""
    if name is None:
        yield None
        return
    from sockviz.output_file import why_not_made
    from sockviz.player.recorder import put_away
    from sockviz.player.writers import claim

    try:
        # "x": a recording is somebody's work, and is never written over.
        file = Path(name).open("x", encoding="utf-8")  # noqa: SIM115  # put away below
    except OSError as error:
        raise Usage(f"--record {quoted(name)}: {why_not_made(Path(name), error)}") from None
    claim(file)  # a run may yet have to begin
    try:
        yield Recording(file)
    finally:
        put_away(file)
