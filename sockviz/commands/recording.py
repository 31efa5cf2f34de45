"""The file that ``--record`` names, and those of the runs before the one that has it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from sockviz import door
from sockviz.commands.shared import Usage
from sockviz.dataclass import dataclass
from sockviz.visible import quoted


@dataclass(slots=True)
class Recording:
    """The file that --record names. ``problem`` says why it does not have all of the run, where it has not; ``is_taken``: there
    has been a run."""

    file: TextIO
    problem: str | None = None
    is_taken: bool = False

    def for_a_run(self) -> TextIO:
        """The file of that name, for one more run. What a run before has written is then in a file of its own, of a numbered
        name: whoever follows the name goes on with the run that has begun. Raises OSError."""
        if self.is_taken and os.fstat(self.file.fileno()).st_size:
            self._make_way()
        self.is_taken = True
        os.lseek(self.file.fileno(), 0, os.SEEK_SET)
        return self.file

    def _make_way(self) -> None:
        from sockviz.output_file import new_file
        from sockviz.player.writers import claim

        path = Path(self.file.name)
        with new_file(path.parent, path.stem, path.suffix, numbered=True) as aside:
            try:
                os.replace(path, aside.name)
            except OSError as error:
                os.unlink(aside.name)
                if not isinstance(error, FileNotFoundError):  # else somebody has taken it away
                    raise
        self.file.close()
        self.file = path.open("x", encoding="utf-8")
        claim(self.file)

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
    recording = Recording(file)
    try:
        yield recording
    finally:
        put_away(recording.file)
