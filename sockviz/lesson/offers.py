"""What may stand somewhere, each with what it does or is; and out of it what begins as has been typed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sockviz.calls.restrictions import IOCTLS
from sockviz.calls.table import CALLS, MODULES, Row
from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.lesson.slots import Slot
from sockviz.model.first_names import BOUND, HOST
from sockviz.words import call_meanings
from sockviz.words.constant_meanings import constant_meaning

#: The modules in the order in which a beginner meets them.
MODULES_BY_USE = ("socket", "os", "select", "signal", "struct", "fcntl", "errno", "resource", "ctypes")


@dataclass(frozen=True, slots=True)
class Completion:
    """What may stand at the cursor: ``text`` replaces what stands from offset ``start`` to the cursor; a call has its opening
    parenthesis, and the closing one where it takes nothing. ``label`` is how it is called, ``about`` what it does or is, in the
    reader's language; nothing where there is no more to say."""

    start: int
    text: str
    label: str
    about: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A completion that has no place yet."""

    text: str
    label: str
    about: str


def chosen(offers: Iterable[Offer], typed: str, start: int, rest: str = "") -> Sequence[Completion]:
    """Those that go on from `typed`, each once: first what begins so, then what begins so in other letters' case, then what has a
    word that does; otherwise in their order. ``rest`` stands behind the cursor: a parenthesis is not opened twice."""
    found: dict[str, tuple[int, Offer]] = {}
    for offer in offers:
        match = _match(offer.text, typed)
        if match is not None:
            found.setdefault(offer.text, (match, offer))
    opened = rest.startswith("(")
    return tuple(
        Completion(
            start,
            offer.text.rstrip("()") if opened and offer.text[-1] in "()" else offer.text,
            offer.label,
            offer.about,
        )
        for _match, offer in sorted(found.values(), key=lambda each: each[0])
    )


def _match(text: str, typed: str) -> int | None:
    """How well: 0 is best. ``socket.SO_REUSEADDR`` is found by ``so``, too, and by ``REUSE``."""
    if text.startswith(typed):
        return 0
    folded, wanted = text.casefold(), typed.casefold()
    if folded.startswith(wanted):
        return 1
    word = folded.find(wanted)
    while word > 0:
        if folded[word - 1] in "._":
            return 2
        word = folded.find(wanted, word + 1)
    return None


def call_offer(row: Row, text: str) -> Offer:
    """A call as it is written; ``text`` with its module, where that is not there yet."""
    bracket = "(" if row.parameters else "()"
    return Offer(f"{text}{bracket}", row.signature, _(call_meanings.CALLS[row.key]))


def module_offer(name: str) -> Offer:
    """A module, with the dot that follows it."""
    return Offer(f"{name}.", name, _(call_meanings.MODULES[name]))


def constant_offer(dotted: str, text: str) -> Offer:
    """A constant of a module; ``text`` with that, where it is not there yet."""
    return Offer(text, dotted, constant_meaning(dotted.rpartition(".")[2]))


def written_offer(text: str) -> Offer:
    """A constant with its module, or what is usually written."""
    module, _dot, name = text.partition(".")
    if module in MODULES and name.isidentifier():
        return constant_offer(text, text)
    row = CALLS.get(f"builtins.{text[:-1]}")
    if row is not None and text.endswith("("):
        return call_offer(row, row.name)
    if text in BOUND:
        return Offer(text, text, _(call_meanings.HOST if text == HOST else call_meanings.PORT))
    if request := IOCTLS.get(int(text, 16)) if text.startswith("0x") else None:
        return Offer(text, f"{text} ({request})", constant_meaning(request))
    return Offer(text, text, call_meanings.written(text))


def by_name(slot: Slot) -> Iterator[Offer]:
    """The parameters that can still be given by name."""
    own = slot.parameter.name if slot.parameter is not None else ""
    names = [each.name for each in slot.row.parameters if each.name not in slot.given]
    for name in names[names.index(own) if own in names else 0 :]:
        yield Offer(f"{name}=", f"{name}=", _("a parameter of {call}").format(call=slot.row.name))


def by_meaning(names: Iterable[str]) -> list[str]:
    """Those first of which there is something to say."""
    return sorted(names, key=lambda name: (not constant_meaning(name), name))
