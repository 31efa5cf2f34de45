"""Why a text is no address, and what of a question to getaddrinfo it cannot answer: by what the call was given.

glibc's resolv/inet_pton.c, resolv/inet_addr.c and posix/getaddrinfo.c (gaih_inet_typeproto), each rule tried.
"""

from __future__ import annotations

import re

from sockviz.language import _, ngettext
from sockviz.model.linux.names import named
from sockviz.model.linux.resolver import ADDRESS_FLAGS, NAME_FLAGS
from sockviz.model.linux.sockets import FAMILIES, PROTOCOLS, TYPES
from sockviz.model.values import Value
from sockviz.words.shown import show
from sockviz.words.situation import Cause, Situation

#: The families of addresses that are written as text.
_AF_INET, _AF_INET6 = FAMILIES["AF_INET"], FAMILIES["AF_INET6"]
#: Flags of glibc's alone, about names that are not ASCII.
_IDN_FLAGS, _IDN_NAME_FLAGS = 0x3C0, 0xE0
_ASKED = ("host", "port", "family", "type", "proto", "flags")
_MOST_DIGITS = 20
_BASES = (
    (10, re.compile(r"0|[1-9][0-9]*")),
    (8, re.compile(r"0[0-7]+")),
    (16, re.compile(r"0[xX][0-9a-fA-F]+")),
)
_NUMBER = re.compile(r"[0-9]+")
_DOTTED = re.compile(r"[0-9]+(\.[0-9]+){3}")


def reading(s: Situation) -> Cause:
    """Of inet_pton and inet_aton."""
    given = s.call.arguments
    if not given:  # a recording can say so
        return Cause()
    family = given[0] if s.call.name == "inet_pton" else _AF_INET
    if s.error == "EAFNOSUPPORT":
        return Cause(
            _("inet_pton reads addresses of AF_INET and AF_INET6, and {family} is neither").format(
                family=named(family, FAMILIES)
            ),
            _("give AF_INET or AF_INET6: no other family has addresses that are written so"),
        )
    text = given[-1]
    if s.error != "OSError" or not isinstance(text, str):
        return Cause()
    why = _not_of_six(text) if family == _AF_INET6 else _not_of_four(text, s.call.name == "inet_aton")
    if not why:
        return Cause()
    return Cause(
        _("{text} is not read as an address of {family}: {why}").format(
            text=show(text, 48), family=named(family, FAMILIES), why=why
        ),
        _("getaddrinfo looks names up, and takes numbers of both families"),
    )


def _not_of_four(text: str, is_lenient: bool) -> str:
    """Why a text is not four numbers between dots; inet_aton takes fewer, and other bases."""
    parts = text.split(".")
    if ":" in text:
        return _("it has colons, as addresses of IPv6 have")
    if not text:
        return _("it is empty")
    if is_lenient:
        return _not_of_up_to_four(text)
    if any(not (each.isascii() and each.isdigit()) for each in "".join(parts)):
        return _("only digits and dots may stand in it")
    if "" in parts:
        return _("between two dots there is no number")
    if len(parts) != 4:
        return _parts(len(parts))
    for each in parts:
        if len(each) > 1 and each[0] == "0":
            return _("{number} begins with 0").format(number=_digits(each))
        if len(each) > 3 or int(each) > 255:
            return _("{number} is more than one byte holds (255)").format(number=_digits(each))
    return ""


def _not_of_up_to_four(text: str) -> str:
    """The same of inet_aton, which takes one number to four, in C's bases, and of which the last fills what is left of four
    bytes; what stands behind white space is not looked at."""
    parts = (re.split(r"\s", text, maxsplit=1, flags=re.ASCII)[0]).split(".")
    if len(parts) > 4:
        return _parts(len(parts))
    for place, each in enumerate(parts, 1):
        if not each:
            return _("before, between and behind the dots there has to be a number")
        base = next((base for base, form in _BASES if form.fullmatch(each)), None)
        if base is None:
            return _("{part} is no number (of base 10; 0… is of base 8, 0x… of base 16)").format(
                part=show(each, 24)
            )
        left = 1 if place < len(parts) else 5 - len(parts)
        if len(each.lstrip("0")) > _MOST_DIGITS or int(each, base) >= 256**left:
            return ngettext(
                "{number} is more than {count} byte holds ({most})",
                "{number} is more than {count} bytes hold ({most})",
                left,
            ).format(number=_digits(each), count=left, most=256**left - 1)
    return ""


def _digits(number: str) -> str:
    """The first of its digits, where there are very many."""
    return f"{number[:_MOST_DIGITS]}…" if len(number) > _MOST_DIGITS else number


def _parts(count: int) -> str:
    return ngettext(
        "it has {count} number, and IPv4 has four", "it has {count} numbers, and IPv4 has four", count
    ).format(count=count)


def _not_of_six(text: str) -> str:
    if "%" in text:
        return _("inet_pton takes no interface behind a %")
    if "[" in text or "]" in text:
        return _("the brackets belong to a URL, not to the address")
    if ":" not in text:
        return _("it has no colon, and addresses of IPv6 have")
    if text.count("::") > 1:
        return _(":: stands in it more than once")
    for group in text.split(":"):
        if len(group) > 4 and "." not in group:
            return _("{group} has more than four hexadecimal digits").format(group=show(group, 24))
    return ""


