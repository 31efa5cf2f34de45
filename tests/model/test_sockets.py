"""When two rows of one socket say the same, and by what a row is known."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from sockviz.model.scripted import Scripted
from sockviz.model.sockets import SAME_INSTANT, SocketRow, State, Timer, says_the_same
from tests.model.runs import SERVER, info, row

CLIENT = ("127.0.0.1", 40001)
ROW = replace(row(State.ESTABLISHED, CLIENT, SERVER, 200, 77), timer=Timer.ON, expires=1000.0)

CHANGES: dict[str, object] = {
    "family": "AF_INET6", "type": "SOCK_DGRAM", "protocol": "UDP", "state": State.CLOSE_WAIT, "local": None, "peer": None,
    "recv_q": 1, "send_q": 1, "inode": 0, "cookie": 78, "uid": 1, "timer": Timer.PERSIST, "expires": 1001.0, "retransmits": 1,
    "bound_only": True, "peer_inode": 1, "drops": 1, "info": info(5), "interface": "/proc/net/tcp", "raw": b"other",
    "outlived": True,
}  # fmt: skip


@pytest.mark.parametrize("field", [field.name for field in fields(SocketRow)])
def test_every_field_but_the_raw_bytes_says_something(field: str) -> None:
    changed = replace(ROW, **{field: CHANGES[field]})  # type: ignore[arg-type]  # one value of each field's own type
    assert says_the_same(ROW, changed) is (field == "raw")
    assert says_the_same(changed, ROW) is (field == "raw")


@pytest.mark.parametrize("jitter", [0.0, 0.001, 0.01, -0.01, SAME_INSTANT * 0.9, -SAME_INSTANT * 0.9])
def test_clocks_jitter(jitter: float) -> None:
    assert says_the_same(ROW, replace(ROW, expires=1000.0 + jitter))
    assert not says_the_same(ROW, replace(ROW, expires=1000.0 + jitter, recv_q=1))


@pytest.mark.parametrize("change", [1.0, -1.0, SAME_INSTANT * 1.1])
def test_a_timer_that_was_set_again_has_changed(change: float) -> None:
    assert not says_the_same(ROW, replace(ROW, expires=1000.0 + change))


def test_a_timer_that_began_or_ended_has_changed() -> None:
    idle = replace(ROW, timer=None, expires=None)
    assert not says_the_same(ROW, idle)
    assert not says_the_same(idle, ROW)
    assert says_the_same(idle, replace(idle))


def test_the_port_that_a_socket_kept_is_another_row_than_the_connection_it_had() -> None:
    left = replace(ROW, state=State.TIME_WAIT, inode=0)
    kept = replace(ROW, state=State.CLOSED, peer=None, bound_only=True, outlived=True)
    assert left.key != kept.key
    run = Scripted()
    run.start("client")
    held = run.socket(3)
    left, kept = (replace(each, inode=held.inode if each is kept else 0) for each in (left, kept))
    run.do("client", 4, "socket", value=held, bound={"c": held})
    run.observe(replace(ROW, inode=held.inode))
    run.observe(left, kept)
    assert len(run.timeline.world.rows) == 2
    assert run.timeline.world.row_of(held.inode) == left
    alone = replace(kept, outlived=False)
    run.observe(alone, gone=(left, kept))
    assert list(run.timeline.world.rows.values()) == [alone]
    assert run.timeline.world.row_of(held.inode) == alone


def test_a_row_is_known_by_its_cookie_and_else_by_all_that_does_not_change() -> None:
    assert ROW.key == replace(ROW, state=State.TIME_WAIT, inode=0).key
    plain = replace(ROW, cookie=0)
    assert plain.key == replace(plain, recv_q=5, state=State.CLOSE_WAIT).key
    listening = replace(plain, state=State.LISTEN)
    assert (
        len({plain.key, listening.key, replace(plain, inode=5).key, replace(plain, peer=None).key, ROW.key})
        == 5
    )
