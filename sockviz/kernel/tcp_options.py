"""TCP options by name (RFC 9293, 7323, 2018, 7413). No I/O."""

from __future__ import annotations

from collections.abc import Callable

_END, _NOP = 0, 1


def _number(value: bytes) -> str:
    return str(int.from_bytes(value, "big"))


def _timestamps(value: bytes) -> str:
    return f"{_number(value[:4])} {_number(value[4:])}"


def _blocks(value: bytes) -> str:
    edges = [_number(value[i : i + 4]) for i in range(0, len(value), 4)]
    return " ".join(f"{left}-{right}" for left, right in zip(edges[::2], edges[1::2], strict=True))


#: kind: (name, the lengths its value can have, how the value reads). None: any length.
_OPTIONS: dict[int, tuple[str, frozenset[int] | None, Callable[[bytes], str]]] = {
    2: ("mss", frozenset({2}), _number),
    3: ("wscale", frozenset({1}), _number),
    4: ("sackOK", frozenset({0}), lambda _: ""),
    5: ("sack", frozenset({8, 16, 24, 32}), _blocks),
    8: ("timestamps", frozenset({8}), _timestamps),
    34: ("fastopen", None, bytes.hex),
}


def parse_tcp_options(data: bytes) -> tuple[tuple[str, str], ...]:
    """The options in wire order, padding (nop, end of list) left out.

    ``mss`` in bytes, ``wscale`` as the shift, ``timestamps`` as "value echo", ``sack`` as "left-right …" in absolute
    numbers; an unknown one is ``option KIND`` in hex. What follows a broken length is not guessed at.
    """
    options: list[tuple[str, str]] = []
    offset = 0
    while offset < len(data):
        kind = data[offset]
        if kind == _END:
            break
        if kind == _NOP:
            offset += 1
            continue
        length = data[offset + 1] if offset + 1 < len(data) else 0
        if length < 2 or offset + length > len(data):
            break
        value = data[offset + 2 : offset + length]
        name, lengths, reading = _OPTIONS.get(kind, (f"option {kind}", None, bytes.hex))
        if lengths is not None and len(value) not in lengths:
            name, reading = f"option {kind}", bytes.hex
        options.append((name, reading(value)))
        offset += length
    return tuple(options)
