"""Addresses and literals as C: ``struct sockaddr_in`` and its kin, string literals."""

from __future__ import annotations

import re

from sockviz.calls.c.writing import Writing
from sockviz.model.first_names import BOUND, HOST
from sockviz.model.values import Json


def sockaddr(writer: Writing, host: Json, port: Json, wanted: str) -> tuple[str, str]:
    """Writes a variable like `wanted` that is the address of `host` and `port`: a pointer to it and its length.

    In a program an address that was written before is used again.
    """
    writer.need("arpa/inet.h", "netinet/in.h")
    known: object = None
    match host:
        case ["value", str(text)]:
            known = text
        case ["name", name] if name == HOST:
            known = writer.values.get(HOST)
    same = f"{host} {port}"
    settled = (isinstance(known, str) or host == ["name", HOST]) and _is_fixed(port)
    if writer.scope.whole and settled and (name := writer.scope.addresses.get(same)):
        return f"(struct sockaddr *)&{name}", f"sizeof {name}"
    number = f"htons({writer.number(port)})"
    text = writer.number(host)
    name = writer.temporary(wanted)
    if isinstance(known, str) and ":" in known:
        writer.line(f"struct sockaddr_in6 {name} = {{.sin6_family = AF_INET6, .sin6_port = {number}}};")
        writer.line(f"inet_pton(AF_INET6, {text}, &{name}.sin6_addr);")
    elif known == "":
        writer.line(f"struct sockaddr_in {name} = {{.sin_family = AF_INET, .sin_port = {number},")
        writer.line("    .sin_addr.s_addr = htonl(INADDR_ANY)};")
    else:
        writer.line(f"struct sockaddr_in {name} = {{.sin_family = AF_INET, .sin_port = {number}}};")
        if isinstance(known, str) and not re.fullmatch(r"[0-9.]+", known):
            _looked_up(writer, text, name)
        else:
            writer.line(f"inet_pton(AF_INET, {text}, &{name}.sin_addr);")
    if settled:
        writer.scope.addresses[same] = name
    return f"(struct sockaddr *)&{name}", f"sizeof {name}"


def _is_fixed(port: Json) -> bool:
    match port:
        case ["value", int()]:
            return True
        case ["name", str(name)]:
            return name in BOUND
    return False


def _looked_up(writer: Writing, host: str, name: str) -> None:
    """Python looks a host's name up before it connects or binds; C programs do so themselves."""
    writer.need("netdb.h")
    hints, found = writer.temporary("hints"), writer.temporary("found")
    writer.line(f"struct addrinfo {hints} = {{.ai_family = AF_INET}}, *{found} = NULL;")
    writer.line(f"if (getaddrinfo({host}, NULL, &{hints}, &{found}) == 0)")
    writer.line(f"    {name}.sin_addr = ((struct sockaddr_in *){found}->ai_addr)->sin_addr;")


def sockaddr_un(writer: Writing, raw: bytes, wanted: str) -> tuple[str, str]:
    """Writes a variable that is a UNIX address. An abstract name begins with a zero byte and ends where its length says."""
    writer.need("sys/un.h", "stddef.h")
    same = f"unix {raw!r}"
    name = writer.scope.addresses.get(same) if writer.scope.whole else None
    if name is None:
        name = writer.scope.addresses[same] = writer.temporary(wanted)
        writer.line(f"struct sockaddr_un {name} = {{.sun_family = AF_UNIX, .sun_path = {c_string(raw)}}};")
    length = f"offsetof(struct sockaddr_un, sun_path) + {len(raw)}" if raw[:1] == b"\0" else f"sizeof {name}"
    return f"(struct sockaddr *)&{name}", length


def c_string(raw: bytes) -> str:
    """`raw` as a C string literal. Octal escapes: unlike hexadecimal ones they end after three digits."""
    special = {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 92: "\\\\"}
    parts = [special.get(b) or (chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in raw[:4096]]
    return '"' + "".join(parts) + '"'
