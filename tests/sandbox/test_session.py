"""Lines typed at a run: performed, made to wait, taken back, and kept as a lesson that holds."""

from __future__ import annotations

import io
import json
import resource
from pathlib import Path

import pytest

from sockviz.lab.supervisor import LabRefused
from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.typed_lines import MOST_CHARACTERS, MOST_TYPED, BadLine, Typed
from sockviz.model.events import ExpectationJudged, LineTyped, PredictionSettled, StatementBegun
from sockviz.model.recording import save
from sockviz.model.sockets import State
from sockviz.player.check import check_lesson
from sockviz.player.labs import lab_for
from sockviz.player.next import Do
from sockviz.player.performance import Performance
from sockviz.player.recorded import open_recording
from sockviz.sandbox.again import given
from sockviz.sandbox.keeping import kept_as
from sockviz.sandbox.script import empty, is_sandbox
from sockviz.sandbox.session import Session
from sockviz.sandbox.written import lesson_text
from tests.player.lessons import lesson_text as written
from tests.player.lessons import run
from tests.required import unavailable

SERVER = ("server> s = socket.socket()", "server> s.bind((HOST, PORT))", "server> s.listen(1)")
CLIENT = ("client> c = socket.socket()", "client> c.connect((HOST, PORT))")


async def session_of(lesson: Lesson) -> Session:
    async def anew() -> Performance:
        try:
            return Performance(lesson, (await lab_for(lesson, "auto")).lab)
        except LabRefused as refusal:
            unavailable(str(refusal))

    session = Session(await anew(), anew)
    while session.run.timeline.world.page is None:
        await session.run.advance()
    return session


async def type_all(session: Session, *lines: str) -> None:
    for line in lines:
        process, _, source = line.partition("> ")
        await session.perform(Typed(process, source))


def performed(session: Session) -> list[str]:
    """The lines that were begun, in order."""
    lesson = session.run.script
    begun = [each.line for each in session.run.timeline.events if isinstance(each, StatementBegun)]
    return [
        f"{line.process}> {line.source}" for each in begun if (line := lesson.statement_at(each)) is not None
    ]


def test_a_sandbox_from_nothing_waits_undoes_and_is_kept(tmp_path: Path) -> None:
    async def work() -> None:
        session = await session_of(empty())
        try:
            await type_all(session, *SERVER)
            assert await session.perform(Typed("server", "conn, peer = s.accept()")) == ""
            assert session.run.timeline.world.processes["server"].current is not None, "asleep in it"
            assert "server is still in accept()" in await session.perform(Typed("server", "conn.send(b'hi')"))
            assert [each.source for each in session.waiting] == ["conn.send(b'hi')"]
            with pytest.raises(BadLine):
                session.run.additions.add(Typed("client", "c.connect((HOST, PORT))"))
            await type_all(session, *CLIENT, "client> c.recv(2)")
            assert session.waiting == []
            everything = [
                *SERVER,
                "server> conn, peer = s.accept()",
                *CLIENT,
                "server> conn.send(b'hi')",
                "client> c.recv(2)",
            ]
            assert performed(session) == everything
            pid = session.run.timeline.world.processes["server"].outer_pid
            await session.undo()
            assert performed(session) == everything[:-1]
            assert session.run.timeline.world.processes["server"].outer_pid != pid, (
                "another process, in another lab"
            )
            await session.undo()  # the connect, which woke the server
            assert performed(session) == everything[:5]
            assert [each.source for each in session.waiting] == ["conn.send(b'hi')"]
            await type_all(session, "client> c.connect((HOST, PORT))", "client> c.recv(2)")
            assert is_sandbox(session.run.script)
            world = session.run.timeline.world
            last = world.processes["client"].last
            assert last is not None
            assert last.value == b"hi"
            file = tmp_path / "kept.md"
            file.write_text(lesson_text(session.run.script, session.run.timeline), encoding="utf-8")
            recording = io.StringIO()
            save(session.run.timeline, recording)
            (tmp_path / "run.jsonl").write_text(recording.getvalue(), encoding="utf-8")
        finally:
            await session.close()
        report = await check_lesson(file, "isolated")
        assert report.problems == ()
        assert (len(report.expectations), report.calls) == (3, 8)
        replayed = open_recording(tmp_path / "run.jsonl")
        assert replayed.problem is None
        assert replayed.script.processes == ("server", "client")
        assert [each.source for each in replayed.script.statements] == [
            each.source for each in session.run.script.statements
        ]

    run(work(), 60.0)


@pytest.mark.parametrize("name", ["kept.md", "kept.jsonl"])
def test_where_there_is_no_room_for_all_of_it_no_half_of_it_is_left(tmp_path: Path, name: str) -> None:
    async def work() -> None:
        session = await session_of(empty())
        try:
            await type_all(session, *SERVER)
            before = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
            try:
                with pytest.raises(OSError, match="too large"):
                    kept_as(tmp_path / name, session.run, "python")
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, before)
        finally:
            await session.close()

    run(work(), 60.0)
    assert not list(tmp_path.iterdir())


LESSON = written(
    """
    ```python @server
    s = socket.socket()
    s.bind((HOST, PORT))
    s.listen(1)
    ```

    ```expect
    server.s.backlog == 1
    ```
    """,
    """
    ```predict
    How many wait?
    - 0
    - 1
    answer: server.s.accept_queue
    ```

    ```python @client
    c = socket.socket()
    c.connect((HOST, PORT))
    ```

    ```expect
    server.s.accept_queue == 1
    ```
    """,
)


