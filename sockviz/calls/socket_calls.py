"""The table's rows for the socket module: sockets and what is done with them."""

from __future__ import annotations

from sockviz.calls.restrictions import bytes_received, nameless_room, plain_address
from sockviz.calls.rows import Row
from sockviz.calls.signature import Restriction, ValueKind, parameters

SOCKET = "socket.socket"


def _method(
    name: str,
    takes: str,
    returns: ValueKind | tuple[ValueKind, ...],
    system_calls: str,
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
        f"{SOCKET}.{name}", SOCKET, returns, parameters(takes), names, man or f"{name}(2)",
        may_block=may_block, is_call=is_call, restriction=restriction,
    )  # fmt: skip


ROWS = (
    Row("socket.socket", None, SOCKET, parameters("[family] [type] [proto]"), ("socket",), "socket(2)", named=True),
    Row("socket.socketpair", None, (SOCKET, SOCKET), parameters("[family] [type] [proto]"), ("socketpair",),
        "socketpair(2)", named=True),
    _method("bind", "address", "None", "bind", restriction=plain_address),
    _method("listen", "[backlog]", "None", "listen"),
    _method("accept", "", (SOCKET, "address"), "accept4 accept", may_block=True),
    _method("connect", "address", "None", "connect", may_block=True, restriction=plain_address),
    _method("connect_ex", "address", "int", "connect", man="connect(2)", may_block=True,
            restriction=plain_address),
    _method("send", "data [flags]", "int", "sendto", may_block=True),
    _method("sendall", "data [flags]", "None", "sendto", man="send(2)", may_block=True),
    _method("sendto", "data flags_or_address [address]", "int", "sendto", man="send(2)", may_block=True,
            restriction=plain_address),
    _method("sendmsg", "buffers [ancdata] [flags] [address]", "int", "sendmsg", man="send(2)", may_block=True),
    _method("recv", "bufsize [flags]", "bytes", "recvfrom", may_block=True, restriction=bytes_received),
    _method("recv_into", "buffer [nbytes] [flags]", "int", "recvfrom", man="recv(2)", may_block=True,
            restriction=nameless_room),
    _method("recvfrom", "bufsize [flags]", ("bytes", "address"), "recvfrom", man="recv(2)", may_block=True,
            restriction=bytes_received),
    _method("recvmsg", "bufsize [ancbufsize] [flags]", ("bytes", "list", "int", "address"), "recvmsg",
            man="recv(2)", may_block=True, restriction=bytes_received),
    _method("shutdown", "how", "None", "shutdown"),
    _method("close", "", "None", "close", may_block=True),  # SO_LINGER waits here
    _method("dup", "", SOCKET, "fcntl"),
    _method("getsockname", "", "address", "getsockname"),
    _method("getpeername", "", "address", "getpeername"),
    _method("getsockopt", "level option [bufsize]", "any", "getsockopt"),
    _method("setsockopt", "level option value [length]", "None", "setsockopt"),
    _method("setblocking", "flag", "None", "ioctl", man="fcntl(2)"),
    _method("settimeout", "seconds", "None", "ioctl", man="socket(7)"),
    _method("fileno", "", "int", "", man="socket(2)", is_call=False),
)  # fmt: skip
