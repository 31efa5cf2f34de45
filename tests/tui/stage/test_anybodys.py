"""A recording or a lesson may be anybody's: however long its texts and ways are, they are drawn at once, and nothing breaks.

Each of these is as long as a file may make it; what goes through it more than once, or again for each of its parts, would not
come to an end while anybody waits.
"""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest

from sockviz.model.events import OutputWritten, ProcessStarted, SourceMet
from sockviz.model.objects import ObjectValue
from sockviz.model.paths import Path, StateStep
from sockviz.model.script_text import numbered_lines
from sockviz.model.sockets import State
from sockviz.tui.cast import is_left
from sockviz.tui.stage.at_hand import lists_at_hand
from sockviz.tui.stage.ink import Line
from sockviz.tui.stage.inspector import draw_inspector
from sockviz.tui.stage.output_pane import PrintedLines
from sockviz.tui.stage.source_text import TextAt, draw_source
from sockviz.tui.stage.state_diagram import _way
from sockviz.tui.stage.timeline_bar import _as_far_as_it_goes
from sockviz.tui.widgets.markdown import lines_of
from tests.tui.stage import scripted


def test_processes_that_begot_each_other_stand_somewhere() -> None:
    script = scripted.listen_queue()
    world = script.timeline.world
    begotten = {
        name: replace(world.processes["server"], name=name, parent=parent)
        for name, parent in (("a", "b"), ("b", "c"), ("c", "a"))
    }
    assert isinstance(is_left(script.lesson, replace(world, processes=begotten), "a"), bool)


def test_a_side_is_that_of_the_first_parent() -> None:
    script = scripted.listen_queue()
    for name, parent in (("one", "server"), ("two", "one"), ("three", "client"), ("four", "three")):
        script.say(ProcessStarted(script.at, name, 1, 1, "lab", parent))
    sides = {name: is_left(script.lesson, script.timeline.world, name) for name in ("two", "four")}
    assert sides == {"two": True, "four": False}


def a_way(steps: int) -> Path:
    """A connection that has been in so many states."""
    states = (State.ESTABLISHED, State.CLOSE_WAIT)
    return Path("server", "s", 1001, tuple(StateStep(states[n % 2], True) for n in range(steps)))


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 200_000])
def test_of_a_way_in_words_its_end_is_told(steps: int) -> None:
    last, room = ("CLOSE-WAIT", "ESTABLISHED")[steps % 2], 60
    told = _way(a_way(steps), "process-1", room, Line())
    assert told.width <= room
    assert told.text.endswith(last)
    assert ("…" in told.text) is (steps > 3)
    assert _way(a_way(steps), "process-1", 12, Line()).text == " server s  "


@pytest.mark.parametrize(
    "text",
    [
        f"```\n{'ab cd ' * 50_000}\n```",
        f"```\n{'x' * 400_000}\n```",
        f"|{'a|' * 20_000}\n|{'-|' * 20_000}\n",
        f"|{'a' * 100_000}|{'b' * 100_000}|\n|-|-|\n",
    ],
)
def test_a_line_of_a_lesson_is_broken_at_once(text: str) -> None:
    assert all(line.cell_length <= 40 or "|" in text for line in lines_of(text, 40))


@pytest.mark.parametrize("count", range(1, 12))
@pytest.mark.parametrize("letter", ["\u263a\ufe0f", "e\u0301", "漢", "1\ufe0f\u20e3", "ก็"])
def test_a_line_of_code_is_broken_between_what_stands_in_its_cells(letter: str, count: int) -> None:
    """A selector makes a sign wide that is narrow without it."""
    lines = lines_of(f"```\n{letter * count}\n```", 10)
    assert all(line.cell_length <= 10 for line in lines)
    assert "".join(line.plain.strip() for line in lines) == letter * count


