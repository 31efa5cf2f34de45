"""Lines typed at `sandbox --plain` on a terminal: edited, called back, completed. The terminal is given back."""

from __future__ import annotations

import signal

import pytest

from tests.required import unavailable
from tests.terminal.conftest import Person

UP, HOME, DELETE, LEFT = "\x1b[A", "\x1b[H", "\x1b[3~", "\x1b[D"
CTRL_D = "\x04"


@pytest.fixture(autouse=True)
def _readline() -> None:
    try:
        import readline  # noqa: F401
    except ImportError:
        unavailable("this Python has no readline")


def test_lines_are_edited_called_back_and_completed(ordinary: Person) -> None:
    sitting = ordinary.start("sandbox", "--plain")
    sitting.wait_for("server>")
    sitting.press("s = socket.socket()\r")
    sitting.wait_for("gives descriptor 3")
    sitting.wait_for(lambda text: text.rstrip().endswith("server>"))
    sitting.press(f"{UP}{HOME}{DELETE}t\r")
    sitting.wait_for("gives descriptor 4")
    sitting.wait_for(lambda text: text.rstrip().endswith("server>"))
    sitting.press("t.lis\t")
    sitting.wait_for("server> t.listen(")
    sitting.press(f"x5){LEFT}{LEFT}\x7f\r")
    sitting.wait_for("makes t passive")
    sitting.wait_for(lambda text: text.rstrip().endswith("server>"))
    sitting.press(CTRL_D)
    assert sitting.wait_exit() == 0
    assert sitting.is_restored
    home = ordinary.home
    assert not list(home.rglob("*history*")), "nothing of it is kept"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_ended_in_the_middle_of_a_line_the_terminal_is_as_before(
    ordinary: Person, number: signal.Signals
) -> None:
    sitting = ordinary.start("sandbox", "--plain")
    sitting.wait_for("server>")
    sitting.press("s = sock")
    sitting.wait_for("s = sock")
    sitting.send(number)
    assert sitting.wait_exit() == 128 + number
    assert sitting.is_restored


def test_lines_that_are_pasted_are_performed_one_after_the_other(ordinary: Person) -> None:
    sitting = ordinary.start("sandbox", "--plain")
    sitting.wait_for("server>")
    sitting.press("\x1b[200~s = socket.socket()\nclient> c = socket.socket()\n\x1b[201~\r")
    sitting.wait_for("client: socket gives descriptor 3")
    sitting.wait_for(lambda text: text.rstrip().endswith("client>"))
    assert "server: socket gives descriptor 3" in sitting.text
    sitting.press(CTRL_D)
    assert sitting.wait_exit() == 0
