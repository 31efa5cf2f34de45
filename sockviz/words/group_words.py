"""The multicast groups of a host, in words."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _, ngettext
from sockviz.model.groups import JoinedGroup
from sockviz.words.facts import Fact, Section, Voice


def group_changes(host: str, old: tuple[JoinedGroup, ...], new: tuple[JoinedGroup, ...]) -> Iterator[str]:
    """What differs between two looks at a host's groups, a clause each."""
    before = {(group.interface, group.group): group.users for group in old}
    after = {(group.interface, group.group): group.users for group in new}
    for (interface, group), users in after.items():
        if users != before.get((interface, group)):
            told = ngettext(
                "{host} takes what is sent to {group} on {interface}: {count} socket has joined",
                "{host} takes what is sent to {group} on {interface}: {count} sockets have joined",
                users,
            )
            yield told.format(host=host, group=group, interface=interface, count=users)
    for interface, group in before.keys() - after.keys():
        yield _("{host} takes no more of what is sent to {group} on {interface}").format(
            host=host, group=group, interface=interface
        )


def group_sections(groups: tuple[JoinedGroup, ...]) -> Iterator[Section]:
    """For the inspector: the groups of a host in which somebody is."""
    facts = tuple(
        Fact(
            _("{group} on {interface}").format(group=group.group, interface=group.interface),
            ngettext("{count} socket", "{count} sockets", group.users).format(count=group.users),
        )
        for group in groups
    )
    if facts:
        yield Section(_("multicast groups of its host"), Voice.OBSERVED, "/proc/net/igmp, igmp6", facts)
