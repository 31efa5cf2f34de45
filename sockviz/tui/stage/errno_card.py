"""A failed call explained: what its errno says, what it means here, why it happens, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sockviz.language import _
from sockviz.model.call import Call
from sockviz.model.world import World
from sockviz.tui.palette import FAILED
from sockviz.tui.stage.drawing import LongDrawing
from sockviz.tui.stage.ink import Line, finish, line, wrap
from sockviz.tui.stage.lookup import right_after
from sockviz.tui.view import View
from sockviz.words.explanation import Explanation, explain
from sockviz.words.membership import LISTING
from sockviz.words.wording import address_text, call_as_made, receiver_name

if TYPE_CHECKING:
    from sockviz.manual.pages import ErrorPage, StoryOf


#: Prose wider than this is hard to read.
_COLUMN = 72


def failed_call(view: View) -> Call | None:
    """The failed call that the reader points at; else the one that failed last."""
    world = view.world
    called = call_in_focus(view)
    if called is not None and called.error is not None:
        return called
    if view.focus.line is not None and (pointed := failed_on(world, view.focus.line)) is not None:
        return pointed
    failed = [c for p in world.processes.values() if (c := _last_failed(p.calls)) is not None]
    return max(failed, key=lambda call: call.returned or 0.0, default=None)


def call_in_focus(view: View) -> Call | None:
    """The program's call that the reader points at."""
    name, number = view.focus.call or ("", 0)
    process = view.world.processes.get(name)
    return process.call(number) if process is not None else None


def _last_failed(calls: Sequence[Call]) -> Call | None:
    return next((call for call in reversed(calls) if call.error is not None), None)


def failed_on(world: World, number: int) -> Call | None:
    """The call of that line of the lesson that failed."""
    progress = world.lines.get(number)
    process = world.processes.get(progress.process) if progress else None
    if progress is None or process is None:
        return None
    calls = [call for n in progress.calls if (call := process.call(n)) is not None]
    return next((call for call in reversed(calls) if call.error is not None), None)


def draw_errno(view: View, width: int, story: StoryOf, brief: bool = False) -> list[Line]:
    """The card, `width` cells wide and as high as it needs to be; what the error means at large is told by `story`. ``brief``: as
    few lines as it takes to tell what failed and why."""
    return _drawn(view, width, story, brief)[0]


def _drawn(view: View, width: int, story: StoryOf, brief: bool) -> tuple[list[Line], list[int]]:
    """The card's lines, and after how many of them a part ends: the first tells what failed and what it means here, and is read
    without scrolling."""
    call = failed_call(view)
    then = right_after(view.timeline, call) if call is not None else None
    told = explain(call, then or view.world) if call is not None else None
    if call is None or told is None:
        lines, ends = [line((_("no call has failed"), "muted"))], [1]
    else:
        names = names_in(call, then or view.world)
        lines, ends = _card(call, told, story(told.name), names, min(width, _COLUMN), brief)
    return finish(lines, width, len(lines), view.look), ends


def _card(
    call: Call, told: Explanation, page: ErrorPage | None, names: frozenset[str], width: int, brief: bool
) -> tuple[list[Line], list[int]]:
    number = f" {told.number}" if told.number is not None else ""
    name = line((f"{FAILED} {told.name}", "bad"), (number, "muted"))
    says = page.says if page else call.message
    beside = name + line(f"  {says}")
    lines = [beside] if beside.width <= width else [name, *wrap(says, width)]
    lines += wrap(f"{call.process}: {call_as_made(call)}", width, "muted")
    here = told.here if told.here != call.message else ""  # the headline says it, or better
    lines += wrap(sentence(here, names), width) if brief and here else _part(_("here"), here, names, width)
    ends = [len(lines)]
    for title, text in told.at_large(page.cause if page else "", page.remedy if page else ""):
        lines += _part(title, text, names, width)
        ends.append(len(lines))
    lines += [Line(), line((_("manual") + "  ", "muted"), (told.manual, "code-call"))]
    if told.name not in ("TimeoutError",) and not told.name.startswith("EAI_"):
        lines[-1] += line(("   errno(3)", "muted"))
    return lines, [*ends, len(lines)]


def _part(title: str, text: str, names: frozenset[str], width: int) -> list[Line]:
    return [Line(), line((title, "strong")), *wrap(sentence(text, names), width)] if text else []


def names_in(call: Call, world: World) -> frozenset[str]:
    """What is written as it is, also where it begins a sentence: names of processes, files, and the variable at hand."""
    given = {address_text(value) for value in call.arguments if isinstance(value, str | bytes | tuple)}
    told = LISTING if call.name in LISTING else ()
    return frozenset({call.name, receiver_name(call, world), *world.processes, *given, *told})


def sentence(text: str, names: frozenset[str]) -> str:
    """With a capital at its beginning, unless that is a name, or a call that is no word; with a full stop."""
    first = text.partition(" ")[0].partition("'")[0].rstrip(":,")
    begins = text if first in names or first in _NO_WORDS else text[:1].upper() + text[1:]
    return begins + ("" if text.endswith((".", ".)")) else ".")


#: Calls whose names are no words of English: written as they are, also where a sentence begins.
_NO_WORDS = frozenset({
    "bytearray", "connect_ex", "fcntl", "getaddrinfo", "getnameinfo", "getpeername", "getrlimit", "getsockname", "getsockopt",
    "htonl", "htons", "ioctl", "lseek", "ntohl", "ntohs", "recv", "recv_into", "recvfrom", "recvmsg", "sendall", "sendmsg",
    "sendto", "setblocking", "setrlimit", "setsockopt", "settimeout", "socketpair", "ulimit", "waitpid",
})  # fmt: skip


class ErrnoCard(LongDrawing):
    """The card of a failed call. ``story`` gives the manual's page of its error."""

    def __init__(self, story: StoryOf) -> None:
        super().__init__()
        self._story = story

    @property
    def _brief(self) -> bool:
        return self.screen.has_class("-short")

    def draw_long(self, view: View, width: int) -> list[Line]:
        """Its lines."""
        return draw_errno(view, width, self._story, self._brief)

    def in_parts(self, width: int, most: int) -> int:
        """How many of its lines in `width` are whole parts: no more than `most`, but the first of them in any case."""
        if self._view is None or width <= 0:
            return most
        first, *others = _drawn(self._view, width, self._story, self._brief)[1]
        return max([first, *(end for end in others if end <= most)])
