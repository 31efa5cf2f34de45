"""`sockviz shell` on a terminal: it is in the lab of the lesson that is open in another one."""

from __future__ import annotations

import shutil

from tests.required import unavailable
from tests.terminal.conftest import Person
from tests.terminal.lessons import TALK


def test_a_second_terminal_inside_the_lab(person: Person) -> None:
    if shutil.which("ss") is None:
        unavailable("ss is not installed")
    lesson = person.file("07-talk.md", TALK)
    sitting = person.start("run", str(lesson))
    sitting.perform("asleep in accept4")
    for word in ((), ("7",), ("talk",)):
        second = person.start("shell", *word, SHELL="/bin/bash")
        second.wait_for("in the lab of 7 A short talk: ss -tuanoe shows its sockets")
        second.press("ss -Htln; echo $((40 + 2)) done\n")
        second.wait_for("42 done")
        assert "127.0.0.1:8080" in second.text
        second.press("exit\n")
        assert second.wait_exit() == 0
    wrong = person.start("shell", "nosuch")
    wrong.wait_for("no running lab goes by «nosuch»")
    assert wrong.wait_exit() == 2
    other = person.start("run", str(lesson))
    other.perform("asleep in accept4")
    second = person.start("shell", SHELL="/bin/bash")
    second.wait_for("also running: 7 A short talk")
    second.press("exit\n")
    assert second.wait_exit() == 0
    assert person.leave(other) == 0
    assert person.leave(sitting) == 0
