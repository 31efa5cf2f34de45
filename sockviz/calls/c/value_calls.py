"""The C of what makes no system call of its own: addresses, byte order, packing, text; and of the resolver."""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Mapping

from sockviz.calls.c.address import c_string
from sockviz.calls.c.call import CCall, CRendering
from sockviz.calls.c.scope import CForm, CValue
from sockviz.calls.c.struct import fields_of, packed, size_of, unpacked
from sockviz.calls.c.widths import as_size, as_type
from sockviz.language import _
from sockviz.model.values import Json

# --- addresses ------------------------------------------------------------------------------------------------------


def _getaddrinfo(call: CCall) -> None:
    call.writer.need("netdb.h", "sys/socket.h", "stdio.h")
    (info,) = call.outputs("info")
    hints, code = call.writer.temporary("hints"), call.writer.temporary("code")
    members = [
        f".{member} = {call.number(parameter)}"
        for member, parameter in (
            ("ai_family", "family"), ("ai_socktype", "type"), ("ai_protocol", "proto"), ("ai_flags", "flags"),
        )
        if call.has(parameter)
    ]  # fmt: skip
    call.writer.line(f"struct addrinfo {hints} = {{{', '.join(members) or '0'}}};")
    info = call.writer.assign("struct addrinfo *", info, "NULL")
    node, service = call.number("host", "NULL"), call.number("port", "NULL")
    if call.writer.kind(call.given.get("port")) == "int":
        digits = call.writer.temporary("service")
        call.writer.line(f"char {digits}[12];")
        call.writer.line(f'snprintf({digits}, sizeof {digits}, "%d", {service});')
        service = digits
    call.writer.line(f"int {code} = getaddrinfo({node}, {service}, &{hints}, &{info});")
    call.writer.refuses(f"{code} != 0", "", '"getaddrinfo: %s\\n"', f"gai_strerror({code})")
    if not call.writer.scope.whole:
        linked = _("a linked list: {name}->ai_next … NULL; freeaddrinfo({name}) when done").format(name=info)
        call.writer.line(f"/* {linked} */")
    call.value = CValue(CForm.ADDRINFO, info, "struct addrinfo *")
    call.writer.text.failure = f"resolver_failure({code})"


def _getnameinfo(call: CCall) -> None:
    call.writer.need("netdb.h", "stdio.h")
    host, service = call.outputs("host", "service")
    pointer, length = call.address("sockaddr")
    code = call.writer.temporary("code")
    host = call.writer.declare("char", host, "[NI_MAXHOST]")
    service = call.writer.declare("char", service, "[NI_MAXSERV]")
    rest = f"{host}, sizeof {host}, {service}, sizeof {service}, {call.number('flags')}"
    call.writer.line(f"int {code} = getnameinfo({pointer}, {length}, {rest});")
    call.writer.refuses(f"{code} != 0", "", '"getnameinfo: %s\\n"', f"gai_strerror({code})")
    call.value = CValue(CForm.TUPLE, host, parts=(_text_in(host), _text_in(service)))
    call.writer.text.failure = f"resolver_failure({code})"


def _text_in(name: str) -> CValue:
    return CValue(CForm.TEXT, name, "char", f"strlen({name})")


def _bytes_in(name: str, length: str) -> CValue:
    return CValue(CForm.BYTES, name, "char", length)


def _converts(call: CCall, text: str, good: str, otherwise: str) -> None:
    """Writes a conversion that tells by 0 that it was given no address: no errno says so. -1 is said of a family that it does not
    know."""
    function, writer = text.partition("(")[0], call.writer
    if not writer.scope.tells and function == "inet_pton" and "(AF_INET" not in text:
        writer.checks(text)
        return
    if not writer.scope.tells:
        writer.refuses(f"{text} != {good}", "invalid", f'"{function}: {otherwise}\\n"')
        return
    writer.line(f"if ((result = {text}) != {good})")
    writer.line(f'    fprintf(stderr, "{function}: {otherwise}\\n");')
    writer.text.failure = f'result == {good} ? NULL : result == 0 ? "invalid" : failure(result)'


def _turned(function: str, ctype: str) -> CRendering:
    def render(call: CCall) -> None:
        call.writer.need("arpa/inet.h")
        number = call.number("value")
        if call.writer.scope.whole:
            number = as_type(call.writer.scope, ctype, number)
        call.gives(ctype, f"{function}({number})")

    return render


