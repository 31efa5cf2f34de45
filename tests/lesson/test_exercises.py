"""The exercise's part of the lesson format: whose program it is, where it is started, what can be expected of it."""

from __future__ import annotations

import pytest

from sockviz.lesson.document import BadLesson, Launch, Lesson, Perform
from sockviz.lesson.parser import parse_lesson

FRONT = "---\ntitle: T\nsummary: S\n{front}---\n\n# P\n\n"


def parsed(body: str, front: str = "you: server\n") -> Lesson:
    return parse_lesson(FRONT.format(front=front) + body, "exercise.md")


def order(lesson: Lesson) -> list[str]:
    found = []
    for page in lesson.pages:
        for block in page.blocks:
            if isinstance(block, Launch):
                found.append(f"run {block.process}")
            elif isinstance(block, Perform):
                found += [statement.source for statement in block.statements]
    return found


def test_a_program_starts_before_the_first_line_that_waits_for_somebody() -> None:
    server = (
        "```python @peer\ns = socket.socket()\ns.bind((HOST, PORT))\ns.listen()\nc, a = s.accept()\n```\n"
    )
    lines = ["s = socket.socket()", "s.bind((HOST, PORT))", "s.listen()", "run client", "c, a = s.accept()"]
    assert order(parsed(server, "you: client\n")) == lines
    assert order(parsed("Text.\n\n```expect\nyou.status == 0\n```\n")) == ["run server"]


def test_run_blocks_say_where_with_what_and_how_often() -> None:
    lesson = parsed("```run @server\n--port '80 80'\n```\n\n```run @again\n```\n")
    runs = [block for block in lesson.pages[0].blocks if isinstance(block, Launch)]
    assert [(run.process, run.arguments) for run in runs] == [("server", ("--port", "80 80")), ("again", ())]
    assert lesson.exercise is not None
    assert lesson.exercise.runs == ("server", "again")


def test_front_matter_hints_titles_and_what_a_private_lab_is_for() -> None:
    front = "lesson: listen\nyou: server\nlanguages: [c]\nkernel: short\n"
    lesson = parsed("```expect\n# it ends\nyou.status == 0\n```\n\n<!-- hint: Look. -->\n", front)
    assert lesson.exercise is not None
    assert (lesson.exercise.languages, lesson.exercise.kernel) == (("c",), ("short",))
    assert lesson.exercise.lesson == "listen"
    assert lesson.pages[0].hints == ("Look.",)
    assert lesson.pages[0].expectations[0].title == "it ends"
    assert "private" in lesson.needs
    assert parsed("Text.\n").exercise.languages == ("python", "c")  # type: ignore[union-attr]
    assert parsed("Text.\n", "").exercise is None


@pytest.mark.parametrize(
    ("body", "front", "line", "told"),
    [
        ("```python @server\ns = socket.socket()\n```\n", "you: server\n", 9, "performs no lines"),
        ("```run @server\n```\n", "", 8, "the front matter does not say"),
        ("```run @server\n```\n\n```run @server\n```\n", "you: server\n", 12, "a name of its own"),
        ("```run @server\nit's\n```\n", "you: server\n", 10, "no arguments of a command"),
        ("```signal @server\nSIGTREM\n```\n", "you: server\n", 10, "did you mean SIGTERM"),
        ("```signal @client\nSIGTERM\n```\n", "you: server\n", 9, "no run of a student's program"),
        ("```signal @server\n```\n", "you: server\n", 9, "which signal"),
        ("Text.\n", "kernel: short\n", 4, "an exercise says which process"),
        ("Text.\n", "lesson: listen\n", 4, "an exercise says which process"),
        ("Text.\n", "you: server\nlesson: 05-listen.md\n", 5, "the slug of the lesson"),
        ("Text.\n", "you: server\nkernel: shrot\n", 5, "did you mean short"),
        ("Text.\n", "you: server\nlanguages: [java]\n", 5, "expected python"),
        ("Text.\n", "you: server\nkernel: lossy\n", 5, "two-hosts"),
        ("Text.\n", "you: rows\n", 4, "a meaning of its own"),
        ("```expect\nyou.outptu == ''\n```\n", "you: server\n", 10, "output"),
        (
            "```python @client\ns = socket.socket()\n```\n\n```expect\nclient.output == ''\n```\n",
            "you: server\n",
            14,
            "output",
        ),
        ("<!-- hint: -->\n", "you: server\n", 9, "empty"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(body: str, front: str, line: int, told: str) -> None:
    with pytest.raises(BadLesson) as bad:
        parsed(body, front)
    assert any(problem.line == line and told in problem.message for problem in bad.value.problems), (
        bad.value.problems
    )
