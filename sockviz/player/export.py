"""`sockviz export`: a recording's packets into a file that Wireshark opens."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from sockviz.model.pcapng import blocks, capture_of
from sockviz.model.recording import load_file


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. ``problem`` is where the recording breaks off, if it does: all before that is in the file."""

    summary: str
    problem: str | None


def export_pcapng(recording: Path, out: Path) -> Exported:
    """Writes the packets of `recording` to the new file `out`.

    Raises `BadRecording`, `NoPackets`, FileExistsError (nothing is ever written over) and OSError, and leaves no file then.
    """
    loaded = load_file(recording)
    capture = capture_of(loaded.timeline)
    with out.open("xb") as file:
        try:
            file.writelines(blocks(capture))
            file.flush()  # a full disk may say so only here
        except OSError:
            with contextlib.suppress(OSError):
                out.unlink()
            raise
    names = ", ".join(capture.name(interface) for interface in capture.interfaces)
    summary = f"{out}: {_count(len(capture.seen), 'packet')} on {names}; {_count(capture.comments, 'packet')} with a comment"
    return Exported(summary, loaded.problem)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
