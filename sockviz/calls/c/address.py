"""Addresses and literals as C: ``struct sockaddr_in`` and its kin, string literals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sockviz.calls.c.scope import CForm, CValue
from sockviz.calls.c.widths import as_type
from sockviz.calls.c.writing import Writing
from sockviz.language import _
from sockviz.model.first_names import BOUND, HOST, LOCALHOST6
from sockviz.model.values import Json, decode


def sockaddr(
    writer: Writing, host: Json, port: Json, wanted: str, six: bool = False, more: Sequence[Json] = ()
) -> tuple[str, str]:
    """Writes a variable like `wanted` that is the address of `host` and `port`: a pointer to it and its length. `six`: for an
    IPv6 socket, with its flow and its scope in `more`.

    In a program an address that was written before is used again.
    """
    writer.need("arpa/inet.h", "netinet/in.h")
    known: object = None
    match host:
        case ["value", str(text)]:
            known = text
        case ["name", name] if name == HOST:
            known = writer.values.get(HOST) or (LOCALHOST6 if writer.scope.ip == 6 else None)
    same = f"{host} {port} {more} {six if known == '' else ''}"
    settled = (isinstance(known, str) or host == ["name", HOST]) and _is_fixed(port)
    if writer.scope.whole and settled and (name := writer.scope.addresses.get(same)):
        return f"(struct sockaddr *)&{name}", f"sizeof {name}"
    number = writer.number(port)
    if writer.scope.whole and not _is_fixed(port):
        number = as_type(writer.scope, "uint16_t", number)
    number = f"htons({number})"
    text = writer.number(host)
    name = writer.temporary(wanted)
    if (isinstance(known, str) and ":" in known) or (
        known is None and (six or more) and host != ["name", HOST]
    ):
        writer.line(f"struct sockaddr_in6 {name} = {{.sin6_family = AF_INET6, .sin6_port = {number}}};")
        _converted(writer, "AF_INET6", text, f"{name}.sin6_addr")
        for member, value in zip(("flowinfo", "scope_id"), more, strict=False):
            if value != ["value", 0]:
                given = writer.number(value)
                writer.line(f"{name}.sin6_{member} = {f'htonl({given})' if member == 'flowinfo' else given};")
    elif known == "" and six:
        writer.line(f"struct sockaddr_in6 {name} = {{.sin6_family = AF_INET6, .sin6_port = {number},")
        writer.line("    .sin6_addr = IN6ADDR_ANY_INIT};")
    elif known in ("", "0.0.0.0"):
        writer.line(f"struct sockaddr_in {name} = {{.sin_family = AF_INET, .sin_port = {number},")
        writer.line("    .sin_addr.s_addr = htonl(INADDR_ANY)};")
    else:
        writer.line(f"struct sockaddr_in {name} = {{.sin_family = AF_INET, .sin_port = {number}}};")
        if isinstance(known, str) and not re.fullmatch(r"[0-9.]+", known):
            _looked_up(writer, text, name)
        else:
            _converted(writer, "AF_INET", text, f"{name}.sin_addr")
    if settled:
        writer.scope.addresses[same] = name
    return f"(struct sockaddr *)&{name}", f"sizeof {name}"


def _converted(writer: Writing, family: str, text: str, member: str) -> None:
    """Writes the text of an address as the bytes of a member. In a program its failure is said: it is 0, and no errno."""
    if not writer.scope.whole:
        writer.line(f"inet_pton({family}, {text}, &{member});")
        return
    condition = f"inet_pton({family}, {text}, &{member}) != 1"
    version = "IPv6" if family == "AF_INET6" else "IPv4"
    writer.refuses(condition, "invalid", f'"inet_pton: %s is no {version} address\\n"', text, always=True)


#: What a sockaddr consists of, in the order of its bytes: the type of each part, and the member that it is.
_SHAPES = {
    "struct sockaddr_in": (("=H", "sin_family"), ("!H", "sin_port"), ("struct in_addr", "sin_addr"), ("zeros 8", "")),
    "struct sockaddr_in6": (
        ("=H", "sin6_family"), ("!H", "sin6_port"), ("!I", "sin6_flowinfo"), ("struct in6_addr", "sin6_addr"),
        ("=I", "sin6_scope_id"),
    ),
}  # fmt: skip


def sockaddr_of_parts(writer: Writing, tree: Json, wanted: str) -> CValue | None:
    """Where `tree` puts the bytes of a sockaddr together from variables, that structure, its members set by name."""
    parts = _parts(writer, tree)
    for ctype, members in _SHAPES.items():
        if parts is None or [part.ctype for part in parts] != [kind for kind, _ in members]:
            continue
        writer.need("netinet/in.h")
        inner = ", ".join(
            f".{member} = {part.text}" for part, (_, member) in zip(parts, members, strict=True) if member
        )
        name = writer.temporary(wanted) if writer.scope.type_of(wanted) is not None else wanted
        writer.scope.declared[name] = ctype
        writer.line(f"{ctype} {name} = {{{inner}}}; /* {_('the rest is 0')} */")
        return CValue(CForm.BYTES, f"&{name}", ctype, f"sizeof {name}", parts=tuple(parts))
    return None


def _parts(writer: Writing, tree: Json) -> list[CValue] | None:
    """What the bytes of an expression consist of; None where that is not known."""
    match tree:
        case ["binary", "+", left, right]:
            first, rest = _parts(writer, left), _parts(writer, right)
            return None if first is None or rest is None else [*first, *rest]
        case ["binary", "*", ["value", {"$": "bytes"} as unit], ["value", int(count)]]:
            raw = decode(unit)
            return [CValue(CForm.BYTES, "0", f"zeros {count}")] if raw == b"\0" else None
        case ["value", {"$": "bytes"} as zeros]:
            raw = decode(zeros)
            assert isinstance(raw, bytes)
            return [CValue(CForm.BYTES, "0", f"zeros {len(raw)}")] if not any(raw) else None
        case ["name", str(name)] if (held := writer.scope.held.get(name)) and held.form is CForm.BYTES:
            return list(held.parts) or None
    return None


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
    hints, found, code = writer.temporary("hints"), writer.temporary("found"), writer.temporary("code")
    writer.line(f"struct addrinfo {hints} = {{.ai_family = AF_INET}}, *{found} = NULL;")
    writer.line(f"int {code} = getaddrinfo({host}, NULL, &{hints}, &{found});")
    writer.refuses(f"{code} != 0", "", '"getaddrinfo: %s\\n"', f"gai_strerror({code})")
    writer.line(f"if ({found} != NULL)")
    writer.line(f"    {name}.sin_addr = ((struct sockaddr_in *){found}->ai_addr)->sin_addr;")
    if not writer.scope.whole:
        writer.line(f"freeaddrinfo({found});")


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
    """`raw` as a C string literal. Octal escapes: unlike hexadecimal ones they end after three digits. No two question marks
    stand together: with a third character they may be a trigraph, which is another character (C11, 5.2.1.1)."""
    special = {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 92: "\\\\"}
    parts = [special.get(b) or (chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in raw[:4096]]
    apart = ("\\?" if (before, part) == ("?", "?") else part for before, part in pairwise(("", *parts)))
    return '"' + "".join(apart) + '"'
