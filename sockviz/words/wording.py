"""How calls, addresses and results are put into words, wherever they are read: on the stage, in the transcript, in sentences."""

from __future__ import annotations

from sockviz.language import _, decimal, grouped, ngettext
from sockviz.model.call import DISSOLVING, ENDING, NAMING, Call, Stage
from sockviz.model.naming import Name
from sockviz.model.process import PerformedLine
from sockviz.model.values import Address, ObjectValue, SocketValue, Value
from sockviz.model.world import World
from sockviz.words.number_kinds import (
    Number,
    NumberKind,
    given_by,
    kinds_bound,
    option_named_by,
    taken_by,
    with_names,
)
from sockviz.words.option_words import answer_text, option_name, value_text
from sockviz.words.shown import show

#: Calls whose Python value is None where their C one says how many bytes went.
COUNTLESS = frozenset({"sendall", "settimeout", "setblocking"})


def address_text(address: Address | Value) -> str:
    """``127.0.0.1:8080``, ``[::1]:8080``, ``/tmp/s``, ``@name`` (abstract; ``@name\\x00×99`` of who has said that all of sun_path
    is its name), ``unnamed``."""
    match address:
        case (str(host), int(port), *_):
            return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        case "" | b"" | None:
            return _("unnamed")
        case str() if address.startswith("\0"):
            return _abstract(address[1:])
        case str():
            return address
        case bytes():
            return _abstract(address.removeprefix(b"\0").decode("utf-8", "backslashreplace"))
    return show(address, 60)


def _abstract(name: str) -> str:
    text = name.rstrip("\0")
    nulls = len(name) - len(text)
    return f"@{text}\\x00×{nulls}" if nulls > 1 else f"@{name}"


def name_text(name: Name) -> str:
    """A socket's name as its process was told it: ``127.0.0.1:8080``."""
    if name.port_is_unknown and isinstance(name.address, tuple):
        return _("{host}, a port that the kernel chose").format(host=name.address[0])
    return address_text(name.address)


def ends_text(local: Address | None, peer: Address | None, arrow: str = "→") -> str:
    """A connection's two ends; the peer's host is left out where it is the local one too."""
    if peer is None:
        return address_text(local)
    match local, peer:
        case (str(here), int(), *_), (str(there), int(port), *_) if here == there:
            return f"{address_text(local)} {arrow} :{port}"
    return f"{address_text(local)} {arrow} {address_text(peer)}"


#: Values are written in so many characters; bytes alone in some more: an IPv6 address has sixteen.
_WIDEST_VALUE = 60
_WIDEST_BYTES = 68
#: Of what getaddrinfo gives so many entries are written.
_ENTRIES = 3


def result_value(call: Call) -> str:
    """What a returned call gave, as C would: a descriptor for a socket, 0 for None."""
    match call.value:
        case None:
            return _("done") if call.name in COUNTLESS else "0"
        case SocketValue(fd=fd):
            return str(fd)
        case (SocketValue(fd=one), SocketValue(fd=other)):
            return _("{one} and {other}").format(one=one, other=other)
        case (SocketValue(fd=fd), peer):
            return _("{fd} from {address}").format(fd=fd, address=address_text(peer))
        case (str(), int(), *_) as address if call.name in NAMING:
            return address_text(address)
        case bytes() as structure if (option := option_named_by(call)) is not None:
            return answer_text(option, structure)
        case list() as entries if call.name == "getaddrinfo":
            told = show(with_names(entries, given_by(call), _ENTRIES), _ENTRIES * _WIDEST_BYTES)
            # How many they are is what is asked of them; it comes first, for their end may have no room.
            return (
                told
                if len(entries) < 2
                else _("{count} entries: {entries}").format(count=len(entries), entries=told)
            )
        case bytes() as few if len(written := repr(few)) <= _WIDEST_BYTES:
            return written
        case _:
            named = with_names(call.value, given_by(call), _WIDEST_VALUE)
            written = show(named, _WIDEST_VALUE, lambda held: str(held.fd))
            match call.value:
                case (data, (str(), int(), *_) as sender) if len(written) >= _WIDEST_VALUE:
                    # Of what has come the beginning will do; of who has sent it there is no part.
                    return f"({show(data, max(24, _WIDEST_VALUE - len(str(sender)) - 4))}, {sender})"
            return written


def values_bound(line: PerformedLine, last: Call | None = None) -> dict[str, str]:
    """The names that a line bound to what is no call's own answer, each with its value as Python writes it.

    `last` is the line's last call: ``n = struct.unpack("i", fcntl.ioctl(…))[0]`` made of its answer what it bound. Sockets and
    objects have no value to write.
    """
    if line.error is not None:
        return {}
    if last is not None and (len(line.bound) != 1 or last.value in line.bound.values()):
        return {}  # what the call gave, taken whole or apart
    kinds = kinds_bound(line, last)
    return {
        name: show(with_names(value, kinds.get(name), _WIDEST_BYTES), _WIDEST_BYTES)
        for name, value in line.bound.items()
        if not isinstance(value, SocketValue | ObjectValue)
    }


