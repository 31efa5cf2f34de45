"""The same for the link: its verbs, the sides that it can hold, the names of packets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sockviz.language import N_, _
from sockviz.lesson.half_line import HalfLine
from sockviz.lesson.link_statements import VERBS
from sockviz.lesson.offers import Completion, Offer, chosen
from sockviz.model.hosts import HOSTS, LINK
from sockviz.model.segments import LATER_FRAGMENT
from sockviz.words import call_meanings

#: Whose packets, and what they are called, in the order in which a connection has them.
_PACKETS = (
    "client SYN", "server SYN+ACK", "client ACK", "server ACK", "client PSH+ACK", "server PSH+ACK", "client FIN+ACK",
    "server FIN+ACK", "client RST", "server RST", "client RST+ACK", "server RST+ACK", "client UDP", "server UDP", "client ICMP",
    "server ICMP", "SYN", "SYN+ACK", "ACK", "PSH+ACK", "FIN+ACK", "RST", "RST+ACK", "UDP", "ICMP", LATER_FRAGMENT,
)  # fmt: skip
_HELD, _NAMED, _SIDE = (
    N_("it waits on the link"), N_("the oldest packet that is called so"), N_("what this host sends, and nothing else"),
)  # fmt: skip


def link_offers(half: HalfLine, rest: str, held: Sequence[str]) -> Sequence[Completion]:
    """What may stand at the cursor of a line for the link; ``held`` are the names of packets that wait, the oldest first."""
    if half.string is not None:
        return _in_string(half, rest, held)
    if not half.tokens:
        return chosen(_verbs(f"{LINK}."), half.typed, half.start, rest)
    if len(half.tokens) == 2 and half.span(0, 1) == f"{LINK}.":
        return chosen(_verbs(""), half.typed, half.start, rest)
    if half.last not in ("(", ","):
        return ()
    offers = [Offer(f'"{each.text}"', each.label, each.about) for each in _values(half, held)]
    return chosen(offers, f'"{half.typed}', half.start) or chosen(offers, half.typed, half.start)


def link_help(half: HalfLine) -> tuple[str, list[str], int, str]:
    """Key, parameters, which of them is at the cursor (-1: none), and what it does; no key where the cursor is in no call."""
    verb = _verb(half)
    if verb is None:
        return "", [], -1, ""
    takes, at = VERBS[verb].split(), len(half.brackets[0].commas)
    return f"{LINK}.{verb}", takes, at if at < len(takes) else -1, _(call_meanings.LINK[verb])


def _in_string(half: HalfLine, rest: str, held: Sequence[str]) -> Sequence[Completion]:
    """A packet's name is all that a string can be here; its closing quote is not written twice."""
    assert half.string is not None
    quote, begun = half.text[half.string], half.text[half.string :]
    if quote not in "\"'" or half.last not in ("(", ","):
        return ()
    closing = "" if rest.startswith(quote) else quote
    offers = [Offer(f"{quote}{each.text}{closing}", each.label, each.about) for each in _values(half, held)]
    return chosen(offers, begun, half.string)


def _verbs(before: str) -> Iterator[Offer]:
    for verb, takes in VERBS.items():
        text = f"{before}{verb}({'' if takes else ')'}"
        yield Offer(text, f"{LINK}.{verb}({', '.join(takes.split())})", _(call_meanings.LINK[verb]))


def _values(half: HalfLine, held: Sequence[str]) -> Iterator[Offer]:
    """What the argument at the cursor can be, without its quotes."""
    _key, takes, at, _about = link_help(half)
    match takes[at].strip("[]") if at >= 0 else "":
        case "side":
            yield from (Offer(host, f'"{host}"', _(_SIDE)) for host in HOSTS)
        case "packet":
            yield from (Offer(name, f'"{name}"', _(_HELD)) for name in held)
            yield from (Offer(name, f'"{name}"', _(_NAMED)) for name in _PACKETS)


def _verb(half: HalfLine) -> str | None:
    """The verb in whose only parentheses the cursor stands."""
    if len(half.brackets) != 1 or half.brackets[0].callee is None:
        return None
    owner, _dot, verb = half.span(*half.brackets[0].callee).partition(".")
    return verb if owner == LINK and verb in VERBS else None
