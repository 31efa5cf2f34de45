"""What a process's end does to its sockets is told whether the kernel was looked at in the middle of it or not."""

from __future__ import annotations

import pytest

from sockviz.model.moment import Moment
from sockviz.model.scripted import Scripted, row
from sockviz.model.sockets import State
from sockviz.words.narration import narrate

HERE, THERE = ("127.0.0.1", 8080), ("127.0.0.1", 40000)


@pytest.mark.parametrize("looked", ["before", "in the middle", "long ago"])
def test_bytes_that_nobody_has_read_are_told_of(looked: str) -> None:
    run = Scripted()
    run.start("server")
    conn = run.socket(4)
    run.do("server", 1, "accept", value=conn, bound={"conn": conn})
    row_of_it = row(State.ESTABLISHED, HERE, THERE, inode=conn.inode, cookie=7, queues=(6, 0))
    run.observe(row_of_it)
    if looked == "long ago":  # what was gone before the last call began did not end with the process
        run.observe(gone=[row_of_it])
    run.enter("server", 2, "_exit")
    if looked == "in the middle":
        run.observe(gone=[row_of_it], of=())
    run.end("server")
    moment = Moment(run.timeline, len(run.timeline) - 1)
    told = narrate(moment.event, moment.before, moment.after)
    assert told.startswith("server exits with status 0: the kernel closes all its descriptors")
    assert ("6 bytes" in told) is (looked != "long ago"), told
