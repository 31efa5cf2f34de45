"""Time as those who are waited for had it: what a loaded machine keeps from them does not count."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

#: However long they are kept waiting, nobody waits for them more than so many times as long.
AT_MOST = 10.0
#: So much passes at most between two looks (seconds): more, and this process was itself kept from looking.
MOST_AT_ONCE = 0.1


class FairTime:
    """So many seconds, of which only those count in which nobody who is waited for had to wait for a CPU.

    `delays` says of each, by its number, for how long it had to by now (see `sockviz.kernel.procfs.read_run_delay`).
    """

    def __init__(
        self,
        seconds: float,
        delays: Callable[[], Mapping[int, float]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds, self._delays, self._clock = seconds, delays, clock
        self._began = self._last = clock()
        self._delayed = delays()
        self._spent = 0.0

    def left(self) -> float:
        """The seconds that are left; 0.0 once there are none. Ask often: between two questions not much can have passed."""
        now, delayed = self._clock(), self._delays()
        kept = max((each - self._delayed.get(pid, each) for pid, each in delayed.items()), default=0.0)
        passed = min(max(now - self._last - kept, 0.0), MOST_AT_ONCE)
        self._spent = max(self._spent + passed, (now - self._began) / AT_MOST)
        self._last, self._delayed = now, delayed
        return max(self._seconds - self._spent, 0.0)
