"""argparse as sockviz speaks: in the reader's language, and of what nobody knows saying what was probably meant."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from sockviz import door
from sockviz.language import N_, _
from sockviz.visible import visible

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

#: Of argparse's words those that stand in help. All others are found by what they are in English (`sockviz.misused`).
_IN_HELP = frozenset(
    (N_("usage: "), N_("positional arguments"), N_("options"), N_("show this help message and exit"))
)


def _spoken(text: str) -> str:
    """What argparse says by `text`, in no catalog of its own, for which it would look at every word."""
    return _(text) if text in _IN_HELP else text


setattr(argparse, "_", _spoken)  # noqa: B010  # a private name


class Parser(argparse.ArgumentParser):
    """A parser whose words are the reader's, those of a wrong argument too."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.color = False  # Python 3.14's; ours would be data like all else that is printed

    #: Where given: the arguments as argparse can read them.
    rearranged: Callable[[Sequence[str]], Sequence[str]] | None = None

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does, once nothing is wrong that argparse would say less well: it looks for what is missing first."""
        given = [*sys.argv[1:]] if args is None else [*args]
        if isinstance(self, Whole) and self.misuse(given):
            self.refuse(self.with_all().misuse(given) or "")
        return super().parse_known_args(self.rearranged(given) if self.rearranged else given, namespace)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """As argparse does; with what was probably meant."""
        if action.choices is None or value in action.choices:
            return
        from sockviz.near_misses import for_choice  # only where something is wrong

        known = list(map(str, action.choices))
        near = for_choice(str(value), known)
        told = _("{word}: expected one of {known}").format(word=value, known=", ".join(known)) + near
        self.refuse(f"{'/'.join(action.option_strings) or action.metavar}: {told}")

    def refuse(self, message: str) -> NoReturn:
        """Says what is wrong, and no more."""
        self.exit(
            2, _("{program}: error: {message}").format(program=self.prog, message=visible(message)) + "\n"
        )

    def error(self, message: str) -> NoReturn:
        """Says what is wrong; where that is in argparse's words, below how to use it."""
        from sockviz.misused import in_our_words  # only where something is wrong

        if told := in_our_words(message, self):
            self.refuse(told)
        self.print_usage(sys.stderr)
        told = _("{program}: error: {message}").format(program=self.prog, message=visible(message))
        self.exit(2, told + "\n")

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        """All that argparse prints, help and usage too."""
        (door.out() if file in (None, sys.stdout) else door.err()).write(message)


class Whole(Parser):
    """The parser of the whole command line. ``commands`` are those of the commands, by name; ``with_all`` gives one that knows
    all of them, where this one may not."""

    commands: Mapping[str, argparse.ArgumentParser] = MappingProxyType({})
    with_all: Callable[[], Whole]

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does; of what is left over, says what the command takes."""
        found, left_over = self.parse_known_args(args, namespace)
        if left_over:
            command = "sockviz" if found.command == "home" else f"sockviz {found.command}"
            wrong = (
                _("{option} is no option of `{command}`")
                if left_over[0].startswith("-")
                else _("«{option}» is one word too many for `{command}`")
            )
            told = _("; `{command} --help` names what it takes")
            self.refuse(wrong.format(option=left_over[0], command=command) + told.format(command=command))
        return found

    def misuse(self, arguments: Sequence[str]) -> str | None:
        """What is wrong with a command or an option that nobody knows, and what was probably meant."""
        options: dict[str | None, Sequence[str]] = {None: _options(self)}
        options |= {name: _options(parser) for name, parser in self.commands.items()}
        command: str | None = None
        passed = False  # the word before takes this one
        for place, word in enumerate(arguments):
            if word == "--":
                break
            if passed:
                passed = False
            elif word.startswith("--"):
                name, equals, _value = word.partition("=")
                known = options[command]
                found = [name] if name in known else [each for each in known if each.startswith(name)]
                if not found:
                    return self._no_option(name, command, options)
                taker = self.commands[command] if command is not None else self
                passed = not equals and _takes_a_word(taker, found[0])
            elif not word.startswith("-") and command is None:
                if word not in self.commands:
                    return self._no_command(word, arguments[place + 1 :])
                command = word
        return None

    def _no_option(self, name: str, command: str | None, options: Mapping[str | None, Sequence[str]]) -> str:
        from sockviz.near_misses import for_option

        where = f"sockviz {command}" if command else "sockviz"
        wrong = _("{option} is no option of `{command}`").format(option=name, command=where)
        return wrong + (
            for_option(name, command, options) or _("; `{command} --help` names them").format(command=where)
        )

    def _no_command(self, word: str, following: Sequence[str]) -> str:
        from sockviz.near_misses import for_command

        wrong = _("«{word}» is no command").format(word=word)
        meant = for_command(word, following, self.commands)
        if meant is None:
            return wrong + _("; `sockviz --help` names them, `sockviz list` the lessons")
        return wrong + _("; did you mean `{command}`?").format(command=meant)


def _options(parser: argparse.ArgumentParser) -> tuple[str, ...]:
    return tuple(
        name for action in parser._actions for name in action.option_strings if name.startswith("--")
    )


def _takes_a_word(parser: argparse.ArgumentParser, option: str) -> bool:
    action = next((each for each in parser._actions if option in each.option_strings), None)
    return action is not None and action.nargs != 0
