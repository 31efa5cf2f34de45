"""What it takes to say what may stand at the cursor, in a process with 200 names. Not part of the test command:

python -m pytest tests/benchmarks/test_typing_speed.py -s --override-ini addopts=-q
"""

from __future__ import annotations

import time

from sockviz.lesson.completion import call_at, completions
from tests.lesson.typed_lines import Typed

NAMES, ROUNDS, TARGET = 200, 20, 0.005
BOUND = ("s{} = socket.socket()", "data{} = b'x'", "n{} = 5", "peer{} = (HOST, PORT)")
LINES = (
    "", "x = ", "s1.", "x = socket.", "x = so", "s1.bind(", "s1.sendto(data1, ", "r, w, e = select.select([", "s1.setsockopt(",
    "s1.setsockopt(socket.SOL_SOCKET, ", "s1.setsockopt(socket.IPPROTO_TCP, socket.",
)  # fmt: skip


def test_what_a_completion_takes() -> None:
    typed = Typed(
        *(BOUND[number % len(BOUND)].format(number) for number in range(NAMES)), "s1 = socket.socket()"
    )
    spans: dict[str, float] = {}
    for line in LINES:
        rounds = []
        for _ in range(ROUNDS):
            begin = time.process_time()
            found = completions(line, len(line), typed.process, typed.symbols)
            call_at(line, len(line), typed.process)
            rounds.append(time.process_time() - begin)
        assert found
        spans[line] = sorted(rounds)[ROUNDS // 2]
    slowest, span = max(spans.items(), key=lambda item: item[1])
    print(
        f"\na completion, with the call at the cursor, among {NAMES} names: at most {span * 1e3:.2f} ms"
        f" = {span / TARGET:.2f} × the target of {TARGET * 1e3:.0f} ms: {slowest!r}"
    )
