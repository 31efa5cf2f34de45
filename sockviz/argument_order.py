"""Arguments that argparse would take otherwise than they are meant: another order, or an option that means one of two things."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

#: What an exercise is written in, and is no language that sockviz speaks.
PROGRAMMING = ("python", "c")


def words_first(arguments: Sequence[str]) -> Sequence[str]:
    """Of `sockviz practice`: an exercise and a file stand together, whatever options stand between them."""
    taking = ("--record", "--progress", "--theme", "--language")
    options: list[str] = []
    words: list[str] = []
    rest = iter(arguments)
    for word in rest:
        if word == "--":
            words += (f"./{each}" if each.startswith("-") else each for each in rest)
        elif word.startswith("-"):
            options.append(word)
            options += [following for _each, following in zip(range(word in taking), rest, strict=False)]
        else:
            words.append(word)
    return [*words, *options]


def plain_last(arguments: Sequence[str]) -> Sequence[str]:
    """Of `sockviz export`: ``--code c --plain DIR`` is ``--code c DIR --plain``; language and directory are of one option."""
    at = [
        n
        for n, word in enumerate(arguments)
        if word == "--plain" and list(arguments[n - 2 : n - 1]) == ["--code"]
    ]
    return [*(word for n, word in enumerate(arguments) if n not in at), *(["--plain"] if at else [])]


class EitherLanguage(argparse.Action):
    """A language that programs are written in, or one that sockviz speaks."""

    def __call__(
        self,
        _parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        _name: str | None = None,
    ) -> None:
        """Keeps it as what it is."""
        setattr(namespace, "programming" if values in PROGRAMMING else self.dest, values)
