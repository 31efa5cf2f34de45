"""On every page of the course, wherever a reader rests: the line at hand and what failed are whole, and what the page's questions
and expectations name is in sight. At the least sizes that the stage has at 80×24 and at 120×36."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest

from sockviz.model.events import PageOpened
from sockviz.model.hosts import LINK
from sockviz.model.sockets import SocketRow, State
from sockviz.player.recorded import open_recording
from sockviz.tui.cast import cast
from sockviz.tui.reading import Reading
from sockviz.tui.stage.at_hand import has_just_failed, lists_at_hand, next_line, sockets_at_hand
from sockviz.tui.stage.code import has_failed
from sockviz.tui.stage.ink import Line, wrap
from sockviz.tui.stage.listing import statement_at
from sockviz.tui.stage.lookup import Lookup
from sockviz.tui.stage.outcomes import told as told_of
from sockviz.tui.stage.process_panel import draw_process
from sockviz.tui.stage.roadmap import draw_roadmap
from sockviz.tui.stage.timeline_bar import draw_timeline
from sockviz.tui.stage.wire import draw_wire
from sockviz.tui.stage.written import broken
from sockviz.tui.view import Focus, Look, View
from sockviz.tui.widgets.stage_area import WIRE, StageArea, at_work, left_behind, lines_for
from tests.tui.driving import in_lesson, run_async
from tests.tui.scripted import run

RECORDINGS = sorted((Path(__file__).resolve().parents[2] / "assets/recordings").glob("*.jsonl"))
LESSONS = [path.stem[:2] for path in RECORDINGS]


@dataclass(frozen=True)
class Shape:
    """What the lesson screen gives the stage: its size, and its columns where they stand side by side."""

    width: int
    height: int
    columns: tuple[int, int, int] | None = None


SHAPES = {(80, 24): Shape(45, 18), (120, 36): Shape(83, 29, (31, 20, 32))}
#: The size between them, too, where lanes and panels have other widths.
ALL_SHAPES = {**SHAPES, (100, 30): Shape(58, 24)}


@pytest.mark.parametrize("size", ALL_SHAPES)
def test_the_stage_has_that_room(tmp_path: Path, size: tuple[int, int]) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=size) as session:
            area, shape = session.lesson.query_one(StageArea), ALL_SHAPES[size]
            assert area.size.width >= shape.width
            assert area.size.height >= shape.height
            if shape.columns is not None:
                widths = [child.size.width for child in area.children]
                assert all(has >= needs for has, needs in zip(widths, shape.columns, strict=True)), widths

    run_async(it())


@cache
def moments(path: Path) -> list[tuple[View, float]]:
    """The views at every resting place of a recording, and when the page of each was opened."""
    recorded = open_recording(path)
    reading = Reading(recorded)
    found = []
    for stop in list(reading.stops):
        reading.go(stop)
        found.append((reading.view(Look(animate=False), Focus()), reading.opened))
    assert any(isinstance(event, PageOpened) for event in recorded.timeline.events)
    return found


def drawn(view: View, opened: float, shape: Shape) -> dict[str, list[str]]:
    """What each process's panel, and the wire, show."""
    return {
        name: [it.text.strip("│") if shape.columns else it.text for it in lines]
        for name, lines in drawn_lines(view, opened, shape).items()
    }


def drawn_lines(view: View, opened: float, shape: Shape) -> dict[str, list[Line]]:
    """The same, with what pointing at it points at."""
    shown = cast(view.script, view.page, view.world, opened, left_behind(view))
    order = at_work(view, opened)
    panels: dict[str, list[Line]] = {}
    if shape.columns is None:
        names = (*shown.left, *((WIRE,) if shown.wire else ()), *shown.right)
        given = dict(zip(names, lines_for(view, names, order, shape.width, shape.height, True), strict=True))
        assert sum(given.values()) <= max(shape.height, len(names))
        for name in names:
            panels[name] = (
                draw_wire(view, shape.width, given[name], unframed=True)
                if name == WIRE
                else draw_process(view, name, shape.width, given[name], unframed=True)
            )
        return panels
    for side, width in ((shown.left, shape.columns[0]), (shown.right, shape.columns[2])):
        heights = lines_for(view, side, order, width, shape.height, False)
        for name, height in zip(side, heights, strict=True):
            panels[name] = draw_process(view, name, width, height)
    panels[WIRE] = draw_wire(view, shape.columns[1], shape.height)
    return panels


