"""What argparse says of wrong arguments, in the reader's language and with a way on: what is missing, and what it would be."""

from __future__ import annotations

import argparse
import re

from sockviz.language import _

_MISSING = re.compile(r"the following arguments are required: (?P<names>.+)")
_ONE_OF = re.compile(r"one of the arguments (?P<names>.+) is required")
_NO_VALUE = re.compile(r"argument (?P<name>\S+): expected (one argument|\d+ arguments)")
_NO_NUMBER = re.compile(r"argument (?P<name>\S+): invalid (?:int|float) value: (?P<value>.+)")
_NEEDLESS = re.compile(r"argument (?P<name>\S+): ignored explicit argument (?P<value>.+)")
_BOTH = re.compile(r"argument (?P<name>\S+): not allowed with argument (?P<other>\S+)")


def in_our_words(message: str, parser: argparse.ArgumentParser) -> str | None:
    """What argparse's `message` says, as a sentence of ours; None of one that we do not know."""
    command = parser.prog
    more = _("; `{command} --help` names what it takes").format(command=command)
    if found := _MISSING.fullmatch(message):
        name = found["names"].partition(", ")[0]
        told = _("`{command}` needs {name}: {what}").format(
            command=command, name=name, what=_help(parser, name)
        )
        return told + more
    if found := _ONE_OF.fullmatch(message):
        names = _(" or ").join(found["names"].split())
        return _("`{command}` needs {names}").format(command=command, names=names) + more
    if found := _NO_VALUE.fullmatch(message):
        action = _action(parser, found["name"])
        values = action.metavar or "|".join(map(str, action.choices or ())) if action is not None else ""
        needed = values if isinstance(values, str) else " ".join(values)
        return _("{option} needs {value} after it").format(option=found["name"], value=needed) + more
    if found := _NO_NUMBER.fullmatch(message):
        return _("{option} takes a number, and {value} is none").format(
            option=found["name"], value=found["value"]
        )
    if found := _NEEDLESS.fullmatch(message):
        return _("{option} takes no value, and was given {value}").format(
            option=found["name"], value=found["value"]
        )
    if found := _BOTH.fullmatch(message):
        return _("{option} and {other} are not taken together").format(
            option=found["name"], other=found["other"]
        )
    return None


def _action(parser: argparse.ArgumentParser, name: str) -> argparse.Action | None:
    # A positional one is called by what it is shown as, which an option's value may be called too.
    return next(
        (
            it
            for it in parser._actions
            if name == ("/".join(it.option_strings) if it.option_strings else it.metavar)
        ),
        None,
    )


def _help(parser: argparse.ArgumentParser, name: str) -> str:
    action = _action(parser, name)
    return (action.help if action is not None else None) or name
