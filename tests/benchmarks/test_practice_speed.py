"""From a saved file to its verdict, and where that goes. Not part of the test command:

python -m pytest tests/benchmarks/test_practice_speed.py -s --override-ini addopts=-q
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import pytest

from sockviz.model.events import ExpectationJudged, ProcessStarted
from sockviz.practice.attempt import Attempt
from sockviz.practice.shelf import find
from tests.practice.attempts import attempted

ROUNDS = 7
#: Seconds, without the program's own waits (DESIGN, figures to reach).
MOST = {"python": 0.5, "c": 0.8}


def _spans(done: Attempt, began: float) -> tuple[float, float, float]:
    """Seconds until the program began, from there to the last verdict, and what came after: the lab closed, the words found."""
    assert done.timeline is not None
    started = next(
        e.at for e in done.timeline.events if isinstance(e, ProcessStarted) and e.process == "server"
    )
    decided = max(e.at for e in done.timeline.events if isinstance(e, ExpectationJudged))
    return started - began, decided - started, began + done.seconds - decided


@pytest.mark.parametrize("language", MOST)
@pytest.mark.parametrize("name", ["start", "solution"])
def test_save_to_verdict(language: str, name: str) -> None:
    file = find("forgot-listen").file(name, language)
    attempted("forgot-listen", file)
    took, parts, spent = [], [], []
    for _ in range(ROUNDS):
        before = os.times()
        began = time.time()
        done = attempted("forgot-listen", file)
        after = os.times()
        took.append(done.seconds)
        parts.append(_spans(done, began))
        spent.append(sum(after[:4]) - sum(before[:4]))
    alone = _alone(file) if language == "python" else 0.0
    begun, ran, closed = (median(part) for part in zip(*parts, strict=True))
    print(
        f"\n{file.name}: {median(took):.3f} s to the end, {median(spent):.3f} of processors; begins after {begun:.3f}, to its "
        f"last verdict {ran:.3f}, after it {closed:.3f}; an interpreter alone {alone:.3f}"
    )
    assert median(took) - alone <= MOST[language]


def _alone(file: Path) -> float:
    """Seconds that the interpreter takes by itself to begin, and end."""
    spans = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", "import socket"], cwd=file.parent, check=True)
        spans.append(time.monotonic() - began)
    return median(spans)
