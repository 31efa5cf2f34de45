"""``sendmsg`` and ``recvmsg`` as C: a ``struct msghdr``, what goes beside the data in it, and how that is read."""

from __future__ import annotations

from sockviz.calls.c.call import CCall
from sockviz.calls.c.scope import CForm, CValue
from sockviz.calls.c.struct import packed
from sockviz.calls.c.widths import as_size
from sockviz.calls.c.writing import Writing
from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.values import Json


@dataclass(frozen=True, slots=True)
class _Beside:
    """A control message to be sent: its level, its type, and a pointer to its data with the length."""

    level: str
    kind: str
    pointer: str
    length: str


def recvmsg(call: CCall) -> None:
    """``data, control, flags, sender = s.recvmsg(size, room)``."""
    writer = call.writer
    writer.need("sys/socket.h", "sys/uio.h")
    data, control, flags, sender = call.outputs("data", "control", "flags", "sender")
    data = call.buffer(data)
    address = CValue(CForm.ADDRESS, "NULL", "struct sockaddr *", "0")
    part, message = writer.temporary("part"), writer.temporary("message")
    members = []
    if not call.unpacks or call.is_read(sender):
        address = call.storage(sender)
        members = [
            f".msg_name = {address.text.removeprefix('(struct sockaddr *)')}",
            f".msg_namelen = {address.length}",
        ]
    members += [f".msg_iov = &{part}", ".msg_iovlen = 1"]
    size = "0" if call.number("bufsize", "1") == "0" else f"sizeof {data}"
    room = call.number("ancbufsize")
    if room != "0":
        control = writer.declare("_Alignas(struct cmsghdr) char", control, f"[{room}]")
        members += [f".msg_control = {control}", f".msg_controllen = sizeof {control}"]
    writer.line(f"struct iovec {part} = {{{data}, {size}}};")
    _header(writer, message, members)
    length = call.performs(
        "ssize_t", f"recvmsg({call.fd}, &{message}, {call.number('flags')})", f"{data}_len"
    )
    if room != "0" and writer.scope.tells:
        writer.line(f"if ({'result' if writer.text.failure == 'failure(result)' else length} == -1)")
        writer.line(f"    {message}.msg_controllen = 0; /* {_('nothing came')} */")
    flags = writer.assign("int", flags, f"{message}.msg_flags")
    if address.text != "NULL":
        writer.line(f"{address.length} = {message}.msg_namelen;")
    parts = (
        CValue(CForm.BYTES, data, "char", length),
        CValue(CForm.CONTROL, message, "struct msghdr"),
        CValue(CForm.NUMBER, flags),
        address,
    )
    call.value = CValue(CForm.TUPLE, data, parts=parts)


def sendmsg(call: CCall) -> None:
    """``s.sendmsg([b"data"], [(level, type, b"beside")], flags, address)``."""
    writer = call.writer
    writer.need("sys/socket.h", "sys/uio.h")
    pairs = [
        (part.text, as_size(writer.scope, part.length))
        for part in _items(writer, call.given.get("buffers"), CForm.BYTES)
    ]
    parts, message = writer.temporary("parts"), writer.temporary("message")
    members = []
    if call.has("address"):
        address, length = call.address("address")
        members += [f".msg_name = {address}", f".msg_namelen = {length}"]
    inner = ", ".join(f"{{(void *){pointer}, {length}}}" for pointer, length in pairs)
    writer.line(f"struct iovec {parts}[] = {{{inner or '{NULL, 0}'}}};")
    members += [f".msg_iov = {parts}", f".msg_iovlen = {len(pairs)}"]
    beside: list[_Beside] = []
    match call.given.get("ancdata"):
        case ["name", _] as name if writer.held(name).form is CForm.CONTROL:  # what came is sent on
            came = writer.held(name).text
            members += [f".msg_control = {came}.msg_control", f".msg_controllen = {came}.msg_controllen"]
        case ancillary:
            beside = _to_send(writer, ancillary)
    if beside:
        control = writer.temporary("control")
        room = " + ".join(f"CMSG_SPACE({each.length})" for each in beside)
        writer.line(f"_Alignas(struct cmsghdr) char {control}[{room}];")
        writer.line(f"memset({control}, 0, sizeof {control});")
        members += [f".msg_control = {control}", f".msg_controllen = sizeof {control}"]
    _header(writer, message, members)
    _fill(writer, message, beside)
    call.performs("ssize_t", f"sendmsg({call.fd}, &{message}, {call.number('flags')})")


