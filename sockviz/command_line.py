"""What can be typed after ``sockviz``: the commands, their arguments, their help."""

from __future__ import annotations

import argparse

from sockviz import __version__

#: What the screen's themes are called (`sockviz.tui.themes`, which needs Textual).
THEMES = ("dark", "light", "ansi", "mono")


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line. ``command`` names what to do: "home" where no command was typed."""
    whole = argparse.ArgumentParser(
        prog="sockviz",
        description="Learn the Berkeley sockets API by performing it: lessons made of real system calls on real sockets, "
        "with what the kernel says of them. Without a command: the course, with your progress.",
        epilog="Start with: sockviz run 1",
    )
    whole.add_argument("--version", action="version", version=f"sockviz {__version__}")
    # Taken before the command and after it: only what is really given there replaces what was given here.
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    drawn = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    for taker in (whole, common):
        taker.add_argument(
            "--progress", metavar="FILE", help="keep your progress in FILE instead of your data directory"
        )
        taker.add_argument(
            "--language", metavar="LANGUAGE",
            help="speak LANGUAGE (en, es); by itself what the locale says. Lessons are shown in it where a translation exists",
        )  # fmt: skip
    for taker in (whole, drawn):
        taker.add_argument(
            "--theme", choices=THEMES,
            help="the screen's colours: dark, light, ansi (your terminal's own sixteen) or mono (none; also with NO_COLOR)",
        )  # fmt: skip
        taker.add_argument(
            "--ascii", action="store_true",
            help="draw with ASCII characters alone (by itself where the locale is not UTF-8)",
        )  # fmt: skip
    whole.set_defaults(command="home")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND")

    run = commands.add_parser(
        "run", parents=[common, drawn], help="perform one lesson", description="Performs one lesson."
    )
    run.add_argument(
        "lesson", metavar="LESSON", help="its number, its slug (first-connection) or a path to a file"
    )
    run.add_argument("--plain", action="store_true", help="linear text instead of the screen")
    run.add_argument("--record", metavar="FILE", help="write the run to FILE as it happens (JSON lines)")
    _lab_option(run)
    run.add_argument(
        "--start", metavar="PAGE", type=int, default=1, help="perform the pages before PAGE without stopping"
    )
    run.add_argument("--notes", action="store_true", help="show the instructor's notes")
    run.set_defaults(command="run")

    listing = commands.add_parser("list", parents=[common], help="the course and your progress")
    listing.add_argument("--json", action="store_true", help="as JSON")
    listing.set_defaults(command="list")

    check = commands.add_parser(
        "check",
        help="perform lessons with no screen and judge every expectation and prediction",
        description="Performs lessons with no screen and judges every expectation and prediction. Exit code 0: all hold; "
        "1: some do not; 2: wrong usage.",
    )
    check.add_argument(
        "paths", metavar="PATH", nargs="*", help="lesson files or directories (default: the course)"
    )
    check.add_argument("--json", action="store_true", help="one JSON object")
    check.add_argument("--strict", action="store_true", help="warnings fail too")
    _lab_option(check)
    check.set_defaults(command="check")

    replay = commands.add_parser(
        "replay", parents=[common, drawn], help="a recording, through the same front ends"
    )
    replay.add_argument("file", metavar="FILE", help="what --record wrote")
    replay.add_argument("--plain", action="store_true", help="linear text instead of the screen")
    replay.add_argument("--at", metavar="N", type=int, help="with --json: the world after event N")
    replay.add_argument(
        "--json", action="store_true", help="print the world after the last event, or after --at N"
    )
    replay.set_defaults(command="replay")

    export = commands.add_parser(
        "export",
        help="a recording's packets for Wireshark; a lesson's processes as programs",
        description="Writes a recording's packets into a file that Wireshark opens (--pcapng), or each process of a lesson as a "
        "program that can be read, built and run against the others (--code). Nothing is ever written over. Exit code 0: "
        "written; 1: there is nothing to write; 2: wrong usage.",
        epilog="For example: sockviz export 1 --code c first, then: sh first/run.sh",
    )
    export.add_argument(
        "source", metavar="RECORDING|LESSON",
        help="with --pcapng what `sockviz run --record` wrote; with --code a lesson's number, slug or path",
    )  # fmt: skip
    target = export.add_mutually_exclusive_group(required=True)
    target.add_argument("--pcapng", metavar="OUT", help="the file to write; it must not exist")
    target.add_argument(
        "--code", metavar=("c|python", "DIR"), nargs=2,
        help="the language, and the directory to write: new, or empty. In it README.txt says how to build and run "
        "the programs; they wait for one another where the lesson's lines do",
    )  # fmt: skip
    export.set_defaults(command="export")

    notes = commands.add_parser(
        "notes", parents=[common], help="the instructor's notes of a lesson, page by page"
    )
    notes.add_argument("lesson", metavar="LESSON", help="its number, its slug or a path to a file")
    notes.set_defaults(command="notes")

    man = commands.add_parser(
        "man",
        parents=[common],
        help="a page for every call and every error",
        description="Tells of a call or an error: what it does, its C and Python, what it returns, each error with its cause "
        "and remedy, and which lessons perform it. Without WORD: all pages.",
    )
    man.add_argument(
        "word", metavar="WORD", nargs="?",
        help="a call (accept), an error (EADDRINUSE), its number (98) or Python's name for it (BrokenPipeError)",
    )  # fmt: skip
    man.add_argument("--json", action="store_true", help="as JSON")
    man.set_defaults(command="man")

    shell = commands.add_parser(
        "shell",
        help="the line that opens a second terminal inside the running lab",
        description="Prints the line that opens a second terminal inside each running lab: `ss` and `tcpdump` there show what "
        "the screen shows.",
    )
    shell.set_defaults(command="shell")

    doctor = commands.add_parser("doctor", help="what this machine allows, why, and how to enable the rest")
    doctor.add_argument("--json", action="store_true", help="as JSON")
    doctor.set_defaults(command="doctor")
    return whole


def _lab_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lab", choices=("auto", "isolated", "host"), default="auto",
        help="host: this machine's own loopback; isolated: namespaces of its own, with captured packets; "
        "auto: the best this machine allows",
    )  # fmt: skip
