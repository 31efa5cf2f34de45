"""A line of code in a narrow pane is broken where it reads best."""

from __future__ import annotations

import pytest

from sockviz.tui.stage.written import broken


@pytest.mark.parametrize(
    ("room", "lines"),
    [
        (43, ['w.sendto(b"now (", socket.MSG_OOB,', "    (HOST, PORT3))"]),
        (43, ["done = libc.connect(c.fileno(), bytes(16),", "    16)"]),
        (29, ["heard, sender =", "  conn.recvfrom(100)"]),
        (29, ["part, extra, flags, source =", "  u.recvmsg(4)"]),
        (
            43,
            ["o.setsockopt(socket.SOL_SOCKET,", "    socket.SO_LINGER,", '    struct.pack("ii", 1, 0))'],
        ),
        (43, ['waiting = struct.unpack("i", fcntl.ioctl(', "    conn, 0x541B, 4, 99999999))[0]"]),
        (29, ["s = socket.socket(", "  socket.AF_INET,", "  socket.SOCK_STREAM)"]),
        (15, ["link.deliver(", '"client ', 'FIN+ACK")']),
        (26, ["other =", "  conn2.getpeername()"]),
    ],
)
def test_no_argument_is_torn_apart_where_that_saves_no_line(room: int, lines: list[str]) -> None:
    source = " ".join(line.strip() for line in lines).replace("( ", "(")
    assert list(broken(source, room)) == lines


def test_a_string_that_has_no_room_is_cut_at_a_blank_where_the_rest_has() -> None:
    assert list(broken('link.deliver("server SYN+ACK")', 15)) == ["link.deliver(", '"server ', 'SYN+ACK")']
    assert list(broken('x.send(b"a bcdefghijklmnopqrstuv")', 15))[1:3] == [
        'b"a bcdefghijkl',
        'mnopqrstuv")',
    ], "else full"
