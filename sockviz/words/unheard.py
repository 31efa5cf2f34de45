"""What a line did of which no kernel has heard yet: a list that a program keeps for poll, what the link shall do with a packet, a
socket that nobody keeps.

It is told by the line's own words, which are all that there is of it.
"""

from __future__ import annotations

from sockviz.language import _, ngettext
from sockviz.model.events import StatementFinished
from sockviz.model.hosts import LINK
from sockviz.model.values import SocketValue
from sockviz.model.world import World
from sockviz.pattern import pattern

_ORDER = pattern(r"""link\.(drop|duplicate|delay)\(\s*([\d.]+)?\s*,?\s*(?:"([^"]*)"|'([^']*)')?\s*\)""")
_MADE = pattern(r"(\w+) = select\.poll\(\)")
_CHANGED = pattern(r"(\w+)\.(register|modify|unregister)\(\s*([^,()]+?(?:\(\))?)\s*(?:,\s*(.+?))?\s*\)")
#: What register asks for where it is not told (Modules/selectmodule.c).
_USUAL = "POLLIN | POLLPRI | POLLOUT"

#: The calls that give a socket, or two.
_MAKING = frozenset({"socket", "socketpair", "accept", "dup"})


def unkept(event: StatementFinished, world: World) -> str:
    """That nobody keeps a socket that a line has made or accepted: Python closes it as the line ends. Empty of any other line."""
    line, process = world.lines.get(event.line), world.processes.get(event.process)
    call = process.call(line.calls[-1]) if process is not None and line is not None and line.calls else None
    if event.bound or call is None or call.error is not None or call.name not in _MAKING:
        return ""
    given = call.value if isinstance(call.value, tuple) else (call.value,)
    numbers = [each.fd for each in given if isinstance(each, SocketValue)]
    if not numbers:
        return ""
    told = ngettext(
        "{process}: no name holds descriptor {numbers}, and Python closes it at once",
        "{process}: no name holds descriptors {numbers}, and Python closes them at once",
        len(numbers),
    )
    return told.format(process=event.process, numbers=_(" and ").join(map(str, numbers)))


def unheard(process: str, words: str, world: World) -> str:
    """What `words`, a line of `process` that made no call, has done; empty where nothing is to be said of it."""
    if process == LINK:
        return _ordered(words, world)
    if (made := _MADE.fullmatch(words)) is not None:
        return _(
            "{process}: {name} is a list in the program itself, empty as yet: no kernel knows of it"
        ).format(process=process, name=made[1])
    if (changed := _CHANGED.fullmatch(words)) is None:
        return ""
    name, what, fd, events = changed.groups()
    told = {
        "register": _("{process}: {fd} stands on {name} now, the program's own list, for {events}"),
        "modify": _("{process}: {name}, the program's own list, has {fd} for {events} now"),
        "unregister": _("{process}: {fd} stands on {name}, the program's own list, no more"),
    }[what]
    asked = _("no events") if events == "0" else (events or _USUAL).replace("select.", "")
    return told.format(process=process, fd=fd, name=name, events=asked)


def refused_unheard(event: StatementFinished, words: str) -> str:
    """Why a line that changes such a list fails: Python looks a descriptor up in it (Modules/selectmodule.c), no kernel does.
    Empty of any other."""
    changed = _CHANGED.fullmatch(words)
    if changed is None or (changed[2], event.error) not in (("modify", "ENOENT"), ("unregister", "KeyError")):
        return ""
    told = _("{fd} is not on {name}, the program's own list").format(fd=changed[3], name=changed[1])
    if changed[2] == "unregister":
        return told
    return f"{told}; " + _("{call} puts it there").format(call="register")


def _ordered(words: str, world: World) -> str:
    found = _ORDER.fullmatch(words)
    if found is None:
        return ""
    verb, seconds, one, other = found.groups()
    named = one or other or ""
    holding = world.link.holding if world.link is not None else ()
    if verb != "delay" and (named.partition(" ")[0] in holding or (holding and not named)):
        return ""  # it is done with what is kept, and told of then
    what = named or _("packet")
    told = {
        "drop": _("the link will drop the next {what}"),
        "duplicate": _("the link will deliver the next {what} twice"),
        "delay": _("the link will keep the next {what} for {seconds} s"),
    }[verb]
    return told.format(what=what, seconds=seconds)
