"""``setsockopt`` and ``getsockopt`` as C: each option by its name, its value in the structure that it wants."""

from __future__ import annotations

from sockviz.calls.c.call import CCall
from sockviz.calls.c.scope import CForm, CValue
from sockviz.calls.constants import constant_value
from sockviz.model.linux.options import Form, SocketOption, option_of
from sockviz.model.values import Json

#: The structures that are filled from numbers, or from addresses, in the order of their members.
_STRUCTURES = {
    Form.LINGER: ("struct linger", ("l_onoff", "l_linger")),
    Form.TIME: ("struct timeval", ("tv_sec", "tv_usec")),
    Form.GROUP: ("struct ip_mreq", ("imr_multiaddr", "imr_interface")),
    Form.GROUP_6: ("struct ipv6_mreq", ("ipv6mr_multiaddr", "ipv6mr_interface")),
    Form.CREDENTIALS: ("struct ucred", ("pid", "uid", "gid")),
}
#: How many bytes of them the kernel writes (those that a lesson can read).
_SIZES = {Form.LINGER: 8, Form.TIME: 16, Form.CREDENTIALS: 12}


def setsockopt(call: CCall) -> None:
    """``s.setsockopt(level, option, value)``."""
    writer = call.writer
    writer.need("sys/socket.h", "netinet/in.h")
    level, option, known = _option(call)
    value = call.given.get("value")
    name = writer.temporary("value")
    pointer, length = f"&{name}", f"sizeof {name}"
    if value == ["value", None]:  # no value, and a length all the same: what the kernel says of a bad pointer
        pointer, length = "NULL", call.number("length")
    elif value is not None and writer.kind(value) == "bytes":
        members = _members(call, known, value)
        if known is not None and members is not None:
            ctype, _ = _STRUCTURES[known.form]
            writer.line(f"{ctype} {name} = {{{', '.join(members)}}};")
        else:
            pointer, length = writer.data(value)
    else:
        writer.line(f"int {name} = {call.number('value')};")
    call.performs("int", f"setsockopt({call.fd}, {level}, {option}, {pointer}, {length})")


def getsockopt(call: CCall) -> None:
    """``value = s.getsockopt(level, option)``, or as so many bytes."""
    writer = call.writer
    writer.need("sys/socket.h", "netinet/in.h")
    (name,) = call.outputs("value")
    level, option, known = _option(call)
    size = call.number("bufsize")
    ctype = "char"
    if not call.has("bufsize"):
        name = writer.declare("int", name)
    elif writer.scope.whole and known is not None and size == str(_SIZES.get(known.form)):
        ctype = _STRUCTURES[known.form][0]
        name = writer.declare(ctype, name)
    else:
        name = writer.declare("char", name, f"[{size}]" if size != "0" else "[1]")
    length = writer.assign(
        "socklen_t", f"{name}_len", "0" if size == "0" and call.has("bufsize") else f"sizeof {name}"
    )
    pointer = name if call.has("bufsize") and ctype == "char" else f"&{name}"
    call.checks(f"getsockopt({call.fd}, {level}, {option}, {pointer}, &{length})")
    call.value = (
        CValue(CForm.BYTES, pointer, ctype, length) if call.has("bufsize") else CValue(CForm.NUMBER, name)
    )


def _option(call: CCall) -> tuple[str, str, SocketOption | None]:
    """The level and the option as C has them, the option by its name; and what is known of it."""
    known = option_of(_number(call.given.get("level")), _number(call.given.get("option")))
    level, option = call.number("level"), call.number("option")
    if known is not None and option.isdecimal():
        option = call.writer.constant(f"socket.{known.name}")
    return level, option, known


def _number(tree: Json) -> int | None:
    match tree:
        case ["value", int(number)]:
            return number
        case ["constant", str(dotted)]:
            value = constant_value(dotted)
            return value if isinstance(value, int) else None
    return None


def _members(call: CCall, known: SocketOption | None, tree: Json) -> list[str] | None:
    """The members of the structure that an option wants, from bytes put together in their order; None where they are not."""
    if known is None or known.form not in _STRUCTURES:
        return None
    writer = call.writer
    _, names = _STRUCTURES[known.form]
    match tree:
        case ["call", "struct.pack", _, [_, *values], *_]:
            pass
        case ["binary", "+", left, right]:
            values = [left, right]
        case _:
            return None
    if len(values) != len(names):
        return None
    found = []
    for name, value in zip(names, values, strict=True):
        match value:
            case ["call", "struct.pack", _, [_, number], *_]:
                found.append(f".{name} = {writer.number(number)}")
            case _ if writer.kind(value) == "bytes":
                held = writer.held(value)
                if not held.parts or held.parts[0].form is not CForm.BYTES:
                    return None
                found.append(f".{name} = {held.parts[0].text}")
            case _:
                found.append(f".{name} = {writer.number(value)}")
    return found
