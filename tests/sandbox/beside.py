"""Programs of the user's own beside typed lines, for tests."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sockviz.lab.supervisor import LabRefused
from sockviz.lesson.typed_lines import Typed
from sockviz.model.hosts import SERVER
from sockviz.model.programs import Program
from sockviz.player.beside import Beside
from sockviz.player.labs import lab_beside_programs
from sockviz.player.programs_begun import Surroundings
from sockviz.sandbox.script import empty
from sockviz.sandbox.session import Session
from tests.required import unavailable

ECHO = """\
import os, socket
s = socket.create_server((os.environ.get("HOST", "127.0.0.1"), 9000))
print("ready", flush=True)
while True:
    conn, peer = s.accept()
    with conn:
        while data := conn.recv(100):
            conn.sendall(data)
    print("served", flush=True)
"""


def echo_server(directory: Path, text: str = ECHO) -> Program:
    """A program called echo, in a file of that name."""
    file = directory / "echo.py"
    file.write_text(text, encoding="utf-8")
    return Program("echo", SERVER, (sys.executable, "-S", str(file)))


async def begun(*programs: Program, two_hosts: bool = False, holds: bool = False) -> Beside:
    """A run of an empty sandbox with these beside it."""
    try:
        lab = await lab_beside_programs(empty(two_hosts=two_hosts))
    except LabRefused as refusal:
        unavailable(str(refusal))
    hosts = lab.facts.hosts
    placed = [Program(each.name, SERVER if two_hosts else hosts[0], each.command) for each in programs]
    run = Beside(
        empty(two_hosts=two_hosts, beside=[each.name for each in programs]), lab, placed, holds=holds
    )
    environment = dict(os.environ) | ({"HOST": lab.facts.addresses[SERVER]} if two_hosts else {})
    await run.begin(Surroundings(environment))
    return run


@asynccontextmanager
async def session(*programs: Program, two_hosts: bool = False) -> AsyncIterator[Session]:
    """Somebody who types beside them."""

    async def anew() -> Beside:
        return await begun(*programs, two_hosts=two_hosts)

    found = Session(await anew(), anew)
    try:
        while found.run.timeline.world.page is None:
            await found.run.advance()
        yield found
    finally:
        await found.close()


async def type_all(found: Session, *lines: str) -> None:
    """Types lines ``PROCESS> LINE``, one after the other."""
    for each in lines:
        process, _, source = each.partition("> ")
        await found.perform(Typed(process, source))
