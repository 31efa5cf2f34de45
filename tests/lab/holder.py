"""Holds a lab in a process of its own, to be killed: ``python -m tests.lab.holder KIND``.

Prints one line of JSON when every process of the lab is where the test wants it, then stays.
"""

from __future__ import annotations

import asyncio
import json
import sys

from tests.lab.driver import DEADLINE, a_lab, directory_of


async def hold(kind: str) -> None:
    async with a_lab(kind, "server", "client") as lab:
        await lab.do("server", "s = socket.socket()")
        await lab.do("server", "s.bind((HOST, PORT))")
        await lab.do("server", "s.listen(5)")
        await lab.fork("server", "worker")
        await lab.fork("worker", "grandchild")
        await lab.enter("worker", "conn, peer = s.accept()")
        await lab.asleep_in("worker", "accept4")
        await lab.enter("grandchild", "conn, peer = s.accept()")
        await lab.asleep_in("grandchild", "accept4")
        await lab.hand("server", "os._exit(0)")
        await lab.ended("server")
        await lab.start("late")
        await lab.do("late", "s = socket.socket()")
        await lab.do("late", "s.bind((HOST, PORT2))")
        await lab.do("late", "s.listen(5)")
        await lab.enter("late", "conn, peer = s.accept()")
        await lab.asleep_in("late", "accept4")
        held = {
            "pids": lab.alive(),
            "port": lab.lab.facts.ports[0],
            "directory": str(directory_of(lab.lab)),
        }
        print(json.dumps(held), flush=True)
        await asyncio.sleep(DEADLINE)


if __name__ == "__main__":
    asyncio.run(hold(sys.argv[1]))
