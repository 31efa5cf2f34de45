"""Mutated recordings through `replay --plain`, `--at N --json`, `export`, its page of HTML and what draws the screen, in this process.

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
from sockviz.html.document import PageTooLarge, page_of
from sockviz.lesson.document import BadLesson, Page
from sockviz.manual.reader import shipped
from sockviz.model.pcapng import NoPackets, blocks, capture_of
from sockviz.model.recording import BadRecording, load_file
from sockviz.model.stops import stop_before
from sockviz.model.world_json import world_json
from sockviz.player.next import Do, Next
from sockviz.player.recorded import open_recording
from sockviz.player.sourced import SourcedLesson
from sockviz.player.unfolding import unfolded
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
from tests.fuzz.faults import Fault, Faults, clean
from tests.html.reader import well_formed

ROOT = Path(__file__).parents[2]
#: As many events of a recording are mutated: the rest tells nothing new.
EVENTS = 160
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
        run = open_recording(path)
    except BadRecording as bad:
        clean(str(bad), "what is wrong with it")
        return "refused"
    except BadLesson:
        return "refused"
    if run.problem is not None:
        clean(run.problem, "what is wrong with it")
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
    return "broke off" if run.problem else "whole"


def bases() -> list[list[str]]:
    """The recordings to begin with: the course's, and some of format 1."""
    found = [
        path.read_text(encoding="utf-8").splitlines()
        for directory in ("assets/recordings", "tests/model/format1")
        for path in sorted((ROOT / directory).glob("*.jsonl"))
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
    options = parser.parse_args()
    EXTRA.extend(options.base)
    recordings = bases()
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
