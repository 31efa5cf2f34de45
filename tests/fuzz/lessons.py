"""Mutated lessons: read, shown as C, exported; and those that can be, performed in isolated labs, several side by side, with lines
typed at their end; what came of it is shown in every form, and kept.

By hand: python -m tests.fuzz.lessons 10000 --perform 500 --seed 1
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import random
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sockviz.calls.in_c import c_lines
from sockviz.door import Door
from sockviz.lab.loopback import open_lab
from sockviz.lab.supervisor import LabRefused
from sockviz.lesson.completion import call_at, completions
from sockviz.lesson.document import BadLesson, Lesson
from sockviz.lesson.parser import decode_lesson, parse_lesson
from sockviz.lesson.programs.folder import Language, program_folder
from sockviz.lesson.symbols import SymbolTable
from sockviz.lesson.typed_lines import BadLine, Typed
from sockviz.model.event_writer import EventWriter
from sockviz.model.recording import dump_header, load
from sockviz.model.world_json import world_json
from sockviz.player.check import report_of
from sockviz.player.next import Do
from sockviz.player.patience import Patience, Stuck
from sockviz.player.performance import Performance
from sockviz.player.recorded import Recorded, by_its_lesson
from sockviz.player.refusals import CannotGoOn
from sockviz.player.sourced import SourcedLesson
from sockviz.sandbox.session import Typist
from sockviz.sandbox.written import lesson_text
from sockviz.transcript import Transcript, untold
from tests.fuzz.faults import SECONDS, Fault, Faults, TooLong, clean
from tests.fuzz.recordings import drawn, view_at, written_as_a_page

ROOT = Path(__file__).parents[2]
SIDE_BY_SIDE = 4
#: A mutant that performs more lines than this is only read: it would tell nothing that a shorter one does not.
MOST_LINES = 30
#: What a mutant may wait for: an expectation, and a call (seconds).
WITHIN, DEADLINE = 0.2, 1.5

LITERALS = [
    "0",
    "1",
    "-1",
    "2",
    "3",
    "5",
    "127",
    "255",
    "256",
    "4096",
    "65535",
    "65536",
    "67108864",
    "67108865",
    "1<<31",
    "1<<63",
    "1<<64",
    "None",
    "True",
    'b""',
    'b"x"',
    'b"x"*100000',
    '""',
    '"x"',
    '"\\x1b[2J"',
    '"\\u202e"',
    '"\\x00a"',
    "(1,2)",
    "[]",
    "{}",
    "[1,[2,[3]]]",
    '("127.0.0.1",PORT)',
    '("0.0.0.0",0)',
    '("::1",PORT2)',
    '("8.8.8.8",53)',
    '("",0)',
    '"mailbox"',
    "socket.AF_INET",
    "socket.AF_INET6",
    "socket.AF_UNIX",
    "socket.SOCK_DGRAM",
    "socket.SOCK_STREAM",
    "socket.SO_REUSEADDR",
    "socket.SOL_SOCKET",
    "socket.MSG_PEEK",
    "socket.MSG_OOB",
    "socket.MSG_DONTWAIT",
    "select.POLLIN",
    "signal.SIGTERM",
    "fcntl.F_GETFL",
    "os.O_NONBLOCK",
]
CALLS = (
    "{v} = socket.socket()", "{v} = socket.socket(socket.AF_UNIX)", "{v} = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "{v}, {w} = socket.socketpair()", "{v}.bind((HOST, PORT))", "{v}.listen({l})", "{v}.connect((HOST, PORT))", "{w}, {v} = {v}.accept()",
    "{v}.send({l})", "{w} = {v}.recv({l})", "{v}.sendto({l}, ({l}, PORT))", "{v}.settimeout(0.2)", "{v}.setblocking(False)", "{v}.close()",
    "{v}.shutdown({l})", "{w} = {v}.getsockname()", "{w} = {v}.getsockopt(socket.SOL_SOCKET, {l})", "{v}.setsockopt(socket.SOL_SOCKET, {l}, {l})",
    "{w} = os.dup({l})", "os.close({l})", "{v} = os.fork()", "os._exit({l})", "os.kill(os.getpid(), {l})", "{v} = {v} + {w}", "{v} = [{v}, {v}]",
    "{v} = {l} * {l}", "{v} = {w}[{l}]", "{v}, {w} = select.select([{v}], [], [], 0.1)[0], 1", "{v} = select.poll()", "{v}.register({w}, {l})",
    "{w} = {v}.poll({l})", "{v} = os.pipe()", "{v} = fcntl.fcntl({l}, fcntl.F_GETFL)", "{w} = socket.getaddrinfo({l}, {l})", "{v}.sendall({l} * 300)",
    "{v} = struct.pack({l}, {l})", "{v} = socket.inet_pton(socket.AF_INET, {l})", "signal.alarm({l})", "{w} = {v}.recvmsg({l}, {l})",
    "{v}.sendmsg([{l}], [(socket.SOL_SOCKET, {l}, {l})])",
)  # fmt: skip
EXPECTED = (
    "{p}.{v} == {l}", "{p}.last.value == {l}", "len({p}.{v}) > {l}", "{p}.{v}.state == {l}", "rows(state={l})", "len(packets) > {l}", "{p}.{v}[{l}]",
    "sum({p}.{v}) == {l}", "sorted({p}.{v}) == {l}", "{l} in {p}.{v}", "{p}.{v} + {p}.{v} == {l}", "counters.ActiveOpens == {l}", "{p}.fds == {l}",
    "not {p}.{v} or {p}.blocked == {l}", "[{p}.{v}] * 1000 == [{p}.{v}] * 1000",
)  # fmt: skip
BYTES = [
    "\x1b",
    "\u202e",
    "\x00",
    "```\n",
    "---\n",
    "\r",
    "(",
    ")",
    "'",
    '"',
    "\\",
    "#",
    "é",
    "\ufeff",
    "\u2028",
    "<!--",
    "-->",
    "    ",
]


def pages(text: str) -> tuple[str, list[str]]:
    """A lesson's front matter and its pages."""
    _nothing, front, rest = text.split("---\n", 2)
    return f"---\n{front}---\n", re.split(r"^---\n", rest, flags=re.MULTILINE)