def bare(text: str) -> str:
    return re.sub(r"[\s┊]+", "", text)  # ┊ stands beside lines that are performed together


def lines_at_hand(view: View) -> Iterator[int]:
    """The line that is next, and the one that was performed last: on this page, if anything was."""
    coming = statement_at(view.script, next_line(view))
    if coming is not None and coming.line in {each.line for each in view.page.statements}:
        yield coming.line
    here = [line for line in view.world.begun.values() if line >= view.page.line]
    if here:
        yield max(here, key=lambda line: view.world.lines[line].begun)


@pytest.mark.parametrize("size", ALL_SHAPES)
@pytest.mark.parametrize("path", RECORDINGS, ids=LESSONS)
def test_the_line_at_hand_is_whole_and_what_the_page_asks_about_in_sight(
    path: Path, size: tuple[int, int]
) -> None:
    cut, missing = [], []
    for view, opened in moments(path):
        lines = drawn_lines(view, opened, ALL_SHAPES[size])
        panels = {name: [it.text.strip("│") for it in drawn] for name, drawn in lines.items()}
        for number in lines_at_hand(view):
            statement = statement_at(view.script, number)
            assert statement is not None
            where = WIRE if statement.process == LINK else statement.process
            if bare(statement.source) not in bare("".join(panels.get(where, []))):
                cut.append((view.page.index + 1, view.cursor, statement.source, panels.get(where)))
        wire = panels.get(WIRE, [])
        assert len(wire) < 2 or wire[0].strip() != wire[1].strip() or not wire[0].strip(), (
            "a heading stands twice"
        )
        missing += [
            (view.page.index + 1, view.cursor, why, panels)
            for why in (
                *shortened(view, lines),
                *failed_and_gone(view, panels),
                *unanswered(view, lines),
                *untold(view, panels),
                *sockets_not_there(view, panels),
                *rows_not_there(view, panels),
                *nameless(view, panels),
                *unexplained(view, panels),
            )
        ]
    told = [f"page {page}, event {at}: {why}\n" + show(panels) for page, at, why, panels in missing[:3]]
    assert not cut, "\n".join(map(str, cut[:3])) + f"\n{len(cut)} in all"
    assert not missing, "\n".join(told) + f"\n{len(missing)} in all"


@pytest.mark.parametrize("path", RECORDINGS, ids=LESSONS)
def test_the_roadmap_has_no_torn_word(path: Path) -> None:
    for view, _opened in moments(path):
        for width in (60, 80, 100, 120):
            assert "…" not in draw_roadmap(view, width, 1)[0].text


def test_of_a_long_lesson_the_timeline_uses_the_room_that_there_is() -> None:
    (path,) = (each for each in RECORDINGS if each.stem.startswith("04"))
    longest = 0
    for view, _opened in moments(path):
        for width in (80, 120, 200):
            bar, below = (line.text for line in draw_timeline(view, width, 2))
            if view.timeline.stops.index(view.cursor) <= 45 or not below.strip():
                continue
            _track, free, beside = re.split(r"(  +)", bar.strip(), maxsplit=1)
            if re.match(r"event \d|\d+/", beside):  # else what happened begins there
                longest = max(longest, len(free))
    assert 0 < longest <= 15


def show(panels: dict[str, list[str]]) -> str:
    return "\n".join(text for lines in panels.values() for text in lines)


