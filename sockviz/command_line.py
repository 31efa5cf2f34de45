"""What can be typed after ``sockviz``: the commands, their arguments, their help."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from sockviz import __version__, serving_arguments
from sockviz.argument_order import PROGRAMMING, EitherLanguage, plain_last, words_first
from sockviz.argument_parser import Parser, Whole
from sockviz.language import _
from sockviz.shared_options import Taken, drawing, lab_option, language, progress

if TYPE_CHECKING:
    _Commands: TypeAlias = argparse._SubParsersAction[Parser]


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
    return None if asked in PROGRAMMING else asked


def parser(typed: Sequence[str] | None = None) -> Whole:
    """The parser of the whole command line. ``command`` names what to do: "home" where no command was typed.

    One that is asked about no more than what was `typed` knows the commands that are named there, and no other: to make them all
    takes longer than to import argparse.
    """
    if typed is None or any(word == "--" or word.startswith(("-h", "--h")) for word in typed):
        typed = list(_COMMANDS)
    named = [name for name in _COMMANDS if name in typed]
    whole = Whole(
        prog="sockviz",
        description=_(
            "Learn the Berkeley sockets API by performing it: lessons made of real system calls on real sockets, "
            "with what the kernel says of them. Without a command: the course, with your progress."
        ),
        epilog=_("Start with: sockviz run 1"),
    )
    whole.with_all = parser
    whole.add_argument(
        "--version", action="version", version=f"sockviz {__version__}",
        help=_("show program's version number and exit"),
    )  # fmt: skip
    for add in (progress, language, drawing):
        add(whole)
    whole.set_defaults(command="home")
    commands = whole.add_subparsers(
        title=_("commands"), metavar=_("COMMAND"), description=_("sockviz COMMAND --help tells of each"), parser_class=Parser
    )  # fmt: skip
    whole.commands = commands.choices
    if named:
        taken = Taken()
        for name in named:
            _COMMANDS[name](commands, taken)
    return whole


def _run(commands: _Commands, taken: Taken) -> None:
    run = commands.add_parser(
        "run",
        parents=[taken.read, taken.spoken, taken.drawn],
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
    lab_option(run)
    run.add_argument(
        "--start",
        metavar=_("PAGE"),
        type=int,
        default=1,
        help=_("perform the pages before PAGE without stopping"),
    )
    run.add_argument("--notes", action="store_true", help=_("show the instructor's notes"))
    run.set_defaults(command="run")


def _watch(commands: _Commands, taken: Taken) -> None:
    watch = commands.add_parser(
        "watch",
        parents=[taken.spoken, taken.drawn],
        help=_("programs of your own, call by call"),
        description=_(
            "Runs programs of your own, in any language and unchanged, in a lab, and shows each call that they make on "
            "sockets. They have your files and your environment; the network is the lab's."
        ),
        epilog=_(
            "For example: sockviz watch --plain --and 'curl http://127.0.0.1:8000/' -- python3 -m http.server 8000"
        ),
    )
    form = watch.add_mutually_exclusive_group()
    form.add_argument("--plain", action="store_true", help=_("linear text instead of the screen"))
    form.add_argument(
        "--json", action="store_true", help=_("each event as a line of JSON, instead of the screen")
    )
    pace = watch.add_mutually_exclusive_group()
    pace.add_argument(
        "--hold",
        action="store_true",
        default=None,
        help=_("hold each process at each call until you let it go (the screen does)"),
    )
    pace.add_argument(
        "--run",
        dest="hold",
        action="store_false",
        default=None,
        help=_("let the programs run (with --plain they do)"),
    )
    watch.add_argument(
        "--record", metavar=_("FILE"), help=_("write the run to FILE as it happens (JSON lines)")
    )
    watch.add_argument(
        "--stdin", metavar=_("FILE"), help=_("what the first program reads; by itself nothing")
    )
    watch.add_argument("--seconds", metavar="N", type=float, help=_("end the programs after N seconds"))
    watch.add_argument(
        "--and", dest="also", action="append", default=[], metavar=_("[NAME=]COMMAND"),
        help=_("another program, started once the one before listens, sleeps or has ended; NAME is what it is called"),
    )  # fmt: skip
    lab_option(watch, "two-hosts")
    watch.add_argument(
        "program",
        nargs="+",
        metavar=_("COMMAND"),
        help=_("the first program, after --: all that follows is its"),
    )
    watch.set_defaults(command="watch")


def _practice(commands: _Commands, taken: Taken) -> None:
    practice = commands.add_parser(
        "practice",
        parents=[taken.read, taken.drawn],
        help=_("exercises: programs of your own, judged by the kernel"),
        description=_(
            "Exercises. Without one: the list, with your progress. With one: your copy of it is judged each time that you save "
            "it, by what the kernel and those who talk to it saw. Exit code with --once 0: passed; 1: not; 2: wrong usage."
        ),
        epilog=_("For graders: sockviz practice echo-server --once --json hand-in/echo.py"),
    )
    practice.add_argument(
        "exercise",
        metavar=_("EXERCISE"),
        nargs="?",
        help=_("its number, its slug or a path to its directory"),
    )
    practice.add_argument(
        "file", metavar=_("FILE"), nargs="?", help=_("with --once: judge this program instead of your copy")
    )
    practice.add_argument("--once", action="store_true", help=_("judge once, and no more"))
    practice.add_argument("--json", action="store_true", help=_("as JSON: the list, or one attempt"))
    practice.add_argument("--plain", action="store_true", help=_("linear text instead of the screen"))
    practice.add_argument(
        "--record", metavar=_("DIR"), help=_("with --once: keep the run in DIR, to be replayed")
    )
    practice.add_argument(
        "--reset", action="store_true", help=_("begin again; your file of before is kept beside the new one")
    )
    practice.add_argument(
        "--language", action=EitherLanguage, metavar="python|c", default=argparse.SUPPRESS,
        help=_("write it in this language; any other is the language that sockviz speaks"),
    )  # fmt: skip
    practice.rearranged = words_first
    practice.set_defaults(command="practice", programming=None)


def _sandbox(commands: _Commands, taken: Taken) -> None:
    sandbox = commands.add_parser(
        "sandbox",
        parents=[taken.read, taken.spoken, taken.drawn],
        help=_("lines of your own, performed as you type them"),
        description=_(
            "Performs what you type: any call that a lesson may make, in processes that you name. With a lesson it begins at "
            "one of its pages. Exit code with --plain 0: every line could be performed; 1: some could not; 2: wrong usage."
        ),
        epilog=_("For example: sockviz sandbox --plain, then: server> s = socket.socket()"),
    )
    sandbox.add_argument(
        "lesson", metavar=_("LESSON"), nargs="?", help=_("begin in this lesson: its number, its slug or a path to a file")
    )  # fmt: skip
    sandbox.add_argument(
        "--page", metavar=_("N"), type=int, help=_("of the lesson: what comes before page N is performed without stopping")
    )  # fmt: skip
    sandbox.add_argument(
        "--plain", action="store_true",
        help=_("linear text instead of the screen: lines PROCESS> LINE, from a terminal or a pipe"),
    )  # fmt: skip
    sandbox.add_argument(
        "--save", metavar=_("FILE.md"), help=_("with --plain: write what was typed as a lesson when you leave")
    )  # fmt: skip
    sandbox.add_argument(
        "--record", metavar=_("FILE"), help=_("with --plain: write the run as a recording when you leave")
    )  # fmt: skip
    sandbox.add_argument(
        "--and", dest="also", action="append", default=[], metavar=_("[NAME=]COMMAND"),
        help=_("a program of your own beside what you type: it is started first, its calls are shown; NAME is what it is called"),
    )  # fmt: skip
    sandbox.add_argument(
        "--hold", action="store_true",
        help=_("with --and: programs wait at their calls until you let them go (Enter on an empty line, go NAME; run: all run)"),
    )  # fmt: skip
    lab_option(sandbox, "two-hosts")
    sandbox.set_defaults(command="sandbox")


def _list(commands: _Commands, taken: Taken) -> None:
    listing = commands.add_parser(
        "list", parents=[taken.read, taken.spoken], help=_("the course and your progress")
    )
    listing.add_argument("--json", action="store_true", help=_("as JSON"))
    listing.set_defaults(command="list")


def _check(commands: _Commands, taken: Taken) -> None:
    check = commands.add_parser(
        "check",
        parents=[taken.spoken],
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
    check.add_argument(
        "--pause", metavar=_("SECONDS"), type=float, default=0.0,
        help=_("rehearse: wait so long before each line and each page, as somebody does who explains them"),
    )  # fmt: skip
    check.add_argument("--strict", action="store_true", help=_("warnings fail too"))
    check.add_argument("--record", metavar=_("DIR"), help=_("keep the runs of what does not hold in DIR"))
    lab_option(check)
    check.set_defaults(command="check")


def _replay(commands: _Commands, taken: Taken) -> None:
    replay = commands.add_parser(
        "replay",
        parents=[taken.read, taken.spoken, taken.drawn],
        help=_("a recording, through the same front ends"),
    )
    replay.add_argument("file", metavar=_("FILE"), help=_("what --record wrote"))
    replay.add_argument("--plain", action="store_true", help=_("linear text instead of the screen"))
    replay.add_argument(
        "--follow", action="store_true",
        help=_("while it is written, also before it is there: step back, and the run goes on; --json: an event a line"),
    )  # fmt: skip
    replay.add_argument("--at", metavar=_("N"), type=int, help=_("with --json: the world after event N"))
    replay.add_argument(
        "--json", action="store_true", help=_("print the world after the last event, or after --at N")
    )
    replay.set_defaults(command="replay")


def _export(commands: _Commands, taken: Taken) -> None:
    export = commands.add_parser(
        "export",
        parents=[taken.spoken],
        help=_("a recording's packets for Wireshark; a lesson's processes as programs; a page to hand out"),
        description=_(
            "Writes a recording's packets into a file that Wireshark opens (--pcapng), each process of a lesson as a "
            "program that can be read, built and run against the others (--code), or a performed lesson as a page of HTML "
            "(--html). Nothing is ever written over. Exit code 0: written; 1: there is nothing to write; 2: wrong usage."
        ),
        epilog=_("For example: sockviz export 1 --code c first, then: sh first/run.sh"),
    )
    export.add_argument(
        "source", metavar=_("RECORDING|LESSON"),
        help=_("with --pcapng what `sockviz run --record` wrote; with --code a lesson's number, slug or path; with --html "
        "either: a lesson is performed first"),
    )  # fmt: skip
    target = export.add_mutually_exclusive_group(required=True)
    target.add_argument("--pcapng", metavar=_("OUT"), help=_("the file to write; it must not exist"))
    target.add_argument(
        "--code", metavar=("c|python", "DIR"), nargs=2,
        help=_("the language, and the directory to write: new, or empty. In it README.txt says how to build and run "
        "the programs; they wait for one another where the lesson's lines do"),
    )  # fmt: skip
    target.add_argument(
        "--html", metavar=_("OUT.html"),
        help=_("the page to write; it must not exist. It is one file, and needs no other: the text, each line with what came of "
        "it, the stage at each page's end, answers folded, without the instructor's notes"),
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
    export.rearranged = plain_last
    export.set_defaults(command="export")


def _notes(commands: _Commands, taken: Taken) -> None:
    notes = commands.add_parser(
        "notes",
        parents=[taken.read, taken.spoken],
        help=_("the instructor's notes of a lesson, page by page"),
    )
    notes.add_argument(
        "lesson", metavar=_("LESSON"), nargs="?", help=_("its number, its slug or a path to a file")
    )
    notes.add_argument(
        "--follow", action="store_true",
        help=_("beside a run on another terminal: its page's notes, the next line, the time; and keys that drive it"),
    )  # fmt: skip
    notes.add_argument(
        "--plain", action="store_true", help=_("with --follow: what has changed, as linear text")
    )
    notes.set_defaults(command="notes")


def _man(commands: _Commands, taken: Taken) -> None:
    man = commands.add_parser(
        "man",
        parents=[taken.read, taken.spoken],
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


def _shell(commands: _Commands, taken: Taken) -> None:
    shell = commands.add_parser(
        "shell",
        parents=[taken.spoken],
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


def _doctor(commands: _Commands, taken: Taken) -> None:
    doctor = commands.add_parser(
        "doctor", parents=[taken.spoken], help=_("what this machine allows, why, and how to enable the rest")
    )
    doctor.add_argument("--json", action="store_true", help=_("as JSON"))
    doctor.set_defaults(command="doctor")


def _serve(commands: _Commands, taken: Taken) -> None:
    serve = commands.add_parser(
        "serve",
        parents=[taken.spoken],
        help=_("the course in a browser, for a room"),
        description=serving_arguments.description(),
        epilog=_("README, In a browser, has what a class behind a proxy needs."),
    )
    serving_arguments.add(serve)
    serve.set_defaults(command="serve")


_COMMANDS: Mapping[str, Callable[[_Commands, Taken], None]] = {
    "run": _run, "watch": _watch, "practice": _practice, "sandbox": _sandbox,
    "list": _list, "check": _check, "replay": _replay, "export": _export, "notes": _notes,
    "serve": _serve, "man": _man, "shell": _shell, "doctor": _doctor,
}  # fmt: skip
