"""The evidence of what is pointed at: who says so, from where, the raw bytes, and how to see the same by hand."""

from __future__ import annotations

from rich.cells import cell_len

from sockviz.model.evidence import Evidence, Raw, Section, Voice, evidence
from sockviz.tui.stage.drawing import LongDrawing
from sockviz.tui.stage.ink import Line, finish, fit, line, wrap
from sockviz.tui.view import View

_VOICES = {
    Voice.RETURNED: "good",
    Voice.OBSERVED: "state-listen",
    Voice.CAPTURED: "process-2",
    Voice.INFERRED: "muted",
}
#: The widest that a column of field names gets.
_NAMES = 24
#: Bytes of raw data shown at most; a recording has them all.
_MOST_RAW = 2048


def draw_inspector(view: View, width: int) -> list[Line]:
    """The evidence for the view's focus, `width` cells wide and as high as it needs to be."""
    focus = view.focus
    it = evidence(view.timeline, view.cursor, inode=focus.inode, line=focus.line, packet=focus.packet)
    lines = draw_evidence(it, width)
    return finish(lines, width, len(lines), view.look)


def draw_evidence(it: Evidence, width: int) -> list[Line]:
    """`it`, `width` cells wide."""
    lines: list[Line] = [line((it.title, "strong"))]
    for text in it.disagreements:
        lines += [Line(), *wrap(f"≠ {text}", width, "bad", indent="  ")]
    for section in it.sections:
        lines += [Line(), *_section(section, width)]
    if it.commands:
        lines += [Line(), line(("by hand", "strong"))]
        for shows, command in it.commands:
            lines.append(line("  ", (shows, "muted")))
            lines += [
                line("    ") + part for part in wrap(command, max(1, width - 4), "code-string", indent="    ")
            ]
    for raw in it.raw:
        lines += [Line(), line((raw.title, "strong"), "  ", (_size(raw), "muted")), *_raw(raw, width)]
    return lines


def _section(section: Section, width: int) -> list[Line]:
    title = line((section.title, "strong"))
    if section.voice is not None:
        title += line("  ", (str(section.voice), _VOICES[section.voice]))
    if section.interface:
        title += line(("  " + section.interface, "muted"))
    lines = [title]
    names = min(_NAMES, max((cell_len(fact.name) for fact in section.facts), default=0))
    values = min(
        max(8, (width - names) // 2), max((cell_len(fact.value) for fact in section.facts), default=0)
    )
    for fact in section.facts:
        start = fit(line("  ", (fact.name, "muted")), names + 4)
        if cell_len(fact.value) > values and not fact.note:
            parts = wrap(fact.value, max(1, width - names - 4))
            lines += [(start if not n else line(" " * (names + 4))) + part for n, part in enumerate(parts)]
        else:
            said = (
                start
                + fit(line(fact.value), max(values, cell_len(fact.value)))
                + line(("  " + fact.note if fact.note else "", "muted"))
            )
            lines.append(said)
    return lines


def _size(raw: Raw) -> str:
    return f"{len(raw.data)} bytes" if isinstance(raw.data, bytes) else ""


def _raw(raw: Raw, width: int) -> list[Line]:
    if isinstance(raw.data, str):
        return [line("  ") + part for text in raw.data.splitlines() for part in wrap(text, max(1, width - 2))]
    across = 16 if width >= 74 else 8
    lines = []
    for start in range(0, min(len(raw.data), _MOST_RAW), across):
        part = raw.data[start : start + across]
        shown = "".join(chr(b) if 32 <= b < 127 else "·" for b in part)
        lines.append(
            line("  ", (f"{start:04x}  ", "muted"), f"{part.hex(' '):<{across * 3}} ", (shown, "code-string"))
        )
    if len(raw.data) > _MOST_RAW:
        lines.append(line("  ", (f"and {len(raw.data) - _MOST_RAW} bytes more", "muted")))
    return lines


class InspectorView(LongDrawing):
    """The evidence, as high as it needs to be."""

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """Its lines."""
        del height
        return draw_inspector(view, width)
