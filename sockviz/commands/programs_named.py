"""Programs of the user's own, as they are typed: ``--and [NAME=]'COMMAND'``."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sockviz.commands.shared import Usage
from sockviz.language import _
from sockviz.model.hosts import CLIENT, KERNEL, LINK, SERVER
from sockviz.model.limits import MOST_PROCESSES
from sockviz.visible import quoted

if TYPE_CHECKING:
    from sockviz.model.programs import Program

_LONGEST_NAME = 40
#: Whose first word that is no option is the program.
_INTERPRETERS = re.compile(r"python[\d.]*|pypy[\d.]*|perl|ruby|node|lua|bash|dash|sh")
#: What a program forks is called so: ``server_2``.
_OF_A_FORK = re.compile(r"_\d+$")


def programs_named(
    given: Sequence[str | list[str]], hosts: Sequence[str], taken: Collection[str] = ()
) -> tuple[Program, ...]:
    """The programs that were typed: words, or ``NAME=command`` in one; none is called as one of `taken` is. Raises `Usage`."""
    from sockviz.model.programs import Program

    if len(given) > MOST_PROCESSES:
        raise Usage(
            _("{count} programs: a run has {most} processes at a time").format(
                count=len(given), most=MOST_PROCESSES
            )
        )
    found: list[Program] = []
    for each in given:
        name, words = ("", each) if isinstance(each, list) else _taken_apart(each)
        if name in taken:
            raise Usage(
                _("--and {name}: lines of this lesson are performed by {name}; call it otherwise").format(
                    name=name
                )
            )
        name = _fitting(name) if name else _name_of(words)
        others = {*taken, *(program.name for program in found)}
        unique = next(
            candidate for number in range(1, len(others) + 2)
            if (candidate := name if number == 1 else f"{name}{number}") not in others
        )  # fmt: skip
        found.append(Program(unique, _host_of(unique, len(found), hosts), tuple(words)))
    return tuple(found)


def _taken_apart(text: str) -> tuple[str, list[str]]:
    """``NAME=command``, or a command alone. Raises `Usage`."""
    named = re.match(r"([A-Za-z_]\w*)=(?=\S)", text)
    try:
        words = shlex.split(text[named.end() :] if named else text)
    except ValueError as error:
        raise Usage(_("--and {command}: {error}").format(command=quoted(text), error=error)) from None
    if not words or not words[0]:
        raise Usage(_("--and {command}: no command stands in it").format(command=quoted(text)))
    return named[1] if named else "", words


def _fitting(name: str) -> str:
    """A name that was typed. Raises `Usage` where no program can have it."""
    if len(name) > _LONGEST_NAME:
        raise Usage(
            _("--and {name}: a name has {most} characters at most").format(
                name=quoted(name), most=_LONGEST_NAME
            )
        )
    if name in (KERNEL, LINK) or _OF_A_FORK.search(name):
        other = _("--and {name}: so others are called: the kernel, the link, or what a program forks")
        raise Usage(other.format(name=quoted(name)))
    return name


def _name_of(words: list[str]) -> str:
    """What a program is called that nobody named: its file's name, or that of the script or module that an interpreter is given,
    as far as that is a name, and no other's."""
    word = Path(words[0]).name
    if _INTERPRETERS.fullmatch(word):
        rest = words[1:]
        if rest[:1] == ["-m"] and len(rest) > 1:
            word = rest[1].replace(".", "_")
        elif rest and not rest[0].startswith("-"):
            word = Path(rest[0]).name
    name = re.sub(r"\W+", "_", word.partition(".")[0]).strip("_")[:20]
    if name in (KERNEL, LINK) or _OF_A_FORK.search(name):
        name += "_"
    return name if name.isidentifier() else "program"


def _host_of(name: str, place: int, hosts: Sequence[str]) -> str:
    """On two hosts a name says which; else the first program is the server."""
    if len(hosts) == 1:
        return hosts[0]
    named = next((host for host in hosts if name.startswith(host)), None)
    return named or (SERVER if place == 0 else CLIENT)
