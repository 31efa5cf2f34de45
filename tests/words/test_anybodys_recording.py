"""A recording may be anybody's: a call in it has any arguments, any value or error, a row any ends. Each is told."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from sockviz.calls.table import CALLS
from sockviz.model.lab_facts import LabFacts
from sockviz.model.linux.errnos import ERRNOS
from sockviz.model.objects import ObjectValue
from sockviz.model.scripted import CAPTURES, Scripted, header, row
from sockviz.model.sockets import State, Timer
from sockviz.model.values import Address, SocketValue, Value
from sockviz.words.call_sentences import besides
from sockviz.words.evidence import evidence
from sockviz.words.explanation import explain, told_by_call
from sockviz.words.headlines import headline
from sockviz.words.narration import narrate

#: What calls are made by, as lessons and programs make them.
NAMES = sorted({name.rpartition(".")[2] for name in CALLS} | {
    "epoll_ctl", "epoll_wait", "readv", "writev", "sendfile", "close_range", "accept4", "epoll_create1", "execve",
})  # fmt: skip
#: Errors of Python's, and of the resolver's, beside the kernel's.
ERRORS = (
    *ERRNOS,
    "OSError",
    "TimeoutError",
    "EAI_NONAME",
    "EAI_BADFLAGS",
    "EAI_SERVICE",
    "EAI_FAMILY",
    "ENONSENSE",
)
SOCKETS = tuple(
    SocketValue(1001, 3, family, kind, 0)
    for family, kind in (
        ("AF_INET", "SOCK_STREAM"), ("AF_INET6", "SOCK_DGRAM"), ("AF_UNIX", "SOCK_STREAM"), ("AF_UNIX", "SOCK_DGRAM"),
        ("AF_INET", "SOCK_RAW"), ("", ""),
    )
)  # fmt: skip
#: Values that no call was ever seen to have where they are put here; "²" is a digit that is no number.
ODD: tuple[Value, ...] = (
    None, -1, 0, 2**70, True, 1.5, float("nan"), "", "²", "224²", "{0}", "[b]", b"\xff", b"", "9" * 5000, f"1.2.3.{'9' * 5000}",
    [], [[1]], [([1], 1)], [b"x"], (), (1, (2,)), ("²", 80), ("10.0.0.2", 80), ("::1", 8080, 0, 0), "/x", "\0abstract",
    ObjectValue("epoll", "²"), ObjectValue("epoll", "4"), (b"x", None), ([[1]], [(2,)], []), (b"x", [(0, 11, b"")], 32, None),
    *SOCKETS,
)  # fmt: skip


#: Calls at which something broke once.
BROKE: tuple[tuple[str, tuple[Value, ...], Value, str | None], ...] = (
    ("poll", (ObjectValue("poll", "1"),), [([1], 1)], None),
    ("select", ([], [], []), ([[1]], [(2,)], []), None),
    ("setblocking", (), None, None),
    ("read", (), b"abc", None),
    ("write", (), 3, None),
    ("signal", (), 0, None),
    ("signal", (), ObjectValue("function", "f"), None),
    ("waitpid", (), (0, 0), None),
    ("inet_pton", (), None, "OSError"),
    ("inet_aton", (), None, "OSError"),
    ("inet_pton", (2, f"1.2.3.{'9' * 5000}"), None, "OSError"),
    ("inet_pton", (2, f"1.2.3.0{'9' * 5000}"), None, "OSError"),
    ("setsockopt", (SOCKETS[0], 1), None, "EBADF"),
    ("sendto", (SOCKETS[1], b"x", ("²", 80)), None, "EACCES"),
    ("connect", (SOCKETS[0], ("²", 80)), None, "ENETUNREACH"),
)


def a_run() -> Scripted:
    """A server with a connection."""
    run = Scripted()
    run.start("server")
    run.hold("server", SOCKETS[0])
    run.observe(row(State.ESTABLISHED, ("127.0.0.1", 8080), ("127.0.0.1", 40000), inode=1001, cookie=5))
    return run


def told(
    run: Scripted,
    name: str,
    arguments: Sequence[Value],
    value: Value,
    error: str | None,
    sleeps: bool = False,
) -> None:
    """It makes the call, which is told in all ways as it begins, sleeps, and comes back."""
    try:
        run.enter("server", None, name, *arguments)
        if sleeps:
            run.sleep("server")
        tell(run)
        run.leave("server", None, value, error=error)
        tell(run)
        tell_outcome(run)
    except Exception as problem:
        problem.add_note(f"{name}{tuple(arguments)!r} -> {value if error is None else error!r}")
        raise


def tell(run: Scripted) -> None:
    """Whatever shows a call's beginning, its sleep, or its end says it."""
    timeline = run.timeline
    cursor = len(timeline)
    headline(timeline, cursor)
    narrate(timeline.events[cursor - 1], timeline.world_at(cursor - 1), timeline.world)
    evidence(timeline, cursor, call=("server", run.calls["server"]))