def shortened(view: View, panels: dict[str, list[Line]]) -> Iterator[str]:
    """The lines of code that are not whole, or whose results are not, while as many rows of their panel are empty as that would
    take; and descriptors that are only counted beside empty rows."""
    for name, lines in panels.items():
        texts = [it.text.strip("│") for it in lines]
        picture = name == WIRE
        free = beneath_the_picture(texts) if picture else sum(not text.strip() for text in texts)
        process = view.world.processes.get(LINK if picture else name)
        if not free or len(lines) < 3 or (process is None and not picture):
            continue
        width = len(texts[1])
        rows: dict[int, list[str]] = {}
        for text, it in zip(texts, lines, strict=True):
            if it.focus is not None and it.focus.line is not None:
                rows.setdefault(it.focus.line, []).append(text)
            if text.startswith("  ⋮"):
                yield f"{name}: {text} beside {free} empty rows"
        for number, block in rows.items():
            statement, progress = statement_at(view.script, number), view.world.lines.get(number)
            assert statement is not None
            result = ""
            if progress is not None and process is not None:
                calls = [call for at in progress.calls if (call := process.call(at))]
                result = told_of(progress, calls).text
            shown, remark = bare("".join(block)), bare(f"# {statement.comment}")
            remarked = wrap(f"# {statement.comment}", width - 4) if remark in shown else []
            shown = shown.replace(remark, "")
            if bare(statement.source) not in shown or bare(result) not in shown:
                source = " ".join(statement.source.split())
                takes = len(broken(source, width - 3)) + len(broken(result, width - 4))
                if takes + len(remarked) - len(block) <= free:
                    yield f"{name}: {source} {result} is not whole beside {free} empty rows"


def beneath_the_picture(wire: list[str]) -> int:
    """The rows above what the link is told that the picture has no use for."""
    end = next((n for n, text in enumerate(wire) if text.startswith("├ link ")), 0)
    rest = takewhile(lambda text: not text.strip("│┊ "), reversed(wire[:end]))
    return len(list(rest))


def failed_and_gone(view: View, panels: dict[str, list[str]]) -> Iterator[str]:
    """The lines of the page that have failed and are not there, whole; but of a process that is not at work, whose panel has room
    for no more than the descriptors that are asked about."""
    for statement in view.page.statements:
        lines = panels.get(statement.process, [])
        no_code = not any(text.lstrip("├─ ").startswith("fds ") for text in lines)
        full = not any(not text.strip() for text in lines)
        if not has_failed(view, statement) or (no_code and full):
            continue
        error = view.world.lines[statement.line].error
        if bare(statement.source) not in bare("".join(lines)) or not any(
            error or "✗" in text for text in lines
        ):
            yield f"{statement.source} has failed and is not there"


def unanswered(view: View, panels: dict[str, list[Line]]) -> Iterator[str]:
    """The lines of the page that gave what its questions ask for and are not there, or whose result is not, where its panel has
    room for more than the lines at hand."""
    for statement in view.page.statements:
        process, progress = view.world.processes.get(statement.process), view.world.lines.get(statement.line)
        asked = {(statement.process, name) for name in statement.targets} & view.subjects.values
        if not asked or process is None or progress is None or progress.finished is None:
            continue
        lines = panels.get(statement.process, [])
        others = [
            it for it in lines if it.focus is not None and it.focus.line not in (None, *lines_at_hand(view))
        ]
        calls = [call for at in progress.calls if (call := process.call(at))]
        result = bare(told_of(progress, calls).text)
        shown = bare(
            "".join(it.text.strip("│") for it in lines if it.focus and it.focus.line == statement.line)
        )
        if len(others) > 3 and result[:20] not in shown:
            yield f"{statement.source} {result} answers a question, and is not there: {shown}"


def untold(view: View, panels: dict[str, list[str]]) -> Iterator[str]:
    """What the page asks about and no panel says."""
    for inode, names in view.subjects.sockets.items():
        row = view.world.row_of(inode)
        if row is None:
            yield from tableless(view, inode, names, panels)
            continue
        if row.bound_only:
            continue
        known = view.world.sockets.get(inode)
        held = any(
            entry.inode == inode for it in view.world.processes.values() if it.alive for entry in it.fds
        )
        if not held and known is not None and known.creator is not None:
            variable = Lookup(view.world).name(known.creator, inode) or ""
            there = "\n".join(panels.get(known.creator, []))
            if variable and not re.search(rf"–\s+{variable[:6]}\s.*{row.state}", there):
                yield f"{known.creator}'s {variable}, which nobody holds: that it is {row.state} is not there"
        for name, process in view.world.processes.items():
            if not process.alive or all(entry.inode != inode for entry in process.fds):
                continue
            fd = next(entry.fd for entry in process.fds if entry.inode == inode)
            block = block_of(panels.get(name, []), str(fd))
            if not block:
                yield f"{name}'s descriptor {fd} ({row.state}) is not there"
                continue
            yield from (
                f"{name} {fd}: {why}"
                for attribute in sorted(names)
                for why in unsaid(row, attribute, block, {*view.lab.addresses.values(), "::1"})
            )


