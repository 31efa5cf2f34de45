"""Prints which item of the course notes is met on which page, and which errors the course really met when it was performed.

    python -m tools.coverage [--gaps] [--no-errors]

The items stand in ``tools/inventory.toml``; a page marks those it meets (``<!-- covers: S0.5 S1.18 -->``). An item whose claim is
false, or true with a but, needs a page that asks for a prediction. Errors are not marked: every lesson is performed, and what
its calls answered is listed. Exit 1 where anything is missing.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import socket
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sockviz.lesson.document import Lesson, Page
from sockviz.model.call import Call
from sockviz.model.world import World
from sockviz.player.check import perform_all
from sockviz.player.labs import LessonSkipped, lab_for
from sockviz.player.patience import Patience
from sockviz.player.performance import Performance
from sockviz.player.shelf import course, read_lesson

INVENTORY = Path(__file__).with_name("inventory.toml")
#: Every error that somebody who uses sockets meets sooner or later; the course meets each on purpose.
ERRORS = (
    "EACCES", "EADDRINUSE", "EADDRNOTAVAIL", "EAFNOSUPPORT", "EAGAIN", "EALREADY", "EBADF", "ECONNREFUSED",
    "ECONNRESET", "EDESTADDRREQ", "EFAULT", "EINPROGRESS", "EINVAL", "EISCONN", "EMFILE", "EMSGSIZE", "ENETUNREACH",
    "ENOENT", "ENOTCONN", "ENOTSOCK", "EOPNOTSUPP", "EPERM", "EPIPE", "EPROTONOSUPPORT", "EPROTOTYPE",
    "ESOCKTNOSUPPORT", "ESPIPE", "ETIMEDOUT", "EAI_NONAME", "EAI_SERVICE", "EAI_FAMILY",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the notes, ``S1.18``. ``verdict``: F (false), TB (true, but), T (true), or "" where nothing is claimed."""

    name: str
    claim: str
    verdict: str = ""

    @property
    def wants_prediction(self) -> bool:
        """Whether a reader must have been asked before the kernel contradicts or qualifies the claim."""
        return self.verdict in ("F", "TB")


@dataclass(frozen=True, slots=True)
class Place:
    """A page, by its lesson's slug and its number from 1. ``asks`` where it has a prediction."""

    slug: str
    page: int
    asks: bool = False

    def __str__(self) -> str:
        return f"{self.slug} {self.page}{'?' if self.asks else ''}"


def read_inventory(path: Path = INVENTORY) -> dict[str, Item]:
    """The items by name. Raises OSError, ValueError and KeyError: the file is ours."""
    tables: Mapping[str, Mapping[str, Mapping[str, str]]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        f"{notes}.{number}": Item(f"{notes}.{number}", entry["claim"], entry.get("verdict", ""))
        for notes, entries in tables.items()
        for number, entry in entries.items()
    }


def marked(lessons: Iterable[Lesson]) -> dict[str, list[Place]]:
    """For each mark the pages that bear it."""
    places: dict[str, list[Place]] = {}
    for lesson in lessons:
        for page in lesson.pages:
            for mark in page.covers:
                places.setdefault(mark, []).append(place(lesson, page))
    return places


def place(lesson: Lesson, page: Page) -> Place:
    """Where that page is."""
    return Place(lesson.slug, page.index + 1, bool(page.predictions))


def gaps(inventory: Mapping[str, Item], places: Mapping[str, Sequence[Place]]) -> list[str]:
    """What is missing, in sentences: items on no page, claims that nobody is asked about, marks of no item."""
    found = []
    for item in inventory.values():
        pages = places.get(item.name, ())
        if not pages:
            found.append(f"{item.name} is on no page: {item.claim}")
        elif item.wants_prediction and not any(page.asks for page in pages):
            where = ", ".join(map(str, pages))
            found.append(
                f"{item.name} ({item.verdict}) is on {where}, where nothing is predicted: {item.claim}"
            )
    for mark in places.keys() - inventory.keys():
        found.append(f"{mark}, marked on {', '.join(map(str, places[mark]))}, is no item of the inventory")
    return sorted(found)


