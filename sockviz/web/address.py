"""Where the course is served, and by which names: a page of another site opens nothing here, whatever it calls this machine."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from urllib.parse import urlsplit

from sockviz.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ServedAt:
    """``host`` and ``port`` are listened on; ``public`` is the URL by which visitors come where that is another, as through a
    proxy: without a slash at its end."""

    host: str
    port: int
    public: str | None = None

    @property
    def url(self) -> str:
        """What visitors write into their browser."""
        if self.public is not None:
            return self.public
        name = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(self.host, self.host)
        return f"http://{f'[{name}]' if ':' in name else name}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        if self.host == "localhost":
            return True
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(self.host).is_loopback
        return False

    @property
    def is_secure(self) -> bool:
        """Whether visitors come by https."""
        return self.url.startswith("https:")

    def knows(self, authority: str) -> bool:
        """Whether somebody who asks ``Host: authority`` means this server. A name that another site has given to this machine's
        address (DNS rebinding) is none of its names; a number is nobody's name."""
        name = _name(authority)
        if name is None:
            return False
        with contextlib.suppress(ValueError):
            ipaddress.ip_address(name)
            return True
        own = {"localhost", self.host.lower(), socket.gethostname().lower(), _name(urlsplit(self.url).netloc)}
        return name in own

    def is_own(self, origin: str | None, authority: str) -> bool:
        """Whether a page that says ``Origin: origin`` is one of ours, asked for by ``Host: authority``."""
        if origin is None:
            return False
        if self.public is not None and origin == origin_of(self.public):
            return True
        there = urlsplit(origin)
        return there.scheme in ("http", "https") and there.netloc == authority and self.knows(authority)


def origin_of(url: str) -> str:
    """Scheme, name and port (RFC 6454)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _name(authority: str) -> str | None:
    try:
        return urlsplit(f"//{authority}").hostname
    except ValueError:
        return None