@pytest.mark.parametrize("part", ["ab cd ", "a; ", "POLLIN (readable), ", "a, ", "(", "漢字 "])
@pytest.mark.parametrize("height", [1, 2, 3])
def test_a_sentence_goes_as_far_as_there_is_room(part: str, height: int) -> None:
    sentence = f"server: {part * (100_000 // len(part))}"
    said = _as_far_as_it_goes(sentence, 10, 80, height)
    assert said == sentence or said.endswith("…")
    assert said == sentence or len(said) < 80 * height


def test_a_message_of_nothing_but_blanks_is_a_note_without_words() -> None:
    script = scripted.listen_queue()
    script.enter("server", None, "accept", script.socket(9))
    script.leave("server", None, error="EMFILE", message=" ")
    assert any("EMFILE" in line.text for line in draw_inspector(scripted.view(script), 60))


@pytest.mark.parametrize(("name", "numbers"), [("4", {4}), ("²", set()), ("9" * 5000, set()), ("", set())])
def test_a_list_that_is_called_no_number_is_nobodys(name: str, numbers: set[int]) -> None:
    view = scripted.view(scripted.real_listen())
    server = replace(view.world.processes["server"], names={"s": ObjectValue("epoll", name)})
    assert lists_at_hand(view, server) == numbers


def test_after_a_step_back_the_same_is_printed_as_before() -> None:
    """A program may write letter by letter: the lines that are shown began long before the last writes."""
    script = scripted.listen_queue()
    begin = len(script.timeline)
    for letter in "".join(f"línea {number}\n" for number in range(300)).encode():
        script.say(OutputWritten(script.at, "server", 1, bytes([letter])))
    onward, printed = PrintedLines(), PrintedLines()
    shown = {n: onward.up_to(script.timeline, n, 60) for n in range(begin, len(script.timeline) + 1)}
    assert shown[len(script.timeline)][-1] == ("server", 1, "línea 299")
    for cursor in (
        len(script.timeline),
        begin + 1900,
        begin + 1901,
        begin + 700,
        begin,
        begin + 2500,
        begin + 512,
        begin + 511,
    ):
        assert printed.up_to(script.timeline, cursor, 60) == shown[cursor]
    assert printed.up_to(script.timeline, cursor, 0) == []


def test_the_lines_of_a_program_are_those_that_its_compiler_counts() -> None:
    """A form feed parts the sections of many a C file; it, a vertical tab and Unicode's separators end no line."""
    text = 'int a;\n\fint b;\r\nchar *s = "\u2028\v\x1c\x85";\nint c;\rint d;\n'
    assert numbered_lines(text) == ["int a;", "\fint b;", 'char *s = "\u2028\v\x1c\x85";', "int c;", "int d;"]
    assert [line.lineno for line in ast.parse('a\n\fb\r\n"\u2028\v\x1c\x85"\nc\rd\n').body] == [1, 2, 3, 4, 5]
    script = scripted.listen_queue()
    view = scripted.view(script)
    view = replace(view, world=replace(view.world, texts={1: SourceMet(0.0, 1, "/x/y.c", text)}))
    drawn = [line.text for line in draw_source(view, TextAt("server", 1, 3), {}, [], 60, 8)]
    assert [line.split()[0] for line in drawn[1:] if line.strip()] == ["1", "2", "3", "4", "5"]


def test_a_line_that_never_ends_is_kept_as_far_as_one_can_be() -> None:
    script = scripted.listen_queue()
    begin = len(script.timeline)
    written = "".join(f"{number} " for number in range(2000))
    for at in range(0, len(written), 300):
        script.say(OutputWritten(script.at, "server", 1, written[at : at + 300].encode()))
    script.say(OutputWritten(script.at, "server", 1, b"\nnext"))
    printed = PrintedLines()
    for cursor in range(begin + 2, len(script.timeline)):
        assert printed.up_to(script.timeline, cursor, 2) == [("server", 1, written[:400])]
    assert printed.up_to(script.timeline, len(script.timeline), 2) == [
        ("server", 1, written[:400]),
        ("server", 1, "next"),
    ]
