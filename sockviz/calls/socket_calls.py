"""The table's rows for the socket module: sockets and what is done with them."""

from __future__ import annotations

from sockviz.calls.c.call import CCall, CRendering
from sockviz.calls.c.duration import timeval
from sockviz.calls.c.messages import recvmsg, sendmsg
from sockviz.calls.c.options import getsockopt, setsockopt
from sockviz.calls.c.rendering import plain
from sockviz.calls.c.scope import CForm, CValue, held_as
from sockviz.calls.restrictions import bytes_received, nameless_room, plain_address
from sockviz.calls.rows import Row
from sockviz.calls.signature import Restriction, ValueKind, parameters

SOCKET = "socket.socket"


def _method(
    name: str,
    takes: str,
    returns: ValueKind | tuple[ValueKind, ...],
    system_calls: str,
    c: CRendering,
    *,
    man: str = "",
    may_block: bool = False,
    is_call: bool = True,
    restriction: Restriction | None = None,
) -> Row:
    names = tuple(system_calls.split())
    if may_block:
        names += ("poll", "ppoll")  # CPython waits there first where the socket has a timeout
    return Row(
        f"{SOCKET}.{name}", SOCKET, returns, parameters(takes), names, man or f"{name}(2)", c,
        may_block=may_block, is_call=is_call, restriction=restriction,
    )  # fmt: skip


# --- their C ----------------------------------------------------------------------------------------------------


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
        return CValue(CForm.TUPLE, pair, parts=(held_as(SOCKET, f"{pair}[0]"), held_as(SOCKET, f"{pair}[1]")))
    one = call.writer.assign("int", first, f"{pair}[0]")
    other = call.writer.assign("int", second, f"{pair}[1]")
    return CValue(CForm.TUPLE, one, parts=(held_as(SOCKET, one), held_as(SOCKET, other)))


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
        call.value = CValue(CForm.TUPLE, name, parts=(held_as(SOCKET, name), nobody))
        return
    address = call.storage(peer)
    name = call.performs("int", f"accept({call.fd}, {address.text}, &{address.length})", connection)
    call.value = CValue(CForm.TUPLE, name, parts=(held_as(SOCKET, name), address))


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
    start = call.writer.indexed(pointer)
    rest = f"&{start}[{done}], {length} - {done}"  # clang takes "abc" + done for a mistake
    tells = call.writer.scope.tells
    unsigned = length.isdecimal() or length.startswith("sizeof ")
    for line in (
        *(("result = 0;",) if tells else ()),
        f"for (size_t {done} = 0; {done} < {length if unsigned else f'(size_t)({length})'};) {{",
        f"    ssize_t {part} = send({call.fd}, {rest}, {call.number('flags')});",
        f"    if ({part} == -1){'' if call.ends else ' {'}",
        f"        {call.writer.complaint('send')}",
        *(("        result = -1;",) if tells else ()),
        *(() if call.ends else ("        break;", "    }")),
        f"    {done} += {part};",
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
        call.writer.line("/* for 0 bytes Python asks nothing; C's recv would take a datagram away */")
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
    if call.name is not None:
        (call.writer.scope.unblocked.add if on == "0" else call.writer.scope.unblocked.discard)(call.name)
    flags = call.writer.temporary("flags")
    call.writer.line(f"int {flags} = fcntl({call.fd}, F_GETFL);")
    call.writer.line(f"if ({flags} == -1)")
    call.writer.line(f"    {call.writer.complaint('fcntl')}")
    change = f"{flags} | O_NONBLOCK" if on == "0" else f"{flags} & ~O_NONBLOCK"
    call.checks(f"fcntl({call.fd}, F_SETFL, {change})")


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
            limit = call.writer.temporary("limit")
            call.writer.line("/* Python keeps the limit itself and waits in poll(2); C asks the kernel to */")
            timeval(call.writer, seconds, limit)
            for option in ("SO_RCVTIMEO", "SO_SNDTIMEO"):
                call.checks(f"setsockopt({call.fd}, SOL_SOCKET, {option}, &{limit}, sizeof {limit})")


def _fileno(call: CCall) -> None:
    call.gives("int", call.fd)


_IN = "sys/socket.h"

ROWS = (
    Row("socket.socket", None, SOCKET, parameters("[family] [type] [proto]"), ("socket",), "socket(2)", _socket, named=True),
    Row("socket.socketpair", None, (SOCKET, SOCKET), parameters("[family] [type] [proto]"), ("socketpair",),
        "socketpair(2)", _socketpair, named=True),
    _method("bind", "address", "None", "bind", _with_address("bind"), restriction=plain_address),
    _method("listen", "[backlog]", "None", "listen", plain("listen({fd}, {backlog=SOMAXCONN})", headers=_IN)),
    _method("accept", "", (SOCKET, "address"), "accept4 accept", _accept, may_block=True),
    _method("connect", "address", "None", "connect", _with_address("connect"), may_block=True, restriction=plain_address),
    _method("connect_ex", "address", "int", "connect", _connect_ex, man="connect(2)", may_block=True,
            restriction=plain_address),
    _method("send", "data [flags]", "int", "sendto", _send("send"), may_block=True),
    _method("sendall", "data [flags]", "None", "sendto", _sendall, man="send(2)", may_block=True),
    _method("sendto", "data flags_or_address [address]", "int", "sendto", _sendto, man="send(2)", may_block=True,
            restriction=plain_address),
    _method("sendmsg", "buffers [ancdata] [flags] [address]", "int", "sendmsg", sendmsg, man="send(2)", may_block=True),
    _method("recv", "bufsize [flags]", "bytes", "recvfrom", _recv, may_block=True, restriction=bytes_received),
    _method("recv_into", "buffer [nbytes] [flags]", "int", "recvfrom", _recv_into, man="recv(2)", may_block=True,
            restriction=nameless_room),
    _method("recvfrom", "bufsize [flags]", ("bytes", "address"), "recvfrom", _recvfrom, man="recv(2)", may_block=True,
            restriction=bytes_received),
    _method("recvmsg", "bufsize [ancbufsize] [flags]", ("bytes", "list", "int", "address"), "recvmsg", recvmsg,
            man="recv(2)", may_block=True, restriction=bytes_received),
    _method("shutdown", "how", "None", "shutdown", plain("shutdown({fd}, {how})", headers=_IN)),
    _method("close", "", "None", "close", plain("close({fd})", headers="unistd.h"), may_block=True),  # SO_LINGER waits here
    _method("dup", "", SOCKET, "fcntl", plain("dup({fd})", headers="unistd.h")),
    _method("getsockname", "", "address", "getsockname", _name_of("getsockname")),
    _method("getpeername", "", "address", "getpeername", _name_of("getpeername")),
    _method("getsockopt", "level option [bufsize]", "any", "getsockopt", getsockopt),
    _method("setsockopt", "level option value [length]", "None", "setsockopt", setsockopt),
    _method("setblocking", "flag", "None", "ioctl", _setblocking, man="fcntl(2)"),
    _method("settimeout", "seconds", "None", "ioctl", _settimeout, man="socket(7)"),
    _method("fileno", "", "int", "", _fileno, man="socket(2)", is_call=False),
)  # fmt: skip
