"""What every tier of tests shares."""

from __future__ import annotations

import gc
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from textual.pilot import Pilot

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a bare `pytest` does not; helpers are imported as tests.TIER.NAME

from sockviz import language  # noqa: E402
from sockviz.model import fitting  # noqa: E402
from sockviz.model.misfit import Misfit  # noqa: E402
from tests import order  # noqa: E402
from tests.required import ORDINARY, unavailable  # noqa: E402


def begin_as_from_an_interactive_shell() -> None:
    """Undoes what a test run inherits from ``&`` (SIGINT, SIGQUIT ignored), ``nohup`` (SIGHUP) and others, blocked signals too.

    An exec keeps what is ignored, and what the tests start would be deaf. It does not keep a handler: with one that does nothing
    the run itself still outlives its terminal, as its reader wanted.
    """
    ignored = {number for number in signal.valid_signals() if signal.getsignal(number) is signal.SIG_IGN}
    for number in ignored - {
        signal.SIGPIPE,
        signal.SIGXFSZ,
    }:  # Python's own, which it restores in what it starts
        signal.signal(number, _HANDLERS.get(number, signal.SIG_DFL))
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


_HANDLERS = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: lambda _number, _frame: None}
begin_as_from_an_interactive_shell()

# Nothing is kept between runs: a checkout that is read as another user has no place for it.
# No time limit for an example: how long one takes is the machine's, and other tests run beside it.
settings.register_profile("sockviz", database=None, deadline=None)
settings.load_profile("sockviz")


# Whoever runs the tests: what they start speaks English, unless they say otherwise.
for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
    os.environ.pop(variable, None)
os.environ["LANG"] = "C.UTF-8"
# What is kept of what fails: in the tests that is nothing that anybody looks at.
_STATE = tempfile.TemporaryDirectory(prefix="sockviz-tests-", ignore_cleanup_errors=True)
os.environ["XDG_STATE_HOME"] = _STATE.name


class DoesNotFit(AssertionError):
    """An event that cannot have come where it came: in a test, a fault of ours."""


def _is_an_error(misfit: Misfit) -> None:
    raise DoesNotFit(misfit)


fitting.when_found = _is_an_error


_wait_for_screen = Pilot._wait_for_screen


async def _wait_for_screen_if_there_is_one(pilot: Pilot[object], timeout: float = 30.0) -> bool:
    """An application that ends takes callbacks for a moment longer than it calls them: a pilot that paused just then would wait
    in vain, for its whole timeout."""
    return False if pilot.app._exit else await _wait_for_screen(pilot, timeout)


Pilot._wait_for_screen = _wait_for_screen_if_there_is_one  # type: ignore[method-assign, assignment]


@pytest.fixture
def misfits(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which events do not fit on purpose: they are facts, as in the program."""
    monkeypatch.setattr(fitting, "when_found", lambda _misfit: None)


# A screen that has ended is tens of thousands of objects in circles, and a test of labs looks for what it left by collecting all
# there is. Neither has to walk, each time, through what importing and collecting thousands of tests made.
gc.set_threshold(50_000, 10, 10)
gc.disable()  # while tests are collected: hardly any of what that makes ever goes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Side by side, the longest begin first."""
    if (workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))) > 1:
        long = [item for item in items if order.is_long(item.nodeid)]
        items[:] = order.spread(long, [item for item in items if not order.is_long(item.nodeid)], workers)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """What is there before the first test stays to the end: the collector need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two processes for each processor that we may use, up to eight: a third of the time tests wait, for a kernel's timer or a
    program that starts. Not more: every one collects all the tests first."""
    return min(8, len(os.sched_getaffinity(0)) * 2)


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A directory for sockets: their paths have 107 bytes at most (unix(7)), and what pytest gives may be longer."""
    with tempfile.TemporaryDirectory(prefix="sv-", dir="/tmp") as directory:
        yield Path(directory)


@pytest.fixture
def afterwards_in_english() -> Iterator[None]:
    """For tests that speak whatever language they like."""
    yield
    language.use(language.ORIGINAL)


@pytest.fixture
def spanish(afterwards_in_english: None) -> None:
    """Spanish for one test, and English again after it."""
    language.use("es")


@pytest.fixture(scope="session")
def ordinary_user() -> tuple[str, ...]:
    """What to put before a command so that an ordinary user runs it: nothing, where one runs the tests."""
    if os.geteuid() != 0:
        return ()
    from tests.required import cannot_become_ordinary

    why = cannot_become_ordinary()
    if why is not None:
        unavailable(why)
    return ORDINARY
