"""The source that performs, on a lab that says what the test has it say."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from sockviz.calls.statement import Statement
from sockviz.dataclass import replace
from sockviz.lab.hearing import LabLost
from sockviz.model.script_text import UnreadScript
from sockviz.model.timeline import Header, Timeline
from sockviz.player.next import Do
from sockviz.player.patience import Patience, Stuck
from sockviz.player.performed import AHEAD, Performed, Processes
from sockviz.player.refusals import CannotGoOn
from tests.lab.driver import run, until
from tests.player.scripted_lab import HERE, SLEEP, ScriptedLab, entered, finished, returned, started


def line(process: str, number: int, *, forks: str | None = None) -> Statement:
    targets = (forks,) if forks else ()
    return Statement(
        process, number, number, 1, "s.accept()", "", targets, False, ["value", 1], forks=bool(forks)
    )


LINES = (line("server", 1), line("client", 2), line("server", 3), line("client", 4))


@contextlib.asynccontextmanager
async def performing(
    *lines: Statement, patience: Patience | None = None
) -> AsyncIterator[tuple[Performed, ScriptedLab, Timeline]]:
    lab = ScriptedLab()
    timeline = Timeline(Header(UnreadScript("", "test.md"), lab.facts, "6.0", 0.0, "0"))
    processes = Processes.of(lines, {}, ("client",))
    source = Performed(lab, timeline, (), processes, patience)
    try:
        yield source, lab, timeline
    finally:
        await source.close()
        assert lab.closed


def lines(source: Performed) -> dict[str, int]:
    """The line that is pending of each task."""
    return {task: it.statement.line for task, it in source.pending.items() if it.statement is not None}


def test_what_a_line_may_do_is_told_with_it() -> None:
    async def work() -> None:
        told = {}
        for call in ("socket.socket.bind", "socket.socket.accept", "socket.socket"):
            async with performing(replace(LINES[0], calls=(call,))) as (source, lab, _timeline):
                source.offer([replace(LINES[0], calls=(call,))])
                going = asyncio.ensure_future(source.go("server"))
                ((_process, job),) = await until(lambda lab=lab: lab.given or None, "the line handed over")  # type: ignore[misc]
                told[call] = job.may_sleep, job.may_name
                going.cancel()
        assert told == {
            "socket.socket.bind": (False, True), "socket.socket.accept": (True, False), "socket.socket": (False, False),
        }  # fmt: skip

    run(work())


def test_each_task_has_its_own_next_line() -> None:
    async def body() -> None:
        async with performing(*LINES) as (source, lab, timeline):
            assert source.pending == {}
            source.offer(LINES)
            assert lines(source) == {
                "server": 1,
                "client": 2,
            }
            lab.sleeping["server"] = SLEEP
            going = asyncio.ensure_future(source.go("server"))
            await until(lambda: lab.given, "the line handed over")
            lab.says(entered("server", "accept"))
            await going  # it sleeps: that is enough
            waits = source.pending["server"]
            assert (lines(source)["server"], waits.do, waits.call and waits.call.name) == (
                3,
                Do.WAIT,
                "accept",
            )
            going = asyncio.ensure_future(source.go("client"))
            await until(lambda: lab.given[1:], "the other's line handed over")
            lab.says(entered("client", "connect", line=2), returned("client"), finished("client", line=2))
            lab.says(returned("server"), finished("server"))
            await going
            await until(lambda: source.pending["server"].call is None or None, "the first line over")
            assert [(process, job.line) for process, job in lab.given] == [("server", 1), ("client", 2)]
            assert lines(source) == {
                "server": 3,
                "client": 4,
            }
            assert timeline.world.processes["client"].privileged

    run(body())


def test_processes_are_made_ahead_but_not_those_that_are_forked() -> None:
    async def body() -> None:
        lines = (line("server", 1, forks="worker"), line("worker", 2), line("client", 3), line("client2", 4))
        async with performing(*lines) as (_source, lab, _timeline):
            assert lab.prepared == [("server", HERE, False), ("client", HERE, True)][:AHEAD]

    run(body())


def test_a_fork_is_over_once_the_child_is_done_with_its_line_too() -> None:
    """Or its next line would be begun before the end of this one is heard, which would be taken for that one's. Nor is it over
    where its process was seen to sleep in it: the child was then said never to be made."""

    async def body() -> None:
        lines = (line("server", 1, forks="worker"), line("worker", 2))
        async with performing(*lines) as (source, lab, timeline):
            source.offer(lines)
            lab.sleeping["server"] = replace(SLEEP, syscall="clone", state="D")
            going = asyncio.ensure_future(source.go("server"))
            await until(lambda: lab.given, "the line handed over")
            lab.says(entered("server", "fork"))
            await until(lambda: timeline.world.processes["server"].sleeping, "it is told to sleep")
            for _turn in range(5):
                await asyncio.sleep(0)
            assert not going.done()
            lab.says(returned("server"), finished("server"))
            lab.says(replace(started("worker"), parent="server"), returned("worker"))
            world = timeline.world
            while "worker" not in world.processes or world.processes["worker"].current is not None:
                await source.hear(None)
                world = timeline.world
            for _turn in range(5):
                await asyncio.sleep(0)
            assert not going.done()
            lab.says(replace(finished("worker"), bound={"worker": 0}))
            await going
            assert lab.given == lab.given[:1]

    run(body())


def test_a_child_begins_no_line_of_its_own_before_it_is_done_with_its_fork() -> None:
    async def body() -> None:
        async with performing() as (source, lab, timeline):
            forking = asyncio.ensure_future(source.go_first(line("server", 1, forks="worker")))
            await until(lambda: lab.given, "the line handed over")
            going = asyncio.ensure_future(source.go_first(line("worker", 2)))
            lab.says(entered("server", "fork"), returned("server"), finished("server"))
            lab.says(replace(started("worker"), parent="server"), returned("worker"))
            while "worker" not in timeline.world.processes:
                await source.hear(None)
            for _turn in range(5):
                await asyncio.sleep(0)
            assert 2 not in timeline.world.lines
            lab.says(replace(finished("worker"), bound={"worker": 0}))
            await until(lambda: lab.given[1:], "the child's own line handed over")
            lab.says(
                replace(finished("worker", line=2), bound={"worker": 5})
            )  # which gives its own name to something else
            await asyncio.gather(forking, going)
            third = asyncio.ensure_future(source.go_first(line("worker", 3)))
            await until(lambda: lab.given[2:], "the next one")
            lab.says(finished("worker", line=3))
            await third

    run(body())


def test_a_line_that_is_cancelled_stays_under_way() -> None:
    async def body() -> None:
        async with performing(*LINES) as (source, lab, timeline):
            source.offer(LINES[:1])
            going = asyncio.ensure_future(source.go("server"))
            await until(lambda: lab.given, "the line handed over")
            going.cancel()
            await asyncio.wait({going})
            assert source.pending == {}
            lab.says(entered("server", "accept"), returned("server"), finished("server"))
            await until(lambda: timeline.world.lines[1].finished, "its end")

    run(body())


def test_a_line_that_waits_for_itself_is_given_up_by_who_has_patience_only() -> None:
    async def body() -> None:
        async with performing(*LINES, patience=Patience(deadline=0.2)) as (source, lab, _timeline):
            source.offer(LINES)
            lab.sleeping["server"] = SLEEP
            lab.says(entered("server", "accept"))
            await source.go("server")
            with pytest.raises(Stuck, match="server is still in accept"):
                await source.go("server")

    run(body())


def test_a_lab_that_is_lost_under_a_line_says_why() -> None:
    """And nothing that stands after the line is gone on to."""

    async def body() -> None:
        async with performing(*LINES) as (source, lab, _timeline):
            source.offer(LINES)
            lab.sleeping["server"] = SLEEP
            lab.says(entered("server", "accept"))
            await source.go("server")
            going = asyncio.ensure_future(source.go("server"))  # waits for the line before it
            await asyncio.sleep(0)
            lab.says(LabLost("it died"))
            with pytest.raises(CannotGoOn, match="it died"):
                await going
            assert source.problem == "it died"

    run(body())