def tableless(view: View, inode: int, names: frozenset[str], panels: dict[str, list[str]]) -> Iterator[str]:
    """A socket that is in no kernel table, which the page asks about, and no panel says so."""
    known = view.world.sockets[inode]
    held = [
        (process.name, str(entry.fd))
        for process in view.world.processes.values()
        for entry in process.fds
        if process.alive and entry.inode == inode
    ]
    state = "UNCONNECTED" if held and known.type == "SOCK_DGRAM" else "CLOSED"
    how = r"\s+(not bound|in no kernel table|no row|bound to)" if "state" in names else ""
    so_it_is = rf"{state}{how}"
    for name, fd in held:
        block = block_of(panels.get(name, []), fd)
        if not block:
            yield f"{name}'s descriptor {fd}, in no kernel table, is not there"
        elif not re.search(so_it_is, block):
            yield f"{name} {fd}: {state} is not there, or not how that is known"
    if not held and known.creator is not None:
        variable = Lookup(view.world).name(known.creator, inode)
        there = "\n".join(panels.get(known.creator, []))
        if not re.search(rf"–\s+{variable[:6]}\s.*{so_it_is}", there):
            yield f"{known.creator}'s {variable}: that it is {state} is not there, or not how that is known"


def sockets_not_there(view: View, panels: dict[str, list[str]]) -> Iterator[str]:
    """The descriptors of the sockets that the next line uses, or that the last one has failed with, and the lists of an epoll
    that a line at hand uses, where its process's panel does not show them."""
    for process in view.world.processes.values():
        at_hand = sockets_at_hand(view, process)
        for fd in (entry.fd for entry in process.fds if entry.inode in at_hand):
            if not block_of(panels.get(process.name, []), str(fd)):
                yield f"{process.name}'s descriptor {fd}, which the line at hand uses, is not there"
        coming = statement_at(view.script, next_line(view))
        if coming is None or coming.process != process.name:
            continue
        for entry in (each for each in process.fds if each.fd in lists_at_hand(view, process)):
            block = block_of(panels.get(process.name, []), str(entry.fd))
            if "eventpoll" not in block or any(f" {watched.fd} " not in block for watched in entry.watched):
                yield f"{process.name}'s list {entry.fd}, which a line at hand uses, is not there: {block}"


def nameless(view: View, panels: dict[str, list[str]]) -> Iterator[str]:
    """The sockets whose line leaves their name out: it is what a reader looks for first."""
    lookup = Lookup(view.world)
    for process in view.world.processes.values():
        lines = panels.get(process.name, [])
        for entry in process.fds:
            name = lookup.name(process.name, entry.inode, entry.fd) if entry.is_socket and entry.inode else ""
            first = block_of(lines, str(entry.fd)).removeprefix(f"─ {process.name}").lstrip()
            if name and first and not re.match(rf"{entry.fd}\s+{re.escape(name[:6])}", first):
                yield f"{process.name} {entry.fd}: its name, {name}, is left out of {first[:40]}"


def rows_not_there(view: View, panels: dict[str, list[str]]) -> Iterator[str]:
    """The rows that the page asks about by ``rows(…)``, in no process's panel."""
    told = "\n".join(text for name, lines in panels.items() if name != WIRE for text in lines)
    for row in view.world.rows.values():
        if row.key not in view.subjects.rows or not isinstance(row.local, tuple) or row.bound_only:
            continue
        ends = [str(end[1]) for end in (row.local, row.peer) if isinstance(end, tuple) and end[1]]
        if not any(
            all(re.search(rf"\b{port}\b", block) for port in ends) for block in told.split(row.state.value)
        ):
            yield f"{row.state} between the ports {ends} is not there"


