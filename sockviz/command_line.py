"""What can be typed after ``sockviz``: the commands, their arguments, their help."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from sockviz import __version__, door
from sockviz.language import _, languages
from sockviz.visible import visible

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

#: What the screen's themes are called (`sockviz.tui.themes`, which needs Textual).
THEMES = ("dark", "light", "ansi", "mono")


def language_in(arguments: Sequence[str]) -> str | None:
    """What ``--language`` asks for, before `parser` is asked: its own texts are in that language."""
    asked: str | None = None
    for name, following in pairwise([*arguments, ""]):
        if name == "--":
            break
        if name == "--language":
            asked = following
        elif name.startswith("--language="):
            asked = name.partition("=")[2]
    return asked


class _Help(argparse.HelpFormatter):
    """Help whose first word is the reader's, too."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, _("usage: ") if prefix is None else prefix)


class _Parser(argparse.ArgumentParser):
    """A parser whose words are the reader's, those of a wrong argument too."""

    def __init__(self, **given: Any) -> None:
        super().__init__(formatter_class=_Help, **given)
        self.color = False  # Python 3.14's; ours would be data like all else that is printed
        self._positionals.title, self._optionals.title = _("positional arguments"), _("options")
        for action in self._actions:
            if "--help" in action.option_strings:
                action.help = _("show this help message and exit")

    #: Where given: the arguments as argparse can read them.
    rearranged: Callable[[Sequence[str]], Sequence[str]] | None = None

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does, once nothing is wrong that argparse would say less well: it looks for what is missing first."""
        given = [*sys.argv[1:]] if args is None else [*args]
        if isinstance(self, _Whole) and (why := self.misuse(given)):
            self.refuse(why)
        return super().parse_known_args(self.rearranged(given) if self.rearranged else given, namespace)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """As argparse does; with what was probably meant."""
        if action.choices is None or value in action.choices:
            return
        from sockviz.near_misses import for_choice  # only where something is wrong

        known = list(map(str, action.choices))
        near = for_choice(str(value), known)
        raise argparse.ArgumentError(
            action, _("{word}: expected one of {known}").format(word=value, known=", ".join(known)) + near
        )

    def refuse(self, message: str) -> NoReturn:
        """Says what is wrong, and no more."""
        self.exit(
            2, _("{program}: error: {message}").format(program=self.prog, message=visible(message)) + "\n"
        )

    def error(self, message: str) -> NoReturn:
        from sockviz.misused import in_our_words  # only where something is wrong

        if told := in_our_words(message, self):
            self.refuse(told)
        self.print_usage(sys.stderr)
        told = _("{program}: error: {message}").format(program=self.prog, message=visible(message))
        self.exit(2, told + "\n")

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        """All that argparse prints, help and usage too."""
        (door.out() if file in (None, sys.stdout) else door.err()).write(message)


def _plain_last(arguments: Sequence[str]) -> Sequence[str]:
    """``--code c --plain DIR`` as ``--code c DIR --plain``: the language and the directory are arguments of one option."""
    at = [
        n
        for n, word in enumerate(arguments)
        if word == "--plain" and list(arguments[n - 2 : n - 1]) == ["--code"]
    ]
    return [*(word for n, word in enumerate(arguments) if n not in at), *(["--plain"] if at else [])]


class _Whole(_Parser):
    """The parser of the whole command line. ``commands`` are those of the commands, by name."""

    commands: Mapping[str, argparse.ArgumentParser] = MappingProxyType({})

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


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line. ``command`` names what to do: "home" where no command was typed."""
    whole = _Whole(
        prog="sockviz",
        description=_(
            "Learn the Berkeley sockets API by performing it: lessons made of real system calls on real sockets, "
            "with what the kernel says of them. Without a command: the course, with your progress."
        ),
        epilog=_("Start with: sockviz run 1"),
    )
    whole.add_argument(
        "--version", action="version", version=f"sockviz {__version__}",
        help=_("show program's version number and exit"),
    )  # fmt: skip
    # Taken before the command and after it: only what is really given there replaces what was given here.
    spoken = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    read = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    drawn = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    for taker in (whole, read):
        taker.add_argument(
            "--progress",
            metavar=_("FILE"),
            help=_("keep your progress in FILE instead of your data directory"),
        )
    for taker in (whole, spoken):
        taker.add_argument(
            "--language", metavar=_("LANGUAGE"),
            help=_(
                "speak LANGUAGE ({known}); by itself what the locale says. Lessons are shown in it where a translation exists"
            ).format(known=", ".join(languages())),
        )  # fmt: skip
    for taker in (whole, drawn):
        taker.add_argument(
            "--theme", choices=THEMES,
            help=_("the screen's colours: dark, light, ansi (your terminal's own sixteen) or mono (none; also with NO_COLOR)"),
        )  # fmt: skip
        taker.add_argument(
            "--ascii", action="store_true",
            help=_("draw with ASCII characters alone (by itself where the locale is not UTF-8)"),
        )  # fmt: skip
        taker.add_argument(
            "--no-mouse", action="store_true",
            help=_("leave the mouse to the terminal, to select and copy with (also with SOCKVIZ_NO_MOUSE)"),
        )  # fmt: skip
    whole.set_defaults(command="home")
    commands = whole.add_subparsers(title=_("commands"), metavar=_("COMMAND"), parser_class=_Parser)
    whole.commands = commands.choices

    run = commands.add_parser(
        "run",
        parents=[read, spoken, drawn],
        help=_("perform one lesson"),
        description=_("Performs one lesson."),
    )
    run.add_argument(
        "lesson", metavar=_("LESSON"), help=_("its number, its slug (first-connection) or a path to a file")
    )
    run.add_argument("--plain", action="store_true", help=_("linear text instead of the screen"))
    run.add_argument(
        "--record", metavar=_("FILE"), help=_("write the run to FILE as it happens (JSON lines)")
    )
    _lab_option(run)
    run.add_argument(
        "--start",
        metavar=_("PAGE"),
        type=int,
        default=1,
        help=_("perform the pages before PAGE without stopping"),
    )
    run.add_argument("--notes", action="store_true", help=_("show the instructor's notes"))
    run.set_defaults(command="run")

    listing = commands.add_parser("list", parents=[read, spoken], help=_("the course and your progress"))
    listing.add_argument("--json", action="store_true", help=_("as JSON"))
    listing.set_defaults(command="list")

    check = commands.add_parser(
        "check",
        parents=[spoken],
        help=_("perform lessons with no screen and judge every expectation and prediction"),
        description=_(
            "Performs lessons with no screen and judges every expectation and prediction. Exit code 0: all hold; "
            "1: some do not; 2: wrong usage."
        ),
    )
    check.add_argument(
        "paths", metavar=_("PATH"), nargs="*", help=_("lesson files or directories (default: the course)")
    )
    check.add_argument("--json", action="store_true", help=_("one JSON object"))
    check.add_argument("--strict", action="store_true", help=_("warnings fail too"))
    _lab_option(check)
    check.set_defaults(command="check")

    replay = commands.add_parser(
        "replay", parents=[read, spoken, drawn], help=_("a recording, through the same front ends")
    )
    replay.add_argument("file", metavar=_("FILE"), help=_("what --record wrote"))
    replay.add_argument("--plain", action="store_true", help=_("linear text instead of the screen"))
    replay.add_argument("--at", metavar=_("N"), type=int, help=_("with --json: the world after event N"))
    replay.add_argument(
        "--json", action="store_true", help=_("print the world after the last event, or after --at N")
    )
    replay.set_defaults(command="replay")

    export = commands.add_parser(
        "export",
        parents=[spoken],
        help=_("a recording's packets for Wireshark; a lesson's processes as programs"),
        description=_(
            "Writes a recording's packets into a file that Wireshark opens (--pcapng), or each process of a lesson as a "
            "program that can be read, built and run against the others (--code). Nothing is ever written over. Exit code 0: "
            "written; 1: there is nothing to write; 2: wrong usage."
        ),
        epilog=_("For example: sockviz export 1 --code c first, then: sh first/run.sh"),
    )
    export.add_argument(
        "source", metavar=_("RECORDING|LESSON"),
        help=_("with --pcapng what `sockviz run --record` wrote; with --code a lesson's number, slug or path"),
    )  # fmt: skip
    target = export.add_mutually_exclusive_group(required=True)
    target.add_argument("--pcapng", metavar=_("OUT"), help=_("the file to write; it must not exist"))
    target.add_argument(
        "--code", metavar=("c|python", "DIR"), nargs=2,
        help=_("the language, and the directory to write: new, or empty. In it README.txt says how to build and run "
        "the programs; they wait for one another where the lesson's lines do"),
    )  # fmt: skip
    export.add_argument(
        "--plain", action="store_true",
        help=_("with --code: programs to hand out, short and without turns; each says when to start it, and a call that "
        "fails ends it, unless the lesson wants it to fail"),
    )  # fmt: skip
    export.add_argument(
        "--seen-by", metavar=_("HOST"),
        help=_("with --pcapng, of two hosts: what came and went at HOST's interface, as a capture there has it; without it each "
        "packet stands once, when it was sent"),
    )  # fmt: skip
    export.rearranged = _plain_last
    export.set_defaults(command="export")

    notes = commands.add_parser(
        "notes", parents=[read, spoken], help=_("the instructor's notes of a lesson, page by page")
    )
    notes.add_argument("lesson", metavar=_("LESSON"), help=_("its number, its slug or a path to a file"))
    notes.set_defaults(command="notes")

    man = commands.add_parser(
        "man",
        parents=[read, spoken],
        help=_("a page for every call and every error"),
        description=_(
            "Tells of a call or an error: what it does, its C and Python, what it returns, each error with its cause "
            "and remedy, and which lessons perform it. Without WORD: all pages."
        ),
    )
    man.add_argument(
        "word", metavar=_("WORD"), nargs="?",
        help=_("a call (accept), an error (EADDRINUSE), its number (98) or Python's name for it (BrokenPipeError)"),
    )  # fmt: skip
    man.add_argument("--json", action="store_true", help=_("as JSON"))
    man.set_defaults(command="man")

    shell = commands.add_parser(
        "shell",
        parents=[spoken],
        help=_("a second terminal inside a running lab"),
        description=_(
            "Enters a running lab, the newest where none is named: `ss` and `tcpdump` there show what the screen shows. "
            "Where several run it names them. Into a pipe, and with --list, it prints the lines that enter them."
        ),
    )
    shell.add_argument(
        "lab", metavar=_("LESSON|PROCESS"), nargs="?",
        help=_("its lesson's number or slug, one of its processes by pid, or a host of two (server, client)"),
    )  # fmt: skip
    shell.add_argument("--list", action="store_true", help=_("print the lines and enter nothing"))
    shell.set_defaults(command="shell")

    doctor = commands.add_parser(
        "doctor", parents=[spoken], help=_("what this machine allows, why, and how to enable the rest")
    )
    doctor.add_argument("--json", action="store_true", help=_("as JSON"))
    doctor.set_defaults(command="doctor")
    return whole


def _lab_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lab", choices=("auto", "isolated", "host"), default="auto",
        help=_("host: this machine's own loopback; isolated: namespaces of its own, with captured packets; "
        "auto: the best this machine allows"),
    )  # fmt: skip
