"""Mutated recordings through `replay --plain`, `--at N --json`, `--follow`, `export`, its page of HTML and what draws the screen,
in this process: of lessons, of lines that were typed, of students' programs, of programs that were watched.

By hand: python -m tests.fuzz.recordings 2000 --seed 1
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import random
import sys
import tempfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from sockviz import plain
from sockviz.door import Door
from sockviz.html.document import PageTooLarge, page_of
from sockviz.lesson.document import BadLesson, Page
from sockviz.manual.reader import shipped
from sockviz.model.following import Following
from sockviz.model.pcapng import NoPackets, blocks, capture_of
from sockviz.model.recording import BadRecording, Loaded, load_file
from sockviz.model.stops import stop_before
from sockviz.model.world_json import world_json
from sockviz.player.next import Do, Next
from sockviz.player.recorded import Recorded, by_its_lesson, read_recording
from sockviz.player.sourced import NoLesson, SourcedLesson
from sockviz.player.unfolding import unfolded
from sockviz.practice.report import of_verdicts
from sockviz.practice.verdicts import verdicts
from sockviz.transcript import Transcript, untold
from sockviz.tui.stage.errno_card import draw_errno
from sockviz.tui.stage.inspector import draw_inspector
from sockviz.tui.stage.process_panel import draw_process
from sockviz.tui.stage.roadmap import draw_roadmap
from sockviz.tui.stage.state_diagram import draw_states
from sockviz.tui.stage.timeline_bar import draw_timeline
from sockviz.tui.stage.wire import draw_wire
from sockviz.tui.stage.wire_strip import draw_strip
from sockviz.tui.view import Focus, Look, Mode, View
from sockviz.tui.widgets.page_text import Asked, page_text
from sockviz.tui.widgets.title import title
from sockviz.watch.following import tell
from sockviz.watch.json_lines import JsonLines
from tests.fuzz.faults import Fault, Faults, clean
from tests.html.reader import well_formed

ROOT = Path(__file__).parents[2]
#: As many events of a recording are mutated: the rest tells nothing new.
EVENTS = 160
DIRECTORIES = (
    "assets/recordings", "tests/model/format1", "tests/sandbox/recorded", "tests/practice/recorded", "tests/situations/recorded",
    "tests/watch/recorded",
)  # fmt: skip
SIZES = ((80, 24), (120, 36))

NUMBERS: list[Any] = [
    0, 1, -1, 2, 7, 255, 65535, 65536, 1 << 31, -(1 << 31), 1 << 32, 1 << 63, (1 << 64) - 1, 1 << 64, 1 << 70, 10**30, 0.0, -0.0,
    -1.5, 1e-300, 1e18, 1e300, float("nan"), float("inf"), float("-inf"), 253402300799.0, 1.7e9,
]  # fmt: skip
TEXTS: list[Any] = [
    "", "x", " ", "server", "client", "link", "kernel", "loopback", "\x1b[2J\x1b]2;owned\x07", "a\nb\rc", "\u202egnp.exe", "\x00", "\x9b31m",
    "日本語" * 20, "x" * 5000, "\udc80", "[bold red]x[/]", "../../etc/passwd", "ESTABLISHED", "LISTEN", "on", "TCP", "UDP", "UNIX",
    "SYN", "fork", "accept", "connect", "bind", "send", "recv", "poll", "EPIPE", "EAGAIN", "ECONNREFUSED", "EADDRINUSE", "EAI_NONAME",
    "deliver", "drop", "duplicate", "AF_UNIX", "AF_INET6", "SOCK_DGRAM", "isolated", "host", "two-hosts", "packets",
]  # fmt: skip


def deep(depth: int) -> Any:
    """Lists in one another."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


