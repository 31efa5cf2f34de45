"""Lines performed together: handed over in one message, with no stop between them, and told of in their order."""

from __future__ import annotations

import pytest

from sockviz.lab.loopback import open_lab
from sockviz.lesson.parser import parse_lesson
from sockviz.model.call import Stage
from sockviz.model.events import Event, StatementBegun
from sockviz.model.recording import Loaded
from sockviz.model.timeline import Timeline
from sockviz.model.world import World
from sockviz.player.next import Do
from sockviz.player.patience import Stuck
from sockviz.player.performance import Performance
from sockviz.player.recorded import Recorded
from sockviz.player.sourced import SourcedLesson
from sockviz.player.unfolding import unfolded
from tests.player.lessons import CONNECTED, LISTENING, all_hold, lesson_text, perform, performed, run

QUESTION = """
```python @server at once
question = conn.recv(100)
conn.send(b"answer")
```

```python @client at once
c.send(b"question")
answer = c.recv(100)
```

```expect
client.answer == b"answer"
server.question == b"question"
```
"""


def begun(events: object) -> list[tuple[int, bool]]:
    assert isinstance(events, (list, tuple))
    return [(event.line, event.together) for event in events if isinstance(event, StatementBegun)]


def test_each_press_performs_a_fence() -> None:
    async def work() -> None:
        lesson = parse_lesson(lesson_text(LISTENING, CONNECTED + QUESTION), "test.md")
        performance = Performance(lesson, await open_lab("isolated"))
        presses: list[list[int]] = []
        while performance.next.do is not Do.END:
            before = len(performance.timeline)
            await performance.advance()
            presses.append([line for line, _ in begun(list(performance.timeline.events[before:]))])
        # The server's second line begins when the client's first has woken it.
        assert [len(lines) for lines in presses if lines] == [1, 1, 1, 1, 1, 1, 1, 3]
        assert all_hold(performance.timeline.world)
        await performance.close()

    run(work())


WHILE_IT_LASTS = """
```python @server at once
conn.close()
```

```expect
server.conn.state == "FIN-WAIT-2"
```

```python @client at once as well
c.close()
```

```python @other at once as well
t = socket.socket()
t.bind((HOST, PORT))
```

```expect
other.last.error == "EADDRINUSE"
server.conn.state == "TIME-WAIT"
```

```python @other
t.close()
```
"""


def test_a_press_goes_on_with_what_another_process_has_to_do_as_well() -> None:
    async def work() -> None:
        lesson = parse_lesson(lesson_text(LISTENING, CONNECTED + WHILE_IT_LASTS), "test.md")
        performance = Performance(lesson, await open_lab("isolated"))
        presses: list[list[bool]] = []
        while performance.next.do is not Do.END:
            before = len(performance.timeline)
            await performance.advance()
            presses.append([together for _, together in begun(list(performance.timeline.events[before:]))])
        assert [each for each in presses if each][-2:] == [[False, True, True, True], [False]]
        assert all_hold(performance.timeline.world)
        await performance.close()

    run(work())


def test_what_is_told_stands_in_its_order() -> None:
    async def work() -> Timeline:
        performance = await perform(lesson_text(LISTENING, CONNECTED + QUESTION))
        await performance.close()
        return performance.timeline

    timeline = run(work())
    assert not list(timeline.world.misfits)
    told = [event.at for event in timeline.events]
    assert told == sorted(told)
    stops = [timeline.events[stop] for stop in timeline.stops if stop < len(timeline)]
    assert not any(isinstance(event, StatementBegun) and event.together for event in stops)


def test_a_recording_of_it_is_told_a_fence_at_a_time() -> None:
    async def work() -> None:
        performance = await perform(lesson_text(LISTENING, CONNECTED + QUESTION))
        await performance.close()
        told = unfolded(SourcedLesson(Recorded(Loaded(performance.timeline, None))))
        steps = 0
        while told.next.do is Do.PERFORM:
            await told.advance()
            steps += 1
        while told.next.do is not Do.END:
            before = begun(list(told.timeline.events))
            following = told.next
            await told.advance()
            new = begun(list(told.timeline.events))[len(before) :]
            assert following.do is not Do.PERFORM or not new[0][1]
        assert len(told.timeline) == len(performance.timeline)

    run(work())


