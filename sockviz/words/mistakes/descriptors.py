"""A process that has no descriptor left."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _, ngettext
from sockviz.model.call import Call
from sockviz.model.index import inodes_in
from sockviz.model.sockets import State
from sockviz.model.world import World
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.wording import call_as_made


def after(call: Call, world: World) -> Iterator[Mistake]:
    """What is wrong with a call that failed for want of one."""
    process = world.processes.get(call.process)
    if call.error != "EMFILE" or process is None:
        return
    held = inodes_in(process.fds)
    left = sum(row.state is State.CLOSE_WAIT and row.inode in held for row in world.rows.values())
    told = ngettext(
        "when last looked, {count} of its connections was in CLOSE-WAIT: its peer has closed it, and {process} has not",
        "when last looked, {count} of its connections were in CLOSE-WAIT: their peers have closed them, and {process} has not",
        left,
    ).format(count=left, process=call.process)
    yield Mistake(
        "EMFILE", (call.process,), call.process,
        _("{call} of {process} fails with EMFILE").format(call=call_as_made(call), process=call.process),
        told if left else _("it has as many descriptors open as its limit allows (RLIMIT_NOFILE)"),
        _("close each connection once recv has returned 0 bytes, and do not try again at once: nothing has changed then"),
    )  # fmt: skip