def asking(s: Situation) -> Cause:
    """Of getaddrinfo."""
    placed = dict(zip(_ASKED, s.call.arguments, strict=False))
    asked = {**placed, **{name: value for name, value in s.call.keywords.items() if name in _ASKED}}
    host, service = asked.get("host"), asked.get("port")
    family, kind, protocol, flags = (
        value if isinstance(value := asked.get(name, 0), int) else 0 for name in _ASKED[2:]
    )
    match s.error:
        case "EAI_BADFLAGS" if unknown := flags & ~(sum(ADDRESS_FLAGS.values()) | _IDN_FLAGS):
            return Cause(
                _("getaddrinfo has no such flag: {flags}").format(flags=hex(unknown)), _("leave it out")
            )
        case "EAI_BADFLAGS" if flags & ADDRESS_FLAGS["AI_CANONNAME"] and host is None:
            return Cause(
                _("AI_CANONNAME asks for the host's full name, and no host was given"),
                _("give a host, or leave the flag out"),
            )
        case "EAI_FAMILY" if family not in (0, _AF_INET, _AF_INET6):
            return Cause(
                _(
                    "getaddrinfo finds addresses of AF_INET and AF_INET6 (AF_UNSPEC: of both), not of {family}"
                ).format(family=named(family, FAMILIES))
            )
        case "EAI_ADDRFAMILY" if isinstance(host, str):
            other = "AF_INET" if family == _AF_INET6 else "AF_INET6"
            return Cause(
                _("{host} is an address of {other}, and {family} was asked for").format(
                    host=show(host, 48), other=other, family=named(family, FAMILIES)
                ),
                _("ask for AF_UNSPEC, or for the family that the address has"),
            )
        case "EAI_SOCKTYPE":
            return _no_such_type(kind, protocol)
        case "EAI_SERVICE":
            return _no_such_service(service, kind, protocol)
        case "EAI_NONAME":
            return _nothing_named(host, service, flags)
    return Cause()


def _no_such_type(kind: int, protocol: int) -> Cause:
    if not protocol:
        return Cause(
            _("getaddrinfo has no addresses for sockets of type {type}").format(type=named(kind, TYPES)),
            _("ask for SOCK_STREAM, SOCK_DGRAM, or leave the type 0"),
        )
    return Cause(
        _("no {type} socket has the protocol {protocol}").format(
            type=named(kind, TYPES), protocol=named(protocol, PROTOCOLS)
        ),
        _("leave the protocol 0: the type chooses it"),
    )


def _no_such_service(service: Value, kind: int, protocol: int) -> Cause:
    is_raw = kind == TYPES["SOCK_RAW"]
    if is_raw or (not kind and protocol not in (0, PROTOCOLS["IPPROTO_TCP"], PROTOCOLS["IPPROTO_UDP"])):
        what = named(kind, TYPES) if is_raw else _("protocol {number}").format(number=protocol)
        return Cause(
            _("{what} has no ports, and a service was given").format(what=what), _("give no service (None)")
        )
    if not isinstance(service, str) or _NUMBER.fullmatch(service):
        return Cause()
    by_type = {TYPES["SOCK_STREAM"]: "TCP", TYPES["SOCK_DGRAM"]: "UDP"}
    by_protocol = {PROTOCOLS["IPPROTO_TCP"]: "TCP", PROTOCOLS["IPPROTO_UDP"]: "UDP"}
    name = by_type.get(kind) or by_protocol.get(protocol)
    told = (
        _("no service of {protocol} is called {service} (/etc/services)").format(
            protocol=name, service=show(service, 48)
        )
        if name
        else _("no service is called {service} (/etc/services)").format(service=show(service, 48))
    )
    return Cause(told, _("give the port as a number, or the type of socket that the service uses"))


def _nothing_named(host: Value, service: Value, flags: int) -> Cause:
    if host is None and service is None:
        return Cause(_("neither a host nor a service was given"), _("give one of the two"))
    if (
        flags & ADDRESS_FLAGS["AI_NUMERICSERV"]
        and isinstance(service, str)
        and not _NUMBER.fullmatch(service)
    ):
        return Cause(
            _("AI_NUMERICSERV: the service has to be a number, and {service} is none").format(
                service=show(service, 48)
            ),
            _("give the port as a number, or leave the flag out"),
        )
    if flags & ADDRESS_FLAGS["AI_NUMERICHOST"] and isinstance(host, str):
        return Cause(
            _("AI_NUMERICHOST: the host has to be an address, and {host} is none").format(
                host=show(host, 48)
            ),
            _("give an address, or leave the flag out"),
        )
    return Cause()


def naming(s: Situation) -> Cause:
    """Of getnameinfo."""
    flags = s.call.arguments[1] if len(s.call.arguments) > 1 else 0
    if s.error == "EAI_BADFLAGS" and isinstance(flags, int):
        unknown = flags & ~(sum(NAME_FLAGS.values()) | _IDN_NAME_FLAGS)
        if unknown:
            return Cause(
                _("getnameinfo has no such flag: {flags}").format(flags=hex(unknown)), _("leave it out")
            )
    return Cause()