def _header(writer: Writing, name: str, members: list[str]) -> None:
    """``struct msghdr name = {…};``, two members a line."""
    lines = [", ".join(members[n : n + 2]) for n in range(0, len(members), 2)]
    lines[0] = f"struct msghdr {name} = {{{lines[0]}"
    for line in lines[:-1]:
        writer.line(f"{line if line is lines[0] else '    ' + line},")
    last = lines[-1] if len(lines) == 1 else "    " + lines[-1]
    writer.line(f"{last}}};")


def _items(writer: Writing, tree: Json, form: CForm) -> tuple[CValue, ...]:
    """The values of a list or tuple; where it has others than of `form`, the line is quoted as what C has not been given."""
    if tree is None or tree == ["value", None]:
        return ()
    whole = writer.held(tree)
    if whole.form is CForm.TUPLE and all(_is(part, form) for part in whole.parts):
        return whole.parts
    writer.fallback(tree)
    return ()


def _is(value: CValue, form: CForm) -> bool:
    return value.form is form or (form is CForm.BYTES and value.form is CForm.TEXT)


def _to_send(writer: Writing, tree: Json) -> list[_Beside]:
    """The control messages of a list of ``(level, type, data)``."""
    match tree:
        case ["list" | "tuple", list(items)]:
            return [_one(writer, item) for item in items]
    return [_told(writer, part, tree) for part in _items(writer, tree, CForm.TUPLE)]


def _one(writer: Writing, tree: Json) -> _Beside:
    match tree:
        case [
            "tuple" | "list",
            [
                level,
                ["constant", "socket.SCM_CREDENTIALS"],
                ["call", "struct.pack", _, [_, pid, uid, gid], *_],
            ],
        ]:
            numbers = [
                f".{word} = {writer.number(value)}"
                for word, value in (("pid", pid), ("uid", uid), ("gid", gid))
            ]
            name = writer.temporary("credentials")
            writer.line(f"struct ucred {name} = {{{', '.join(numbers)}}};")
            return _Beside(writer.number(level), "SCM_CREDENTIALS", f"&{name}", f"sizeof {name}")
        case [
            "tuple" | "list",
            [
                level,
                ["constant", "socket.SCM_RIGHTS"],
                ["call", "struct.pack", _, [["value", str(layout)], *fds], *_],
            ],
        ]:
            passed = packed(writer, layout, fds, writer.temporary("passed"))
            return _Beside(writer.number(level), "SCM_RIGHTS", passed.text, passed.length)
    return _told(writer, writer.held(tree), tree)


def _told(writer: Writing, value: CValue, tree: Json) -> _Beside:
    match value.parts:
        case (level, kind, data) if _is(data, CForm.BYTES):
            return _Beside(level.text, kind.text, data.text, data.length)
    return _Beside("0", "0", writer.fallback(tree), "0")


def _fill(writer: Writing, message: str, beside: list[_Beside]) -> None:
    """Writes each control message into the room that `message` has for them."""
    if not beside:
        return
    header = writer.temporary("header")
    for number, each in enumerate(beside):
        if number == 0:
            writer.line(f"struct cmsghdr *{header} = CMSG_FIRSTHDR(&{message});")
        else:
            writer.line(f"{header} = CMSG_NXTHDR(&{message}, {header});")
        writer.line(f"{header}->cmsg_level = {each.level};")
        writer.line(f"{header}->cmsg_type = {each.kind};")
        writer.line(f"{header}->cmsg_len = CMSG_LEN({each.length});")
        writer.line(f"memcpy(CMSG_DATA({header}), {each.pointer}, {each.length});")
