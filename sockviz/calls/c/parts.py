"""Parts of what a call gave, as C: an address's port, a ready descriptor, an entry of getaddrinfo's list."""

from __future__ import annotations

from sockviz.calls.c.scope import CForm, CValue
from sockviz.calls.c.writing import Writing

#: One more than the greatest ``int``.
_INT = 1 << 31


def part(writer: Writing, whole: CValue, index: int) -> CValue | None:
    """One part of a tuple, a list or an address, by its number; None where it has no such part, or C no such number."""
    if not -_INT < index < _INT:
        return None
    match whole.form:
        case CForm.TUPLE if -len(whole.parts) <= index < len(whole.parts):
            return whole.parts[index]
        case CForm.CONTROL if index >= 0:
            return _control_message(writer, whole.text, index)
        case CForm.NUMBERS:
            place = str(index) if index >= 0 else f"{whole.length} - {-index}"
            return CValue(CForm.SOCKET, f"{whole.text}[{place}]")
        case CForm.POLLED if index >= 0:
            entry = f"{whole.text}[{index}]"
            parts = (CValue(CForm.SOCKET, f"{entry}.fd"), CValue(CForm.NUMBER, f"{entry}.revents"))
            return CValue(CForm.TUPLE, entry, parts=parts)
        case CForm.EVENTS if index >= 0:
            entry = f"{whole.text}[{index}]"
            parts = (CValue(CForm.SOCKET, f"{entry}.data.fd"), CValue(CForm.NUMBER, f"{entry}.events"))
            return CValue(CForm.TUPLE, entry, parts=parts)
        case CForm.ADDRINFO if index >= 0:
            return CValue(CForm.ENTRY, _entry(writer, whole.text, index) if index else whole.text)
        case CForm.ENTRY if 0 <= index <= 2:
            return CValue(CForm.NUMBER, f"{whole.text}->{('ai_family', 'ai_socktype', 'ai_protocol')[index]}")
        case CForm.ENTRY if index == 3:
            return CValue(CForm.TEXT, f"{whole.text}->ai_canonname")
        case CForm.ENTRY if index == 4:
            return CValue(
                CForm.ADDRESS, f"{whole.text}->ai_addr", "struct sockaddr *", f"{whole.text}->ai_addrlen"
            )
        case CForm.LIMIT if 0 <= index <= 1:
            return CValue(CForm.NUMBER, f"{whole.text}.{('rlim_cur', 'rlim_max')[index]}", "rlim_t")
        case CForm.ADDRESS if index == 1:
            writer.need("netinet/in.h", "arpa/inet.h")
            # Both families have the port at the same place.
            at = whole.text.removeprefix("(struct sockaddr *)")
            return CValue(CForm.NUMBER, f"ntohs(((struct sockaddr_in *){at})->sin_port)")
        case CForm.ADDRESS if index == 0:
            return _host(writer, whole)
        case CForm.BYTES:
            place = str(index) if index >= 0 else f"{whole.length} - {-index}"
            return CValue(CForm.NUMBER, f"(unsigned char){writer.indexed(whole.text)}[{place}]")
    return None


def _host(writer: Writing, address: CValue) -> CValue:
    writer.need("netdb.h", "sys/socket.h")
    host = writer.temporary("host")
    writer.line(f"char {host}[NI_MAXHOST];")
    arguments = f"{address.text}, {address.length}, {host}, sizeof {host}, NULL, 0, NI_NUMERICHOST"
    writer.line(f"if (getnameinfo({arguments}) != 0)")
    writer.line(f"    {host}[0] = '\\0';")
    return CValue(CForm.TEXT, host, "char", f"strlen({host})")


def _entry(writer: Writing, found: str, index: int) -> str:
    """The entry of a list of getaddrinfo's that has `index` others before it."""
    writer.need("stddef.h")
    entry = writer.temporary("entry")
    writer.line(f"struct addrinfo *{entry} = {found};")
    writer.line(f"for (int i = 0; i < {index} && {entry} != NULL; i++)")
    writer.line(f"    {entry} = {entry}->ai_next;")
    writer.refuses(f"{entry} == NULL", "IndexError", f'"{found} has no entry {index + 1}\\n"')
    return entry


def _control_message(writer: Writing, message: str, index: int) -> CValue:
    """What came beside the data of `message`, as (level, type, data). There may be less: then its data has no bytes."""
    writer.need("sys/socket.h", "stddef.h")
    header = writer.temporary("header")
    writer.line(f"struct cmsghdr *{header} = CMSG_FIRSTHDR(&{message});")
    if index:
        writer.line(f"for (int i = 0; i < {index} && {header} != NULL; i++)")
        writer.line(f"    {header} = CMSG_NXTHDR(&{message}, {header});")
    writer.refuses(
        f"{header} == NULL", "IndexError", f'"{message} brought no control message {index + 1}\\n"'
    )
    came = writer.temporary("came")
    writer.line(f"const unsigned char *{came} = {header} != NULL ? CMSG_DATA({header}) : NULL;")
    writer.line(f"size_t {came}_len = {header} != NULL ? {header}->cmsg_len - CMSG_LEN(0) : 0;")
    parts = (
        CValue(CForm.NUMBER, f"({header} != NULL ? {header}->cmsg_level : -1)"),
        CValue(CForm.NUMBER, f"({header} != NULL ? {header}->cmsg_type : -1)"),
        CValue(CForm.BYTES, came, "const unsigned char *", f"{came}_len"),
    )
    return CValue(CForm.TUPLE, header, parts=parts)
