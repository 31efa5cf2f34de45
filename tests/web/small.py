"""`sockviz serve` with limits that the command does not take: ``python -m tests.web.small idle=8 memory=1000``."""

from __future__ import annotations

import sys

from sockviz import signals
from sockviz.commands.shared import drive
from sockviz.web.spawner import Spawner


def say(text: str) -> None:
    """At once."""
    print(text, flush=True)


def main() -> None:
    """Serves until it is ended."""
    signals.begin()
    spawner = Spawner()
    from sockviz.web.address import ServedAt  # as the command does: not before the fork
    from sockviz.web.connections import ConnectionTimes
    from sockviz.web.limits import Limits
    from sockviz.web.serving import Wanted, serve

    given = {name: float(value) for name, _is, value in (each.partition("=") for each in sys.argv[1:])}
    limits = Limits(
        int(given.get("sessions", 20)), int(given.get("memory", 256 << 20)), given.get("idle", 1200.0)
    )
    times = ConnectionTimes(given.get("asks", 15.0), given.get("takes", 60.0), given.get("look", 5.0))
    drive(serve(Wanted(ServedAt("127.0.0.1", 0), limits, times=times), spawner, say, say))


if __name__ == "__main__":
    main()