def test_a_line_that_fails_does_not_stop_the_others() -> None:
    world = performed(
        lesson_text(
            """
            ```python @client at once
            c = socket.socket()
            n = c.recv(10)
            m = socket.inet_pton(socket.AF_INET, "")
            c.connect((HOST, PORT))
            k = c.fileno()
            ```

            ```expect
            client.k == 3
            client.last.error == "ECONNREFUSED"
            ```
            """
        )
    )
    assert all_hold(world)
    assert [call.error for call in world.processes["client"].calls] == [
        None,
        "ENOTCONN",
        "OSError",
        "ECONNREFUSED",
    ]


def test_what_ends_a_process_is_told_first() -> None:
    world = performed(
        lesson_text(
            """
            ```python @client at once
            c = socket.socket()
            os._exit(3)
            ```

            ```expect
            client.status == 3
            ```
            """
        )
    )
    assert all_hold(world)
    assert [call.name for call in world.processes["client"].calls] == ["socket", "_exit"]


def test_sigpipe_is_told_with_all_that_came_before() -> None:
    world = performed(
        lesson_text(
            """
            ```python @client at once
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            c = socket.socket()
            c.send(b"?")
            ```

            ```expect
            client.status == "SIGPIPE"
            ```
            """
        )
    )
    assert all_hold(world)
    calls = world.processes["client"].calls
    assert (calls[-1].name, calls[-1].stage) == ("send", Stage.ABANDONED)


def test_lines_that_nobody_comes_to_are_a_problem() -> None:
    async def work() -> None:
        with pytest.raises(Stuck, match="still in accept"):
            await perform(
                lesson_text(
                    LISTENING + "\n```python @server at once\nconn, peer = s.accept()\nafter = 1\n```\n"
                )
            )

    run(work())


def test_a_sleeping_fence_lets_others_go_on_and_the_next_line_wait() -> None:
    world = performed(
        lesson_text(
            LISTENING,
            """
            ```python @server at once
            conn, peer = s.accept()
            s.close()
            closed = s.fileno()
            ```

            ```python @client
            c = socket.socket()
            c.connect((HOST, PORT))
            ```

            ```python @server
            after = conn.fileno()
            ```

            ```expect
            server.closed == -1
            server.after == 4
            ```
            """,
        )
    )
    assert all_hold(world)


def test_many_values_are_told_in_parts() -> None:
    lines = "\n".join(f"v{number} = c.fileno()" for number in range(100))
    world: World = performed(
        lesson_text(
            f"```python @client at once\nc = socket.socket()\n{lines}\n```\n\n```expect\nclient.v99 == 3\n```"
        )
    )
    assert all_hold(world)
    assert not any(line.error for line in world.lines.values())


def test_the_wire_s_lines_at_once() -> None:
    pytest.importorskip("sockviz.lab.two_hosts")

    async def work() -> tuple[Event, ...]:
        from sockviz.lab.supervisor import LabRefused
        from sockviz.lab.two_hosts import open_two_hosts

        text = lesson_text(
            LISTENING,
            """
            ```python @link at once
            link.drop("client SYN")
            link.hold()
            link.release()
            ```

            ```python @client
            c = socket.socket()
            c.connect((HOST, PORT))
            ```

            ```expect
            client.c.state == "ESTABLISHED"
            ```
            """,
            front="lab: two-hosts\n",
        )
        lesson = parse_lesson(text, "test.md")
        try:
            performance = Performance(lesson, await open_two_hosts())
        except LabRefused as refusal:
            pytest.skip(str(refusal))
        while performance.next.do is not Do.END:
            await performance.advance()
        await performance.close()
        assert all_hold(performance.timeline.world)
        return tuple(performance.timeline.events)

    together = begun(list(run(work())))[3:6]
    assert [flag for _, flag in together] == [False, True, True]
