"""Front matter as YAML, in which every scalar is a string.

Read from the parser's events, so that each key and value has its place, nothing is ever constructed from a tag, and
aliases, which a few lines could multiply without end, are refused where they stand.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from sockviz.lesson.card import Node, Word
from sockviz.lesson.findings import Findings


class NoYaml(Exception):
    """It is none: what is wrong, with its line and column in the file."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line, self.column = line, column


def yaml_entries(text: str, findings: Findings) -> Iterator[tuple[str, tuple[Word, Node]]]:
    """Key, its place and its value, in order. Duplicate keys are reported, and the first kept."""
    events = _events(text)
    first = next(events, None)
    if first is None:
        return
    if not isinstance(first, yaml.MappingStartEvent):
        raise NoYaml(*_place(first), "expected `key: value` lines, such as `title: The listen queue`")
    seen: dict[str, Word] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _scalar(event, "a key")
        value = _value(events)
        if key.text in seen:
            message = f"the key {key.text} stands on line {seen[key.text].line} already"
            findings.problem(key.line, key.column, "front-matter", message)
            continue
        seen[key.text] = key
        yield key.text, (key, value)
    if (extra := next(events, None)) is not None:
        raise NoYaml(*_place(extra), "expected the end of the front matter (---) here")


def _value(events: Iterator[yaml.Event]) -> Node:
    event = next(events)
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event, "a value")
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Word] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(_scalar(event, "a word in this list"))
        return items
    pairs: dict[Word, Word] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _scalar(event, "a key")
        pairs[key] = _scalar(next(events), "a word")
    return pairs


def _events(text: str) -> Iterator[yaml.Event]:
    """The content events of the one document in `text`."""
    try:
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise NoYaml(
                    *_place(event), "anchors (&) and aliases (*) are not used in front matter; quote the text"
                )
            tag = getattr(event, "tag", None)
            if tag is not None and tag != "!":
                raise NoYaml(
                    *_place(event), f"tags ({tag[:40]}) are not used in front matter; quote the text"
                )
            if not isinstance(
                event,
                yaml.StreamStartEvent | yaml.StreamEndEvent | yaml.DocumentStartEvent | yaml.DocumentEndEvent,
            ):
                yield event
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 2, mark.column + 1) if mark else (2, 1)
        raise NoYaml(*place, f"this is not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # ReaderError has no mark; an escape such as "\UFFFFFFFF" is a bare ValueError or OverflowError of PyYAML's chr().
        raise NoYaml(2, 1, f"this is not YAML: {str(error).splitlines()[0]}") from None


def _scalar(event: yaml.Event, expected: str) -> Word:
    if not isinstance(event, yaml.ScalarEvent):
        raise NoYaml(*_place(event), f"expected {expected} here, not a list or mapping inside another")
    line, column = _place(event)
    if any("\ud800" <= character <= "\udfff" for character in event.value):
        raise NoYaml(line, column, "half of a surrogate pair is not text")
    return Word(event.value, line, column)


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 2, mark.column + 1) if mark else (2, 1)  # the text begins on the file's second line
