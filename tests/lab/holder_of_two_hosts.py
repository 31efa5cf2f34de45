"""Holds a lab of two hosts with packets held on its link, to be killed: ``python -m tests.lab.holder_of_two_hosts``.

Prints one line of JSON when everything is where the test wants it, then stays.
"""

from __future__ import annotations

import asyncio
import json

from tests.lab.driver import DEADLINE
from tests.lab.linked import two_hosts


async def hold() -> None:
    async with two_hosts("server", "client", "client2") as lab:
        await lab.listening()
        await lab.connected()
        await lab.order("hold")
        await lab.do("client", "c.send(b'on the link')")
        await lab.until_held("client PSH+ACK")
        await lab.do("client2", "c = socket.socket()")
        await lab.enter("client2", "c.connect((HOST, PORT))")
        await lab.asleep_in("client2", "connect")
        await lab.until_held("client PSH+ACK", "client SYN")
        print(json.dumps({"pids": lab.alive(), "directory": str(lab.directory)}), flush=True)
        await asyncio.sleep(DEADLINE)


if __name__ == "__main__":
    asyncio.run(hold())