def outcome(call: Call) -> str:
    """A call's result in a few characters: ``→ 3``, ``✗ ECONNREFUSED``, ``◐`` while it sleeps, nothing while it runs."""
    match call.stage:
        case Stage.RETURNED:
            return f"→ {result_value(call)}"
        case Stage.FAILED:
            return f"✗ {call.error}"
        case Stage.ASLEEP:
            return "◐"
        case Stage.ABANDONED:
            return _("ends here") if call.name in ENDING else "✗ " + _("never returned")
        case Stage.ENTERED:
            return ""
        case Stage.HELD:
            return _("held")
        case Stage.INTERRUPTED:
            return _("interrupted")


def receiver_name(call: Call, world: World) -> str:
    """The variable that the call was made on, else its descriptor."""
    held = call.receiver
    if held is None:
        return ""
    return world.name_of(call.process, held.inode, held.fd) or (
        _("descriptor {fd}").format(fd=held.fd) if held.fd >= 0 else ""
    )


def call_as_made(call: Call) -> str:
    """The call with the values it was made with, as `strace` shows one: ``bind(3, 127.0.0.1:8080)``."""
    by_position, by_name = taken_by(call)
    option = option_named_by(call) if call.name == "setsockopt" else None
    shown = [
        value_text(option, value)
        if number == 3 and option is not None and isinstance(value, bytes)
        else _argument(value, by_position[number] if number < len(by_position) else None)
        for number, value in enumerate(call.arguments)
    ]
    if call.function == DISSOLVING and len(call.arguments) > 1:
        shown[1] = "AF_UNSPEC"
    if by_position[2:3] == [Number.OPTION]:
        shown[2:3] = [option_name(*call.arguments[1:3])] if len(call.arguments) > 2 else []
    shown += [f"{name}={_argument(value, by_name.get(name))}" for name, value in call.keywords.items()]
    return f"{call_name(call)}({', '.join(shown)})"


def call_name(call: Call) -> str:
    """The name by which a call is told: an accept that is given flags is accept4(2)."""
    return "accept4" if call.name == "accept" and "flags" in call.keywords else call.name


def made_on(call: Call) -> str:
    """The descriptor that a call was made on, as text; nothing where that is none, or hidden in an object of the program's."""
    match call.arguments[:1]:
        case (SocketValue(fd=fd),):
            return str(fd)
        case (ObjectValue(kind="epoll", text=text),) if call.name == "epoll_wait":
            return text
    return ""


def _argument(value: Value, kind: NumberKind | None) -> str:
    match value:
        case SocketValue(fd=fd):
            return str(fd)
        case (str(), int(), *_) if len(value) in (2, 4):
            return address_text(value)
    return show(with_names(value, kind, 40), 40, lambda held: str(held.fd))


def asleep_in(call: Call) -> str:
    """That a call sleeps, and where: ``asleep in accept4(3)``. A line of a lesson's is told in the kernel's words; of a program
    the call itself is told, by its one name."""
    is_lines = call.origin is not None and not call.origin.text
    told = sleeping_call(call) if is_lines or call.asleep is None else f"{call_name(call)}({made_on(call)})"
    return _("asleep in {call}").format(call=told)


def sleeping_call(call: Call) -> str:
    """What a sleeping call sleeps in, in the kernel's words: ``accept4(3)``."""
    evidence = call.asleep
    if evidence is None:
        return f"{call.name} {_('(inferred)')}"
    if evidence.syscall is None:
        return f"{call.name} ({evidence.wchan})" if evidence.wchan else call.name
    held = call.receiver
    argument = str(evidence.arguments[0]) if held is not None and evidence.arguments else ""
    return f"{evidence.syscall}({argument})"


def bytes_text(number: int) -> str:
    """``1 byte``, ``12 bytes``."""
    return ngettext("{count} byte", "{count} bytes", number).format(count=number)


def grouped_bytes(number: int) -> str:
    """``1 byte``, ``65,536 bytes``, as tasks write it."""
    return ngettext("{count} byte", "{count} bytes", number).format(count=grouped(number))


def duration_text(seconds: float) -> str:
    """How long something took, in a unit that fits: ``12 µs``, ``40.2 ms``, ``1.2 s``."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    return f"{decimal(seconds * 1000, '.1f')} ms" if seconds < 1 else seconds_text(seconds)


def seconds_text(seconds: float) -> str:
    """A short time as people say it: ``0.8 s``, ``59 s``, ``119 min``."""
    if seconds < 10:
        return f"{decimal(max(0.0, seconds), '.1f')} s"
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"
