"""What `serve` can be given."""

from __future__ import annotations

import argparse

from sockviz.language import _


def description() -> str:
    """What help says of it."""
    return _(
        "Serves the course to browsers: lessons and the sandbox, for each visitor a lab without a network and a progress of "
        "their own. No program of a visitor's runs, none of your files is theirs. Needs the extra: pip install 'sockviz[web]'."
    )


def add(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument(
        "--host", metavar=_("ADDRESS"), default="127.0.0.1",
        help=_("listen on this address; by itself 127.0.0.1, which only this machine reaches. 0.0.0.0: all of its addresses"),
    )  # fmt: skip
    parser.add_argument(
        "--port",
        metavar="N",
        type=int,
        default=8000,
        help=_("listen on this port; by itself 8000. 0: on any that is free"),
    )
    parser.add_argument(
        "--public-url",
        metavar="URL",
        help=_("by which visitors come, where that is another: through a proxy"),
    )
    parser.add_argument(
        "--sessions", metavar="N", type=int, default=20,
        help=_("as many at once; whoever comes then is told so, and tried again. By itself 20: two cores carry them"),
    )  # fmt: skip
    parser.add_argument(
        "--per-address", metavar="N", type=int,
        help=_("of these no more than N for one address (of IPv6: one /64 network); by itself as many as there are, for a "
               "class may have one address together"),
    )  # fmt: skip
    parser.add_argument(
        "--memory", metavar="MB", type=int, default=256, help=_("a session and lab that take more are ended; by itself 256")
    )  # fmt: skip
    parser.add_argument(
        "--idle", metavar=_("MINUTES"), type=int, default=20,
        help=_("a session in which nothing is typed for so long is ended, after a warning; by itself 20"),
    )  # fmt: skip
    parser.add_argument(
        "--keep",
        metavar=_("DIR"),
        help=_("keep visitors' progress in DIR; by itself it goes when the server does"),
    )
