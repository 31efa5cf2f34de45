"""What a run keeps: all that there is room for; then looks the more seldom the longer it lasts, and of packets their number."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from sockviz.model.events import CaptureLost, Caveat, LinkActed, Observed, PacketCaptured, Treated
from sockviz.model.scripted import row
from sockviz.model.sockets import State
from sockviz.player import bounds
from sockviz.player.bounds import Bounds
from sockviz.words.caveats import caveat
from tests.player.scripted_lab import HERE, packet

ROWS = tuple(row(State.ESTABLISHED, ("127.0.0.1", 1), inode=inode) for inode in range(1, 10))


def test_looks_grow_as_a_logarithm_once_they_have_told_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_CHANGES", 1000)
    now = 0.0
    kept = Bounds(lambda: "server", lambda: now)
    told = Counter[int]()
    said = []
    for second in range(1, 100_000):
        now = float(second)
        if kept.has_room():
            event, *more = kept.looked(Observed(now, HERE, ROWS))
            assert isinstance(event, Observed)
            said += more
            told[len(str(second))] += 1  # in the first 10 seconds, in the first 100 …
    assert [told[1], told[2]] == [9, 90]  # all of them
    assert [told[4], told[5]] == pytest.approx([math.log(10) / bounds._SHARE] * 2, rel=0.1)
    (limit,) = said
    assert isinstance(limit, Caveat)
    assert limit.what == "looks"
    assert "less and less often" in caveat(limit)


def test_a_look_with_more_in_it_is_told_of_more_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_CHANGES", 1)
    now = 0.0
    kept = Bounds(lambda: "server", lambda: now)
    now = 60.0
    kept.looked(Observed(now, HERE, ROWS))
    few = kept._next - now
    kept.looked(Observed(now, HERE, ROWS * 20))
    assert kept._next - now > 3 * few
    assert not kept.has_room()


@pytest.mark.parametrize(("first", "counts"), [("server", [1, 12]), (None, [1, 4, 4, 4])])
def test_packets_are_counted_now_and_then_of_programs_and_at_once_of_lessons(
    first: str | None, counts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_PACKETS", 3)
    now = 0.0
    kept = Bounds(lambda: first, lambda: now)
    told = []
    for now in (600.0, 601.0, 602.0, 660.0):
        told += kept.passed([PacketCaptured(now, HERE, packet(now), "", "") for _ in range(4)])
    assert sum(isinstance(event, PacketCaptured) for event in told) == 3
    assert [event.count for event in told if isinstance(event, CaptureLost)] == counts
    assert [event.what for event in told if isinstance(event, Caveat)] == (["packets"] if first else [])


def test_what_the_link_does_with_a_packet_that_is_not_told_of_is_not_told_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "MOST_PACKETS", 1)
    kept = Bounds(lambda: None, lambda: 0.0)
    came = [PacketCaptured(1.0, HERE, packet(1.0), "client", "server", frame=n, entry=n) for n in (1, 2)]
    acts = [LinkActed(2.0, verb, n) for n in (1, 2) for verb in ("duplicate", "deliver")]
    first = kept.passed([*came, *acts[:3], Treated(2.0, "lossy", frame=2)])
    assert [event for event in first if not isinstance(event, CaptureLost)] == [came[0], *acts[:2]]
    assert kept.passed(acts[3:]) == []
    assert not kept._untold
