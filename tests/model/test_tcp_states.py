"""RFC 9293's machine, and the way a connection took through it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sockviz.model.paths import path_of, paths
from sockviz.model.sockets import State
from sockviz.model.tcp_states import STATES, TRANSITIONS, route, transition
from sockviz.tui.stage.state_diagram import ROUTES, On, label_text
from tests.tui.stage import scripted

S = State


def test_the_figure_has_eleven_states_and_each_arrow_once() -> None:
    assert set(STATES) == set(State) - {State.UNCONNECTED, State.CONNECTED}
    assert len({(t.source, t.target) for t in TRANSITIONS}) == len(TRANSITIONS) == 21


def test_every_state_can_be_reached_and_left() -> None:
    for state in STATES:
        assert state is S.CLOSED or route(S.CLOSED, state)
        assert route(state, S.CLOSED)


@pytest.mark.parametrize(
    ("source", "target", "via"),
    [
        (S.CLOSED, S.ESTABLISHED, [S.SYN_SENT]), (S.LISTEN, S.ESTABLISHED, [S.SYN_RECEIVED]),
        (S.ESTABLISHED, S.FIN_WAIT_2, [S.FIN_WAIT_1]), (S.ESTABLISHED, S.TIME_WAIT, [S.FIN_WAIT_1, S.FIN_WAIT_2]),
        (S.ESTABLISHED, S.LAST_ACK, [S.CLOSE_WAIT]), (S.ESTABLISHED, S.CLOSING, [S.FIN_WAIT_1]),
        (S.CLOSE_WAIT, S.CLOSED, [S.LAST_ACK]),
    ],
)  # fmt: skip
def test_what_was_passed_unseen_is_the_usual_way(source: State, target: State, via: list[State]) -> None:
    way = route(source, target)
    assert way is not None
    assert [t.target for t in way[:-1]] == via
    assert all(one.target is other.source for one, other in pairwise(way))


def test_the_diagram_draws_every_transition_of_the_table_and_no_other() -> None:
    assert set(ROUTES) == {(t.source, t.target) for t in TRANSITIONS}


def test_every_label_fits_on_its_arrow() -> None:
    for arrow in TRANSITIONS:
        label = ROUTES[arrow.source, arrow.target].label
        if isinstance(label, On):
            (x1, _), (x2, _) = ROUTES[arrow.source, arrow.target].points[label.segment : label.segment + 2]
            assert len(label_text(arrow, label.brief)) + 2 <= abs(x2 - x1), arrow


def test_both_ends_of_a_connection() -> None:
    script = scripted.listen_queue()
    server, client = paths(script.timeline, len(script.timeline))
    assert [(server.process, server.name), (client.process, client.name)] == [
        ("server", "conn"),
        ("client", "a"),
    ]
    assert [step.state for step in server.steps] == [
        S.SYN_RECEIVED, S.ESTABLISHED, S.CLOSE_WAIT, S.LAST_ACK, S.CLOSED,
    ]  # fmt: skip
    assert [step.state for step in server.steps if not step.seen] == [S.SYN_RECEIVED, S.LAST_ACK]
    assert client.now is S.TIME_WAIT
    assert [step.state for step in client.steps if not step.seen] == [S.SYN_SENT, S.FIN_WAIT_1]


def test_the_end_that_nobody_has_accepted_is_there_too_and_never_was_the_listener() -> None:
    script = scripted.listen_queue()
    client, waiting = paths(script.timeline, 44, 1002)
    assert (client.process, client.waits) == ("client", False)
    assert (waiting.process, waiting.name, waiting.waits) == ("server", "", True)
    assert [step.state for step in waiting.steps] == [S.SYN_RECEIVED, S.ESTABLISHED]


def test_a_path_never_knows_more_than_the_cursor() -> None:
    script = scripted.listen_queue()
    previous: tuple[State, ...] = ()
    for cursor in range(len(script.timeline) + 1):
        path = path_of(script.timeline, cursor, 1002)
        if path is not None:
            states = tuple(step.state for step in path.steps)
            assert states[: len(previous)] == previous
            previous = states
    assert previous[-1] is S.TIME_WAIT


def test_consecutive_steps_are_joined_by_arrows_of_the_table() -> None:
    script = scripted.listen_queue()
    for inode in script.timeline.world.sockets:
        path = path_of(script.timeline, len(script.timeline), inode)
        assert path is not None
        for one, other in pairwise(path.steps):
            assert other.by == transition(one.state, other.state)


def test_a_reset_takes_no_arrow() -> None:
    script = scripted.listen_queue()
    script.observe(gone=[row for row in script.timeline.world.rows.values() if row.inode == 1004])
    path = path_of(script.timeline, len(script.timeline), 1004)
    assert path is not None
    assert (path.now, path.steps[-1].by) == (S.CLOSED, None)


def test_a_datagram_socket_has_no_way_through_it() -> None:
    script = scripted.Script(scripted.lesson([[scripted.statement("p", 1, "u = socket.socket()")]]))
    script.start("p")
    u = script.socket(3, "SOCK_DGRAM")
    script.do("p", 1, "socket", value=u, bound={"u": u})
    assert path_of(script.timeline, len(script.timeline), u.inode) is None
