"""The program: ``sockviz`` and ``python -m sockviz``. What ends it is seen to before anything else is even imported."""

from sockviz import signals

signals.begin()


def main() -> int:
    """Runs the command that was typed. Returns its exit status."""
    from sockviz import cli

    return signals.status(cli.main())


if __name__ == "__main__":
    import sys

    sys.exit(main())
