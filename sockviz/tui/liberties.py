"""What whoever sits at the screen may have of the machine that sockviz runs on. No Textual here: it is made before that is."""

from __future__ import annotations

from sockviz.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Liberties:
    """``files``: they may write some; ``programs``: theirs may run; ``shell``: they have one to go back to, or to type at."""

    files: bool
    programs: bool
    shell: bool


#: Whoever has started sockviz on a terminal of theirs.
OWNER = Liberties(files=True, programs=True, shell=True)
#: Whoever has opened a page of `sockviz serve`: the machine is somebody else's.
VISITOR = Liberties(files=False, programs=False, shell=False)