# --- errors -----------------------------------------------------------------------------------------------------------


def errors_met(lesson: Lesson, world: World) -> dict[str, list[Place]]:
    """The errors that the lesson's calls gave in `world`, each with the pages where."""
    met: dict[str, list[Place]] = {}
    for name, line in errors_of(world):
        here = place(lesson, lesson.page_of(line))
        if here not in met.setdefault(name, []):
            met[name].append(here)
    return met


def errors_of(world: World) -> Iterator[tuple[str, int]]:
    """Each error with the line that met it: of calls that failed, and of those whose value is an errno."""
    for process in world.processes.values():
        for call in process.calls:
            name = call.error or error_value(call)
            if name is not None and call.line is not None:
                yield name, call.line
    for number, line in world.lines.items():
        if line.error is not None:
            yield line.error, number


def error_value(call: Call) -> str | None:
    """The error that a call gave as a value: ``connect_ex``, and ``getsockopt`` of SO_ERROR."""
    asks_error = call.name == "getsockopt" and call.arguments[1:3] == (socket.SOL_SOCKET, socket.SO_ERROR)
    if (asks_error or call.name == "connect_ex") and isinstance(call.value, int):
        return errno.errorcode.get(call.value)
    return None


@dataclass(frozen=True, slots=True)
class Performed:
    """What performing lessons gave: the errors met, each with its pages; which lessons got stuck or were skipped, and why."""

    errors: Mapping[str, Sequence[Place]]
    stuck: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


async def perform(lesson: Lesson) -> Performed:
    """Performs `lesson` in a lab of its own."""
    try:
        chosen = await lab_for(lesson, "auto")
    except LessonSkipped as reason:
        return Performed({}, skipped=(f"{lesson.slug} was not performed: {reason}",))
    performance = Performance(lesson, chosen.lab, patience=Patience())
    try:
        stuck = await perform_all(performance)
    finally:
        await performance.close()
    met = errors_met(lesson, performance.timeline.world)
    return Performed(met, (f"{lesson.slug} got stuck: {stuck.message}",) if stuck else ())


async def perform_course(lessons: Sequence[Lesson]) -> Performed:
    """Performs all `lessons`, some side by side."""
    turnstile = asyncio.Semaphore(4)

    async def one(lesson: Lesson) -> Performed:
        async with turnstile:
            return await perform(lesson)

    each = await asyncio.gather(*map(one, lessons))
    errors: dict[str, list[Place]] = {}
    for performed in each:
        for name, places in performed.errors.items():
            errors.setdefault(name, []).extend(places)
    return Performed(
        errors,
        tuple(line for performed in each for line in performed.stuck),
        tuple(line for performed in each for line in performed.skipped),
    )


# --- the command -----------------------------------------------------------------------------------------------------


def main() -> int:
    """Prints the tables, then what is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gaps", action="store_true", help="print only what is missing")
    parser.add_argument("--no-errors", action="store_true", help="do not perform the course")
    options = parser.parse_args()
    lessons = [read_lesson(Path(name.path)) for name in course()]
    inventory, places = read_inventory(), marked(lessons)
    missing = gaps(inventory, places)
    if not options.gaps:
        for item in inventory.values():
            where = ", ".join(map(str, places.get(item.name, ()))) or "-"
            print(f"{item.name:<6} {item.verdict:<2}  {where:<40}  {item.claim}")
        print("\nslug page; ? where the page asks for a prediction\n")
    if not options.no_errors:
        met = asyncio.run(perform_course(lessons))
        if not options.gaps:
            for name in sorted(met.errors):
                print(f"{name:<16} {', '.join(map(str, met.errors[name]))}")
            print()
        missing += [*met.stuck, *met.skipped]
        missing += [f"{name} is met nowhere" for name in ERRORS if name not in met.errors]
    for line in missing:
        print(f"missing: {line}")
    print(f"{len(inventory)} items, {len(lessons)} lessons, {len(missing)} missing")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
