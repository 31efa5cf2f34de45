"""The code of one process: its lines so far and on this page, each with its result."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, IntFlag
from typing import NamedTuple

from rich.cells import cell_len

from sockviz.calls.script import ScriptPage
from sockviz.calls.statement import Statement
from sockviz.language import _
from sockviz.language import current as current_language
from sockviz.model.call import Call, Stage
from sockviz.model.first_names import of_lab
from sockviz.model.lab_facts import LabFacts
from sockviz.model.process import PerformedLine as Progress
from sockviz.model.process import Process
from sockviz.model.showing import to_its_length, unbroken
from sockviz.model.values import SocketValue, Value
from sockviz.model.world import World
from sockviz.pattern import pattern
from sockviz.player.next import Do
from sockviz.tui.palette import NEXT
from sockviz.tui.remembered import remembered, remembered_by
from sockviz.tui.stage.at_hand import next_line
from sockviz.tui.stage.ink import Line, Span, crop, cut, ends, fit, line, marked, wrap
from sockviz.tui.stage.listing import calls_of, coloured, compact, listed, statement_at
from sockviz.tui.stage.lookup import right_after
from sockviz.tui.stage.written import broken
from sockviz.tui.view import Focus, View


class Extent(IntFlag):
    """How much is drawn of a line. Short: what one row has room for, and of its result what fits beside that; but all of it where
    the open page is about it, where it failed, or is at hand. The line whole, and its result; its comment, too."""

    SHORT = 0
    WHOLE = 1
    REMARKED = 2


class Asides(IntEnum):
    """What is said under the line performed last: nothing, what it did besides, or what it waits for in its sleep, too."""

    NONE = 0
    DONE = 1
    ALL = 2


#: Cells beside the source: the mark of what is next, and a blank before and after the result.
_MARGIN = 3
#: The width of the usual result, ``→ 3``; results up to the other are never cut.
_SHORT_RESULT = 3
_SHORT = 8
#: So many lines a result may take that has just come.
_RESULT_LINES = 4
#: The narrowest a line's source may get before its result is cut instead.
_LEAST_SOURCE = 12
#: A call inside the test for its failure.
_CHECKED = pattern(r"if \((.*\)) (?:== -1|!= 0|< 0)\)")
#: C lines that only report an error.
_REPORT = pattern(r"perror\(.*\);|if \(\w+ (?:== -1|!= 0|< 0)\)")
#: Results stand no further from their lines than this.
_WIDEST = 76
#: More lines than any terminal shows of one process.
_MOST = 200


def statements_of(view: View, process: str) -> Sequence[Statement]:
    """The process's lines on the pages up to the one that the world is at."""
    return listed(view.script, process, view.world.page if view.world.page is not None else view.page.index)


class CodeBlock(NamedTuple):
    """What is drawn of one line. ``whole``: there is no more to it, but for its comment."""

    rows: list[Line]
    whole: bool


def block(
    view: View, statement: Statement, width: int, hue: str, extent: Extent, asides: Asides = Asides.DONE
) -> CodeBlock:
    """What is drawn of one of the lines of a process; `asides` beneath it, where it is the one performed last."""
    coming = next_line(view)
    progress = view.world.lines.get(statement.line)
    first = statement_at(view.script, coming) if progress is None and statement.at_once else None
    with_it = first is not None and (first.process, first.at_once) == (statement.process, statement.at_once)
    is_next = statement.line == coming or with_it
    newest = statement.line == view.world.begun.get(statement.process)
    whole = Extent.WHOLE in extent or is_next or newest or _is_about(view, statement)
    aside = _aside(view, statement.process, statement.line, progress, asides) if newest else ""
    return _block(view, statement, progress, width, is_next, newest, hue, whole, extent, aside)


def _is_about(view: View, statement: Statement) -> bool:
    """Whether the line must be read whole: it is on the page that is open, or it failed."""
    return statement.line in lines_of(view.page) or has_failed(view, statement)


def has_failed(view: View, statement: Statement) -> bool:
    """Whether the line, or a call of it, came back with an error."""
    progress = view.world.lines.get(statement.line)
    process = view.world.processes.get(statement.process)
    return progress is not None and (
        progress.error is not None or any(call.error is not None for call in _calls(process, progress))
    )


