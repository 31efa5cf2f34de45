"""Two tasks of one process, and a socket that no name ever held: the stage shows all of them."""

from __future__ import annotations

from sockviz.model.scripted import IN_ACCEPT, IN_RECV
from sockviz.model.sockets import State
from sockviz.tui.stage.process_panel import draw_process
from tests.tui.stage import scripted


def two_asleep() -> scripted.Script:
    """One thread waits for a client, another for what a client sends, on a socket that only its descriptor tells of."""
    lines = [scripted.statement("server", 5, "s.accept()"), scripted.statement("server", 6, "conn.recv(100)")]
    it = scripted.Script(scripted.lesson([lines]))
    it.page(0)
    it.start("server")
    s, nameless = it.socket(3), it.socket(4)
    it.hold("server", s)
    it.hold("server", nameless)
    client = (scripted.HOST, 40112)
    it.observe(
        scripted.row(State.LISTEN, scripted.SERVER, inode=s.inode, cookie=1, queues=(0, 8)),
        scripted.row(State.ESTABLISHED, scripted.SERVER, client, inode=nameless.inode, cookie=2),
    )
    it.enter("server", 5, "accept", s)
    it.sleep("server", IN_ACCEPT)
    it.enter("server", 6, "recv", nameless, 100, task=4122)
    it.sleep("server", IN_RECV, task=4122)
    return it


def test_the_stage_shows_both_calls_and_the_socket_without_a_name() -> None:
    lines = [it.text for it in draw_process(scripted.view(two_asleep()), "server", 60, 20)]
    assert sum("asleep in accept4(3" in text for text in lines) == 1
    assert sum("asleep in recvfrom(4" in text for text in lines) == 1
    assert any(" 4 " in text and "ESTABLISHED" in text and ":40112" in text for text in lines)


def test_one_line_of_a_panel_says_both_too() -> None:
    (folded,) = draw_process(scripted.view(two_asleep()), "server", 78, 1)
    assert folded.text.index("accept4(3") < folded.text.index("recvfrom(4")
