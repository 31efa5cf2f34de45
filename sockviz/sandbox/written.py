"""What was performed at a run, as the text of a lesson: `sockviz check` holds it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

from sockviz.calls.statement import Statement
from sockviz.lesson.document import Lesson
from sockviz.model.call import Stage
from sockviz.model.events import (
    ActedByHand,
    CallBlocked,
    CallReturned,
    PageOpened,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.hosts import LINK
from sockviz.model.sockets import State
from sockviz.model.timeline import Timeline
from sockviz.model.values import SocketValue
from sockviz.model.world import World
from sockviz.sandbox.script import scalar

#: States in which a socket stays until somebody does something.
_LASTING = (State.LISTEN, State.ESTABLISHED, State.CLOSE_WAIT)
#: Who is asked what is expected: no process is called so.
_KERNEL = "kernel"
#: The longest that an expectation may be waited for (seconds).
_LONGEST = 300


def lesson_text(lesson: Lesson, timeline: Timeline, title: str = "") -> str:
    """A lesson with all lines that were begun, in their order; what is expected is what the kernel says at their end. Lines that
    could not be performed, and those that wait for their process, are left out."""
    pages: dict[int, list[tuple[str, str]]] = {}
    for page, who, source in _performed(lesson, timeline):
        pages.setdefault(page, []).append((who, source))
    if pages:
        pages[[*pages][-1]] += ((_KERNEL, each) for each in _expected(lesson, timeline.world))
    parts = [_page(lesson.pages[number].heading or lesson.title, lines) for number, lines in pages.items()]
    if not parts:
        parts = [[f"## {lesson.title}"]]
    body = "\n\n---\n\n".join("\n".join(part) for part in parts)
    return "\n".join([*_front(lesson, pages, title), "", body, ""])


def _performed(lesson: Lesson, timeline: Timeline) -> Iterator[tuple[int, str, str]]:
    """What was performed: on which page, by whom, and as what; by `_KERNEL` what is expected before the next line: the error that
    a call gave, or what is to be waited for."""
    failed = {
        event.line
        for event in timeline.events
        if isinstance(event, StatementFinished) and event.error is not None
    }
    page, process, slept, is_left_out = 0, "", 0.0, False
    awaited: list[str] = []
    waiting: set[str] = set()  # who sleeps in a line that was written
    for number, event in enumerate(timeline.events):
        match event:
            case PageOpened():
                page = event.page
            case StatementBegun() if event.line not in failed and (line := lesson.statement_at(event.line)):
                yield from ((page, _KERNEL, each) for each in awaited)
                process, slept, awaited, is_left_out = event.process, 0.0, [], False
                waiting.discard(process)
                yield page, process, _source(line)
            case StatementBegun():
                is_left_out = True
            case CallBlocked() if event.process == process:
                slept = event.at
                waiting |= set() if is_left_out else {process}
            case CallReturned() if event.process == process and not is_left_out:
                if slept:
                    # It came back by itself, before anybody did anything else: nobody is to be quicker than that.
                    longest = min(math.ceil(event.at - slept) + 2, _LONGEST)
                    awaited.append(f"within {longest}s: {process}.blocked is None")
                    slept = 0.0
                if event.error is not None:
                    awaited.append(f"{process}.last.error == {json.dumps(event.error)}")
            case CallReturned(error=str()) if event.process in waiting:
                awaited.append(f"within 3s: {event.process}.last.error == {json.dumps(event.error)}")
            case ActedByHand():
                yield from ((page, _KERNEL, each) for each in awaited)
                awaited = []
                yield page, LINK, _by_hand(event, timeline.world_at(number + 1))
    yield from ((page, _KERNEL, each) for each in awaited if ".last." in each)


def _front(lesson: Lesson, pages: dict[int, list[tuple[str, str]]], title: str) -> Iterator[str]:
    who = {process for lines in pages.values() for process, _source in lines}
    yield "---"
    yield f"title: {scalar(title or lesson.title)}"
    yield f"summary: {scalar(lesson.summary)}"
    if lesson.lab != "loopback":
        yield f"lab: {lesson.lab}"
    if lesson.ip != 4:
        yield f"ip: {lesson.ip}"
    hosts = {process: host for process, host in lesson.hosts.items() if process in who}
    if hosts:
        yield "hosts: {" + ", ".join(f"{process}: {host}" for process, host in hosts.items()) + "}"
    privileged = [process for process in lesson.privileged if process in who]
    if privileged:
        yield f"privileged: [{', '.join(privileged)}]"
    if lesson.needs:
        yield f"needs: [{', '.join(lesson.needs)}]"
    if lesson.sysctls:
        yield "sysctls:"
        yield from (f"  {name.rpartition('.')[2]}: {scalar(value)}" for name, value in lesson.sysctls.items())
    yield "---"


def _page(heading: str, lines: list[tuple[str, str]]) -> list[str]:
    written = [f"## {heading}"]
    last = ""
    for process, source in lines:
        if process != last:
            written += ["```"] * bool(last) + [
                "",
                f"```python @{process}" if process != _KERNEL else "```expect",
            ]
            last = process
        written.append(source)
    return [*written, *(["```"] * bool(last))]


def _source(line: Statement) -> str:
    return line.source + (f"  # {line.comment}" if line.comment else "")


def _by_hand(event: ActedByHand, world: World) -> str:
    act = world.by_hand[-1]
    packet = json.dumps(world.packet_text(act.packet)) if act.packet is not None else ""
    return f"link.{event.verb}({packet})"


def _expected(lesson: Lesson, world: World) -> Iterator[str]:
    """What stays so: who sleeps in which call, and the states of sockets that a name holds."""
    for process in world.processes.values():
        if not process.alive:
            continue
        current = process.current
        if current is not None and current.stage is Stage.ASLEEP:
            yield f'{process.name}.blocked == "{current.name}"'
        for name, value in process.names.items():
            if not isinstance(value, SocketValue) or not _is_bound(lesson, process.name, name):
                continue
            row = world.row_of(value.inode) if value.inode is not None else None
            if row is not None and row.state in _LASTING and row.protocol == "TCP":
                yield f'{process.name}.{name}.state == "{row.state.value}"'


def _is_bound(lesson: Lesson, process: str, name: str) -> bool:
    """By a line of the process, and not only by whoever forked it."""
    return any(each.process == process and name in each.targets for each in lesson.statements)
