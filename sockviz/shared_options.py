"""The options that several commands share, each with its help in one place."""

from __future__ import annotations

import argparse

from sockviz.argument_parser import Parser
from sockviz.language import _, languages

#: What the screen's themes are called (`sockviz.tui.themes`, which needs Textual).
THEMES = ("dark", "light", "ansi", "mono")


class Taken:
    """The options that commands share: of who reads the progress, of all, of who draws a screen.

    They are taken before the command and after it: only what is really given there replaces what was given here.
    """

    def __init__(self) -> None:
        self.read, self.spoken, self.drawn = (
            Parser(add_help=False, argument_default=argparse.SUPPRESS) for _each in range(3)
        )
        for add, taker in ((progress, self.read), (language, self.spoken), (drawing, self.drawn)):
            add(taker)


def progress(taker: Parser) -> None:
    """Where the reader's progress is kept."""
    taker.add_argument(
        "--progress",
        metavar=_("FILE"),
        help=_("keep your progress in FILE instead of your data directory"),
    )


def language(taker: Parser) -> None:
    """In which language sockviz speaks."""
    taker.add_argument(
        "--language", metavar=_("LANGUAGE"),
        help=_(
            "speak LANGUAGE ({known}); by itself what the locale says. Lessons are shown in it where a translation exists"
        ).format(known=", ".join(languages())),
    )  # fmt: skip


def drawing(taker: Parser) -> None:
    """How a screen is drawn."""
    taker.add_argument(
        "--theme", choices=THEMES,
        help=_(
            "the screen's colours: dark, light (for bright rooms), ansi (your terminal's own sixteen) or mono (none; also with "
            "NO_COLOR). SOCKVIZ_THEME=NAME has it for good, T changes between light and dark"
        ),
    )  # fmt: skip
    taker.add_argument(
        "--ascii", action="store_true",
        help=_("draw with ASCII characters alone (by itself where the locale is not UTF-8)"),
    )  # fmt: skip
    taker.add_argument(
        "--no-mouse", action="store_true",
        help=_("leave the mouse to the terminal, to select and copy with (also with SOCKVIZ_NO_MOUSE)"),
    )  # fmt: skip


def lab_option(parser: argparse.ArgumentParser, *more: str) -> None:
    """Which lab; `more` are those that only some commands have."""
    parser.add_argument(
        "--lab", choices=("auto", "isolated", "host", *more), default="auto",
        help=_("host: this machine's own loopback; isolated: namespaces of its own, with captured packets; "
        "auto: the best this machine allows"),
    )  # fmt: skip
