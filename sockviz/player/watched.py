"""The counters worth an event: those a lesson asks for, beside those that tell a story by themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from sockviz.lesson.document import Expression, Lesson
from sockviz.lesson.names import counter_key
from sockviz.words.counters_told import FOLLOWED


def watched_counters(lesson: Lesson, known: Iterable[str]) -> set[str]:
    """The names, as ``TcpExt.ListenOverflows``, of the counters to follow in `lesson` on a kernel that has `known`."""
    have = set(known)
    asked_for = {counter_key(name, have) for name in counters_asked_for(lesson)}
    asked_for.discard(None)  # what is none is judged where it stands, with its reason
    return {key for key in (*FOLLOWED, *asked_for) if key in have}


def counters_asked_for(lesson: Lesson) -> set[str]:
    """The names after ``counters.`` in the lesson's expressions, as the author wrote them."""
    return {
        node.attr
        for expression in _expressions(lesson)
        for node in ast.walk(expression.tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "counters"
    }


def _expressions(lesson: Lesson) -> Iterator[Expression]:
    for page in lesson.pages:
        for expectation in page.expectations:
            yield expectation.expression
        for prediction in page.predictions:
            yield prediction.answer