def _inet_pton(call: CCall) -> None:
    call.writer.need("arpa/inet.h", "stdio.h")
    (name,) = call.outputs("packed_address")
    family = call.number("family")
    ctype = "struct in6_addr" if "6" in family else "struct in_addr"
    if not call.writer.scope.whole:  # by itself, beside others that see it as an array of bytes
        name = call.writer.declare("unsigned char", name, f"[sizeof({ctype})]")
        length = call.writer.assign("size_t", f"{name}_len", f"sizeof {name}")
        text = f"inet_pton({family}, {call.number('text')}, {name})"
        _converts(call, text, "1", "not an address of that family")
        call.value = _bytes_in(name, length)
        return
    name = call.writer.declare(ctype, name)
    text = f"inet_pton({family}, {call.number('text')}, &{name})"
    _converts(call, text, "1", "not an address of that family")
    call.value = _address_in(call, name, ctype)


def _inet_aton(call: CCall) -> None:
    call.writer.need("arpa/inet.h", "stdio.h")
    (name,) = call.outputs("packed_address")
    name = call.writer.declare("struct in_addr", name)
    _converts(call, f"inet_aton({call.number('text')}, &{name})", "1", "not an IPv4 address")
    call.value = _address_in(call, name, "struct in_addr")


def _address_in(call: CCall, name: str, ctype: str) -> CValue:
    """The bytes of an address. Where one line is shown by itself its length has a name, as that of all bytes has."""
    length = f"sizeof {name}"
    if not call.writer.scope.whole:
        length = call.writer.assign("size_t", f"{name}_len", length)
    return CValue(CForm.BYTES, f"&{name}", ctype, length, parts=(CValue(CForm.BYTES, name, ctype),))


def _inet_ntop(call: CCall) -> None:
    call.writer.need("arpa/inet.h")
    pointer, _ = call.data("packed")
    text = call.writer.temporary("text")
    call.writer.line(f"char {text}[INET6_ADDRSTRLEN];")
    call.performs(
        "const char *",
        f"inet_ntop({call.number('family')}, {pointer}, {text}, sizeof {text})",
        failed="== NULL",
    )


def _inet_ntoa(call: CCall) -> None:
    call.writer.need("arpa/inet.h", "string.h")
    pointer, _ = call.data("packed")
    address = call.writer.temporary("in")
    call.writer.line(f"struct in_addr {address};")
    call.writer.line(f"memcpy(&{address}, {pointer}, sizeof {address});")
    call.gives("const char *", f"inet_ntoa({address})")


# --- bytes ----------------------------------------------------------------------------------------------------------


def _bytes_target(call: CCall, pointer: str, length: str, *, text: bool = False) -> None:
    """Copies bytes into an array of the target's name; `text` gets the zero byte that ends it."""
    (name,) = call.outputs("bytes")
    length = as_size(call.writer.scope, length)
    name = call.writer.declare("char", name, f"[{length} + 1]")
    call.writer.line(f"memcpy({name}, {pointer}, {length});")
    length = call.writer.assign("size_t", f"{name}_len", length)
    if text:
        call.writer.line(f"{name}[{length}] = '\\0';")
    call.value = _text_in(name) if text else _bytes_in(name, length)


def _pack(call: CCall) -> None:
    match call.given.get("format"):
        case ["value", str(layout)]:
            if call.targets and not call.writer.scope.whole:
                made = packed(call.writer, layout, call.rest)
                _bytes_target(call, made.text, made.length)
                return
            name = call.targets[0] if call.targets else "packed"
            call.value = packed(call.writer, layout, call.rest, name)
            call.writer.renames(name, call.value.text.lstrip("&"))
        case other:
            call.writer.fallback(other)


def _unpack(call: CCall) -> None:
    match call.given.get("format"), call.given.get("data"):
        case ["value", str(layout)], ["name", _] as name if call.unpacks and (
            fields := fields_of(layout, call.writer.held(name))
        ):
            kept = [
                CValue(CForm.NUMBER, call.writer.assign(field.ctype, target, field.text), field.ctype)
                for target, field in zip(call.targets, fields, strict=False)
            ]
            call.value = CValue(CForm.TUPLE, kept[0].text, parts=tuple(kept))
            return
    pointer, length = call.data("data")
    match call.given.get("format"):
        case ["value", str(layout)]:
            parts = unpacked(call.writer, layout, pointer, length, call.targets if call.unpacks else ())
            call.value = CValue(CForm.TUPLE, parts[0].text if parts else "0", parts=parts)
        case other:
            call.writer.fallback(other)


