"""What a program learns of a handshake that it does not wait for, where no packet tells: by SO_ERROR, or by another connect."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sockviz.model.moment import Moment
from sockviz.model.scripted import CAPTURES_NOTHING, Scripted, header
from sockviz.model.values import Value
from sockviz.words.mistakes.named_sockets import NamedSockets
from sockviz.words.mistakes.refused import RefusedConnects

THERE = ("127.0.0.1", 7151)
SO_TYPE, SO_ERROR = (1, 3), (1, 4)


@pytest.mark.parametrize(
    ("name", "arguments", "value", "error", "goes_on"),
    [
        ("getsockopt", SO_ERROR, 0, None, True), ("getsockopt", SO_ERROR, 111, None, False),
        ("getsockopt", SO_ERROR, 110, None, True), ("getsockopt", SO_TYPE, 111, None, True),
        ("connect", (THERE,), None, None, False), ("connect", (THERE,), None, "ECONNREFUSED", False),
        ("recv", (10,), None, "EAGAIN", True),
    ],
)  # fmt: skip
def test_a_handshake_is_over_once_a_call_has_said_so(
    name: str, arguments: Sequence[Value], value: Value, error: str | None, goes_on: bool
) -> None:
    it, rule = Scripted(header(CAPTURES_NOTHING)), RefusedConnects(NamedSockets())
    it.start("client")
    held = it.socket(5)

    def comes_back(name: str, arguments: Sequence[Value], value: Value, error: str | None) -> None:
        it.enter("client", None, name, held, *arguments)
        it.leave("client", None, value, error=error)
        call = it.timeline.world.processes["client"].calls[-1]
        list(rule.after(call, Moment(it.timeline, len(it.timeline) - 1)))

    comes_back("connect", (THERE,), None, "EINPROGRESS")
    assert rule.waits_for(held.inode)
    comes_back(name, arguments, value, error)
    assert rule.waits_for(held.inode) is goes_on
