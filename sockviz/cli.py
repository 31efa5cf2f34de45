"""The commands by name. What each does, and each front end, is imported only when it is asked for (see `sockviz.commands`)."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Mapping, Sequence

from sockviz import door, language
from sockviz.command_line import language_in, parser
from sockviz.commands.shared import FAILED, USAGE, Usage

BROKEN_PIPE = 13  # SIGPIPE, which not every system has
#: Where each command is done, by its name in `sockviz.command_line`.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "home": ("playing", "home"),
    "run": ("playing", "run"),
    "list": ("listing", "list_course"),
    "watch": ("watching", "watch"),
    "check": ("checking", "check"),
    "practice": ("practising", "practice"),
    "sandbox": ("sandboxing", "sandbox"),
    "replay": ("playing", "replay"),
    "export": ("exporting", "export"),
    "notes": ("listing", "notes"),
    "serve": ("serving", "serve"),
    "man": ("listing", "man"),
    "shell": ("listing", "shell"),
    "doctor": ("listing", "doctor"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Returns its exit code: 0 done, 1 something failed, 2 wrong usage."""
    if arguments is None:
        door.stand()
    typed = sys.argv[1:] if arguments is None else arguments
    with contextlib.suppress(Usage):  # said once the command line has been read
        _speak(language_in(typed))
    try:
        options = parser(typed).parse_args(typed)
        _speak(options.language)
        module, name = COMMANDS[options.command]
        done: int = getattr(importlib.import_module(f"sockviz.commands.{module}"), name)(options)
        return done
    except Usage as usage:
        door.complain(*usage.args)
        return USAGE
    except door.CannotWrite as cannot:
        door.complain(str(cannot))
        return FAILED
    except BrokenPipeError:  # the reader of our output has gone (`| head`): there is nobody to tell
        return 128 + BROKEN_PIPE
    except Exception as error:  # a fault of ours: said in a sentence, kept in a file
        from sockviz import crash

        door.complain(crash.save(error))
        return FAILED


def _speak(wanted: str | None) -> None:
    language.use(language.preferred())  # in which it is said that there is none as was wanted
    try:
        language.use(wanted or language.preferred())
    except language.UnknownLanguage as unknown:
        from sockviz.near_misses import for_language  # only where something is wrong

        raise Usage(f"--language: {unknown}{for_language(wanted or '')}") from None
