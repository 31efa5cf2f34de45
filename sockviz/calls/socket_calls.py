"""The table's rows for the socket module: sockets and what is done with them."""

from __future__ import annotations

from sockviz.calls.c.call import CCall, CRendering
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
    call.writer.line(f"int {pair}[2];")
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
    name = call.outputs("code")[0]
    value = f"connect({call.fd}, {pointer}, {length}) == 0 ? 0 : errno"
    call.expression = call.writer.assign("int", name, value)


def _with_address(function: str) -> CRendering:
    def render(call: CCall) -> None:
        pointer, length = call.address("address")
        call.performs("int", f"{function}({call.fd}, {pointer}, {length})")

    return render


def _accept(call: CCall) -> None:
    call.writer.need("sys/socket.h")
    if not call.targets and not call.nested:
        call.performs("int", f"accept({call.fd}, NULL, NULL)")
        return
    connection, peer = call.outputs("connection", "peer")
    address = _storage(call, peer)
    name = call.performs("int", f"accept({call.fd}, {address.text}, &{address.length})", connection)
    call.value = CValue(CForm.TUPLE, name, parts=(held_as(SOCKET, name), address))


def _name_of(function: str) -> CRendering:
    def render(call: CCall) -> None:
        (name,) = call.outputs("name")
        call.value = _storage(call, name)
        call.checks(f"{function}({call.fd}, {call.value.text}, &{call.value.length})")

    return render


def _storage(call: CCall, name: str) -> CValue:
    """Room for any address; its length is told to the kernel and comes back as what was written."""
    call.writer.need("sys/socket.h")
    name = call.writer.declare("struct sockaddr_storage", name)
    length = call.writer.assign("socklen_t", f"{name}_len", f"sizeof {name}")
    return CValue(CForm.ADDRESS, f"(struct sockaddr *)&{name}", "struct sockaddr_storage", length)


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
    rest = f"{start} + {done}, {length} - {done}"
    whole = call.writer.scope.whole
    for line in (
        *(("result = 0;",) if whole else ()),
        f"for (size_t {done} = 0; {done} < (size_t)({length});) {{",
        f"    ssize_t {part} = send({call.fd}, {rest}, {call.number('flags')});",
        f"    if ({part} == -1) {{",
        '        perror("send");',
        *(("        result = -1;",) if whole else ()),
        "        break;",
        "    }",
        f"    {done} += {part};",
        "}",
    ):
        call.writer.line(line)
    if whole:
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


def _buffer(call: CCall, name: str) -> str:
    size = call.number("bufsize", "1")
    return call.writer.declare("char", name, f"[{size}]" if size != "0" else "[1]")


def _received(name: str, length: str) -> CValue:
    return CValue(CForm.BYTES, name, "char", length)


