"""The program: ``sockviz`` and ``python -m sockviz``. What ends it is seen to before anything else is even imported, and that
nothing is imported which happens to lie where it was started: among hand-ins, a program that somebody called ``json.py``."""

import os
import sys

if (
    __name__ == "__main__" and not sys.flags.safe_path
):  # `python -m` looks there before anywhere else (-P does not)
    try:
        is_here = sys.path[0] == os.getcwd()
    except OSError:  # a directory that is gone: nothing lies there
        is_here = False
    if is_here:
        del sys.path[0]

try:
    from sockviz import signals

    signals.begin()
except KeyboardInterrupt:  # until there; before it the interpreter itself says what it says
    raise SystemExit(130) from None


def main() -> int:
    """Runs the command that was typed. Returns its exit status."""
    from sockviz import memory

    memory.collect_garbage_seldom()  # before more is imported, of which none is garbage
    from sockviz import cli

    status = signals.status(cli.main())
    memory.leave_garbage()
    return status


if __name__ == "__main__":
    sys.exit(main())
