"""What was probably meant by a word on the command line that is none of its own. Asked only where something is wrong."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from sockviz.language import _
from sockviz.lesson.course import UnknownLesson
from sockviz.lesson.spelling import closest
from sockviz.player import shelf

#: What other programs call what sockviz calls otherwise.
_OTHERWISE: Mapping[str, str] = {
    "help": "--help", "version": "--version", "start": "run 1", "begin": "run 1", "play": "run 1", "lesson": "run 1",
    "lessons": "list", "course": "list", "ls": "list", "manual": "man", "errno": "man", "test": "check", "verify": "check",
    "judge": "check", "record": "run 1 --record FILE", "pcap": "export FILE --pcapng OUT", "enter": "shell", "setup": "doctor",
}  # fmt: skip
#: What other commands, and other programs, call an option: the first of these that a command has is meant.
_OPTIONS_OTHERWISE: Mapping[str, tuple[str, ...]] = {
    "--page": ("--start",), "--start": ("--page",), "--at": ("--start", "--page"), "--from": ("--start", "--page", "--at"),
    "--output": ("--record", "--save"), "--save": ("--record",), "--record": ("--save",), "--text": ("--plain",),
    "--color": ("--theme",), "--colour": ("--theme",), "--no-color": ("--theme",), "--locale": ("--language",),
    "--timeout": ("--seconds", "--idle"), "--time": ("--seconds",), "--bind": ("--host",), "--address": ("--host",),
}  # fmt: skip
#: What people call the languages that there are.
_LANGUAGES: Mapping[str, str] = {
    "en": "en", "english": "en", "es": "es", "spanish": "es", "español": "es", "espanol": "es", "castellano": "es",
}  # fmt: skip


def for_command(word: str, following: Sequence[str], commands: Iterable[str]) -> str | None:
    """The command line that `word`, which is no command, and the words `following` it were probably meant to be."""
    known = list(commands)
    if word == "help" and following and following[0] in known:
        return f"sockviz {following[0]} --help"
    if word in _OTHERWISE:
        return f"sockviz {_OTHERWISE[word]}"
    if os.path.lexists(word) and not os.path.isdir(word):
        return f"sockviz {'run' if word.endswith('.md') else 'replay'} {word}"
    if (lesson := _lesson(word)) is not None:
        return f"sockviz run {lesson}"
    if (near := closest(word, (*known, *_OTHERWISE))) is not None:
        return f"sockviz {_OTHERWISE.get(near, near)}"
    slug = closest(word, (name.slug for name in shelf.course()))
    return f"sockviz run {slug}" if slug else None


def for_option(option: str, command: str | None, options: Mapping[str | None, Sequence[str]]) -> str:
    """What to write instead of `option`, which `command` (None: before any) does not have; ``options`` are those of each."""
    here = (*options[command], *options[None])
    near = _near(option, (*here, *_OPTIONS_OTHERWISE, *(name for has in options.values() for name in has)))
    if near is None:
        return ""
    homes = [name for name, has in options.items() if near in has and name is not None]
    if near == option and command is not None and option in options[None] and not homes:
        return _("; it stands alone: sockviz {option}").format(option=option)
    meant = next(
        (name for name in (near, *_OPTIONS_OTHERWISE.get(near, ())) if name in options[command]), None
    )
    if meant is None and not homes:
        meant = near if near in options[None] else None
    if meant is not None:
        return _("; did you mean {near}?").format(near=meant)
    return _elsewhere(option, near, command, homes) if homes else ""


def _elsewhere(option: str, near: str, command: str | None, homes: Sequence[str]) -> str:
    """Whose `near` is, which `option` probably meant, and `command` does not have either."""
    if command is None and near == option:
        return _("; it stands behind its command: sockviz {command} … {option}").format(
            command=homes[0], option=option
        )
    if command is None:
        return _("; did you mean {near}?").format(near=f"`sockviz {homes[0]} … {near}`")
    if near == option:
        return _("; it is one of {commands}").format(commands=", ".join(homes))
    return _("; did you mean {near}, which is one of {commands}?").format(
        near=near, commands=", ".join(homes)
    )


def _near(option: str, known: Sequence[str]) -> str | None:
    """The option that was probably meant, by its name alone: the dashes are all options'. Of two as near the first."""
    name = closest(option.lstrip("-"), [each.lstrip("-") for each in known])
    return f"--{name}" if name else None


def for_choice(word: str, choices: Iterable[str]) -> str:
    """``; did you mean X?``, or nothing."""
    near = closest(word, choices)
    return _("; did you mean {near}?").format(near=near) if near else ""


def for_language(word: str) -> str:
    """The same of a language, by its code or its name."""
    near = closest(word, _LANGUAGES)
    return _("; did you mean {near}?").format(near=_LANGUAGES[near]) if near else ""


def for_file(path: str) -> str:
    """The same of a file that is not there: one with nearly that name beside it."""
    directory, name = os.path.split(path)
    try:
        beside = os.listdir(directory or ".")
    except OSError:  # that is not there either, or not to be read
        return ""
    near = closest(name, [each for each in beside if each != name])  # a link that leads nowhere has that name
    return _("; did you mean {near}?").format(near=os.path.join(directory, near)) if near else ""


def _lesson(word: str) -> str | None:
    """`word`, where it names a lesson of the course."""
    try:
        shelf.find(word)
    except UnknownLesson:
        return None
    return word if not (word.endswith(".md") or "/" in word) else None