STRUCTURES: list[Callable[[], Any]] = [
    lambda: None, lambda: True, list, dict, lambda: [[]], lambda: {"$": "tuple", "items": []}, lambda: deep(500),
    lambda: {"$": "bytes", "base64": "eHh4"}, lambda: {"$": "bytes", "base64": "eHh4", "length": 1 << 40},
    lambda: {"$": "text", "text": "ab\x1b[1m", "length": 70}, lambda: {"$": "list", "items": [1], "length": 9},
    lambda: {"$": "tuple", "items": ["127.0.0.1", 80]}, lambda: {"$": "tuple", "items": ["::1", -1, 0, 0]},
    lambda: {"$": "socket", "inode": 5, "fd": 3, "family": "AF_INET", "type": "SOCK_STREAM", "protocol": 0},
    lambda: {"$": "object", "kind": "epoll", "text": "x\x1b"}, lambda: {"$": "float", "text": "nan"},
    lambda: {"$": "dict", "items": [["k", {"$": "list", "items": []}]]}, lambda: [0] * 3000, lambda: "x" * 300_000,
]  # fmt: skip


def places(json: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every (container, key or index) in a JSON value."""
    for key, item in list(json.items()) if isinstance(json, dict) else list(enumerate(json)):
        found.append((json, key))
        if isinstance(item, dict | list):
            places(item, found)
    return found


def odd(chance: random.Random, like: Any, others: list[Any]) -> Any:
    """A value to stand in place of `like`: mostly of its own type."""
    pick = chance.random()
    if pick < 0.15:
        return chance.choice(STRUCTURES)()
    if pick < 0.35 and others:
        return deepcopy(chance.choice(others))
    if isinstance(like, bool):
        return not like
    if isinstance(like, int | float):
        return chance.choice([*NUMBERS, like + 1, like - 1, like * 2, -like])
    if isinstance(like, str):
        return chance.choice([*TEXTS, like + like, like[:-1], like.upper()])
    if isinstance(like, list) and like:
        return chance.choice([[], like + like, like[1:], like[::-1], [like], like * 20])
    return chance.choice([*NUMBERS, *TEXTS])


def in_an_event(event: Any, chance: random.Random, others: list[Any]) -> None:
    """Changes one thing in an event or a header."""
    spots = places(event, [])
    if not spots:
        return
    holder, key = chance.choice(spots)
    pick = chance.random()
    if pick < 0.08:
        del holder[key]
    elif pick < 0.12 and isinstance(holder, dict):
        holder[chance.choice(TEXTS)] = chance.choice(NUMBERS)
    else:
        holder[key] = odd(chance, holder[key], others)


def mutant(seed: int, bases: list[list[str]]) -> bytes:
    """A recording that once was one."""
    chance = random.Random(seed)
    header, *lines = chance.choice(bases)
    start = chance.choice([0, 0, 0, chance.randrange(len(lines))])
    lines = lines[start : start + chance.randint(5, EVENTS)]
    events: list[Any] = [json.loads(line) for line in lines]
    body = json.loads(header)
    if chance.random() < 0.15:
        in_an_event(body if chance.random() < 0.5 else body["lab"], chance, [])
    if chance.random() < 0.05:
        text = body.get("lesson")
        if isinstance(text, str) and text:
            rows = text.splitlines(keepends=True)
            del rows[chance.randrange(len(rows))]
            body["lesson"] = "".join(rows)
    for _ in range(chance.randint(0, 4)):
        place = chance.randrange(len(events))
        pick = chance.random()
        if pick < 0.6:
            same = [event for event in events if event.get("event") == events[place].get("event")]
            others = [holder[key] for holder, key in places(chance.choice(same), [])]
            in_an_event(events[place], chance, others)
        elif pick < 0.7:
            events.insert(chance.randrange(len(events)), deepcopy(events[place]))
        elif pick < 0.8:
            events.insert(chance.randrange(len(events)), events.pop(place))
        elif pick < 0.88 and len(events) > 1:
            del events[place]
        elif pick < 0.94:
            other = chance.choice(bases)
            events[place:place] = [
                json.loads(line) for line in chance.sample(other[1:], min(5, len(other) - 1))
            ]
        else:
            events[place:] = events[place:][::-1]
    try:
        text = "\n".join(json.dumps(each) for each in (body, *events)) + "\n"
    except RecursionError:
        text = header
    whole = text.encode()
    pick = chance.random()
    if pick < 0.06:
        whole = whole[: chance.randrange(len(whole))]
    elif pick < 0.12:
        spot = chance.randrange(len(whole))
        whole = whole[:spot] + chance.randbytes(chance.randint(1, 9)) + whole[spot + chance.randint(0, 9) :]
    elif pick < 0.15:
        whole = whole.replace(b'"at":', b'"at": 1.0, "at":', chance.randint(1, 9))
    return whole


def view_at(run: SourcedLesson, cursor: int, chance: random.Random) -> View:
    """What a screen would hand its widgets there."""
    timeline, lesson = run.timeline, run.script
    world = timeline.world_at(cursor)
    before = timeline.world_at(stop_before(timeline.stops, cursor) if cursor else 0)
    focus = chance.choice(
        [Focus(), Focus(inode=chance.choice([0, *world.sockets])), Focus(packet=chance.randrange(len(world.packets) + 1)),
         Focus(line=chance.choice([1, *world.lines]))]
    )  # fmt: skip
    look = Look(ascii=chance.random() < 0.2, animate=False, language=chance.choice(["python", "c"]))
    return View(
        1, lesson, lesson.pages[world.page or 0], timeline, cursor, world, before, Next(Do.END), Mode.RECORDED, look, focus,
        chance.choice([0.0, 0.4, 1.0]), run.problem,
    )  # fmt: skip


def drawn(page: Page, view: View, width: int, height: int) -> None:
    """Draws everything that a lesson's screen has. What fills its place may hold no control either."""
    lines = [
        it
        for name in (*view.script.processes, *view.world.processes)
        for it in draw_process(view, name, width // 2, height)
    ]
    for draw in (draw_wire, draw_roadmap, draw_timeline, draw_states, draw_strip):
        lines += draw(view, width, height)
    lines += [*draw_inspector(view, width), *draw_errno(view, width, shipped().story)]
    for it in lines:
        clean(it.text, "a drawing")
        if not it.text.isprintable():
            raise Fault(f"what cannot be printed in a drawing: {it.text!r}")
    for content in page_text(page, view, Asked({}, frozenset()), True, width // 2).lines:
        clean(content.plain, "the page")
    clean(title(view, width).plain, "the title")


def written_as_a_page(run: SourcedLesson) -> None:
    """Its page of HTML, where it is none of an exercise."""
    if run.script.exercise is not None:
        return
    try:
        page = page_of(run, shipped().story)
    except PageTooLarge:
        return
    clean(page, "its page of HTML")
    well_formed(page)


def tried(path: Path, chance: random.Random) -> str:
    """One recording through all of it. Returns how it went."""
    try:
        capture = capture_of(load_file(path).timeline)
        sum(map(len, blocks(capture)))
    except (BadRecording, NoPackets):
        pass
    try:
        source = read_recording(path)
    except BadRecording as bad:
        clean(str(bad), "what is wrong with it")
        return "refused"
    except BadLesson:
        return "refused"
    if source.problem is not None:
        clean(source.problem, "what is wrong with it")
    followed(path.read_bytes(), source, chance)
    as_lines(source)
    end = "broke off" if source.problem else "whole"
    try:
        run = SourcedLesson(source)
    except NoLesson:
        of_programs(source, chance)
        return end
    judged(run)
    for each in (run, unfolded(run)):
        out = io.StringIO()
        asyncio.run(plain.play(each, out, ask=False, notes=True))
        clean(out.getvalue(), "--plain")
        out.getvalue().encode()
    written_as_a_page(run)
    last = len(run.timeline)
    for cursor in {0, last, chance.randint(0, last), chance.randint(0, last)}:
        json.dumps(world_json(run.timeline.world_at(cursor)), indent=2, ensure_ascii=False, allow_nan=False)
        view = view_at(run, cursor, chance)
        for width, height in SIZES:
            drawn(run.script.pages[view.page.index], view, width, height)
    return end


def judged(run: SourcedLesson) -> None:
    """What a student is told of a run of their program, where it is one."""
    if run.script.exercise is None:
        return
    told = "\n".join(of_verdicts(verdicts(run.timeline, run.script, run.script.exercise)))
    out = io.StringIO()
    Door.of(out).say(*told.split("\n"))
    clean(out.getvalue(), "the verdicts")


def followed(octets: bytes, whole: Recorded, chance: random.Random) -> None:
    """The same file while it is written, in pieces of any size: it comes to the same, and is told as it comes."""
    following = Following("x", by_its_lesson)
    out = io.StringIO()
    told = None
    at = 0
    while at < len(octets):
        size = chance.choice([1, 100, 5000, 64 << 10])
        following.appended(octets[at : at + size])
        at += size
        if following.timeline is None:
            continue
        if told is None:
            try:
                run = SourcedLesson(Recorded(Loaded(following.timeline, None)))
            except NoLesson:
                continue
            told = Transcript(run, Door.of(out), untold)
            told.title()
        told.catch_up()
    following.closed()
    if (following.problem is None) != (whole.problem is None):
        raise Fault(f"followed otherwise than read: {following.problem!a}, {whole.problem!a}")
    if following.timeline is None or len(following.timeline) != len(whole.timeline):
        raise Fault("followed otherwise than read, in events")
    clean(out.getvalue(), "--follow --plain")


def as_lines(source: Recorded) -> None:
    """Each event as a line of JSON."""
    out = io.StringIO()
    lines = JsonLines(source.timeline, Door.of(out), live=False)
    lines.title()
    lines.end()
    clean(out.getvalue(), "the lines of JSON")
    for line in out.getvalue().splitlines():
        json.loads(line)


def of_programs(source: Recorded, chance: random.Random) -> None:
    """A run of programs that were watched, as text and JSON."""
    out = io.StringIO()
    tell(source.timeline, Door.of(out))
    clean(out.getvalue(), "watch --plain")
    last = len(source.timeline)
    for cursor in {0, last, chance.randint(0, last)}:
        json.dumps(world_json(source.timeline.world_at(cursor)), ensure_ascii=False, allow_nan=False)


def bases(only: str = "") -> list[list[str]]:
    """The recordings to begin with: the course's, some of format 1, and of each other kind."""
    found = [
        path.read_text(encoding="utf-8").splitlines()
        for directory in DIRECTORIES
        for path in sorted((ROOT / directory).glob("*.jsonl"))
        if only in str(path)
    ]
    extra = [path.read_text(encoding="utf-8").splitlines() for path in map(Path, EXTRA)]
    return found + extra


EXTRA: list[str] = []


def main() -> int:
    """Tries as many as are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=2000)
    parser.add_argument("--seed", type=int, default=0, help="of the first; each next is one more")
    parser.add_argument("--keep", type=Path, help="only write the mutant of --seed there")
    parser.add_argument("--base", action="append", default=[], help="another recording to begin with")
    parser.add_argument("--only", default="", help="begin with recordings of which the path has this")
    options = parser.parse_args()
    EXTRA.extend(options.base)
    recordings = bases(options.only)
    if options.keep:
        options.keep.write_bytes(mutant(options.seed, recordings))
        return 0
    faults, ends = Faults(), dict.fromkeys(("refused", "broke off", "whole", "fault"), 0)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "mutant.jsonl"
        for seed in range(options.seed, options.seed + options.count):
            path.write_bytes(mutant(seed, recordings))
            end = "fault"
            with faults.watched(str(seed)):
                end = tried(path, random.Random(seed))
            ends[end] += 1
    return faults.report(f"{options.count} recordings from seed {options.seed} on: {ends}")


if __name__ == "__main__":
    sys.exit(main())