def names_in(text: str) -> tuple[list[str], list[str]]:
    """The processes and the variables of a text."""
    processes = re.findall(r"python @(\w+)", text) or ["server"]
    return processes, re.findall(r"^(\w+)(?:, \w+)* = ", text, flags=re.MULTILINE) or ["s"]


def performed(lines: Sequence[str]) -> list[int]:
    """The numbers of the lines within performed blocks."""
    found, inside = [], False
    for number, line in enumerate(lines):
        if line.startswith("```"):
            inside = not inside and "@" in line
        elif inside:
            found.append(number)
    return found


def filled(pattern: str, chance: random.Random, variables: Sequence[str], processes: Sequence[str]) -> str:
    """A line made from a pattern."""
    text = pattern
    for mark, values in (("{v}", variables), ("{w}", variables), ("{l}", LITERALS), ("{p}", processes)):
        while mark in text:
            text = text.replace(mark, chance.choice(values), 1)
    return text


def mutant(seed: int, texts: list[str]) -> str:
    """A lesson that once was one, or parts of some. Changes to lines that are performed are the most: they are likely to be lines again."""
    chance = random.Random(seed)
    front, all_pages = pages(chance.choice(texts))
    # From the first page on: a later one alone would speak of names that nobody has bound.
    first = min(chance.choice([1, 2, 3, 4, 6]), len(all_pages))
    text = front + "\n---\n\n".join(all_pages[:first])
    if chance.random() < 0.15:
        text += "\n---\n\n" + chance.choice(pages(chance.choice(texts))[1])
    processes, variables = names_in(text)
    lines = text.splitlines()
    for _ in range(chance.choice([1, 1, 1, 2, 2, 3, 5])):
        spots = performed(lines) or list(range(len(lines)))
        spot, other = chance.choice(spots), chance.choice(spots)
        line = lines[spot]
        match chance.choices(range(9), weights=[30, 14, 10, 14, 8, 10, 8, 4, 5])[0]:
            case 0:  # a literal or a name in place of another
                words = (
                    list(re.finditer(r'b?"[^"]*"|\b\d+\b|\w+\.[A-Z_0-9]+', line))
                    if chance.random() < 0.9
                    else []
                )
                words = words or list(re.finditer(r"\b[a-z]\w*\b", line))
                if words:
                    word = chance.choice(words)
                    stands = chance.choice(LITERALS if word[0][:1] in 'b"0123456789s' else variables)
                    lines[spot] = line[: word.start()] + stands + line[word.end() :]
            case 1:
                lines.insert(spot, filled(chance.choice(CALLS), chance, variables, processes))
            case 2:
                lines[spot] = lines[other]
            case 3:
                lines.insert(spot, lines[other])
            case 4:
                del lines[spot]
            case 5:
                lines += [
                    "",
                    f"```python @{chance.choice(processes)}",
                    filled(chance.choice(CALLS), chance, variables, processes),
                    "```",
                ]
            case 6:
                lines += [
                    "",
                    "```expect",
                    filled(chance.choice(EXPECTED), chance, variables, processes),
                    "```",
                ]
            case 7:  # anything anywhere
                anywhere = chance.randrange(len(lines))
                column = chance.randrange(len(lines[anywhere]) + 1)
                lines[anywhere] = (
                    lines[anywhere][:column]
                    + chance.choice(BYTES)
                    + lines[anywhere][column + chance.randint(0, 3) :]
                )
            case 8:
                start = chance.randrange(len(lines))
                block = lines[start : start + chance.randint(2, 12)]
                lines[start:start] = block if chance.random() < 0.5 else block[::-1]
        if not lines:
            break
    return "\n".join(lines) + "\n"


