"""The two lines above everything: where one is, and what the lesson is for (or, for a moment, what to do)."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from sockviz.language import N_, _
from sockviz.tui.hints import why_not_isolated
from sockviz.tui.lettering import BREAK, assemble, plain, styled
from sockviz.tui.view import Mode, View
from sockviz.words.lab_words import lab_word, settings_told

_BADGES = {
    Mode.LIVE: ("●", N_("LIVE"), "bold $badge-live"),
    Mode.REVIEW: ("◂", N_("REVIEW"), "bold $badge-review"),
    Mode.RECORDED: ("■", N_("RECORDED"), "bold $badge-recorded"),
    Mode.FOLLOWING: ("▸", N_("FOLLOWING"), "bold $badge-live"),
}
#: How many cells a bar of pages has at least.
_SHORT_BAR = 8
_LABS = {"host": N_("host loopback"), "isolated": N_("isolated loopback"), "two-hosts": N_("two hosts")}


def lab_name(kind: str) -> str:
    """What a lab of that kind is called on the screen."""
    return _(_LABS.get(kind, kind))


class TitleLine(Widget):
    """Lesson, page, mode and lab, in one line of any width."""

    def __init__(self) -> None:
        super().__init__(id="title")
        self._view: View | None = None

    def show(self, view: View) -> None:
        """Shows where `view` is."""
        if self._view is None:
            self.tooltip = plain(why_not_isolated(view.lab)) or None
        said, self._view = self._view, view
        if said is None or _told(said) != _told(view):
            self.refresh()

    def render(self) -> Content:
        """The line, fitted to the width."""
        return title(self._view, self.size.width) if self._view else plain()


def _told(view: View) -> tuple[object, ...]:
    return view.page.index, view.mode, bool(view.world.typed)


def badge(mode: Mode) -> Content:
    """The mode as a symbol and a word."""
    symbol, word, style = _BADGES[mode]
    return styled(f"{symbol} {_(word)}", style)


def title(view: View, width: int) -> Content:
    """The title line in `width` cells: what is least needed goes first."""
    lesson, pages = view.script, len(view.script.pages)
    name = styled(lesson.title, "bold")
    if lesson.number is not None:
        name = assemble((f"{lesson.number}", "bold $accent"), "  ", name)
    number = styled(f"{view.page.index + 1}/{pages}", "bold")
    page = assemble((_("page") + " ", "$quiet"), number)
    mode = badge(view.mode)
    lab = styled(lab_name(view.lab.kind), "$quiet")
    brand = styled("sockviz", "$quiet")
    bar = _bar(view.page.index + 1, pages, min(24, max(_SHORT_BAR, width // 6)))
    short_bar = _bar(view.page.index + 1, pages, _SHORT_BAR)
    short = styled(lab_word(view.lab.kind), "$quiet")
    # What the lesson has set is said as long as there is room for anything: what its pages show hangs on it.
    told = ", ".join(settings_told(lesson.sysctls))
    chosen = [styled(told, "$accent")] if told else []
    if view.world.typed and any(statement.line not in view.world.typed for statement in lesson.statements):
        chosen.insert(0, styled(_("off the script"), "bold $warning"))
    for left, right in (
        ([brand, name], [page + " " + bar, mode, *chosen, lab]),
        ([name], [page + " " + bar, mode, *chosen, lab]),
        ([name], [page + " " + short_bar, mode, *chosen, lab]),
        ([name], [page, mode, *chosen, lab]),
        ([name], [page, mode, *chosen, short]),
        ([name], [page, mode, *chosen]),
        ([name], [number, mode, *chosen]),  # the end of the title goes before the page's number
    ):
        used = sum(part.cell_length for part in (*left, *right)) + 3 * (len(left) + len(right))
        if used <= width:
            break
    before, after = plain("   ").join(left), plain("   ").join(right)
    before = before.truncate(max(width - after.cell_length - 4, 4), ellipsis=True)
    gap = max(width - before.cell_length - after.cell_length - 2, 1)
    return assemble(" ", before, " " * gap, after, " ")


def _bar(done: int, of: int, width: int) -> Content:
    filled = round(done / max(of, 1) * width)
    return assemble(("━" * filled, "$primary"), ("─" * (width - filled), "$faint"))


_INK_OF_HINTS = "$accent"


class ObjectiveLine(Widget):
    """What the lesson is for, and beside it, while there is one, a hint; a reason why nothing goes on stands alone, with what
    there is to do then, which is never cut short for it.

    Where both do not fit, the hint comes first: it lasts until the next key. A long objective has two lines.
    """

    DEFAULT_CSS = "ObjectiveLine { height: auto; max-height: 2; }"

    def __init__(self) -> None:
        super().__init__(id="objective")
        self._texts = ("", "", "", "")

    def show(self, objective: str, hint: str = "", problem: str = "", way_on: str = "") -> None:
        """What there is to say; ``way_on`` is what there is to do about a problem."""
        texts = (objective, hint, problem, way_on)
        if texts != self._texts:
            self.refresh(layout=texts[0] != self._texts[0])
            self._texts = texts

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """By the objective alone, so that nothing moves when a hint comes and goes."""
        del container, viewport
        return min(2, len(plain(self._texts[0]).wrap(max(width - 2, 1)))) or 1

    def render(self) -> Content:
        """One line, or two."""
        objective, hint, problem, way_on = self._texts
        room = max(self.size.width - 2, 1)
        left, right = styled(objective, "$quiet"), styled(hint, _INK_OF_HINTS)
        if problem:
            said = _with(problem, way_on, room, self.size.height)
        elif not hint:
            said = left
        elif left.cell_length + right.cell_length + 3 <= room:
            said = assemble(left, " " * (room - left.cell_length - right.cell_length), right)
        else:
            said = _hinted(hint, room, self.size.height)
        return BREAK.join(plain(" ") + it for it in _fitted(said, room, self.size.height))


def _hinted(hint: str, room: int, height: int) -> Content:
    """A hint in so many lines of `room` cells: its last sentence, which says what there is to do, is not cut for the others."""
    reason, _stop, way_on = hint.rpartition(". ")
    keeps_both = reason and 2 * plain(way_on).cell_length <= room * height
    return _with(reason, way_on, room, height, _INK_OF_HINTS) if keeps_both else styled(hint, _INK_OF_HINTS)


def _with(problem: str, way_on: str, room: int, height: int, ink: str = "bold $error") -> Content:
    """A problem and the way on, for so many lines of `room` cells. Where there is not room for both, the problem's end goes."""
    first, last = styled(problem, ink), styled(way_on, ink)
    if not way_on:
        return first
    both = assemble(first, ". ", last)
    if len(both.wrap(room)) <= height:
        return both
    if height > 1 and last.cell_length <= room:
        return BREAK.join((*_fitted(first, room, height - 1), last))
    return assemble(first.truncate(max(room * height - last.cell_length - 1, 0), ellipsis=True), " ", last)


def _fitted(said: Content, room: int, height: int) -> list[Content]:
    """Its lines, the last of which ends sooner where there are more."""
    lines = said.wrap(room)
    if len(lines) <= height:
        return lines
    rest = plain(" ").join(lines[height - 1 :])
    return [*lines[: height - 1], rest.truncate(room, ellipsis=True)]
