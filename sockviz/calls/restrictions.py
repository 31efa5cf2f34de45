"""What a lesson may not ask of the calls it may make. Found in the source where it can be; the process refuses the rest."""

from __future__ import annotations

import ast
import struct
from collections.abc import Iterator, Mapping, Sequence

from sockviz.calls.signature import Restriction
from sockviz.language import N_, _
from sockviz.pattern import pattern

#: FIONREAD, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK (include/uapi/asm-generic/ioctls.h, linux/sockios.h): they only read.
IOCTLS = {0x541B: "FIONREAD", 0x5411: "SIOCOUTQ", 0x894B: "SIOCOUTQNSD", 0x8905: "SIOCATMARK"}
LARGEST_STRUCT = 64 * 1024
#: Bytes of a struct sockaddr (include/linux/socket.h).
SOCKADDR = 16
#: More values than anybody unpacks at once; in C each is a variable.
MOST_VALUES = 1000
_FORMAT = pattern(r"([0-9]*)([A-Za-z?])")
#: Why recv refuses MSG_TRUNC.
REAL_LENGTH = N_(
    "with MSG_TRUNC this would give bytes that were never received: use recv_into(bytearray(n), 0, socket.MSG_TRUNC)"
)

Objections = Iterator[tuple[ast.expr, str]]
Arguments = Mapping[str, ast.expr]


def one_of(parameter: str, dotted: Sequence[str]) -> Restriction:
    """The argument must be one of these constants, written out."""

    def restriction(arguments: Arguments) -> Objections:
        node = arguments.get(parameter)
        if node is not None and dotted_name(node) not in dotted:
            yield (
                node,
                _("expected {known} here").format(known=_either(dotted)),
            )

    return restriction


def _either(words: Sequence[str]) -> str:
    """``a, b or c``."""
    if len(words) == 1:
        return words[0]
    return _("{words} or {last}").format(words=", ".join(words[:-1]), last=words[-1])


def known_ioctl(arguments: Arguments) -> Objections:
    """Only requests that read a socket's queues."""
    node = arguments.get("request")
    if node is not None and not (isinstance(node, ast.Constant) and node.value in IOCTLS):
        every = ", ".join(f"{number:#x} ({name})" for number, name in IOCTLS.items())
        yield node, _("expected one of the requests {every}, written as a number").format(every=every)


def safe_fcntl(arguments: Arguments) -> Objections:
    """Flags may be read and set; signals may be asked for only by a process for itself."""
    allowed = (
        "fcntl.F_GETFL",
        "fcntl.F_SETFL",
        "fcntl.F_GETFD",
        "fcntl.F_SETFD",
        "fcntl.F_GETOWN",
        "fcntl.F_SETOWN",
    )
    yield from one_of("cmd", allowed)(arguments)
    command, value = arguments.get("cmd"), arguments.get("arg")
    if command is not None and dotted_name(command) == "fcntl.F_SETOWN":
        own = isinstance(value, ast.Call) and dotted_name(value.func) == "os.getpid" and not value.args
        if not own:
            yield value or command, _("a process may ask for signals to itself only: os.getpid()")


def literal_format(arguments: Arguments) -> Objections:
    """A struct format is written out, and describes no more than 64 KiB and a thousand values."""
    node = arguments.get("format")
    if node is None:
        return
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        yield node, _('expected the format written out, such as "!HH"')
        return
    try:
        size = struct.calcsize(node.value)
    except (struct.error, ValueError) as error:  # UnicodeEncodeError: it is not ASCII
        yield node, _("not a struct format: {error}").format(error=error)
        return
    if size > LARGEST_STRUCT:
        yield (
            node,
            _("this format describes {size} bytes; at most {most} are allowed").format(
                size=size, most=LARGEST_STRUCT
            ),
        )
        return
    values = sum(int(count or 1) for count, code in _FORMAT.findall(node.value) if code not in "xsp")
    if values > MOST_VALUES:
        yield (
            node,
            _("this format describes {values} values; at most {most} are allowed").format(
                values=values, most=MOST_VALUES
            ),
        )


def bounded_limit(arguments: Arguments) -> Objections:
    """Only the number of descriptors may be limited."""
    yield from one_of("resource", ("resource.RLIMIT_NOFILE",))(arguments)


def bytes_received(arguments: Arguments) -> Objections:
    """MSG_TRUNC makes recv tell of bytes that it did not copy; CPython's bytes object would hold whatever lay in memory."""
    for node in ast.walk(arguments["flags"]) if "flags" in arguments else ():
        if isinstance(node, ast.expr) and dotted_name(node) == "socket.MSG_TRUNC":
            yield node, _(REAL_LENGTH)


def nameless_room(arguments: Arguments) -> Objections:
    """What a name holds is told when it is bound; a buffer that changes later would be shown with its old bytes."""
    node = arguments.get("buffer")
    if node is not None and not (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "bytearray"
    ):
        yield node, _("make the room where it is used: recv_into(bytearray(4), 0, …)")


def own_process(arguments: Arguments) -> Objections:
    """A process is named by the pid that fork or getpid gave."""
    node = arguments.get("pid")
    if isinstance(node, ast.Constant | ast.UnaryOp):
        yield node, _("kill reaches only the lesson's own processes: name the pid that os.fork() gave")


def plain_file(arguments: Arguments) -> Objections:
    """A lesson's files are plain names in a directory of its own."""
    node = arguments.get("path")
    if isinstance(node, ast.Constant) and (reason := not_plain(node.value)):
        yield node, reason


def plain_address(arguments: Arguments) -> Objections:
    """A UNIX socket's path likewise; abstract names are free."""
    node = arguments.get("address")
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        abstract = node.value[:1] in ("\0", b"\0")
        if not abstract and (reason := not_plain(node.value)):
            yield node, reason


def the_program_itself(arguments: Arguments) -> Objections:
    """Of C's libraries only the process's own."""
    node = arguments.get("name")
    if node is not None and not (isinstance(node, ast.Constant) and node.value is None):
        yield node, _("expected None: C's own library, which the process has loaded already")


#: What C's connect may be given by a line.
NO_ADDRESS = N_(
    "expected a struct sockaddr of family AF_UNSPEC, 16 zero bytes: bytes(16); others are for s.connect"
)


def no_address(arguments: Arguments) -> Objections:
    """C's connect has an address of no family: whatever names somebody is Python's connect's, which looks at it."""
    address, length = arguments.get("address"), arguments.get("length")
    match address:
        case ast.Constant(value=value) if not (isinstance(value, bytes) and value == bytes(SOCKADDR)):
            yield address, _(NO_ADDRESS)
        case ast.Call(func=ast.Name(id="bytes"), args=[ast.Constant(value=size)]) if size != SOCKADDR:
            yield address, _(NO_ADDRESS)
    if isinstance(length, ast.Constant) and length.value != SOCKADDR:
        yield length, _("expected {sockaddr}, the size of a struct sockaddr").format(sockaddr=SOCKADDR)


def not_plain(name: object) -> str | None:
    """Why `name` cannot be a lesson's file, or None."""
    text = name.decode("utf-8", "replace") if isinstance(name, bytes) else name
    if not isinstance(text, str):
        return _("expected the name of a file")
    if "/" in text or "\0" in text or text in ("", ".", ".."):
        return _(
            "a lesson's files are plain names, without a slash: they live in a directory of the lesson's own"
        )
    return None


def dotted_name(node: ast.expr) -> str | None:
    """``module.NAME`` as a string, or None for anything else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return None