@remembered(16)
def lines_of(page: ScriptPage) -> frozenset[int]:
    """The lines that are performed on a page."""
    return frozenset(statement.line for statement in page.statements)


def place_of(statements: Sequence[Statement], line: int | None) -> int:
    """Which of `statements` begins at `line`; -1 where none does."""
    return _places(statements).get(line or 0, -1)


@remembered(16)
def _places(statements: Sequence[Statement]) -> dict[int, int]:
    return {statement.line: at for at, statement in enumerate(statements)}


def height_wanted(view: View, process: str, width: int, extent: Extent) -> int:
    """How many lines the process's code takes before anything is performed: one of them may yet be asleep."""
    return _height(statements_of(view, process), view.page, view.lab, view.look.language, width, extent)


@remembered(64)
def _height(
    statements: Sequence[Statement],
    page: ScriptPage,
    lab: LabFacts,
    language: str,
    width: int,
    extent: Extent,
) -> int:
    total = 1
    for statement in statements:
        whole = Extent.WHOLE in extent or statement.line in lines_of(page)
        sources, main = _listing(lab, language, statement, min(width, _WIDEST), _SHORT_RESULT, whole)
        total += len(sources) + (cell_len(sources[main]) + _SHORT_RESULT + _MARGIN > min(width, _WIDEST))
        if Extent.REMARKED in extent and statement.comment:
            total += not _fits_beside(sources[main], statement.comment, width, _SHORT_RESULT)
        if total > _MOST:
            break  # more than any pane has: how much more makes no difference
    return total


def _shows(
    view: View, statement: Statement, progress: Progress | None, width: int, is_next: bool, newest: bool, hue: str,
    whole: bool, extent: Extent, aside: str,
) -> tuple[object, ...]:  # fmt: skip
    """What a block depends on: of the world its progress and its calls, and nothing that goes on in the kernel."""
    return (
        *_calls(view.world.processes.get(statement.process), progress), progress, statement, view.lab, view.look.language,
        view.focus.line or 0, view.focus.inode or 0,
        awaited(view) if is_next else None, current_language(), width, is_next, newest, hue, whole, extent,
        aside,
    )  # fmt: skip