def tell_outcome(run: Scripted) -> None:
    """What is said of a call that is over, whether it failed or not."""
    timeline = run.timeline
    call = timeline.world.processes["server"].calls[-1]
    besides(call, timeline.world)
    explain(call, timeline.world)
    told_by_call(call, timeline.world_at(len(timeline) - 1), timeline.world)


@pytest.mark.parametrize(("name", "arguments", "value", "error"), BROKE)
def test_a_call_that_nobody_makes_is_told(
    name: str, arguments: tuple[Value, ...], value: Value, error: str | None
) -> None:
    told(a_run(), name, arguments, value, error)


@pytest.mark.parametrize("seed", range(6))
def test_a_call_of_any_kind_is_told(seed: int) -> None:
    chosen, run = random.Random(seed), a_run()
    for _ in range(150):
        name, arguments = (
            chosen.choice(NAMES),
            [chosen.choice(ODD) for _ in range(chosen.choice((0, 1, 2, 3, 4)))],
        )
        if arguments and chosen.random() < 0.6:
            arguments[0] = chosen.choice(SOCKETS)
        error = chosen.choice(ERRORS) if chosen.random() < 0.4 else None
        told(run, name, arguments, None if error else chosen.choice(ODD), error, sleeps=chosen.random() < 0.3)


TWO_HOSTS = LabFacts(
    "two-hosts", CAPTURES.facts, ("lab", "router"), {"lab": "10.0.0.1", "router": "10.0.0.2"}
)
ENDS: tuple[Address | None, ...] = (
    None, "", b"", "/x", "\0abstract", "{whose}", ("", 0), ("{x}", 80), ("{0}", 80), ("²", 80), ("[b]", 2**70), ("10.0.0.2", -1),
    ("::1", 8080, 0, 0), ("0.0.0.0", 80), ("10.0.0.2", 80),
)  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_a_row_of_any_kind_is_told(seed: int) -> None:
    """Of two hosts, whose every packet is captured: what was not sent is told as well."""
    chosen, run = random.Random(seed), Scripted(header(TWO_HOSTS))
    run.start("server")
    run.hold("server", SOCKETS[0])
    for _ in range(100):
        protocol, family, kind = chosen.choice(
            (("TCP", "AF_INET", "SOCK_STREAM"), ("TCP", "AF_INET6", "SOCK_STREAM"), ("UDP", "AF_INET", "SOCK_DGRAM"),
             ("RAW", "AF_INET", "SOCK_RAW"), ("UNIX", "AF_UNIX", "SOCK_STREAM"), ("", "", ""))
        )  # fmt: skip
        seen = row(
            chosen.choice([*State]), chosen.choice(ENDS), chosen.choice(ENDS), inode=chosen.choice((0, 1001, 1002)),
            cookie=chosen.choice((0, 5, 6)), queues=(chosen.choice((0, 1, 2**70)), chosen.choice((-1, 0, 9))),
            timer=chosen.choice((None, *Timer)), expires=chosen.choice((None, 0.0, run.at + 1e9)), protocol=protocol,
            retransmits=chosen.choice((0, 1, 2, 3)), bound_only=chosen.random() < 0.1,
        )  # fmt: skip
        run.observe(seen := replace(seen, family=family, type=kind, drops=chosen.choice((None, 0, 1, 2))))
        if chosen.random() < 0.6:
            run.observe(
                replace(
                    seen,
                    retransmits=seen.retransmits + 1,
                    recv_q=seen.recv_q + 1,
                    drops=(seen.drops or 0) + 1,
                )
            )
        timeline = run.timeline
        cursor = len(timeline)
        try:
            headline(timeline, cursor)
            narrate(timeline.events[cursor - 1], timeline.world_at(cursor - 1), timeline.world)
            evidence(timeline, cursor, inode=1001)
            evidence(timeline, cursor, inode=0)
        except Exception as problem:
            problem.add_note(repr(seen))
            raise