def _recv(call: CCall) -> None:
    call.writer.need("sys/socket.h")
    (name,) = call.outputs("data")
    name = _buffer(call, name)
    size = "0" if call.number("bufsize") == "0" else f"sizeof {name}"
    length = call.performs(
        "ssize_t", f"recv({call.fd}, {name}, {size}, {call.number('flags')})", f"{name}_len"
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
    data = _buffer(call, data)
    address = _storage(call, sender)
    size = "0" if call.number("bufsize") == "0" else f"sizeof {data}"
    arguments = f"{call.fd}, {data}, {size}, {call.number('flags')}, {address.text}, &{address.length}"
    length = call.performs("ssize_t", f"recvfrom({arguments})", f"{data}_len")
    call.value = CValue(CForm.TUPLE, data, parts=(_received(data, length), address))


def _recvmsg(call: CCall) -> None:
    data, control, flags, sender = call.outputs("data", "control", "flags", "sender")
    data = _buffer(call, data)
    address = _storage(call, sender)
    room = call.number("ancbufsize")
    call.writer.need("sys/uio.h")
    control = call.writer.declare("char", control, f"[{room if room != '0' else 1}]")
    part, message = call.writer.temporary("part"), call.writer.temporary("message")
    call.writer.line(f"struct iovec {part} = {{{data}, sizeof {data}}};")
    storage = address.text.removeprefix("(struct sockaddr *)")
    call.writer.line(f"struct msghdr {message} = {{.msg_name = {storage}, .msg_namelen = {address.length},")
    call.writer.line(
        f"    .msg_iov = &{part}, .msg_iovlen = 1, .msg_control = {control}, .msg_controllen = sizeof {control}}};"
    )
    length = call.performs(
        "ssize_t", f"recvmsg({call.fd}, &{message}, {call.number('flags')})", f"{data}_len"
    )
    flags = call.writer.assign("int", flags, f"{message}.msg_flags")
    call.writer.line(f"{address.length} = {message}.msg_namelen;")
    ancillary = CValue(CForm.NUMBERS, control, "char", "0")
    call.value = CValue(
        CForm.TUPLE, data, parts=(_received(data, length), ancillary, CValue(CForm.NUMBER, flags), address)
    )


def _sendmsg(call: CCall) -> None:
    call.writer.need("sys/socket.h", "sys/uio.h")
    buffers = call.given.get("buffers")
    items = buffers[1] if isinstance(buffers, list) and buffers[0] in ("list", "tuple") else []
    parts, message = call.writer.temporary("parts"), call.writer.temporary("message")
    pairs = [call.writer.data(item) for item in items] if isinstance(items, list) else []
    inner = ", ".join(f"{{(void *){pointer}, {length}}}" for pointer, length in pairs) or "{0}"
    address, length = call.address("address")
    call.writer.line(f"struct iovec {parts}[] = {{{inner}}};")
    call.writer.line(f"struct msghdr {message} = {{.msg_name = {address}, .msg_namelen = {length},")
    call.writer.line(f"    .msg_iov = {parts}, .msg_iovlen = {len(pairs)}}};")
    call.performs("ssize_t", f"sendmsg({call.fd}, &{message}, {call.number('flags')})")


def _setsockopt(call: CCall) -> None:
    call.writer.need("sys/socket.h", "netinet/in.h")
    level, option = call.number("level"), call.number("option")
    value = call.given.get("value")
    name = call.writer.temporary("value")
    pointer, length = f"&{name}", f"sizeof {name}"
    if value == ["value", None]:  # no value, and a length all the same: what the kernel says of a bad pointer
        pointer, length = "NULL", call.number("length")
    elif value is not None and call.writer.kind(value) == "bytes":
        match value:
            case ["call", "struct.pack", _, [_, on, seconds], *_] if option == "SO_LINGER":
                initial = f".l_onoff = {call.writer.number(on)}, .l_linger = {call.writer.number(seconds)}"
                call.writer.line(f"struct linger {name} = {{{initial}}};")
            case _:
                pointer, length = call.writer.data(value)
    else:
        call.writer.line(f"int {name} = {call.number('value')};")
    call.performs("int", f"setsockopt({call.fd}, {level}, {option}, {pointer}, {length})")


def _getsockopt(call: CCall) -> None:
    call.writer.need("sys/socket.h", "netinet/in.h")
    (name,) = call.outputs("value")
    if call.has("bufsize"):
        name = call.writer.declare("char", name, f"[{call.number('bufsize')}]")
    else:
        name = call.writer.declare("int", name)
    length = call.writer.assign("socklen_t", f"{name}_len", f"sizeof {name}")
    pointer = name if call.has("bufsize") else f"&{name}"
    call.checks(
        f"getsockopt({call.fd}, {call.number('level')}, {call.number('option')}, {pointer}, &{length})"
    )
    call.value = _received(name, length) if call.has("bufsize") else CValue(CForm.NUMBER, name)


def _set_flag(call: CCall, on: str) -> None:
    call.writer.need("fcntl.h")
    flags = call.writer.temporary("flags")
    call.writer.line(f"int {flags} = fcntl({call.fd}, F_GETFL);")
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
        case ["value", int() | float() as seconds]:
            call.writer.need("sys/socket.h", "sys/time.h")
            limit = call.writer.temporary("limit")
            whole, rest = divmod(round(float(seconds) * 1_000_000), 1_000_000)
            call.writer.line("/* Python keeps the limit itself and waits in poll(2); C asks the kernel to */")
            call.writer.line(f"struct timeval {limit} = {{.tv_sec = {whole}, .tv_usec = {rest}}};")
            for option in ("SO_RCVTIMEO", "SO_SNDTIMEO"):
                call.checks(f"setsockopt({call.fd}, SOL_SOCKET, {option}, &{limit}, sizeof {limit})")
        case other:
            call.writer.fallback(other)


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
    _method("sendmsg", "buffers [ancdata] [flags] [address]", "int", "sendmsg", _sendmsg, man="send(2)", may_block=True),
    _method("recv", "bufsize [flags]", "bytes", "recvfrom", _recv, may_block=True, restriction=bytes_received),
    _method("recv_into", "buffer [nbytes] [flags]", "int", "recvfrom", _recv_into, man="recv(2)", may_block=True,
            restriction=nameless_room),
    _method("recvfrom", "bufsize [flags]", ("bytes", "address"), "recvfrom", _recvfrom, man="recv(2)", may_block=True,
            restriction=bytes_received),
    _method("recvmsg", "bufsize [ancbufsize] [flags]", ("bytes", "list", "int", "address"), "recvmsg", _recvmsg,
            man="recv(2)", may_block=True, restriction=bytes_received),
    _method("shutdown", "how", "None", "shutdown", plain("shutdown({fd}, {how})", headers=_IN)),
    _method("close", "", "None", "close", plain("close({fd})", headers="unistd.h"), may_block=True),  # SO_LINGER waits here
    _method("dup", "", SOCKET, "fcntl", plain("dup({fd})", headers="unistd.h")),
    _method("getsockname", "", "address", "getsockname", _name_of("getsockname")),
    _method("getpeername", "", "address", "getpeername", _name_of("getpeername")),
    _method("getsockopt", "level option [bufsize]", "any", "getsockopt", _getsockopt),
    _method("setsockopt", "level option value [length]", "None", "setsockopt", _setsockopt),
    _method("setblocking", "flag", "None", "ioctl", _setblocking, man="fcntl(2)"),
    _method("settimeout", "seconds", "None", "ioctl", _settimeout, man="socket(7)"),
    _method("fileno", "", "int", "", _fileno, man="socket(2)", is_call=False),
)  # fmt: skip