@remembered_by(512, _shows)
def _block(
    view: View, statement: Statement, progress: Progress | None, width: int, is_next: bool, newest: bool, hue: str,
    whole: bool, extent: Extent, aside: str,
) -> CodeBlock:  # fmt: skip
    process = view.world.processes.get(statement.process)
    width = min(width, _WIDEST)
    calls = _calls(process, progress)
    current = calls[-1] if calls else None
    result, only_a_value = Line(), False
    beneath: Sequence[Span] = ()
    if progress is not None:
        from sockviz.tui.stage.outcomes import (
            is_a_value,
            said_beneath,
            told,
        )  # on demand, as what tells of events

        result, only_a_value = told(progress, calls), is_a_value(progress, current)
        beneath = said_beneath(progress, current, aside, is_focused=view.focus.line == statement.line)
    if is_next and (call := awaited(view)) is not None:
        result = line((_("waits for {call}").format(call=call.name), "asleep"))
    failed = any("bad" in role.split() for _, role in result.runs)
    alone = failed and _LEAST_SOURCE + result.width + 3 > width
    said = all_of_it = result
    if only_a_value and not failed:
        # The value is all there is to see of such a line.
        alone = len(statement.source) + result.width + 3 > width
    elif Extent.WHOLE in extent and not failed and result.width > max(_SHORT, width // 3):
        sources, main = _listing(view.lab, view.look.language, statement, width, result.width, whole)
        alone = cell_len(sources[main]) + result.width + _MARGIN > width
    elif not failed and result.width > _SHORT and len(statement.source) + result.width + 3 > width:
        # An accepted connection's peer stands in the descriptor table too; that IPv4 came in IPv6's dress, only where it is wide.
        if not newest or "::ffff:" not in result.text:
            said = line(*((text.partition(" from ")[0], role) for text, role in result.runs))
        result = crop(said, max(_SHORT, width // 3))
        if newest and result != said:
            result, alone = said, True  # what has just come is read as far as it goes
    room = 0 if alone else result.width
    sources, main = _listing(view.lab, view.look.language, statement, width, room, whole)
    if not alone and result != said:  # the shortened line may leave more room for it
        result = crop(said, max(result.width, width - _MARGIN - cell_len(sources[main])))
    beside_them = line(("┊", "faint")) if statement.at_once else line(" ")
    mark = line((NEXT, f"{hue} strong")) if is_next else beside_them
    first = main if view.look.language == "c" else 0
    remark = Extent.REMARKED in extent and statement.comment
    beside = remark and _fits_beside(sources[main], statement.comment, width, result.width)
    # A result that has no room beside its line is read whole below it, where that has room: a short one, or a failure's,
    # at the edge, as those beside their lines are.
    own = all_of_it if all_of_it.width + 4 <= width else said
    own = crop(own, width - 4)
    lines: list[Line] = []
    for index, text in enumerate(sources):
        source = (mark if index == first else beside_them) + _weighed(coloured(text), progress, is_next)
        if index == main and beside:
            source += line("  ", (_remark(view, statement), "code-comment"))
        shown = result if index == main and not alone else Line()
        if shown.runs and source.width + shown.width + 2 > width:
            lines.append(fit(source, width))
            at_the_edge = failed or own.width <= _SHORT
            lines.append(ends(Line(), own + line(" "), width) if at_the_edge else line("   ") + own)
            result = own
        else:
            lines.append(ends(source, shown + line(" "), width))
    if (
        alone
    ):  # an error's name is always read whole, and so is what has just come; an older value as far as it goes
        in_lines = _whole if Extent.WHOLE in extent else _in_lines
        lines += in_lines(result, width) if newest or Extent.WHOLE in extent else [line("   ") + result]
    if remark and not beside:
        lines += [line("   ") + part for part in wrap(_remark(view, statement), width - 4, "code-comment")]
    for text, role in beneath:
        lines += [line("   ") + part for part in wrap(text, width - 4, role)]
    role = _emphasis(view, statement, calls)
    rows = [marked(fit(it, width), role).pointing(Focus(line=statement.line)) for it in lines]
    written = whole or view.look.language == "c" or sources[0] == " ".join(statement.source.split())
    return CodeBlock(rows, written and result == all_of_it and result.width + _MARGIN <= width)


def aside_of(view: View, process: str) -> str:
    """What there is to say of the line that `process` has performed last, besides its result."""
    number = view.world.begun.get(process)
    return "" if number is None else _aside(view, process, number, view.world.lines.get(number), Asides.ALL)


def _aside(view: View, process: str, number: int, progress: Progress | None, asides: Asides) -> str:
    """What the line that was performed last has done besides what its result says; of one that sleeps, what it waits for."""
    acting = view.world.processes.get(process)
    calls = _calls(acting, progress)
    if calls and calls[-1].stage is Stage.ASLEEP:
        return _why_asleep(calls[-1], view.world) if asides is Asides.ALL else ""
    if asides is Asides.NONE:
        return ""
    if not calls or calls[-1].stage is not Stage.RETURNED or number not in lines_of(view.page):
        return ""  # what a line of an earlier page did besides has been read
    then = right_after(view.timeline, calls[-1])
    if then is None:
        return ""
    from sockviz.words.call_sentences import besides  # on demand, as what tells of events

    return besides(calls[-1], then)


@remembered(8)
def _why_asleep(call: Call, world: World) -> str:
    from sockviz.words.sleeping import why_asleep  # on demand, as what tells of events

    return why_asleep(call, world)


def _whole(result: Line, width: int) -> list[Line]:
    """All of a result in lines of its own."""
    room, text = max(_LEAST_SOURCE, width - _MARGIN - 1), result.text
    full: list[str] = []
    while text:
        head = unbroken(cut(text, room))
        blank = head.rfind(" ") + 1 if len(head) < len(text) else 0
        full.append(head[:blank] if blank * 2 > len(head) else head)
        text = text[len(full[-1]) :]
    at_commas = broken(result.text, room)
    parts = at_commas if len(at_commas) <= len(full) else full
    return [line("   ", (part, result.runs[0][1])) for part in parts]


def _in_lines(result: Line, width: int) -> list[Line]:
    """A result that has no room beside its line, in a few of its own."""
    if result.width + _MARGIN <= width or "…" in result.text:  # a long value is told of by its beginning
        whole = line("   ") + result
        if whole.width > width and (short := to_its_length(result.text, width - _MARGIN - 1)) is not None:
            return [line("   ", (short, result.runs[0][1]))]
        return [whole if whole.width <= width else crop(whole, width - 1)]
    parts = broken(result.text, max(_LEAST_SOURCE, width - _MARGIN - 1))
    role = result.runs[0][1]
    last = parts[_RESULT_LINES - 1 :]
    shown = [*parts[: _RESULT_LINES - 1], *([" ".join(last)] if last else [])]
    return [line("   ", (part, role)) for part in shown]


def awaited(view: View) -> Call | None:
    """The call that the next line waits for, where its process sleeps."""
    at_the_end = view.cursor == len(view.timeline)
    return view.next.call if view.next.do is Do.WAIT and at_the_end else None


def _listing(
    lab: LabFacts, language: str, statement: Statement, width: int, result: int, whole: bool
) -> tuple[Sequence[str], int]:
    """The statement in lines, and which of them its result stands beside."""
    if language == "c":
        return _c_listing(statement, lab, width - _MARGIN)
    room = width - result - _MARGIN
    written = " ".join(statement.source.split())
    if whole and cell_len(written) > room:
        lines = broken(written, max(_LEAST_SOURCE, width - _MARGIN))
        return lines, len(lines) - 1
    return (compact(statement.source, max(_LEAST_SOURCE, room)),), 0


def _fits_beside(source: str, comment: str, width: int, result: int) -> bool:
    return cell_len(source) + cell_len(comment) + 5 + 3 + max(result, _SHORT_RESULT) <= width


def _remark(view: View, statement: Statement) -> str:
    return f"{'//' if view.look.language == 'c' else '#'} {statement.comment}"


def _weighed(source: Line, progress: Progress | None, is_next: bool) -> Line:
    if is_next:
        return source.over("strong")
    if progress is None:
        return Line(tuple((text, "muted") for text, _ in source.runs))
    return source


def _c_listing(statement: Statement, lab: LabFacts, width: int) -> tuple[list[str], int]:
    """The statement as C in lines of `width`, and which of them makes the call.

    Left out is what only reports an error: the panel shows the result itself.
    """
    from sockviz.calls.in_c import c_lines  # where somebody looks at C

    made = calls_of(statement)
    listing: list[str] = []
    main = 0
    for text in c_lines(statement, of_lab(lab)):
        if _REPORT.fullmatch(text.strip()):
            continue
        checked = _CHECKED.fullmatch(text.strip())
        indent = " " * (len(text) - len(text.lstrip()))
        bare = f"{checked[1]};" if checked else text.strip()
        listing += [indent + part.text for part in wrap(bare, max(8, width - len(indent)), indent="    ")]
        if made and f"{made[-1]}(" in text:
            main = len(listing) - 1
    return listing or [statement.source], min(main, max(0, len(listing) - 1))


def _calls(process: Process | None, progress: Progress | None) -> list[Call]:
    if process is None or progress is None:
        return []
    return [call for number in progress.calls if (call := process.call(number)) is not None]


def _emphasis(view: View, statement: Statement, calls: list[Call]) -> str:
    if view.focus.line == statement.line:
        return "mark"
    inode = view.focus.inode
    if inode is None:
        return ""
    if any(_holds(call.value, inode) for call in calls):
        return "mark"
    return (
        "related" if any(call.receiver is not None and call.receiver.inode == inode for call in calls) else ""
    )


def _holds(value: Value, inode: int) -> bool:
    match value:
        case SocketValue():
            return value.inode == inode
        case tuple() | list():
            return any(_holds(item, inode) for item in value)
    return False
