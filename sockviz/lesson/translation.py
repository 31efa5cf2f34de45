"""A translation performs what its original performs: same blocks, other prose."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import zip_longest

from sockviz.lesson.document import Block, Expect, Launch, Lesson, Page, Perform, Predict, SendSignal
from sockviz.problem import Problem

#: What of the front matter says how a lesson is performed.
_PERFORMED_BY = ("minutes", "lab", "hosts", "privileged", "needs", "sysctls", "ip")
#: And of an exercise's.
_PRACTISED_BY = ("you", "languages", "kernel", "lesson")
#: What the student of a translation reads is other prose; all else happens alike.
_HAPPENS = Perform | Expect | Predict | Launch | SendSignal


def translation_problems(translation: Lesson, original: Lesson) -> tuple[Problem, ...]:
    """Where `translation` performs, expects or asks something other than `original` does, each at its line."""
    found = [*_front_matter(translation, original)]
    if len(translation.pages) != len(original.pages):
        message = f"{len(translation.pages)} pages; the original has {len(original.pages)}"
        found.append(_differs(translation.pages[-1].line, message))
    for page, first in zip(translation.pages, original.pages, strict=False):
        found += _page(page, first)
    return tuple(sorted(found))


def _differs(line: int, message: str) -> Problem:
    return Problem(line, 1, "translation", message)


def _front_matter(translation: Lesson, original: Lesson) -> Iterator[Problem]:
    for key in _PERFORMED_BY:
        here, there = getattr(translation, key), getattr(original, key)
        if here != there:
            yield _differs(1, f"{key} is {_shown(here)}; in the original it is {_shown(there)}")
    for key in _PRACTISED_BY:
        here, there = (getattr(each.exercise, key, ()) for each in (translation, original))
        if here != there:
            yield _differs(1, f"{key} is {_shown(here)}; in the original it is {_shown(there)}")


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)


def _page(page: Page, original: Page) -> Iterator[Problem]:
    here, there = list(_blocks(page)), list(_blocks(original))
    for block, first in zip_longest(here, there):
        if block is None:
            yield _differs(page.line, f"this page lacks the original's block at its line {first.line}")
        elif first is None:
            yield _differs(block.line, "the original's page has no such block")
        elif isinstance(block, Predict) and isinstance(first, Predict):
            yield from _question(block, first)
        else:
            yield from _lines(block, first)


def _blocks(page: Page) -> Iterator[Block]:
    return (block for block in page.blocks if isinstance(block, _HAPPENS))


def _question(question: Predict, original: Predict) -> Iterator[Problem]:
    if _computed(question.answer.tree) != _computed(original.answer.tree):
        yield _differs(question.line, f"the answer is {original.answer.source} in the original")
    if len(question.choices) != len(original.choices):
        message = f"{len(question.choices)} choices; the original has {len(original.choices)}"
        yield _differs(question.line, message)


def _computed(tree: ast.expr) -> str:
    """How an answer is found, without the words in which it is given: those are translated, as the choices are."""
    return ast.dump(_without_words(tree))


def _without_words(tree: ast.expr) -> ast.expr:
    match tree:
        case ast.Constant(value=str()):
            return ast.Constant("")
        case ast.Subscript(value=ast.List(elts=words) | ast.Tuple(elts=words), slice=which):
            return ast.Subscript(ast.List([_without_words(word) for word in words]), which)
        case ast.BoolOp(op=operator, values=values):
            return ast.BoolOp(operator, [_without_words(value) for value in values])
        case _:
            return tree


def _lines(block: Block, original: Block) -> Iterator[Problem]:
    """The first line of a block that is not the original's; comments may differ."""
    for (line, text), (_, first) in zip_longest(_texts(block), _texts(original), fillvalue=(block.line, "")):
        if text != first:
            instead = f"the original has {first!r} here" if first else "the original has no such line"
            yield _differs(line, instead)
            return


def _texts(block: Block) -> list[tuple[int, str]]:
    match block:
        case Perform(process=process, statements=statements, at_once=at_once, as_well=as_well):
            fence = f"@{process}{' at once' if at_once else ''}{' as well' if as_well else ''}"
            return [(block.line, fence), *((s.line, s.source) for s in statements)]
        case Launch(process=process, arguments=arguments):
            return [(block.line, " ".join((f"@{process}", *arguments)))]
        case SendSignal(process=process, signal=signal):
            return [(block.line, f"@{process} {signal}")]
        case Expect(expectations=expectations):
            return [(block.line, "expect"), *((e.line, e.source) for e in expectations)]
        case _:
            return [(block.line, type(block).__name__.lower())]
