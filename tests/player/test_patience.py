"""How long a line is waited for when nobody reads."""

from __future__ import annotations

from textwrap import dedent

import pytest

from sockviz.player import pump
from sockviz.player.patience import Stuck, could_wake
from tests.player.lessons import CONNECTED, LISTENING, lesson_text, perform, performed, run

STOPPED = """
```python @server
me = os.getpid()
os.kill(me, signal.SIGSTOP)
s = socket.socket()
```
"""


def test_a_process_that_has_stopped_itself_wakes_by_nobody() -> None:
    with pytest.raises(Stuck, match="stopped by a signal, and nothing is left that could wake it"):
        run(perform(lesson_text(f"## P\n\n{STOPPED}")))


def test_a_look_that_takes_long_is_made_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look here counts as slow: what is seen of the lesson is the same."""
    monkeypatch.setattr(pump, "SLOW", -1.0)
    world = performed(lesson_text(f"## P\n\n{LISTENING}\n{CONNECTED}"))
    states = sorted(row.state.value for row in world.rows.values())
    assert states == ["ESTABLISHED", "ESTABLISHED", "LISTEN"]


def test_the_child_of_a_fork_that_failed_is_nobody() -> None:
    text = """
    ```python @server
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    w = os.fork()
    ```

    ```python @w
    me = os.getpid()
    ```
    """

    async def work() -> str | None:
        performance = await perform(lesson_text("## P\n" + dedent(text)))
        await performance.close()
        return performance.problem

    assert run(work()) == "w was never made: the fork that would make it failed"


@pytest.mark.parametrize(
    ("option", "wakes"),
    [("socket.SO_REUSEADDR, 1", False), ("socket.SO_RCVTIMEO, struct.pack('ll', 60, 0)", True)],
)
def test_an_option_wakes_nobody_but_one_that_is_of_time(option: str, wakes: bool) -> None:
    lines = (
        "s = socket.socket()\n"
        f"s.setsockopt(socket.SOL_SOCKET, {option})\n"
        "s.bind((HOST, PORT))\ns.listen(1)\nc, a = s.accept()\n"
    )
    world = performed(lesson_text(f"## P\n\n```python @server\n{lines}```\n"))
    assert world.processes["server"].sleeping[-1].name == "accept"
    assert could_wake(world) is wakes
