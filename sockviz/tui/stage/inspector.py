"""The evidence of what is pointed at: who says so, from where, the raw bytes, and how to see the same by hand."""

from __future__ import annotations

from rich.cells import cell_len

from sockviz.dataclass import replace
from sockviz.language import _, ngettext
from sockviz.tui.stage.drawing import LongDrawing
from sockviz.tui.stage.ink import Line, finish, fit, line, wrap
from sockviz.tui.view import View
from sockviz.words.evidence import evidence
from sockviz.words.facts import Evidence, Fact, Raw, Section, Voice

_VOICES = {
    Voice.RETURNED: "good",
    Voice.ENTERED: "good",
    Voice.OBSERVED: "state-listen",
    Voice.CAPTURED: "process-2",
    Voice.INFERRED: "muted",
}
#: The widest that a column of field names gets.
_NAMES = 26
#: A note stands beside its value where it has so many cells, and takes no more lines than this.
_LEAST_NOTE, _MOST_BESIDE = 14, 3
#: Bytes of raw data shown at most; a recording has them all.
_MOST_RAW = 2048


def draw_inspector(view: View, width: int) -> list[Line]:
    """The evidence for the view's focus, `width` cells wide and as high as it needs to be."""
    focus = view.focus
    it = evidence(
        view.timeline, view.cursor, inode=focus.inode, line=focus.line, packet=focus.packet, call=focus.call
    )
    lines = draw_evidence(it if view.look.shell else replace(it, commands=()), width)
    return finish(lines, width, len(lines), view.look)


def draw_evidence(it: Evidence, width: int) -> list[Line]:
    """`it`, `width` cells wide."""
    lines: list[Line] = [line((it.title, "strong"))]
    for text in it.disagreements:
        lines += [Line(), *wrap(f"≠ {text}", width, "bad", indent="  ")]
    for section in it.sections:
        lines += [Line(), *_section(section, width)]
    if it.commands:
        lines += [Line(), line((_("by hand"), "strong"))]
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
        title += line("  ", (_(section.voice.value), _VOICES[section.voice]))
    lines = [title]
    if section.interface and title.width + cell_len(section.interface) + 2 <= width:
        lines = [title + line(("  " + section.interface, "muted"))]
    elif section.interface:
        lines += [line("  ") + it for it in wrap(section.interface, max(8, width - 2), "muted")]
    names = min(_NAMES, max((cell_len(fact.name) for fact in section.facts), default=0))
    values = min(
        max(8, (width - names) // 2), max((cell_len(fact.value) for fact in section.facts), default=0)
    )
    for fact in section.facts:
        start = fit(line("  ", (fact.name, "muted")), names + 4) if names else line("  ")
        if cell_len(fact.name) > names:
            lines.append(line("  ", (fact.name, "muted")))
            start = line(" " * (names + 4))
        lines += _fact(fact, start, width, names + 4, values)
    return lines


def _fact(fact: Fact, start: Line, width: int, indent: int, values: int) -> list[Line]:
    """A fact's value, and beside it what it means; both broken into lines rather than cut."""
    room = max(8, width - indent)
    shown = wrap(fact.value, room) or [Line()]
    lines = [(line(" " * indent) if number else start) + it for number, it in enumerate(shown)]
    if not fact.note:
        return lines
    column = max(values, shown[-1].width) + 2
    longest = max((cell_len(word) for word in fact.note.split()), default=0)
    notes = wrap(fact.note, room - column, "muted") if room - column >= max(_LEAST_NOTE, longest) else []
    if len(shown) == 1 and notes and len(notes) <= _MOST_BESIDE:
        first = fit(lines[0], indent + column) + notes[0]
        return [first, *(line(" " * (indent + column)) + it for it in notes[1:])]
    beneath = wrap(fact.note, max(8, room - 2), "muted")
    return lines + [line(" " * (indent + 2)) + it for it in beneath]


def _size(raw: Raw) -> str:
    if not isinstance(raw.data, bytes):
        return ""
    return ngettext("{count} byte", "{count} bytes", len(raw.data)).format(count=len(raw.data))


def _raw(raw: Raw, width: int) -> list[Line]:
    if isinstance(raw.data, str):
        return [line("  ") + part for text in raw.data.split("\n") for part in wrap(text, max(1, width - 2))]
    across = 16 if width >= 74 else 8
    lines = []
    for start in range(0, min(len(raw.data), _MOST_RAW), across):
        part = raw.data[start : start + across]
        shown = "".join(chr(b) if 32 <= b < 127 else "·" for b in part)
        lines.append(
            line("  ", (f"{start:04x}  ", "muted"), f"{part.hex(' '):<{across * 3}} ", (shown, "code-string"))
        )
    if len(raw.data) > _MOST_RAW:
        more = _("and {count} bytes more").format(count=len(raw.data) - _MOST_RAW)
        lines.append(line("  ", (more, "muted")))
    return lines


class InspectorView(LongDrawing):
    """The evidence, as high as it needs to be."""

    def draw_long(self, view: View, width: int) -> list[Line]:
        """Its lines."""
        return draw_inspector(view, width)
