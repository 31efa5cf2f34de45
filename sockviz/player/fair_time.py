"""Time as those who are waited for had it: what a loaded machine keeps from them does not count."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

#: However long they are kept waiting, nobody waits for them more than so many times as long.
AT_MOST = 10.0
#: So much passes at most between two looks (seconds): more, and this process was itself kept from looking.
MOST_AT_ONCE = 0.1


class FairClock:
    """Tells seconds, of which only those count in which nobody who is waited for had to wait for a CPU, nor anything of what is
    waited for came, nor was under way because of us.

    `delays` says of each, by its number, for how long it had to by now (see `sockviz.kernel.procfs.read_run_delay`); `come` how
    much has come; `owed` whether they wait, just now, for what an exercise's kernel has done to them, which counts so many times
    less (`slower`). Ask often while something is waited for: between two questions not much can have passed.
    """

    def __init__(
        self,
        delays: Callable[[], Mapping[int, float]],
        come: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] = time.monotonic,
        owed: Callable[[], bool] = lambda: False,
        slower: float = AT_MOST,
    ) -> None:
        self._delays, self._come, self._clock, self._owed, self._slower = delays, come, clock, owed, slower
        self._last = clock()
        self._delayed = delays()
        self._seen = come()
        self._now = 0.0

    def __call__(self) -> float:
        """The time, from any beginning on (as time.monotonic)."""
        now, delayed, come = self._clock(), self._delays(), self._come()
        passed = now - self._last
        kept = max((each - self._delayed.get(pid, each) for pid, each in delayed.items()), default=0.0)
        if come == self._seen:
            counted = passed / self._slower if self._owed() else min(passed - kept, MOST_AT_ONCE)
            self._now += max(counted, passed / AT_MOST)
        self._last, self._delayed, self._seen = now, delayed, come
        return self._now


class FairTime:
    """So many seconds of a clock."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def left(self) -> float:
        """The seconds that are left; 0.0 once there are none."""
        return max(self._end - self._clock(), 0.0)
