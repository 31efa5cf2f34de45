"""Sentences that a run keeps, in its header and its events: English in every run, which has no language; here they are put into
the reader's, where they are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from string import Formatter

from sockviz.language import N_, _
from sockviz.words import refusals

#: Why a lab lacks something (`sockviz.model.timeline.LabFacts.missing`), and why it cannot be made.
NO_TABLE = N_("sock_diag is refused, and no table of /proc/net has them")
IN_NO_TABLE = N_("{refusal}; no table of /proc/net has them")
NO_SOCKET6 = N_("no AF_INET6 socket can be made: {error}")
CANNOT_BE_READ = N_("{path} cannot be read: {error}")
NO_ADDRESS6 = N_("its loopback has no address ::1 (sysctl net.ipv6.conf.lo.disable_ipv6)")
NO_SETTING = N_("this kernel has no such setting")
MADE_OF_IT = N_("the kernel made {value} of it")
TOO_SLOW = N_("this machine is too slow: {step} took more than {seconds} s")
NOT_SHOWN = N_("{said}, and no lesson can be shown without it")
NO_PROC = N_("no /proc of this PID namespace is mounted here ({cure})")
TRACER_ENDED = N_("the tracer has ended")
LINK_ENDED = N_("the link's process ended")
#: Why a line could not be performed.
NO_LINK = N_("this lab has no link")
NONE_CAME = N_("no packet that matches {pattern} came within {seconds} s")
ANOTHER_CAME = N_("no packet that matches {pattern} came within {seconds} s; the link keeps {kept}")
HAS_ENDED = N_("{process} has ended: no process can perform this line")
NOT_REACHED = N_("{process} cannot be reached: {error}")
NOT_BOUND = N_("the name {name} is not bound yet")
#: Why a question has no answer.
OFF_SCRIPT = N_("off the script nothing is judged")
#: What stands for any packet in these.
ANY = "anything"

_KNOWN = (
    NO_TABLE, NO_SOCKET6, NO_ADDRESS6, NO_SETTING, MADE_OF_IT, TOO_SLOW, NOT_SHOWN, NO_PROC, TRACER_ENDED, LINK_ENDED, NO_LINK,
    ANOTHER_CAME, NONE_CAME, HAS_ENDED, NOT_REACHED, IN_NO_TABLE, CANNOT_BE_READ,
    OFF_SCRIPT, NOT_BOUND, *refusals.FORMS,
)  # fmt: skip


def in_words(sentence: str) -> str:
    """The sentence of a run in the reader's language; one that is none of these as it is."""
    for known in _KNOWN:
        found = filled(known, sentence)
        if found is not None:
            return _(known).format(**found)
    return sentence


#: What the judge of an expectation says of each of its parts, one after the other; what comes to its end is the value.
_PART, _NO_VALUE = N_("{part} is {value}"), N_("{part} has no value yet")
_PARTS = re.compile(r"(?P<before>^|, )(?P<part>(?:(?!, ).)+?) (?P<said>is |has no value yet)", re.DOTALL)


def parts_in_words(found: str, source: str) -> str:
    """What the parts of the expectation `source` were found to be, in the reader's language."""

    def told(match: re.Match[str]) -> str:
        before, part, said = match["before"], match["part"], match["said"]
        if part not in source:
            return match[0]  # it stands in a value
        return before + (
            _(_PART).format(part=part, value="") if said == "is " else _(_NO_VALUE).format(part=part)
        )

    return _PARTS.sub(told, found)


def filled(known: str, sentence: str) -> Mapping[str, str] | None:
    """What stands in a sentence of that form where its names do; None of any other sentence. What parts two of them may stand in
    one as well: there the last of it counts. A recording may be anybody's: each of its parts is looked for once."""
    texts, names = _form(known)
    if not names:
        return {} if sentence == known else None
    first, *between, last = texts
    if not sentence.startswith(first) or not sentence.endswith(last):
        return None
    found, begin, end = {}, len(first), len(sentence) - len(last)
    for name, text in zip(reversed(names[1:]), reversed(between), strict=True):
        at = sentence.rfind(text, begin + 1, end - 1)
        if at < 0:
            return None
        found[name], end = sentence[at + len(text) : end], at
    return {**found, names[0]: sentence[begin:end]} if begin < end else None


@cache
def _form(known: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The texts of a form before, between and behind its names, and the names."""
    texts, names = [""], []
    for text, name, *_rest in Formatter().parse(known):
        texts[-1] += text
        if name:
            names.append(name)
            texts.append("")
    return tuple(texts), tuple(names)
