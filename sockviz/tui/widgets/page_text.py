"""One page of a lesson as lines: its prose, what its blocks have performed so far, its questions and its expectations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from string import Formatter

from rich.cells import cell_len
from textual.content import Content
from textual.style import Style

from sockviz.dataclass import dataclass
from sockviz.language import _, ngettext
from sockviz.lesson.answers import asks_the_kernel, is_the_kernels
from sockviz.lesson.document import Block, Covers, Expect, Note, Page, Perform, Predict, Prose
from sockviz.model.call import ENDING, Stage
from sockviz.model.hosts import LINK
from sockviz.model.world import World
from sockviz.tui import palette
from sockviz.tui.by_hand import acts_by_hand, perhaps_why
from sockviz.tui.lettering import assemble, plain, styled
from sockviz.tui.stage.written import broken
from sockviz.tui.view import Mode, View
from sockviz.tui.widgets.markdown import hang, inline_text, lines_of
from sockviz.tui.widgets.vote_bars import with_bars
from sockviz.words.found import actual_in_words, reason_in_words
from sockviz.words.votes import tally_text


@dataclass(frozen=True, slots=True)
class Asked:
    """What the reader has done about the questions. ``pointed``: the line of the one that space has pointed to;
    ``open``: the lines of those that wait for an answer. ``live``: they can do it otherwise. ``votes``: a room's, for each
    choice; ``counting``: the question's line and the choice that are being counted."""

    choices: Mapping[int, int | None]
    open: frozenset[int]
    pointed: int | None = None
    live: bool = True
    votes: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    counting: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class PageText:
    """The lines of a page. ``places`` maps the file line of each block to the (first, last) of its lines here; ``read_to`` is the
    last that says more than that what was performed is done, and that what was expected of it holds."""

    lines: tuple[Content, ...]
    places: Mapping[int, tuple[int, int]]
    read_to: int = -1


def page_text(page: Page, view: View, asked: Asked, notes: bool, width: int, brief: bool = False) -> PageText:
    """A page of a lesson, as far as it is at `view`, in lines of `width` cells. ``brief``: expectations that hold are counted,
    and stand right below the lines that they are about."""
    lines: list[Content] = []
    places: dict[int, tuple[int, int]] = {}
    before: Block | None = None
    read_to = -1
    hues = palette.hues(view.script)
    drawn: Sequence[Content]
    for block in page.blocks:
        match block:
            case Prose():
                drawn = lines_of(block.markdown, width)
            case Note():
                drawn = _note(block, width) if notes else []
            case Covers():
                drawn = []  # for the coverage report only
            case Perform():
                progress = _performed(block, view.world, hues.get(block.process, ""), width)
                drawn = [progress, *_refused(block, page, view.world, asked, width)]
            case Predict():
                drawn = _question(block, page, view, asked, width, brief)
            case Expect():
                drawn = _judged(block, page, view.world, asked, brief and not notes, width)
        if drawn:
            is_result = isinstance(before, Perform | Expect) and isinstance(block, Perform | Expect)
            lines += [plain()] * (bool(lines) and not (brief and is_result))
            before = block
            places[block.line] = (len(lines), len(lines) + len(drawn) - 1)
            lines += drawn
            if not isinstance(block, Perform | Expect) or not _goes_well(block, view.world):
                read_to = len(lines) - 1
    return PageText(tuple(lines), places, read_to)


def _goes_well(block: Perform | Expect, world: World) -> bool:
    """Whether nothing that was expected there does not hold, and the link did what it was told."""
    if isinstance(block, Expect):
        found = (world.expectations.get(each.line) for each in block.expectations)
        return all(judged is None or judged.ok for judged in found)
    if block.process != LINK:
        return True  # that a call fails is no reason to read on: what it came to is told on the stage
    done = (world.lines.get(each.line) for each in block.statements)
    return all(it is None or it.error is None for it in done)


def _note(block: Note, width: int) -> list[Content]:
    edge = styled("┊ ", "$accent")
    label = assemble(edge, (_("for the instructor"), "italic $accent"))
    return [label, *hang(styled(block.text, "$quiet"), edge, edge, width)]


