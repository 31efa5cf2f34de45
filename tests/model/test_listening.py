"""At which listener a connection waits, where several have its port."""

from __future__ import annotations

from dataclasses import replace

from sockviz.model.index import RowIndex
from sockviz.model.listening import nearest
from sockviz.model.scripted import row
from sockviz.model.sockets import SocketRow, State

ONE, OTHER, ANY = ("127.0.0.1", 8080), ("127.0.0.2", 8080), ("0.0.0.0", 8080)
CLIENT = ("127.0.0.1", 40112)


def listening(local: tuple[str, int], cookie: int, waiting: int = 0) -> SocketRow:
    return row(State.LISTEN, local, inode=cookie, cookie=cookie, queues=(waiting, 4))


def waiting_at(local: tuple[str, int], cookie: int, state: State = State.ESTABLISHED) -> SocketRow:
    return row(state, local, (CLIENT[0], CLIENT[1] + cookie), cookie=cookie)


def six(of: SocketRow) -> SocketRow:
    """The same of a socket of IPv6, which may speak IPv4."""
    local = of.local
    assert isinstance(local, tuple)
    host = "::" if local == ANY else f"::ffff:{local[0]}"
    return replace(of, family="AF_INET6", local=(host, local[1], 0, 0))


def index(*rows: SocketRow) -> RowIndex:
    return RowIndex({("lab", it.key): it for it in rows})


def queues(*rows: SocketRow) -> list[tuple[list[SocketRow], list[SocketRow]]]:
    """Who is in the accept queue and the SYN queue of each listener among `rows`."""
    known = index(*rows)
    return [
        (list(known.accept_queue("lab", it).values()), list(known.syn_queue("lab", it).values()))
        for it in rows
        if it.is_listening
    ]


def test_each_address_has_its_own_queue() -> None:
    one, other = waiting_at(ONE, 11), waiting_at(OTHER, 12)
    half = waiting_at(OTHER, 13, State.SYN_RECEIVED)
    told = queues(listening(ONE, 1, 1), listening(OTHER, 2, 1), one, other, half)
    assert told == [([one], []), ([other], [half])]


def test_a_listener_at_its_own_address_is_found_before_one_at_every_address() -> None:
    one, other = waiting_at(ONE, 11), waiting_at(OTHER, 12)
    assert queues(listening(ANY, 1, 1), listening(ONE, 2, 1), one, other) == [([other], []), ([one], [])]


def test_a_connection_has_its_listeners_family() -> None:
    four, mapped = waiting_at(ONE, 11), six(waiting_at(ONE, 12))
    at_four, at_six = listening(ANY, 1, 1), six(listening(ANY, 2, 1))
    assert queues(at_four, at_six, four, mapped) == [([four], []), ([mapped], [])]


def test_of_those_who_share_an_address_nobody_waits_in_an_empty_queue() -> None:
    one, half = waiting_at(ONE, 11), waiting_at(ONE, 12, State.SYN_RECEIVED)
    first, second = listening(ONE, 1), listening(ONE, 2, 1)
    assert queues(first, second, one, half) == [([], [half]), ([one], [half])]
    known = index(first, second, one, half)
    assert known.listeners_of("lab", one) == [second]
    assert known.listeners_of("lab", half) == [first, second]


def test_a_unix_listener_has_those_under_its_name() -> None:
    def unix(of: SocketRow, name: str) -> SocketRow:
        return replace(of, family="AF_UNIX", protocol="UNIX", local=name)

    one, other = unix(waiting_at(ONE, 11), "door"), unix(waiting_at(ONE, 12), "gate")
    told = queues(unix(listening(ONE, 1, 1), "door"), unix(listening(ONE, 2, 1), "gate"), one, other)
    assert told == [([one], []), ([other], [])]


def test_who_is_asked_for_at_an_address() -> None:
    one, every = listening(ONE, 1), listening(ANY, 2)
    assert nearest([one, every], ONE) == [one]
    assert nearest([one, every], OTHER) == [every]
    assert nearest([one], OTHER) == []


def test_of_ipv4_a_listener_that_has_no_other_comes_first_and_of_ipv6_no_other_comes_at_all() -> None:
    every, at_six = listening(ANY, 1), six(listening(ANY, 2))
    assert nearest([at_six, every], ONE) == [every]
    assert nearest([at_six], ONE) == [at_six]
    assert nearest([at_six, every], ("::1", 8080)) == [at_six]
    assert nearest([every], ("::1", 8080)) == []
