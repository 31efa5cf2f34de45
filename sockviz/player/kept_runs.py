"""Where `check` keeps the runs of what does not hold, so that they can be looked at: in a directory that was named, or in the
user's state directory, where only the newest stay."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import platformdirs

from sockviz.model.recording import save
from sockviz.model.timeline import Timeline
from sockviz.output_file import new_file
from sockviz.visible import quoted

#: How many stay where no directory was named.
MOST = 20
SUFFIX = ".jsonl"


class KeptRuns:
    """Keeps runs in `directory`; None: in the user's state directory, or, where that cannot be written, in the temporary one.
    Nothing is made before there is something to keep. `refused` is told why a run could not be kept."""

    def __init__(self, directory: Path | None, refused: Callable[[str], None]) -> None:
        self._named = directory
        self._refused = refused
        self._kept: list[Path] = []
        self._full = False

    def keep(self, timeline: Timeline, stem: str) -> str | None:
        """The file in which the run is now, a new one that is called after `stem`; None where it could not be kept."""
        if self._named is None and len(self._kept) == MOST:
            if not self._full:
                self._full = True
                self._refused(f"{MOST} runs are kept; --record DIR keeps the others too")
            return None
        why: OSError | None = None
        for place in self._places():
            try:
                place.mkdir(mode=0o700 if self._named is None else 0o777, parents=True, exist_ok=True)
                if self._named is None:
                    self._make_room(place)
                with new_file(place, stem, SUFFIX) as file:
                    _save(timeline, file)
            except OSError as error:
                why = why or error
                continue
            self._kept.append(Path(file.name))
            return file.name
        if why is not None:
            where = quoted(why.filename or str(self._named))
            self._refused(f"the run of {stem} could not be kept: {where}: {why.strerror}")
        return None

    def _places(self) -> Iterator[Path]:
        if self._named is not None:
            yield self._named
            return
        yield Path(platformdirs.user_state_dir("sockviz", appauthor=False)) / "failed"
        shared = Path(tempfile.gettempdir()) / f"sockviz-failed-{os.getuid()}"
        try:
            shared.mkdir(mode=0o700, exist_ok=True)
            found = shared.lstat()
        except OSError:
            return
        if (
            stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
        ):  # not what somebody else has put there
            yield shared

    def _make_room(self, place: Path) -> None:
        """Removes the oldest, but none that this check has named."""
        written: dict[Path, float] = {}
        for each in place.glob(f"*{SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):  # another check makes room, too
                written[each] = each.stat().st_mtime
        there = sorted(written.keys() - self._kept, key=written.__getitem__)
        ours = sum(each.parent == place for each in self._kept)
        for each in there[: max(0, len(there) + ours + 1 - MOST)]:
            each.unlink(missing_ok=True)


def _save(timeline: Timeline, file: TextIO) -> None:
    """Writes a run whole, or leaves no file."""
    try:
        save(timeline, file)
        file.flush()
    except BaseException:
        os.unlink(file.name)
        raise