def _performed(block: Perform, world: World, hue: str, width: int) -> Content:
    """``server ✓✓◐○``: how far the lines at this place have got."""
    marks = [_mark(world, statement.line) for statement in block.statements]
    colour = f"${hue}" if hue else "$foreground"
    label = assemble(("▪ ", colour), (block.process, colour), "  ")
    room = max(width - label.cell_length, 4)
    shown = marks if len(marks) <= room else [*marks[: room - 1], ("…", "$quiet")]
    return assemble(label, *shown)


def _mark(world: World, line: int) -> tuple[str, str]:
    done = world.lines.get(line)
    if done is None:
        return palette.NOT_YET, "$faint"
    process = world.processes.get(done.process)
    calls = [call for n in done.calls if process and (call := process.call(n))]
    ended = [call for call in calls if call.stage is Stage.ABANDONED]
    if ended and all(call.name in ENDING for call in ended):
        return palette.DONE, "$success"  # that it never returned is what was asked of it
    if done.error or ended or any(call.stage is Stage.FAILED for call in calls):
        return palette.FAILED, "$error"
    if done.finished is None:
        return (
            (palette.ASLEEP, "$warning")
            if any(c.stage is Stage.ASLEEP for c in calls)
            else (palette.ENTERED, "$warning")
        )
    return palette.DONE, "$success"


def _refused(block: Perform, page: Page, world: World, asked: Asked, width: int) -> list[Content]:
    """Why a line of the link could not do what it was to, where the reader may have done it before."""
    failed = [
        done for each in block.statements if block.process == LINK and (done := world.lines.get(each.line)) is not None
        and done.error is not None
    ]  # fmt: skip
    return _by_hand(page, world, asked, failed[0].finished or failed[0].begun, width) if failed else []


def _judged(block: Expect, page: Page, world: World, asked: Asked, brief: bool, width: int) -> list[Content]:
    """What was expected and found; where `brief`, only how many of them hold."""
    found = [
        judged for each in block.expectations if (judged := world.expectations.get(each.line)) is not None
    ]
    shown = [judged for judged in found if not (brief and judged.ok)]
    kernels = asks_the_kernel(page)
    title = _("checked with the kernel:") if kernels else _("checked:")
    lines = [styled(title, "italic $quiet")] if shown else []
    for judged in shown:
        lines += _verdict(judged.source, "" if judged.ok else actual_in_words(judged), judged.ok, width)
    if holding := len(found) - len(shown):
        told = (
            ngettext("the kernel agrees", "the kernel agrees, {count} times", holding)
            if kernels
            else ngettext("as expected", "as expected, {count} times", holding)
        )
        agrees = styled(told.format(count=holding), "$quiet")
        lines += hang(agrees, assemble(("✓ ", "$success")), plain("  "), width)
    failed = [judged for judged in found if not judged.ok]
    return lines + (_by_hand(page, world, asked, failed[0].at, width) if failed else [])


def _by_hand(page: Page, world: World, asked: Asked, until: float, width: int) -> list[Content]:
    why = perhaps_why(page, acts_by_hand(world), until, asked.live)
    return hang(styled(why, "$warning"), plain("  "), plain("  "), width) if why else []


@lru_cache(maxsize=1024)
def _verdict(source: str, actual: str, ok: bool, width: int) -> tuple[Content, ...]:
    """One expectation as it was judged. Remembered: a page may have hundreds, and is drawn again as each is judged."""
    mark = assemble(("✓ ", "$success") if ok else ("✗ ", "$error"))
    room = width - mark.cell_length
    # It is not torn apart within a name or a bracket.
    is_long = any(cell_len(word) > room for word in source.split())
    lines = [
        line
        for part in (broken(source, room) if is_long else (source,))
        for line in hang(
            styled(part, "$quiet" if ok else "$foreground"), plain("  "), plain("  "), width, is_long
        )
    ]
    lines[0] = mark + lines[0][mark.cell_length :]
    return (*lines, *(() if ok else hang(styled(actual, "$error"), plain("  "), plain("  "), width)))


