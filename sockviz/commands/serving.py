"""``serve``: the course in a browser, for a room."""

from __future__ import annotations

import argparse
import ipaddress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sockviz import door
from sockviz.commands.shared import FAILED, OK, Usage, drive
from sockviz.language import _, ngettext, said_by_system
from sockviz.visible import quoted

if TYPE_CHECKING:
    from sockviz.web.address import ServedAt
    from sockviz.web.serving import Wanted
    from sockviz.web.spawner import Spawner

#: What a session and its lab take at least (MB), and no machine has.
_LEAST_MEMORY, _MOST_MEMORY = 96, 1 << 20


def serve(options: argparse.Namespace) -> int:
    """Serves the course until a signal ends it."""
    from sockviz.player.refusals import other_system

    if (reason := other_system()) is not None:
        raise Usage(_("nothing can be served here: {reason}").format(reason=reason))
    if missing := [name for name in ("textual_serve", "aiohttp") if find_spec(name) is None]:
        raise Usage(
            _("what serves pages is not installed ({missing}): pip install 'sockviz[web]'").format(
                missing=", ".join(name.replace("_", "-") for name in missing)
            )
        )
    from sockviz.web.spawner import Spawner

    wanted = _wanted(options)
    spawner = Spawner()  # before anything else that it would inherit
    try:
        return drive(_serve(wanted, spawner))
    finally:
        spawner.end()


async def _serve(wanted: Wanted, spawner: Spawner) -> int:
    from sockviz.web.serving import CannotKeepProgress
    from sockviz.web.serving import serve as serving
    from sockviz.web.spawner import CannotBegin

    await _private_lab()
    address = wanted.address

    def ready(url: str) -> None:
        sessions = ngettext("{count} session at once", "{count} sessions at once", wanted.limits.sessions)
        door.out().say(
            _("The course is at {url} ({sessions}); Ctrl-C ends it, and everything in it.").format(
                url=url, sessions=sessions.format(count=wanted.limits.sessions)
            )
        )

    try:
        await serving(wanted, spawner, door.complain, ready)
    except CannotBegin as cannot:
        door.complain(_("no session can be begun: {reason}").format(reason=cannot))
        return FAILED
    except CannotKeepProgress as cannot:
        raise Usage(f"--keep {quoted(str(wanted.keep))}: {cannot}") from None
    except LookupError as lacking:
        raise Usage(
            _(
                "textual-serve is not whole here ({lacking}): pip install --force-reinstall 'sockviz[web]'"
            ).format(lacking=quoted(str(lacking)))
        ) from None
    except OSError as error:
        raise Usage(
            _("{host} port {port}: cannot be served on: {error}").format(
                host=address.host, port=address.port, error=said_by_system(error.errno or error)
            )
        ) from None
    return OK


async def _private_lab() -> None:
    """Raises `Usage` where visitors would have this machine's own loopback, and whoever listens there."""
    from sockviz.lab.loopback import open_lab
    from sockviz.lab.supervisor import LabRefused

    try:
        lab = await open_lab("isolated")
    except LabRefused as refusal:
        raise Usage(
            _("no lab without a network can be made here ({reason}), and visitors get no other: on this machine's own loopback "
            "they would reach its services, and one another. `sockviz doctor` tells how to enable it").format(reason=refusal)
        ) from None  # fmt: skip
    await lab.close()


def _wanted(options: argparse.Namespace) -> Wanted:
    from sockviz.web.limits import Limits
    from sockviz.web.serving import Wanted

    for name, least, most in (
        ("sessions", 1, 1000), ("per-address", 1, 1000), ("memory", _LEAST_MEMORY, _MOST_MEMORY), ("idle", 1, 1440),
        ("port", 0, 65535),
    ):  # fmt: skip
        given = getattr(options, name.replace("-", "_"))
        if given is not None and not least <= given <= most:
            raise Usage(
                _("--{name} {given}: a whole number from {least} to {most}").format(
                    name=name, given=given, least=least, most=most
                )
            )
    limits = Limits(options.sessions, options.memory << 20, options.idle * 60.0, options.per_address)
    return Wanted(_address(options), limits, Path(options.keep) if options.keep else None, options.language)


def _address(options: argparse.Namespace) -> ServedAt:
    from sockviz.web.address import ServedAt, is_public_url

    public = options.public_url.rstrip("/") if options.public_url is not None else None
    if public is not None and not is_public_url(public):
        raise Usage(
            _("--public-url {url}: as https://sockets.example.org/course").format(
                url=quoted(options.public_url)
            )
        )
    host = options.host
    if host != "localhost":
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise Usage(
                _("--host {host}: an address of this machine, as 127.0.0.1 or 0.0.0.0 (all of them)").format(
                    host=quoted(host)
                )
            ) from None
    address = ServedAt(host, options.port, public)
    if not address.is_loopback:
        door.complain(
            _("{host} is no loopback address: whoever reaches it over the network can use the course, and what they type goes "
            "unencrypted. Behind a proxy with TLS leave --host out (README, In a browser).").format(host=host)
        )  # fmt: skip
    return address
