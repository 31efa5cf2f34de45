"""Opens the best lab that this machine allows, has a server fall asleep in accept there, and prints what is known of it.

Run under refusing.py; the answer is one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from sockviz.lab.loopback import LoopbackLab
from sockviz.lab.supervisor import LabRefused
from sockviz.model.sockets import State
from sockviz.player.labs import choose_lab
from tests.lab.driver import Driver


async def main() -> dict[str, object]:
    """What a lesson would see."""
    try:
        chosen = await choose_lab()
    except LabRefused as refusal:
        return {"refused": refusal.step, "errno": refusal.number}
    assert isinstance(chosen.lab, LoopbackLab)
    driver = Driver(chosen.lab)
    try:
        begun = await driver.start("server")
        await driver.do("server", "s = socket.socket()")
        await driver.do("server", f"s.bind(('127.0.0.1', {chosen.lab.facts.ports[0]}))")
        await driver.do("server", "s.listen(3)")
        await driver.enter("server", "s.accept()")
        asleep = await driver.asleep_in("server", "accept4")
        listeners = [row for row in driver.rows() if row.state is State.LISTEN]
        fds = {entry.fd: entry.protocol for entry in driver.process("server").fds}
    except LabRefused as refusal:
        return {"kind": chosen.lab.facts.kind, "not started": str(refusal)}
    finally:
        driver.forget()
        await chosen.lab.close()
    return {
        "kind": chosen.lab.facts.kind,
        "fallback": chosen.fallback,
        "facts": list(chosen.lab.facts.facts),
        "missing": dict(chosen.lab.facts.missing),
        "listeners": [[row.local, row.send_q, row.interface] for row in listeners],
        "asleep": [asleep.syscall, asleep.interface],
        "protocol": fds[3],
        "pid": begun.outer_pid,
    }


def say() -> int:
    """Prints it. Returns the exit status."""
    print(json.dumps(asyncio.run(main())))
    return 0


if __name__ == "__main__":
    sys.exit(say())