def unexplained(view: View, panels: dict[str, list[str]]) -> Iterator[str]:
    """Flags by their first letters, which nobody explains; seconds without a word of what they are counted for; the word that
    no ACK came for a handshake whose ACK was turned away; a process whose name runs into a number; a wire that says nothing."""
    lines = [text.strip() for name, told in panels.items() if name != WIRE for text in told]
    somebody = "|".join([r":\d+", *view.world.processes])
    yield from (f"{text}: of what?" for text in lines if re.fullmatch(rf"((?:{somebody}) ?)+ [\d.]+ s", text))
    names = {*view.script.processes, *view.world.processes}
    for text in (told[0] for name, told in panels.items() if name != WIRE and len(told) == 1):
        if (folded := re.match(r"─ (\S+)", text)) and folded[1] not in names:
            yield f"{text}: whose is that?"
    for text in panels.get(WIRE, []):
        if text.split()[-1:] == ["…"]:
            yield f"{text}: nothing of what has crossed is told"
        if re.search(r"(?<![A-Z])[A-Z]\+[A-Z]\b|ACK =", text):
            yield f"{text}: what is that?"
    for row in view.world.rows.values():
        if row.state is not State.SYN_RECEIVED or not isinstance(row.peer, tuple):
            continue
        away = (view.world.packets[number].event.packet for number in view.world.traffic.turned_away)
        if any(it.source == row.peer[:2] and it.tcp and "ACK" in it.tcp.flags for it in away):
            yield from (text for text in lines if text.endswith(("no ACK", "without an ACK")))


def block_of(lines: list[str], fd: str) -> str:
    """The lines about one descriptor, as one text: from its own to the next one's."""
    found: list[str] = []
    for text in lines:
        words = text.split()
        begins = bool(words) and (words[0].isdigit() or words[0] in ("–", "⋮")) and not text.startswith("   ")
        if re.match(rf"─ \S+\s+{fd}\s", text):  # folded
            return text
        if found and begins:
            break
        if found or (begins and words[0] == fd):
            found.append(text)
    return "\n".join(found)


def unsaid(row: SocketRow, attribute: str, block: str, expected: set[str]) -> Iterator[str]:
    """What of `attribute` the block does not say; an address only where it is none of the `expected`."""
    if row.state.value not in block:
        yield f"its state {row.state} is not there"
    match attribute:
        case "accept_queue" | "backlog" if row.is_listening and row.tells_queues:
            if not re.search(rf"{row.recv_q} of {row.send_q + 1}|[■□] ?{row.recv_q}\b", block):
                yield f"its accept queue ({row.recv_q}) is not there"
        case "syn_queue" if row.is_listening:
            if "SYN" not in block.replace(row.state.value, ""):
                yield "its SYN queue is not there"
        case "recv_q" | "send_q" if not row.is_listening:
            value = getattr(row, attribute)
            if f"{attribute.replace('_', '-')} {value}" not in block:
                yield f"{attribute} {value} is not there"
        case "timer" | "retransmits" if row.expires is not None:
            if not re.search(r" s\b|due|moment|×", block):
                yield f"its timer {row.timer} is not there"
        case "local" | "peer" if row.peer is not None and row.protocol == "TCP":
            assert isinstance(row.local, tuple)
            assert isinstance(row.peer, tuple)
            if not all(re.search(rf"\b{end[1]}\b", block) for end in (row.local, row.peer)):
                yield "its ends are not there"
            others = {str(host).removeprefix("::ffff:") for host, *_ in (row.local, row.peer)} - expected
            if any(host not in block for host in others):
                yield f"{others} are not there"


def test_what_was_found_missing_would_be_found_again() -> None:
    """The looking itself: a table without the queue that is asked about does not pass."""
    (path,) = [path for path in RECORDINGS if path.stem.startswith("06")]
    view, opened = next(
        (view, opened)
        for view, opened in moments(path)
        if any("syn_queue" in names for names in view.subjects.sockets.values())
        and any(row.is_listening for row in view.world.rows.values())
    )
    panels = drawn(view, opened, SHAPES[80, 24])
    assert not list(untold(view, panels))
    without = {name: [text for text in lines if "SYN queue" not in text] for name, lines in panels.items()}
    assert list(untold(view, without))


@pytest.mark.parametrize("path", RECORDINGS, ids=LESSONS)
def test_what_has_just_failed_is_in_sight_above_its_card(path: Path) -> None:
    """On 80×24 without the text, of which the card has taken its lines; whoever was at work last, say the link."""
    missing = []
    for view, opened in moments(path):
        failed = [p for p in view.world.processes.values() if has_just_failed(view, p.name)]
        for process in failed:
            call = process.last
            panel = drawn(view, opened, Shape(80, 10))[process.name]
            if call is not None and call.error is not None and f"✗ {call.error}" not in "\n".join(panel):
                missing.append((view.page.index + 1, view.cursor, call.error, panel))
    assert not missing
