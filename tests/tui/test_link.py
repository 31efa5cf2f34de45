"""The wire in the reader's hand, on the screen, over a real link between two real hosts."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import pytest

from sockviz.lab.supervisor import LabRefused
from sockviz.lab.two_hosts import open_two_hosts
from sockviz.lesson.parser import parse_lesson
from sockviz.model.link import Flight
from sockviz.player.next import Do
from sockviz.player.performance import Performance
from sockviz.player.recorded import open_recording
from sockviz.player.recorder import Recorder
from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.by_hand import acts_by_hand, perhaps_why
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import Options
from sockviz.tui.screens.lesson import LessonScreen
from sockviz.words.narration import narrate_at
from tests.player.lessons import lesson_text
from tests.required import unavailable
from tests.tui.driving import in_lesson, run_async, until
from tests.tui.scripted import run as scripted_run

TEXT = lesson_text(
    """
    ```python @server
    s = socket.socket()
    s.bind((HOST, PORT))
    s.listen(1)
    conn, peer = s.accept()
    ```

    ```python @client
    c = socket.socket()
    c.connect((HOST, PORT))
    c.send(b"hello")
    ```
    """,
    front="lab: two-hosts\n",
)


WAITS = lesson_text(
    """
    ```python @link
    link.hold("client")
    ```

    ```python @client
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.sendto(b"one", (HOST, PORT))
    ```

    ```python @link
    link.deliver("UDP")
    ```
    """,
    front="lab: two-hosts\n",
)


async def performance(text: str = TEXT) -> Performance:
    try:
        lab = await open_two_hosts()
    except LabRefused as refusal:
        unavailable(f"no two hosts here: {refusal}")
    return Performance(parse_lesson(text, "by-hand.md"), lab)


def test_a_line_that_waits_for_what_was_delivered_by_hand_says_so(tmp_path: Path) -> None:
    async def work() -> None:
        run = await performance(WAITS)
        with (tmp_path / "r.jsonl").open("x", encoding="utf-8") as file:
            Recorder(run, file)
            await performed_by_hand(run, tmp_path)

    run_async(work())
    # Who watches the recording hears of it, too; and is told nothing that is to be done now.
    timeline = open_recording(tmp_path / "r.jsonl").timeline
    world = timeline.world
    assert [(act.verb, act.page, world.packets[act.packet or 0].text) for act in world.by_hand] == [
        ("deliver", 0, "client UDP")
    ]
    told = [narrate_at(timeline, number + 1) for number in range(len(timeline))]
    by_hand = told.index("you delivered client UDP by hand")
    assert by_hand < told.index("the link delivers client UDP")
    page = parse_lesson(WAITS, "by-hand.md").pages[0]
    assert perhaps_why(page, acts_by_hand(world), math.inf, live=False).endswith(
        'to do that: link.deliver("UDP").'
    )


async def performed_by_hand(run: Performance, tmp_path: Path) -> None:
    """Its last line, which waits for a packet that its reader has delivered before."""
    entry = CourseEntry(None, "by-hand", "A test", "For a test", 1, "by-hand.md", "two-hosts")

    async def given(_: CourseEntry) -> Performance:
        return run

    app = SockvizApp([entry], given, ProgressStore(tmp_path / "p.toml"), Options(entry, ascii=False))
    app.animation_level = "none"
    async with app.run_test(size=(200, 36)) as pilot:

        def text() -> str:
            return "\n".join(strip.text for strip in app.screen._compositor.render_strips())

        await until(pilot, lambda: isinstance(app.screen, LessonScreen), "the lesson's screen")
        await until(pilot, lambda: run.timeline.world.page is not None)
        for held in (0, 0, 1):
            await until(pilot, lambda: run.next.do is Do.PERFORM)
            await pilot.press("space")
            await until(pilot, lambda: run.next.do is not Do.BUSY)
            await until(pilot, lambda held=held: len(linked(run)) == held)  # type: ignore[misc]
            if not held:
                await pilot.press("d")
                await until(pilot, lambda: "the link keeps whatever is sent next" in text(), text())
        await pilot.press("d")
        await until(pilot, lambda: "client UDP: delivered" in text())
        await pilot.press("space")
        await until(pilot, lambda: "waits for a packet, and none has come" in text(), text())
        assert "You delivered client UDP by hand; the lesson expected its own line to do that" in text()
        assert "r performs this page anew" in text()
    await app.close_runs()


def test_the_reader_takes_the_wire_over(tmp_path: Path) -> None:
    async def work() -> None:
        run = await performance()
        entry = CourseEntry(None, "by-hand", "A test", "For a test", 1, "by-hand.md", "two-hosts")

        async def given(_: CourseEntry) -> Performance:
            return run

        app = SockvizApp([entry], given, ProgressStore(tmp_path / "p.toml"), Options(entry, ascii=False))
        app.animation_level = "none"
        async with app.run_test(size=(120, 36)) as pilot:

            def text() -> str:
                return "\n".join(strip.text for strip in app.screen._compositor.render_strips())

            async def sees(word: str) -> None:
                await until(pilot, lambda: word in text(), f"«{word}» in\n{text()}")

            async def space(times: int) -> None:
                for _ in range(times):
                    await until(pilot, lambda: run.next.do in (Do.PERFORM, Do.TURN), "a line to perform")
                    await pilot.press("space")
                    await until(pilot, lambda: run.next.do is not Do.BUSY, "the line performed")

            await until(pilot, lambda: isinstance(app.screen, LessonScreen), "the lesson's screen")
            await sees("two hosts")
            await space(4)
            assert "d deliver" not in text(), "nothing is kept yet"
            await pilot.press("h")
            await sees("The wire is yours")
            await space(2)  # the socket, and connect, whose SYN the wire now keeps
            await sees("held")
            await sees("SYN-SENT")
            await sees("d deliver x drop")
            assert len(linked(run)) == 1
            await until(pilot, lambda: [flight.copies > 1 for flight in linked(run)] == [True], "a copy")
            await sees("×")  # the kernel sends it again: still one entry
            await pilot.press("x")
            await sees("client SYN: dropped")
            await sees("✗")
            await until(pilot, lambda: bool(linked(run)), "the next SYN")
            for packet in ("client SYN", "server SYN+ACK", "client ACK"):
                await until(pilot, partial(waits, run, packet), packet)
                await point_at(app, run, packet)
                await pilot.press("d")
                await sees(f"{packet}: delivered")
            await sees("ESTABLISHED")
            await sees("h free")
            await pilot.press("h")
            await sees("The wire is free")
            await sees("h hold")
            assert "d deliver" not in text()
            assert run.timeline.world.link is not None
            assert not run.timeline.world.link.holding
        await app.close_runs()

    run_async(work())


def linked(run: Performance) -> tuple[Flight, ...]:
    link = run.timeline.world.link
    return link.held if link is not None else ()


def waits(run: Performance, packet: str) -> bool:
    world = run.timeline.world
    return world.link is not None and any(world.packets[f.packet].text == packet for f in world.link.held)


async def point_at(app: SockvizApp, run: Performance, packet: str) -> None:
    """Points at a held packet as a click on it does."""
    from sockviz.tui.messages import Clicked
    from sockviz.tui.view import Focus

    world = run.timeline.world
    assert world.link is not None
    flight = next(f for f in world.link.held if world.packets[f.packet].text == packet)
    app.screen.post_message(Clicked(Focus(packet=flight.packet)))
    await until_handled(app)


async def until_handled(app: SockvizApp) -> None:
    import asyncio

    done = asyncio.Event()
    app.screen.call_later(done.set)
    await asyncio.wait_for(done.wait(), 5)


def test_without_a_wire_its_keys_are_not_offered(tmp_path: Path) -> None:
    async def work() -> None:
        run = scripted_run()
        async with in_lesson(tmp_path, run) as session:
            assert "hold" not in session.text.splitlines()[-1]
            await session.press("h", "d", "x", "u")
            assert run.orders == []

    run_async(work())


@pytest.mark.parametrize("key", ["h", "d"])
def test_with_a_wire_they_are(key: str, tmp_path: Path) -> None:
    async def work() -> None:
        run = scripted_run()
        run.linked = True
        async with in_lesson(tmp_path, run) as session:
            assert "hold" in session.text.splitlines()[-1]
            await session.press(key)
            if key == "h":
                await session.until(lambda: run.orders == [("hold", None)], "the order")
            else:
                await session.until(lambda: "No packet is on the way" in session.text, "the hint")

    run_async(work())
