"""The program: ``sockviz`` and ``python -m sockviz``. What ends it is seen to before anything else is even imported."""

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
    import sys

    sys.exit(main())
