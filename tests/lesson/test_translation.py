"""A translation beside its original: what may differ, and what may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.translation import translation_problems

ORIGINAL = """---
title: A listener
summary: What it is
minutes: 5
---

# One

Words.

```predict
Which descriptor?
- 3
- another
answer: server.s.fd
```

```python @server
s = socket.socket()  # an endpoint
s.bind((HOST, PORT))
```

```expect
server.s.fd == 3
```

<!-- note: ask -->

---

# Two

```python @server
s.listen(1)
```
"""


def problems(translation: str) -> list[str]:
    original = parse_lesson(ORIGINAL, "05-listen.md")
    found = translation_problems(parse_lesson(translation, "05-listen.es.md"), original)
    return [f"{problem.line}: {problem.message}" for problem in found]


def test_prose_comments_questions_notes_and_choices_may_be_translated() -> None:
    words = {"Words.": "Palabras.\n\nOtro párrafo.", "# an endpoint": "# un extremo", "Which descriptor": "¿Qué descriptor",
             "- another": "- otro", "note: ask": "note: pregunta", "# One": "# Uno", "A listener": "Uno que escucha"}  # fmt: skip
    text = ORIGINAL
    for english, spanish in words.items():
        assert english in text
        text = text.replace(english, spanish)
    assert problems(text) == []


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("s.listen(1)", "s.listen(2)", "34: the original has 's.listen(1)' here"),
        ("s.listen(1)", "s.listen(1)\ns.close()", "35: the original has no such line"),
        ("s.bind((HOST, PORT))\n", "", "18: the original has 's.bind((HOST, PORT))' here"),
        ("@server\ns.listen", "@server2\nt = socket.socket()\nt.listen", "33: the original has '@server' here"),
        ("s.fd == 3", "s.fd >= 3", "24: the original has 'server.s.fd == 3' here"),
        ("```expect\nserver.s.fd == 3", "```expect\nwithin 1s: server.s.fd == 3", "24: the original has"),
        ("answer: server.s.fd", "answer: len(server.fds)", "11: the answer is server.s.fd in the original"),
        ("- another\n", "- otro\n- 4\n", "11: 3 choices; the original has 2"),
        ("minutes: 5", "minutes: 6", "1: minutes is 6; in the original it is 5"),
        ("minutes: 5", "minutes: 5\nneeds: [packets]", "1: needs is packets; in the original it is none"),
        ("```python @server\ns.listen(1)\n```\n", "x\n", "31: this page lacks the original's block at its line 33"),
        ("\n---\n\n# Two", "\n# Two", "7: 1 pages; the original has 2"),
        ("# Two\n", "# Two\n\n```expect\nserver.s.fd == 3\n```\n", "33: the original has '@server' here"),
    ],
)  # fmt: skip
def test_what_is_performed_expected_or_asked_may_not(before: str, after: str, found: str) -> None:
    assert before in ORIGINAL
    said = problems(ORIGINAL.replace(before, after, 1))
    assert any(line.startswith(found) for line in said), said


WORDED = ORIGINAL.replace(
    "answer: server.s.fd", 'answer: ["none", "a few"][server.s.fd == 3] or "nobody knows"'
)
SAID = WORDED.replace('["none", "a few"]', '["ninguno", "unos"]').replace("nobody knows", "nadie lo sabe")


def test_the_words_of_an_answer_are_translated() -> None:
    original = parse_lesson(WORDED, "07-test.md")
    assert translation_problems(parse_lesson(SAID, "07-test.es.md"), original) == ()
    for other in (
        SAID.replace("[server.s.fd == 3]", "[server.s.fd == 4]"),
        SAID.replace('"unos"]', '"unos", "x"]'),
    ):
        (found,) = translation_problems(parse_lesson(other, "07-test.es.md"), original)
        assert "the answer is" in found.message


def test_lines_at_once_stay_so() -> None:
    together = ORIGINAL.replace("```python @server", "```python @server at once", 1)
    (found,) = translation_problems(
        parse_lesson(together, "07-test.es.md"), parse_lesson(ORIGINAL, "07-test.md")
    )
    assert "the original has '@server' here" in found.message


EXERCISE = """\
---
title: Two runs
summary: S.
you: server
kernel: short
---

# One

```run @server
--port 1
```

```expect
server.alive
```

```run @again
--port 2
```

```signal @again
SIGTERM
```

```expect
not again.alive
```
"""


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("kernel: short", "kernel: interrupts", "1: kernel is interrupts; in the original it is short"),
        ("--port 2", "--port 3", "18: the original has '@again --port 2' here"),
        ("SIGTERM", "SIGKILL", "23: the original has '@again SIGTERM' here"),
        ("```signal @again\nSIGTERM\n```\n", "x\n", "8: this page lacks the original's block at its line 26"),
    ],
)
def test_the_programs_of_an_exercise_are_run_alike(before: str, after: str, found: str) -> None:
    original = parse_lesson(EXERCISE, "exercise.md")
    assert translation_problems(parse_lesson(EXERCISE, "exercise.es.md"), original) == ()
    assert before in EXERCISE
    other = parse_lesson(EXERCISE.replace(before, after, 1), "exercise.es.md")
    said = [f"{problem.line}: {problem.message}" for problem in translation_problems(other, original)]
    assert said[:1] == [found]


LESSONS = Path(__file__).parents[2] / "lessons"
TRANSLATIONS = sorted(LESSONS.glob("*.*.md"))


def test_there_are_translations() -> None:
    numbers = {path.name.partition("-")[0] for path in TRANSLATIONS if path.name.endswith(".es.md")}
    assert numbers >= {"01", "02", "04", "05", "07", "08"}


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.name)
def test_of_the_course(path: Path) -> None:
    original = LESSONS / f"{path.name.partition('.')[0]}.md"
    lessons = [parse_lesson(file.read_text(encoding="utf-8"), str(file)) for file in (path, original)]
    assert translation_problems(*lessons) == ()