def test_off_the_script_nothing_is_judged_and_a_line_may_read_otherwise() -> None:
    async def work() -> None:
        lesson = parse_lesson(LESSON, "test.md")
        session = await session_of(lesson)
        try:
            while session.run.next.do is not Do.TURN:
                await session.run.advance()
            assert [each.ok for each in session.run.timeline.world.expectations.values()] == [True]
            await session.run.advance()
            await session.perform(Typed("client", "w = socket.socket()"))
            await session.run.advance()
            await session.run.advance()
            assert performed(session)[3:] == [
                "client> w = socket.socket()", "client> c = socket.socket()", "client> c.connect((HOST, PORT))",
            ]  # fmt: skip
            kinds = [type(each) for each in session.run.timeline.events]
            assert kinds.count(ExpectationJudged) == 1, "what came before the line was typed"
            settled = [each for each in session.run.timeline.events if isinstance(each, PredictionSettled)]
            assert [(each.answer, bool(each.reason)) for each in settled] == [(None, True)]

            listen = lesson.pages[0].statements[2].line
            steps = [each for each in given(session.run.timeline) if not isinstance(each, LineTyped)]
            await session.again(steps, [LineTyped(0.0, "server", listen, "s.listen(7)", 0)])
            assert performed(session) == ["server> s = socket.socket()", "server> s.bind((HOST, PORT))", "server> s.listen(7)",
                                          "client> c = socket.socket()", "client> c.connect((HOST, PORT))"]  # fmt: skip
            row = next(row for row in session.run.timeline.world.rows.values() if row.is_listening)
            assert row.backlog in (7, None), "None: a kernel that does not tell"
            assert session.run.timeline.world.expectations == {}
            assert not session.can_undo
        finally:
            await session.close()

    run(work(), 60.0)


def test_a_line_of_the_link_that_waits_for_a_packet_holds_nobody_up() -> None:
    async def work() -> None:
        session = await session_of(empty(two_hosts=True))
        try:
            await type_all(session, "link> link.hold()")
            assert (
                "no packet" in (await session.perform(Typed("link", 'link.deliver("client SYN")')))
                or session.waiting
            )
            assert [each.source for each in session.waiting] == ['link.deliver("client SYN")']
            await type_all(session, *SERVER, *CLIENT)
            assert session.waiting == [], "the SYN has come, and was let through"
            assert [row.state for row in session.run.timeline.world.rows.values()].count(State.SYN_SENT) == 1
        finally:
            await session.close()

    run(work(), 60.0)


def test_what_came_back_by_itself_is_waited_for_in_the_lesson_and_a_child_that_is_yet_to_be_made(
    tmp_path: Path,
) -> None:
    async def work() -> str:
        session = await session_of(empty())
        try:
            await type_all(
                session,
                "server> s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
                "server> s.bind((HOST, PORT))",
            )
            await type_all(session, "server> s.recv(10)")
            assert "server is still in recv()" in await session.perform(Typed("server", "kid = os.fork()"))
            assert "kid = os.fork(), which waits" in await session.perform(Typed("kid", "s.close()"))
            await type_all(session, "client> c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
            await type_all(session, "client> c.sendto(b'x', (HOST, PORT))")
            while session.waiting:
                await session.hear()
            await type_all(session, "kid> os._exit(3)", "server> s.settimeout(0.1)", "server> s.recv(10)")
            while session.run.timeline.world.processes["server"].current is not None:
                await session.hear()
            await type_all(session, "server> s.close()")
            return lesson_text(session.run.script, session.run.timeline)
        finally:
            await session.close()

    text = run(work(), 60.0)
    parts = [part.strip() for part in text.split("```") if part.strip()]
    assert parts[-6:] == [
        "python @client\nc = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nc.sendto(b'x', (HOST, PORT))",
        "python @server\nkid = os.fork()",
        "python @kid\ns.close()\nos._exit(3)",
        "python @server\ns.settimeout(0.1)\ns.recv(10)",
        'expect\nwithin 3s: server.blocked is None\nserver.last.error == "TimeoutError"',
        "python @server\ns.close()",
    ]
    (tmp_path / "kept.md").write_text(text, encoding="utf-8")
    assert run(check_lesson(tmp_path / "kept.md", "isolated")).problems == ()


def test_a_recording_has_no_more_typed_lines_than_a_run(tmp_path: Path) -> None:
    """By their number, and by their characters; one that stands in another's place counts, too."""
    whole = (
        (Path(__file__).with_name("recorded") / "from-nothing.jsonl").read_text(encoding="utf-8").splitlines()
    )
    head, path = (
        whole[: next(n for n, line in enumerate(whole) if "LineTyped" in line)],
        tmp_path / "run.jsonl",
    )
    for source, same, most in (
        ("x = 1", False, MOST_TYPED),
        ("x = 1", True, MOST_TYPED),
        (f'x = "{"y" * 1000}"', False, MOST_CHARACTERS // 1006),
    ):
        lines = [
            json.dumps(
                {
                    "event": "LineTyped",
                    "at": 2e9,
                    "process": "server",
                    "line": 50 + n * (not same),
                    "source": source,
                }
            )
            for n in range(most + 1)
        ]
        path.write_text("\n".join([*head, *lines, ""]), encoding="utf-8")
        read = open_recording(path)
        assert read.problem is not None
        assert "typed at a run" in read.problem
        assert len(read.timeline) == len(head) - 1 + most
        assert len(list(read.script.statements)) == (1 if same else most)
