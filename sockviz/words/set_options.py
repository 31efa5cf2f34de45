"""The options that are set on a socket and are not the default: short for its row, whole and with evidence for the inspector."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _, decimal
from sockviz.model.linux.files import OPEN_FLAGS
from sockviz.model.linux.options import JOINING, Form, SocketOption, option_of
from sockviz.model.set_options import PYTHONS, SetOption
from sockviz.model.sockets import FdEntry
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.words.facts import Fact, Section, Voice
from sockviz.words.option_words import at_that, meaning, option_name, value_text

#: Flags of an open file that are worth a word in its row.
_TELLING_FLAGS = ("O_NONBLOCK", "O_ASYNC")


def in_force(world: World, inode: int) -> list[SetOption]:
    """The options of the socket that are set and are not the default, in the order in which they were set."""
    return [option for option in world.options.get(inode, {}).values() if not option.is_default]


def has_joined(world: World, inode: int) -> bool:
    """Whether the socket is in a multicast group."""
    return any((key[0], key[1]) in JOINING.values() for key in world.options.get(inode, {}))


def short_options(world: World, inode: int, entry: FdEntry | None = None) -> list[str]:
    """What is set, in a few characters each: ``O_NONBLOCK``, ``SO_REUSEADDR``, ``SO_RCVBUF 16384 bytes``."""
    found = [name for name in _TELLING_FLAGS if entry is not None and entry.flags & OPEN_FLAGS[name]]
    return found + [short_option(option) for option in in_force(world, inode)]


def short_option(option: SetOption) -> str:
    """Its name, and its value where that is more than that it is on."""
    if option.level == PYTHONS:
        return _("timeout {value}").format(value=_timeout(option.value))
    known = option_of(option.level, option.number)
    value = option.in_effect
    name = option_name(option.level, option.number)
    if known is not None and known.form is Form.SWITCH:
        return name if value else _("{name} off").format(name=name)
    return f"{name} {value_text(known, value)}"


def sections(world: World, inode: int) -> Iterator[Section]:
    """The options that are set, by how they are known."""
    options = in_force(world, inode)
    own = [option for option in options if not option.inherited]
    if own:
        yield Section(
            _("options that are set"),
            Voice.RETURNED,
            _("by its calls; getsockopt, right after each, says what the kernel has"),
            tuple(_fact(option, world, inode) for option in own),
        )
    inherited = [option for option in options if option.inherited]
    if inherited:
        yield Section(
            _("options of its listener"),
            Voice.INFERRED,
            _("accept's socket begins as a copy of the listener's (net/core/sock.c, sk_clone_lock)"),
            tuple(_fact(option, world, inode) for option in inherited),
        )


def _fact(option: SetOption, world: World, inode: int) -> Fact:
    if option.level == PYTHONS:
        told = _("Python's own: the descriptor does not block, and Python waits in poll for at most so long")
        return Fact("settimeout", _timeout(option.value), told)
    known = option_of(option.level, option.number)
    holder = world.sockets.get(inode)
    what = meaning(known, holder.type, holder.family) if holder is not None else meaning(known)
    what = at_that(known, option.value) or what
    return Fact(option_name(option.level, option.number), value_and_asked(option, known), what)


def value_and_asked(option: SetOption, known: SocketOption | None) -> str:
    """``16384 bytes (8192 asked)``."""
    told = value_text(known, option.in_effect)
    if not option.differs or (known is not None and known.form is Form.SWITCH):
        return told
    return _("{value} ({asked} asked)").format(value=told, asked=option.value)


def _timeout(value: Value) -> str:
    return f"{decimal(value)} s" if isinstance(value, int | float) else _("none")