def read(text: str) -> Lesson | None:
    """The lesson, shown and exported in both languages; None where it is refused."""
    try:
        lesson = parse_lesson(decode_lesson(text.encode("utf-8", "surrogatepass"), "x.md"), "x.md")
    except BadLesson as bad:
        for problem in bad.problems:
            if "\n" in problem.message:
                raise Fault("a problem of more than one line") from None
        return None
    for statement in lesson.statements:
        c_lines(statement)
    for language in Language:
        program_folder(lesson, language)
    return lesson


async def perform(lesson: Lesson) -> str:
    """Performs it. Returns how it ended."""
    performance = Performance(lesson, await open_lab("isolated"), patience=Patience(DEADLINE))
    stuck = None
    try:
        while performance.next.do is not Do.END:
            await performance.advance()
        await type_at(performance)
    except Stuck:
        stuck = "stuck"
    except LabRefused as refusal:
        stuck = f"refused: {refusal}"[:60]
    finally:
        problem = performance.problem
        await performance.close()
    for misfit in performance.timeline.world.misfits:
        raise AssertionError(f"{misfit} in {lesson.text!a}")
    report_of(Path("x.md"), lesson, performance, None, 0.0)
    shown(performance)
    return stuck or (f"problem: {problem}"[:60] if problem else "performed")


async def type_at(performance: Performance) -> None:
    """Some lines, as in a sandbox: whatever comes to mind, of the names that there are. Then it is kept as a lesson."""
    chance = random.Random(len(performance.timeline))
    processes, variables = names_in(performance.script.text)
    typist = Typist(performance)
    for _ in range(chance.randint(0, 6)):
        line = filled(chance.choice(CALLS), chance, variables, processes)
        if chance.random() < 0.1:
            column = chance.randrange(len(line) + 1)
            line = line[:column] + chance.choice(BYTES) + line[column:]
        process = chance.choice([*processes, "other", "\x1b[2J"])
        with suppress(BadLine, CannotGoOn):
            await typist.perform(Typed(process, line))
        cursor, symbols = chance.randint(0, len(line)), performance.additions.known()
        known = symbols.processes.get(process) or SymbolTable().enter(process, 0)
        completions(line, cursor, known, symbols)
        call_at(line, cursor, known)
    await typist.settled(DEADLINE)
    parse_lesson(lesson_text(performance.script, performance.timeline), "kept.md")


