"""The first lesson as a student plays it: from the command to its end."""

from __future__ import annotations

import json
from collections import Counter

from tests.terminal.conftest import END, SPACE, Person
from tests.terminal.family import command_line, descendants
from tests.terminal.lessons import TALK
from tests.terminal.terminal import ALTERNATE_SCREEN, DEADLINE


def test_a_lesson_from_its_beginning_to_its_end(person: Person) -> None:
    sitting = person.start("run", "1", installed=True)
    sitting.wait_for("isolated loopback")
    assert ALTERNATE_SCREEN in sitting.display.on
    sitting.perform("page 2/")
    sitting.press("3")  # answered
    sitting.wait_for("Which descriptor")
    sitting.perform("page 4/")
    sitting.press(SPACE)
    sitting.wait_for("Predict first")
    sitting.press(SPACE)  # passed over
    sitting.wait_for(lambda text: "Predict first" not in text)
    text = sitting.perform("asleep in accept4")
    assert "SYN" not in text.replace("SYN queue", "")
    assert "ESTABLISHED" not in text
    family = person.family(sitting)
    assert family.look(), "the server is no process of its own"
    sitting.perform("ESTABLISHED")
    text = sitting.wait_for("SYN+ACK")
    assert "inferred" not in text
    sitting.perform("TIME-WAIT")
    sitting.perform("lesson is done")
    family.look()
    assert person.leave(sitting) == 0
    assert family.left(0) == []
    assert sitting.is_restored
    assert "✓" not in sitting.text  # the shell's own screen is back
    progress = person.progress.read_text()
    assert '[lessons."first-connection"]' in progress
    assert '"1.0" = 2' in progress


def test_the_past_is_looked_at_and_nothing_performed_twice(ordinary: Person) -> None:
    lesson = ordinary.file("talk.md", TALK)
    record = ordinary.base / "r.jsonl"
    sitting = ordinary.start("run", str(lesson), "--record", str(record))
    sitting.wait_for("LIVE")
    sitting.perform("ESTABLISHED")
    cursor, total = sitting.event
    assert cursor == total
    for _ in range(3):
        before = sitting.event[0]
        sitting.answer_to("b")
        assert sitting.event[0] < before
    text = sitting.wait_for("REVIEW")
    assert "ESTABLISHED" not in text
    assert "asleep in accept4" in text
    assert sitting.event[1] == total
    cursor = sitting.event[0]
    sitting.press(SPACE)  # through the past, not onward
    text = sitting.wait_for(lambda _: sitting.event[0] > cursor)
    assert "REVIEW" in text
    assert sitting.event[1] == total
    sitting.press(END)
    text = sitting.wait_for("LIVE")
    assert "ESTABLISHED" in text
    assert sitting.event == (total, total)
    sitting.press(SPACE)
    sitting.wait_for(lambda _text: sitting.event[1] > total)
    sitting.perform("✓ server.data")
    assert ordinary.leave(sitting) == 0
    events = [json.loads(line) for line in record.read_text().splitlines()[1:]]
    begun = Counter(event["line"] for event in events if event["event"] == "StatementBegun")
    assert len(begun) == 8
    assert set(begun.values()) == {1}


def test_a_window_of_every_size(ordinary: Person) -> None:
    lesson = ordinary.file("talk.md", TALK)
    sitting = ordinary.start("run", str(lesson))
    sitting.wait_for("LIVE")
    sitting.perform("asleep in accept4")
    sitting.resize(80, 24)
    text = sitting.wait_for(lambda text: "LIVE" in text and "LISTEN" in text and "quit" in text)
    assert "A short talk" in text
    sitting.press("s" + "s")  # a hint about the last press gives way to what is said of the size
    sitting.wait_for("LISTEN")
    sitting.resize(60, 20)
    text = sitting.wait_for(lambda text: "60×20" in text and "quit" in text)
    assert "one pane at a time" in text
    sitting.perform("page 2/2")
    sitting.resize(200, 50)
    sitting.wait_for(lambda text: "60×20" not in text and "LISTEN" in text and "quit" in text)
    sitting.perform("ESTABLISHED")
    sitting.resize(10, 3)
    sitting.resize(120, 36)
    text = sitting.wait_for(lambda text: "ESTABLISHED" in text and "quit" in text)
    assert "LIVE" in text
    assert ordinary.leave(sitting) == 0
    assert sitting.is_restored


def test_plain_text_is_left_while_it_waits_and_what_is_typed_ahead_is_not_lost(ordinary: Person) -> None:
    two_lines = TALK.replace("conn, peer = s.accept()\n", "conn, peer = s.accept()\nx = 1\n")
    sitting = ordinary.start("run", str(ordinary.file("waits.md", two_lines)), "--plain")
    sitting.wait_for("[Enter: next call, q: leave]")
    sitting.press("\n" * 5)  # the last is for the line that waits for accept
    sitting.wait_for("waits: server is still in accept()  [q: leave]")
    family = ordinary.family(sitting)
    sitting.press("q\n")
    sitting.wait_for("left.")
    assert sitting.wait_exit() == 0
    assert family.left(DEADLINE) == []


def test_an_exercise_in_plain_text_is_left_while_a_program_is_judged(ordinary: Person) -> None:
    never = "import socket, time\ns = socket.create_server(('127.0.0.1', 8080))\ntime.sleep(1000)\n"
    copy = ordinary.file("mine/forgot-listen.py", never)
    sitting = ordinary.start(
        "practice", "forgot-listen", "--plain", "--language", "python", SOCKVIZ_EXERCISES=str(copy.parent)
    )

    sitting.wait_for("q leave: and Enter")
    while not any(copy.name in command_line(pid) for pid in descendants(sitting.process.pid)):
        sitting.watch(0.02)
        assert "not passed" not in sitting.text
    family = ordinary.family(sitting)
    sitting.press("q\n")
    assert sitting.wait_exit() == 0
    assert family.left(DEADLINE) == []
    assert "not passed" not in sitting.text
