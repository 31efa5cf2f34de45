"""The mouse: ours, or left to the terminal; what is selected with it goes into the terminal's clipboard."""

from __future__ import annotations

import base64
import re

from tests.terminal.conftest import Person, Sitting
from tests.terminal.lessons import TALK
from tests.terminal.terminal import MOUSE

_COPIED = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")


def _copied(written: bytearray) -> list[str]:
    return [base64.b64decode(each).decode() for each in _COPIED.findall(written)]


def left_to_the_terminal(sitting: Sitting) -> bool:
    return not any(f"\x1b[?{mode}h".encode() in sitting.written for mode in (*MOUSE, 1016))


def test_it_can_be_left_to_the_terminal(ordinary: Person) -> None:
    lesson = ordinary.file("talk.md", TALK)
    sitting = ordinary.start("run", str(lesson), "--no-mouse")
    sitting.perform("asleep in accept4")
    assert left_to_the_terminal(sitting)
    assert ordinary.leave(sitting) == 0
    assert sitting.is_restored


def test_what_is_dragged_over_is_copied(ordinary: Person) -> None:
    lesson = ordinary.file("talk.md", TALK)
    sitting = ordinary.start("run", str(lesson))
    text = sitting.perform("asleep in accept4")
    assert set(MOUSE) <= sitting.display.on
    y, line = next((y, line) for y, line in enumerate(text.splitlines()) if "s.listen(1)" in line)
    x = line.index("s.listen(1)")
    sitting.press(f"\x1b[<0;{x + 1};{y + 1}M")
    for step in range(1, 11):
        sitting.press(f"\x1b[<32;{x + 1 + step};{y + 1}M")
    sitting.press(f"\x1b[<0;{x + 11};{y + 1}m")
    sitting.wait_still(lambda: sitting.text)
    sitting.press("\x03")
    sitting.wait_for(lambda _: bool(_copied(sitting.written)))
    assert _copied(sitting.written) == ["s.listen(1)"]
    assert ordinary.leave(sitting) == 0


def test_y_copies_the_command_by_hand_without_a_mouse_too(ordinary: Person) -> None:
    lesson = ordinary.file("talk.md", TALK)
    sitting = ordinary.start("run", str(lesson), SOCKVIZ_NO_MOUSE="1")
    sitting.perform("asleep in accept4")
    assert left_to_the_terminal(sitting)
    sitting.press("y")
    sitting.wait_for("Copied")
    (command,) = _copied(sitting.written)
    assert command[:20] in sitting.text
    assert ordinary.leave(sitting) == 0
    assert left_to_the_terminal(sitting)
    assert sitting.is_restored