def _question(block: Predict, page: Page, view: View, asked: Asked, width: int, brief: bool) -> list[Content]:
    answer = view.world.answers.get(block.line)
    is_open = block.line in asked.open
    colour = "$accent" if is_open else "$quiet"
    edge = styled("▌ " if asked.pointed == block.line else "│ ", colour)
    lines = [edge + styled(_("predict"), f"bold {colour}")]
    lines += hang(inline_text(block.question).stylize_before("bold"), edge, edge, width)
    chosen = asked.choices.get(block.line)
    right = block.choice_of(answer.answer) if answer is not None else None
    counted = asked.counting[1] if asked.counting is not None and asked.counting[0] == block.line else None
    votes = asked.votes.get(block.line, (0,) * len(block.choices))
    choices = [
        _choice(
            block, number, choice, number == chosen, number == right, is_open, number == counted, edge, width
        )
        for number, choice in enumerate(block.choices)
    ]
    remarks = [_remark(block, page, view, asked, brief)]
    if any(votes):
        choices = with_bars(choices, votes, right, edge, width)
        remarks.append(styled(tally_text(votes, right), "$foreground"))
    lines += [line for each in choices for line in each]
    return lines + [line for remark in remarks if remark for line in hang(remark, edge, edge, width)]


def _choice(
    block: Predict,
    number: int,
    choice: str,
    chosen: bool,
    is_answer: bool,
    is_open: bool,
    is_counted: bool,
    edge: Content,
    width: int,
) -> list[Content]:
    key = styled(f" {number + 1} ", "bold $accent" if is_open else "$quiet")
    if is_counted:
        key = styled(f"{palette.NEXT}{number + 1} ", "bold reverse $accent")
    mark = ("✓ ", "bold $success") if is_answer else ("● ", "$foreground") if chosen else ("○ ", "$quiet")
    text = inline_text(choice).stylize_before(
        "bold $success" if is_answer else "" if is_open or chosen else "$quiet"
    )
    first, rest = edge + key + assemble(mark), edge + "     "
    drawn = hang(text, first, rest, width)
    if not is_open:
        return drawn
    click = Style.from_meta({"choice": (block.line, number)})  # not an @click, which would be drawn as a link
    return [line.stylize(click, edge_length) for line, edge_length in ((line, len(edge)) for line in drawn)]


def _remark(block: Predict, page: Page, view: View, asked: Asked, brief: bool) -> Content | None:
    if block.line in asked.open:
        keys = f"1–{len(block.choices)}" if len(block.choices) > 1 else "1"
        if asked.pointed == block.line:
            return styled(_("press {keys}, or space again to pass").format(keys=keys), "$accent")
        return styled(_("press {keys}, or click").format(keys=keys), "$quiet")
    answer = view.world.answers.get(block.line)
    chosen = asked.choices.get(block.line)
    picked = block.choices[chosen] if chosen is not None and chosen < len(block.choices) else None
    if answer is None:
        if picked is None:
            return styled(_("passed over") if block.line in asked.choices else _("not answered"), "$quiet")
        waits = (
            _("the kernel answers at the end of the page")
            if asks_the_kernel(page)
            else _("the answer comes at the end of the page")
        )
        return styled(waits, "$quiet")
    if answer.answer is None:
        return styled(
            _("The kernel gave no answer: {reason}").format(reason=reason_in_words(answer)), "$warning"
        )
    said = answer.answer.strip(" `")
    kernels = is_the_kernels(said, page, view.world)
    if picked is None:
        told = _("The kernel says {answer}.") if kernels else _("The answer is {answer}.")
        return _filled(told, answer=said)
    if same(answer.answer, picked):
        told = (
            _("The kernel says {answer}, as you predicted.")
            if kernels
            else _("The answer is {answer}, as you predicted.")
        )
        return _filled(told, answer=said)
    sentence = (
        _("The kernel says {answer}; you predicted {choice}.")
        if kernels
        else _("The answer is {answer}; you predicted {choice}.")
    )
    if view.mode is not Mode.REVIEW and not brief:
        sentence += " " + _("b steps back to where it was decided.")
    return _filled(sentence, answer=said, choice=picked.strip(" `"))


def _filled(sentence: str, **holes: str) -> Content:
    """`sentence` with its holes filled in bold."""
    parts: list[str | tuple[str, str]] = []
    for text, hole, _form, _conversion in Formatter().parse(sentence):
        parts += [text, *([(holes[hole], "bold")] if hole else [])]
    return assemble(*parts)


def same(answer: str, choice: str) -> bool:
    """Whether a choice is the kernel's answer: compared after stripping spaces and backticks (the lesson format)."""
    return answer.strip(" `") == choice.strip(" `")
