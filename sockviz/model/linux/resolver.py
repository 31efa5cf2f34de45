"""getaddrinfo and getnameinfo: flags and errors, as glibc numbers them (netdb.h). musl has other numbers for some of them."""

from __future__ import annotations

from collections.abc import Mapping

ADDRESS_FLAGS: Mapping[str, int] = {
    "AI_PASSIVE": 0x1, "AI_CANONNAME": 0x2, "AI_NUMERICHOST": 0x4, "AI_V4MAPPED": 0x8, "AI_ALL": 0x10, "AI_ADDRCONFIG": 0x20,
    "AI_NUMERICSERV": 0x400,
}  # fmt: skip
NAME_FLAGS: Mapping[str, int] = {
    "NI_NUMERICHOST": 1, "NI_NUMERICSERV": 2, "NI_NOFQDN": 4, "NI_NAMEREQD": 8, "NI_DGRAM": 16,
}  # fmt: skip
NAME_SIZES: Mapping[str, int] = {"NI_MAXHOST": 1025, "NI_MAXSERV": 32}
ERRORS: Mapping[str, int] = {
    "EAI_BADFLAGS": -1, "EAI_NONAME": -2, "EAI_AGAIN": -3, "EAI_FAIL": -4, "EAI_NODATA": -5, "EAI_FAMILY": -6, "EAI_SOCKTYPE": -7,
    "EAI_SERVICE": -8, "EAI_ADDRFAMILY": -9, "EAI_MEMORY": -10, "EAI_SYSTEM": -11, "EAI_OVERFLOW": -12,
}  # fmt: skip