def shown(performance: Performance) -> None:
    """What came of it, through every front end and a recording."""
    timeline, chance = performance.timeline, random.Random(len(performance.timeline))
    out = io.StringIO()
    transcript = Transcript(performance, Door.of(out), untold)
    transcript.title()
    transcript.catch_up()
    clean(out.getvalue(), "--plain")
    recording = [dump_header(timeline.header), *map(EventWriter().line, timeline.events)]
    loaded = load([line + "\n" for line in recording], "x", by_its_lesson)
    if loaded.problem is not None:
        raise Fault(f"our own recording is refused: {loaded.problem}")
    recorded = SourcedLesson(Recorded(loaded))
    if sources(recorded.script) != sources(performance.script):
        raise Fault("our own recording has other lines")
    written_as_a_page(recorded)
    for cursor in {len(timeline), chance.randint(0, len(timeline))}:
        json.dumps(world_json(timeline.world_at(cursor)), ensure_ascii=False, allow_nan=False)
        for width, height in ((80, 24), (120, 36)):
            view = view_at(recorded, cursor, chance)
            drawn(recorded.script.pages[view.page.index], view, width, height)


def sources(lesson: Lesson) -> list[tuple[int, str, str]]:
    """Its lines."""
    return [(each.line, each.process, each.source) for each in lesson.statements]


def in_haste(lesson: Lesson) -> Lesson:
    """The lesson with expectations that do not wait: most of a mutant's hold never."""

    def hasty(page: object) -> object:
        blocks = tuple(
            replace(block, expectations=tuple(replace(each, within=WITHIN) for each in block.expectations))
            if hasattr(block, "expectations")
            else block
            for block in page.blocks  # type: ignore[attr-defined]
        )
        return replace(page, blocks=blocks)  # type: ignore[type-var]

    return replace(lesson, pages=tuple(map(hasty, lesson.pages)))  # type: ignore[arg-type]


async def perform_all(chosen: list[tuple[int, Lesson]], faults: Faults, ends: dict[str, int]) -> None:
    """Performs them, so many side by side."""
    turnstile = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(seed: int, lesson: Lesson) -> None:
        async with turnstile:
            end = "fault"
            with faults.noted(str(seed)):
                try:
                    async with asyncio.timeout(3 * SECONDS):  # of which others have their part
                        end = await perform(in_haste(lesson))
                except TimeoutError:
                    raise TooLong(f"not performed within {3 * SECONDS} s") from None
            ends[end] = ends.get(end, 0) + 1

    await asyncio.gather(*(one(seed, lesson) for seed, lesson in chosen))


def course() -> list[str]:
    """The lessons to begin with."""
    names = sorted((ROOT / "lessons").glob("[0-9][0-9]-*.md"))
    return [path.read_text(encoding="utf-8") for path in names if path.suffixes == [".md"]]


def main() -> int:
    """Tries as many as are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=10_000)
    parser.add_argument("--perform", type=int, default=500, help="so many of those that can be are performed")
    parser.add_argument("--seed", type=int, default=0, help="of the first; each next is one more")
    parser.add_argument("--keep", type=Path, help="only write the mutant of --seed there")
    options = parser.parse_args()
    texts = course()
    if options.keep:
        options.keep.write_text(mutant(options.seed, texts), encoding="utf-8")
        return 0
    faults, good, ends = Faults(), 0, dict[str, int]()
    chosen: list[tuple[int, Lesson]] = []
    for seed in range(options.seed, options.seed + options.count):
        lesson = None
        with faults.watched(str(seed)):
            text = mutant(seed, texts)
            lesson = read(text)
        if lesson is not None:
            good += 1
            if (
                lesson.lab == "loopback"
                and len(list(lesson.statements)) <= MOST_LINES
                and len(chosen) < options.perform
            ):
                chosen.append((seed, lesson))
    print(
        f"{options.count} lessons from seed {options.seed} on, {good} can be performed; {len(chosen)} are",
        flush=True,
    )
    asyncio.run(perform_all(chosen, faults, ends))
    return faults.report(
        f"{options.count} lessons from seed {options.seed} on: {good} read, {len(chosen)} performed: {ends}"
    )


if __name__ == "__main__":
    sys.exit(main())
