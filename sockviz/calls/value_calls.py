"""The table's rows that make no system call of their own: addresses, byte order, packing, text; and the resolver."""

from __future__ import annotations

from sockviz.calls.restrictions import literal_format
from sockviz.calls.rows import Row
from sockviz.calls.signature import Restriction, ValueKind, parameters


def _pure(
    key: str,
    takes: str,
    returns: ValueKind | tuple[ValueKind, ...],
    man: str,
    *,
    receiver: ValueKind | None = None,
    restriction: Restriction | None = None,
) -> Row:
    return Row(key, receiver, returns, parameters(takes), (), man, is_call=False, restriction=restriction)


ROWS = (
    Row("socket.getaddrinfo", None, "addrinfo", parameters("host port [family] [type] [proto] [flags]"), (), "getaddrinfo(3)",
        may_block=True, named=True),
    Row("socket.getnameinfo", None, ("str", "str"), parameters("sockaddr flags"), (), "getnameinfo(3)", may_block=True),
    _pure("socket.htons", "value", "int", "htons(3)"),
    _pure("socket.htonl", "value", "int", "htonl(3)"),
    _pure("socket.ntohs", "value", "int", "ntohs(3)"),
    _pure("socket.ntohl", "value", "int", "ntohl(3)"),
    # Those that say whether a text is an address are calls: a lesson may ask for their failure.
    Row("socket.inet_pton", None, "bytes", parameters("family text"), (), "inet_pton(3)"),
    _pure("socket.inet_ntop", "family packed", "str", "inet_ntop(3)"),
    Row("socket.inet_aton", None, "bytes", parameters("text"), (), "inet(3)"),
    _pure("socket.inet_ntoa", "packed", "str", "inet(3)"),
    _pure("struct.pack", "format *values", "bytes", "memcpy(3)", restriction=literal_format),
    _pure("struct.unpack", "format data", "tuple", "memcpy(3)", restriction=literal_format),
    _pure("struct.calcsize", "format", "int", "memcpy(3)", restriction=literal_format),
    _pure("builtins.bytes", "size", "bytes", "memset(3)"),
    _pure("builtins.bytearray", "size", "bytearray", "malloc(3)"),
    _pure("bytes.hex", "", "str", "printf(3)", receiver="bytes"),
    _pure("bytes.decode", "[encoding]", "str", "memcpy(3)", receiver="bytes"),
    _pure("bytes.fromhex", "text", "bytes", "memcpy(3)"),
    _pure("str.encode", "[encoding]", "bytes", "memcpy(3)", receiver="str"),
    _pure("int.from_bytes", "data [byteorder]", "int", "ntohl(3)"),
)  # fmt: skip
