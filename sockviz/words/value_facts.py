"""For the inspector: what each named number of a call means, and what the option was that it set, before and after."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _
from sockviz.model.call import Call
from sockviz.model.linux.names import errno_name
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.words.facts import Fact, Section, Voice
from sockviz.words.interest import epoll_of, waited_for
from sockviz.words.number_kinds import (
    Each,
    Number,
    NumberKind,
    given_by,
    number_name,
    option_named_by,
    taken_by,
)
from sockviz.words.number_meanings import ERRORS, number_meaning
from sockviz.words.option_words import meaning, value_text
from sockviz.words.socket_facts import descriptor

#: Of a list, such as poll's answer, so many items are looked at.
_MOST_ITEMS = 64


def sections(call: Call, world: World) -> Iterator[Section]:
    """What there is to say of the numbers in a call; nothing where it has none with a name."""
    by_position, by_name = taken_by(call)
    given: dict[str, str] = {}
    for value, kind in zip(call.arguments, by_position, strict=False):
        given |= _named(value, kind, call, asked=True)
    for name, value in call.keywords.items():
        given |= _named(value, by_name.get(name), call, asked=True)
    gave = _named(call.value, given_by(call), call, asked=False)
    facts = [Fact(name, told) for name, told in (given | gave).items()]
    if facts:
        yield Section(_("what its numbers mean"), None, "", tuple(facts))
    held = call.receiver
    if (option := option_named_by(call)) is not None:
        yield from _of_option(call, world)
        yield Section(
            option.name,
            None,
            _(option.form.value),
            (Fact(_("does"), meaning(option, held.type if held else "", held.family if held else "")),),
        )
    yield from _list_of(call, world)


def _of_option(call: Call, world: World) -> Iterator[Section]:
    option, held = option_named_by(call), call.receiver
    known = world.options.get(held.inode, {}) if held is not None else {}
    found = next((o for o in known.values() if (o.process, o.call) == (call.process, call.number)), None)
    if option is None or found is None or found.now is None:
        return
    facts = [Fact(_("asked"), value_text(option, found.value))]
    if found.default is not None:
        facts.append(Fact(_("before any was set"), value_text(option, found.default)))
    facts.append(Fact(_("now"), value_text(option, found.now)))
    how = f"getsockopt({found.fd}, …, {option.name})"
    yield Section(_("what the kernel made of it"), Voice.RETURNED, how, tuple(facts))


def _list_of(call: Call, world: World) -> Iterator[Section]:
    """The epoll descriptor that the call was made on, with its list as it is now."""
    process = world.processes.get(call.process)
    if call.watched:
        waited = tuple(
            Fact(str(number), told) for number, told in enumerate(waited_for(call, process), start=1)
        )
        yield Section(_("it waits for"), Voice.RETURNED, _("as its process registered them"), waited)
    entry = epoll_of(call, process)
    if entry is not None and process is not None:
        yield descriptor(entry, process)


def _named(value: Value, kind: NumberKind | None, call: Call, *, asked: bool) -> dict[str, str]:
    """What the names in a value mean, by name."""
    match value, kind:
        case int(), Number.OPTION:
            return {}  # it has a section of its own
        case int(), Number():
            name = number_name(value, kind)
            words = name.split("|") if name is not None else []
            return {word: told for word in words if (told := _means(word, value, asked))}
        case list(), Each(kind=inside):
            found: dict[str, str] = {}
            for item in value[:_MOST_ITEMS]:
                found |= _named(item, inside, call, asked=asked)
            return found
        case tuple(), tuple():
            found = {}
            for item, inside_kind in zip(value, kind, strict=False):
                found |= _named(item, inside_kind, call, asked=asked)
            return found
    return {}


def _means(word: str, number: int, asked: bool) -> str:
    if told := number_meaning(word, asked=asked):
        return told
    return _(ERRORS[word]) if word in ERRORS and errno_name(number) == word else ""
