"""Where the course is served, and by which names: a page of another site opens nothing here, whatever it calls this machine."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
from urllib.parse import urlsplit

from sockviz.dataclass import dataclass

#: What stands in `Host:` (RFC 9110, 7.2): a name or a number, and a port. All that a browser sends; it is said back in headers.
_AUTHORITY = re.compile(
    r"(?:(?P<name>[A-Za-z0-9._-]{1,253})|\[(?P<number>[0-9A-Fa-f:.]{2,45})\])(?::[0-9]{1,5})?"
)


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
        return origin in (f"http://{authority}", f"https://{authority}") and self.knows(authority)

    def address_of(self, peer: str, forwarded: str | None) -> str:
        """By what it is told how many sessions somebody has, with whom `peer` is connected and of whom a proxy here says
        ``X-Forwarded-For: forwarded``: an IPv4 address, or the network of an IPv6 one, which its owner chooses from."""
        told = forwarded.rpartition(",")[2].strip() if self.public is not None and forwarded else None
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(peer)
            with contextlib.suppress(ValueError):
                if told and address.is_loopback:
                    address = ipaddress.ip_address(told)
            if isinstance(address, ipaddress.IPv6Address):
                return str(address.ipv4_mapped or ipaddress.ip_network((address.packed, 64), strict=False))
            return str(address)
        return peer


def is_public_url(url: str) -> bool:
    """Whether visitors can come by it: nobody's password is in it, and no question."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_whole = parts.scheme in ("http", "https") and not parts.query and not parts.fragment
    return is_whole and url.isprintable() and _AUTHORITY.fullmatch(parts.netloc) is not None


def origin_of(url: str) -> str:
    """Scheme, name and port (RFC 6454)."""
    parts = urlsplit(url.lower())
    usual = {"http": ":80", "https": ":443"}.get(parts.scheme, "")  # which no browser says
    return f"{parts.scheme}://{parts.netloc.removesuffix(usual)}"


def _name(authority: str) -> str | None:
    found = _AUTHORITY.fullmatch(authority)
    return (found["name"] or found["number"]).lower() if found is not None else None
