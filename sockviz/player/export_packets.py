"""`sockviz export --pcapng`: a recording's packets into a file that Wireshark opens."""

from __future__ import annotations

from pathlib import Path

from sockviz.language import _, ngettext
from sockviz.model.pcapng import blocks, capture_of
from sockviz.model.recording import Loaded
from sockviz.output_file import NotWritten, why_not_made
from sockviz.player.exported import Exported, undone
from sockviz.visible import quoted


def export_pcapng(recording: Loaded, out: Path, host: str | None = None) -> Exported:
    """Writes the packets of `recording` to the new file `out`; with `host`, what that one's interface has seen.

    Raises `NoPackets`, `NoSuchHost` and `NotWritten`.
    """
    capture = capture_of(recording.timeline, host)
    try:
        with out.open("xb") as file, undone(out.unlink):
            file.writelines(blocks(capture))
            file.flush()  # a full disk may say so only here
    except OSError as error:
        raise NotWritten(error.errno, why_not_made(out, error), str(out)) from None
    names = ", ".join(capture.name(interface) for interface in capture.interfaces)
    summary = _("{file}: {packets} on {interfaces}; {commented} with a comment").format(
        file=quoted(str(out)),
        packets=_packets(len(capture.seen)),
        interfaces=names,
        commented=_packets(capture.comments),
    )
    return Exported(summary, recording.problem)


def _packets(count: int) -> str:
    return ngettext("{count} packet", "{count} packets", count).format(count=count)