def _calcsize(call: CCall) -> None:
    match call.given.get("format"):
        case ["value", str(layout)]:
            call.gives("size_t", size_of(call.writer, layout))
            call.value = CValue(CForm.NUMBER, call.expression, "size_t")
        case other:
            call.writer.fallback(other)


def _hex(call: CCall) -> None:
    call.writer.need("stdio.h")
    pointer, length = call.writer.data(call.receiver)
    text = call.outputs("text")[0]
    size = as_size(call.writer.scope, length)
    text = call.writer.declare("char", text, f"[2 * {size} + 1]")
    call.writer.line(f"{text}[0] = '\\0';")
    call.writer.line(f"for (size_t i = 0; i < {size}; i++)")
    byte = f"(unsigned char){call.writer.indexed(pointer)}[i]"
    call.writer.line(f'    sprintf({text} + 2 * i, "%02x", {byte});')
    call.value = _text_in(text)


def _text(call: CCall) -> None:
    match call.receiver, call.given.get("encoding"):
        case ["value", str(text)], ["value", str(encoding)]:
            with contextlib.suppress(LookupError, UnicodeError):
                raw = text.encode(encoding)
                _bytes_target(call, c_string(raw), str(len(raw)))
                return
    if not _is_utf8(call.given.get("encoding")):
        call.writer.fallback(call.receiver)
    pointer, length = call.writer.data(call.receiver)
    # In C text and bytes are the same array, but that text ends at a zero byte.
    _bytes_target(call, pointer, length, text=call.row.returns == "str")


def _is_utf8(encoding: Json) -> bool:
    """Whether text in an encoding is what C has: bytes of UTF-8."""
    match encoding:
        case None:
            return True
        case ["value", str(name)]:
            with contextlib.suppress(LookupError):
                return codecs.lookup(name).name in ("utf-8", "ascii")
    return False


def _from_bytes(call: CCall) -> None:
    call.writer.need("stdint.h")
    pointer, length = call.data("data")
    name = call.outputs("number")[0]
    name = call.writer.assign("uint64_t", name, "0")
    little = call.given.get("byteorder") == ["value", "little"]
    length = as_size(call.writer.scope, length)
    index = f"({length}) - 1 - i" if little else "i"
    call.value = CValue(CForm.NUMBER, name, "uint64_t")
    if length == "0":
        return
    call.writer.line(f"for (size_t i = 0; i < {length}; i++)")
    call.writer.line(f"    {name} = {name} << 8 | (unsigned char){call.writer.indexed(pointer)}[{index}];")


def _fromhex(call: CCall) -> None:
    match call.given.get("text"):
        case ["value", str(text)]:
            digits = text.replace(" ", "")
            escaped = "".join(f"\\x{digits[i : i + 2]}" for i in range(0, len(digits), 2))
            _bytes_target(call, f'"{escaped}"', str(len(digits) // 2))
        case other:
            call.writer.fallback(other)


def _zeros(call: CCall) -> None:
    (name,) = call.outputs("zeros")
    size = call.number("size")
    name = call.writer.declare(
        "char", name, f"[{size} + 1]" if not size.isdecimal() or size == "0" else f"[{size}]"
    )
    call.writer.need("string.h")
    call.writer.line(f"memset({name}, 0, sizeof {name});")
    call.value = _bytes_in(name, call.writer.assign("size_t", f"{name}_len", size))


def _bytearray(call: CCall) -> None:
    (name,) = call.outputs("room")
    name = call.buffer(name, "size")
    call.value = _bytes_in(name, call.writer.assign("size_t", f"{name}_len", f"sizeof {name}"))


#: By the row's key.
RENDERINGS: Mapping[str, CRendering] = {
    "socket.htons": _turned("htons", "uint16_t"),
    "socket.htonl": _turned("htonl", "uint32_t"),
    "socket.ntohs": _turned("ntohs", "uint16_t"),
    "socket.ntohl": _turned("ntohl", "uint32_t"),
    "socket.inet_ntop": _inet_ntop,
    "socket.inet_ntoa": _inet_ntoa,
    "struct.pack": _pack,
    "struct.unpack": _unpack,
    "struct.calcsize": _calcsize,
    "builtins.bytes": _zeros,
    "builtins.bytearray": _bytearray,
    "bytes.hex": _hex,
    "bytes.decode": _text,
    "bytes.fromhex": _fromhex,
    "str.encode": _text,
    "int.from_bytes": _from_bytes,
    "socket.getaddrinfo": _getaddrinfo,
    "socket.getnameinfo": _getnameinfo,
    "socket.inet_pton": _inet_pton,
    "socket.inet_aton": _inet_aton,
}
