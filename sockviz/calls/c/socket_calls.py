"""The C of the socket module's calls."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.calls.c.call import CCall, CRendering
from sockviz.calls.c.duration import timeval
from sockviz.calls.c.messages import recvmsg, sendmsg
from sockviz.calls.c.options import getsockopt, setsockopt
from sockviz.calls.c.rendering import plain
from sockviz.calls.c.scope import CForm, CValue, held_as
from sockviz.calls.c.widths import as_size
from sockviz.language import _
from sockviz.model.values import Json

_SOCKET = "socket.socket"


def _socket(call: CCall) -> None:
    call.writer.need("sys/socket.h")
    family, kind = call.number("family", "AF_INET"), call.number("type", "SOCK_STREAM")
    call.performs("int", f"socket({family}, {kind}, {call.number('proto')})")


def _socketpair(call: CCall) -> None:
    call.writer.need("sys/socket.h")
    first, second = call.outputs("one", "other")
    pair = call.writer.temporary("pair")
    call.writer.line(f"int {pair}[2]{' = {-1, -1}' if call.writer.scope.tells else ''};")
    family, kind = call.number("family", "AF_UNIX"), call.number("type", "SOCK_STREAM")
    call.checks(f"socketpair({family}, {kind}, {call.number('proto')}, {pair})")
    call.value = _both(call, pair, first, second)


def _both(call: CCall, pair: str, first: str, second: str) -> CValue:
    if not call.targets:
        return CValue(
            CForm.TUPLE, pair, parts=(held_as(_SOCKET, f"{pair}[0]"), held_as(_SOCKET, f"{pair}[1]"))
        )
    one = call.writer.assign("int", first, f"{pair}[0]")
    other = call.writer.assign("int", second, f"{pair}[1]")
    return CValue(CForm.TUPLE, one, parts=(held_as(_SOCKET, one), held_as(_SOCKET, other)))


def _connect_ex(call: CCall) -> None:
    # Python gives the errno as a number, and 0 for success.
    call.writer.need("errno.h")
    pointer, length = call.address("address")
    if call.is_dropped:  # nothing will read the number: an error is said, and ends nothing
        call.writer.line(f"if (connect({call.fd}, {pointer}, {length}) == -1)")
        call.writer.line('    perror("connect");')
        return
    name = call.outputs("code")[0]
    value = f"connect({call.fd}, {pointer}, {length}) == 0 ? 0 : errno"
    call.expression = call.writer.assign("int", name, value)


def _with_address(function: str) -> CRendering:
    def render(call: CCall) -> None:
        pointer, length = call.address("address")
        failed = "== -1"
        if function == "connect" and call.ends and call.name in call.writer.scope.unblocked:
            call.writer.need("errno.h")
            failed += " && errno != EINPROGRESS"  # a connection under way is no failure
        call.performs("int", f"{function}({call.fd}, {pointer}, {length})", failed=failed)

    return render


def _accept(call: CCall) -> None:
    call.writer.need("sys/socket.h")
    if not call.targets and not call.nested:
        call.performs("int", f"accept({call.fd}, NULL, NULL)")
        return
    connection, peer = call.outputs("connection", "peer")
    if call.unpacks and not call.is_read(peer):
        name = call.performs("int", f"accept({call.fd}, NULL, NULL)", connection)
        nobody = CValue(CForm.ADDRESS, "NULL", "struct sockaddr *", "0")
        call.value = CValue(CForm.TUPLE, name, parts=(held_as(_SOCKET, name), nobody))
        return
    address = call.storage(peer)
    name = call.performs("int", f"accept({call.fd}, {address.text}, &{address.length})", connection)
    call.value = CValue(CForm.TUPLE, name, parts=(held_as(_SOCKET, name), address))


def _name_of(function: str) -> CRendering:
    def render(call: CCall) -> None:
        (name,) = call.outputs("name")
        call.value = call.storage(name)
        call.checks(f"{function}({call.fd}, {call.value.text}, &{call.value.length})")

    return render


def _send(function: str) -> CRendering:
    def render(call: CCall) -> None:
        call.writer.need("sys/socket.h")
        pointer, length = call.data("data")
        call.performs("ssize_t", f"{function}({call.fd}, {pointer}, {length}, {call.number('flags')})")

    return render


def _sendall(call: CCall) -> None:
    call.writer.need("sys/socket.h")
    pointer, length = call.data("data")
    done, part = call.writer.temporary("done"), call.writer.temporary("part")
    size = as_size(call.writer.scope, length)
    start = call.writer.indexed(pointer)
    rest = f"&{start}[{done}], {size} - {done}"  # clang takes "abc" + done for a mistake
    tells = call.writer.scope.tells
    for line in (
        *(("result = 0;",) if tells else ()),
        f"for (size_t {done} = 0; {done} < {size};) {{",
        f"    ssize_t {part} = send({call.fd}, {rest}, {call.number('flags')});",
        f"    if ({part} == -1){'' if call.ends else ' {'}",
        f"        {call.writer.complaint('send')}",
        *(("        result = -1;",) if tells else ()),
        *(() if call.ends else ("        break;", "    }")),
        f"    {done} += (size_t){part};",
        "}",
    ):
        call.writer.line(line)
    if tells:
        call.writer.text.failure = "failure(result)"


def _sendto(call: CCall) -> None:
    # Python's optional flags stand before the address: sendto(data, flags, address) or sendto(data, address).
    given = dict(call.given)
    if "address" not in given and "flags_or_address" in given:
        given["address"] = given.pop("flags_or_address")
    call.given = given
    pointer, length = call.data("data")
    address, address_length = call.address("address")
    flags = call.number("flags_or_address")
    call.performs("ssize_t", f"sendto({call.fd}, {pointer}, {length}, {flags}, {address}, {address_length})")


def _received(name: str, length: str) -> CValue:
    return CValue(CForm.BYTES, name, "char", length)


def _recv(call: CCall) -> None:
    call.writer.need("sys/socket.h")
    (name,) = call.outputs("data")
    if call.number("bufsize") == "0":
        # Modules/socketmodule.c, sock_recv_guts: "If 0 bytes were requested, do nothing."
        no_call = _("for 0 bytes Python asks nothing; C's recv would take a datagram away")
        call.writer.line(f"/* {no_call} */")
        name = call.writer.declare("char", name, '[1] = ""')
        call.value = _received(name, call.writer.assign("ssize_t", f"{name}_len", "0"))
        return
    name = call.buffer(name)
    length = call.performs(
        "ssize_t", f"recv({call.fd}, {name}, sizeof {name}, {call.number('flags')})", f"{name}_len"
    )
    call.value = _received(name, length)


def _recv_into(call: CCall) -> None:
    call.writer.need("sys/socket.h")
    room, length = call.data("buffer")
    size = call.number("nbytes")
    call.performs(
        "ssize_t", f"recv({call.fd}, {room}, {length if size == '0' else size}, {call.number('flags')})"
    )


def _recvfrom(call: CCall) -> None:
    data, sender = call.outputs("data", "sender")
    data = call.buffer(data)
    if call.unpacks and not call.is_read(sender):
        address, place = CValue(CForm.ADDRESS, "NULL", "struct sockaddr *", "0"), "NULL, NULL"
    else:
        address = call.storage(sender)
        place = f"{address.text}, &{address.length}"
    size = "0" if call.number("bufsize") == "0" else f"sizeof {data}"
    arguments = f"{call.fd}, {data}, {size}, {call.number('flags')}, {place}"
    length = call.performs("ssize_t", f"recvfrom({arguments})", f"{data}_len")
    call.value = CValue(CForm.TUPLE, data, parts=(_received(data, length), address))


def _set_flag(call: CCall, on: str) -> None:
    call.writer.need("fcntl.h")
    scope = call.writer.scope
    if call.name is not None:
        (scope.unblocked.add if on == "0" else scope.unblocked.discard)(call.name)
    flags = call.writer.temporary("flags")
    call.writer.line(f"int {flags} = fcntl({call.fd}, F_GETFL);")
    call.writer.line(f"if ({flags} == -1)")
    call.writer.line(f"    {call.writer.complaint('fcntl')}")
    off, waits = f"{flags} | O_NONBLOCK", f"{flags} & ~O_NONBLOCK"
    change = {"0": off, "1": waits}.get(on, f"{on} ? {waits} : {off}")
    call.checks(f"fcntl({call.fd}, F_SETFL, {change})")
    if on != "0" and call.name in scope.limited:
        scope.limited.discard(call.name)
        _limit(call, ["value", 0], f" /* {_('no limit any more')} */")


def _limit(call: CCall, seconds: Json, remark: str = "") -> None:
    """Tells the kernel how long a call may wait: for ever, of 0 seconds."""
    limit = call.writer.temporary("limit")
    timeval(call.writer, seconds, limit, remark)
    for option in ("SO_RCVTIMEO", "SO_SNDTIMEO"):
        call.checks(f"setsockopt({call.fd}, SOL_SOCKET, {option}, &{limit}, sizeof {limit})")


def _setblocking(call: CCall) -> None:
    _set_flag(call, call.number("flag"))


def _settimeout(call: CCall) -> None:
    match call.given.get("seconds"):
        case ["value", None]:
            _set_flag(call, "1")
        case ["value", 0]:
            _set_flag(call, "0")
        case seconds:
            call.writer.need("sys/socket.h")
            call.writer.scope.limited.discard(call.name or "")
            if call.name in call.writer.scope.unblocked:
                _set_flag(call, "1")
            whose = _("Python keeps the limit itself and waits in poll(2); C asks the kernel to")
            call.writer.line(f"/* {whose} */")
            _limit(call, seconds)
            if call.name is not None:
                call.writer.scope.limited.add(call.name)


def _fileno(call: CCall) -> None:
    call.gives("int", call.fd)


_IN = "sys/socket.h"

#: By the row's key.
RENDERINGS: Mapping[str, CRendering] = {
    "socket.socket": _socket,
    "socket.socketpair": _socketpair,
    f"{_SOCKET}.bind": _with_address("bind"),
    f"{_SOCKET}.listen": plain("listen({fd}, {backlog=SOMAXCONN})", headers=_IN),
    f"{_SOCKET}.accept": _accept,
    f"{_SOCKET}.connect": _with_address("connect"),
    f"{_SOCKET}.connect_ex": _connect_ex,
    f"{_SOCKET}.send": _send("send"),
    f"{_SOCKET}.sendall": _sendall,
    f"{_SOCKET}.sendto": _sendto,
    f"{_SOCKET}.sendmsg": sendmsg,
    f"{_SOCKET}.recv": _recv,
    f"{_SOCKET}.recv_into": _recv_into,
    f"{_SOCKET}.recvfrom": _recvfrom,
    f"{_SOCKET}.recvmsg": recvmsg,
    f"{_SOCKET}.shutdown": plain("shutdown({fd}, {how})", headers=_IN),
    f"{_SOCKET}.close": plain("close({fd})", headers="unistd.h"),
    f"{_SOCKET}.dup": plain("dup({fd})", headers="unistd.h"),
    f"{_SOCKET}.getsockname": _name_of("getsockname"),
    f"{_SOCKET}.getpeername": _name_of("getpeername"),
    f"{_SOCKET}.getsockopt": getsockopt,
    f"{_SOCKET}.setsockopt": setsockopt,
    f"{_SOCKET}.setblocking": _setblocking,
    f"{_SOCKET}.settimeout": _settimeout,
    f"{_SOCKET}.fileno": _fileno,
}
