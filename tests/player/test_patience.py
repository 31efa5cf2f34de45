"""How long a line is waited for when nobody reads."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from sockviz.calls.statement import Statement
from sockviz.language import _, speaking
from sockviz.model.scripted import CAPTURES, Scripted, header
from sockviz.player import pump
from sockviz.player.patience import EndlessWait, Patience, Stuck, could_wake
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


@pytest.mark.parametrize(("kind", "seconds"), [("isolated", 0.4), ("host", 1.0), ("two-hosts", 1.0)])
def test_a_line_is_given_up_once_all_is_still_and_the_kernel_says_that_all_sleep(
    kind: str, seconds: float
) -> None:
    run_by_hand = Scripted(header(replace(CAPTURES, kind=kind)))
    run_by_hand.start("server")
    run_by_hand.enter("server", 5, "accept")
    run_by_hand.sleep("server")
    line = Statement("server", 6, 6, 1, "s.close()", "", (), False, None)
    now = 100.0
    patience = Patience(clock=lambda: now)
    patience.check(line, run_by_hand.timeline, lambda: True)
    now += seconds - 0.01
    patience.check(line, run_by_hand.timeline, lambda: True)
    now += 0.02
    patience.check(
        line, run_by_hand.timeline, lambda: False
    )  # somebody has been woken, and not told of anything yet
    with pytest.raises(Stuck, match=r"server is still in accept\(\) of line 5, and nothing is left"):
        patience.check(line, run_by_hand.timeline, lambda: True)


def test_why_it_was_given_up_is_told_in_the_readers_language_too() -> None:
    line = Statement("server", 6, 6, 1, "s.close()", "", (), False, None)
    stuck = Stuck(line, EndlessWait("server", ("accept", 5), False, None))
    with speaking("es"):
        assert str(stuck).startswith("server is still in accept() of line 5"), "as `check` speaks"
        assert stuck.wait.told(_).startswith("server sigue en accept() de la línea 5, y ya no queda nada")
    late = EndlessWait("server", ("recv", None), True, 10.0)
    assert (
        late.told()
        == "server is still in recv(), stopped by a signal after 10 s: this line cannot be performed"
    )
