"""What no line of a lesson may do, however it is written: bounds on values, on names of files, on addresses.

Standard library only: it is part of what runs inside each process of a lesson (see child.py).
"""

from __future__ import annotations

import base64
import contextlib
import os
import socket
from typing import Any

#: The largest value a lesson may build or receive, in bytes or items.
LARGEST = 64 * 1024 * 1024
#: The widest integer arithmetic may give, in bits.
WIDEST = 4096


class Refused(Exception):
    """The lesson asked for something that a lesson may not do. Reported as a failed line, never performed."""


def plain(name: Any) -> None:
    """Files are plain names in the lesson's own directory."""
    text = os.fsdecode(name) if isinstance(name, (str, bytes)) else ""
    if not text or "/" in text or "\0" in text or text in (".", ".."):
        raise Refused(f"{name!r}: a lesson's files are plain names, in a directory of its own")


def at_home(address: Any) -> None:
    """On this machine's own network a lesson speaks to this machine only."""
    if not isinstance(address, tuple) or not address or not isinstance(address[0], str):
        return  # no address of a network: the call itself says what is wrong with it
    host = address[0].partition("%")[0]
    if host in ("", "localhost"):
        return
    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError):  # no address of this family
            packed = socket.inet_pton(family, host)
            mapped = packed[12:] if packed[:12] == bytes(10) + b"\xff\xff" else packed
            if mapped in (bytes(4), bytes(16), bytes(15) + b"\1") or (len(mapped) == 4 and mapped[0] == 127):
                return
    raise Refused(f"{host!r}: in this lab a lesson reaches 127.0.0.1 and ::1 only")


def nowhere(address: Any) -> bool:
    """Whether no machine has this address: those of 192.0.2.0/24 are for documents (RFC 5737). To bind it fails."""
    if isinstance(address, tuple) and address and isinstance(address[0], str):
        with contextlib.suppress(OSError):  # a name, perhaps: nothing is looked up for it
            return socket.inet_pton(socket.AF_INET, address[0])[:3] == b"\xc0\x00\x02"
    return False


def size(value: Any) -> int:
    """How much room a value takes, as far as it can be large."""
    if isinstance(value, str):
        return 4 * len(value)  # the widest character
    return len(value) if isinstance(value, (bytes, bytearray, tuple, list)) else 0


def bounded(value: Any) -> Any:
    """`value`, or Refused where it is too large."""
    if size(value) > LARGEST or (isinstance(value, int) and value.bit_length() > WIDEST):
        raise Refused(f"a value of more than {LARGEST} bytes")
    return value


def binary(operator: str, left: Any, right: Any) -> Any:
    """Arithmetic, refused before it is done where its result would be out of bounds."""
    whole = isinstance(left, int) and isinstance(right, int)
    if operator == "*":
        count = right if isinstance(right, int) else left if isinstance(left, int) else 0
        length = size(left) or size(right)
        if length and count > 0 and length * count > LARGEST:
            raise Refused(f"a value of more than {LARGEST} bytes")
        if whole and left.bit_length() + right.bit_length() > WIDEST:
            raise Refused(f"a number of more than {WIDEST} bits")
        return left * right
    if operator == "+":
        if size(left) + size(right) > LARGEST:
            raise Refused(f"a value of more than {LARGEST} bytes")
        return bounded(left + right)
    if operator == "-":
        return left - right
    if operator == "//":
        return left // right
    if operator == "%":
        if not whole:
            raise Refused("% is for numbers")
        return left % right
    if operator == "|":
        return left | right
    if operator == "&":
        return left & right
    if operator == "^":
        return left ^ right
    if operator == ">>":
        return left >> right
    if operator == "<<":
        if not whole or right > WIDEST or left.bit_length() + right > WIDEST:
            raise Refused(f"a number of more than {WIDEST} bits")
        return left << right
    raise Refused(f"no operator {operator}")


def decode(tagged: Any) -> Any:
    """As sockviz.model.values.decode; sockets never come this way."""
    if not isinstance(tagged, dict):
        return tagged
    kind = tagged["$"]
    if kind == "bytes":
        return base64.b64decode(tagged["base64"])
    if kind == "tuple":
        return tuple([decode(item) for item in tagged["items"]])
    if kind == "list":
        return [decode(item) for item in tagged["items"]]
    if kind == "dict":
        return {decode(key): decode(value) for key, value in tagged["items"]}
    raise Refused(f"no value of kind {kind}")
