"""The table of calls: every row is real Python, has its C, and that C compiles."""

from __future__ import annotations

import builtins
import ctypes
import fcntl
import os
import re
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sockviz.calls.c.renderings import RENDERINGS
from sockviz.calls.constants import ERRORS, constant_value, constants
from sockviz.calls.in_c import c_lines, c_snippet
from sockviz.calls.statement import Statement
from sockviz.calls.table import BLOCKING, CALLS, method
from sockviz.lesson.document import PROCESS_ATTRIBUTES
from sockviz.model.call import CONNECTING, RECEIVING, SENDING
from sockviz.model.values import Value

Perform = Callable[..., list[Statement]]

OWNERS: dict[str, object] = {
    "builtins": builtins,
    "socket": socket, "os": os, "select": select, "signal": signal, "struct": struct, "fcntl": fcntl, "resource": resource,
    "bytes": bytes, "str": str, "int": int, "socket.socket": socket.socket, "select.poll": type(select.poll()),
    "select.epoll": select.epoll, "ctypes": ctypes, "ctypes.CDLL": ctypes.CDLL(None),
}  # fmt: skip
KINDS = {
    "socket.socket", "select.poll", "select.epoll", "ctypes.CDLL",
    "bytes", "bytearray", "str", "int", "float", "bool", "None", "tuple", "list",
    "dict", "any", "address", "addrinfo",
}  # fmt: skip


@pytest.mark.parametrize("key", CALLS)
def test_a_row_is_a_real_function_with_a_manual_page(key: str) -> None:
    row = CALLS[key]
    owner, _, name = key.rpartition(".")
    assert callable(getattr(OWNERS[owner], name))
    assert re.fullmatch(r"\w+\([237]\)", row.man)
    assert {row.returns} <= KINDS if isinstance(row.returns, str) else set(row.returns) <= KINDS
    assert (row.receiver is None) or row.receiver == owner
    assert row.is_call or not row.system_calls
    assert name not in PROCESS_ATTRIBUTES
    required = [p.required for p in row.parameters if not p.many]
    assert required == sorted(required, reverse=True)


def test_each_row_has_its_c_and_no_other_has() -> None:
    assert RENDERINGS.keys() == CALLS.keys()


def test_what_sends_and_what_receives_has_one_home() -> None:
    def named(*system_calls: str) -> set[str]:
        return {row.name for row in CALLS.values() if set(system_calls) & set(row.system_calls)}

    # What else is there programs call, and recordings may name.
    assert named("sendto", "sendmsg", "write") == SENDING - {"writev"}
    assert named("recvfrom", "recvmsg", "read") == RECEIVING - {"readv", "recvfrom_into"}
    assert named("connect") == CONNECTING


def test_what_can_block() -> None:
    assert {"accept", "connect", "recv", "send", "poll", "select", "waitpid", "read", "write"} <= set(
        BLOCKING
    )
    assert not {"socket", "bind", "listen", "htons"} & set(BLOCKING)


def test_a_value_of_unknown_kind_is_taken_for_a_socket_where_a_socket_has_the_method() -> None:
    close = method("any", "close")
    assert close is not None
    assert close.key == "socket.socket.close"
    register = method("any", "decode")
    assert register is not None
    assert register.key == "bytes.decode"
    assert method("int", "close") is None
    assert method("any", "nothing") is None


def test_constants() -> None:
    assert constant_value("socket.AF_INET") == socket.AF_INET
    assert constant_value("os.environ") is None
    assert constant_value("socket._socket") is None
    assert constant_value("nothing.AF_INET") is None
    assert {"ECONNREFUSED", "EAGAIN", "EAI_NONAME"} <= ERRORS
    for module in ("socket", "os", "select", "signal", "errno", "fcntl", "resource"):
        for name in constants(module):
            assert name.isupper()
            assert not name.startswith("_")
            # What the process that performs the line will look up must be there, on the system that performs lessons.
            assert isinstance(constant_value(f"{module}.{name}"), int | str) or sys.platform != "linux"


# One line or more for every row. All is performed by one process; each line is a function of its own in the C below.
EXAMPLES = r"""
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
six = socket.socket(socket.AF_INET6, type=socket.SOCK_DGRAM)
u = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM, 0)
one, other = socket.socketpair()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, None, 4)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 2, 0))
s.bind((HOST, PORT))
s.bind(("", 0))
six.bind(("::1", PORT2))
s.connect(("localhost", 80))
u.bind("name")
u.bind("\0abstract")
s.listen()
s.listen(1)
conn, peer = s.accept()
s.accept()
pair = s.accept()
s.connect(peer)
where = (HOST, PORT)
s.connect(where)
code = s.connect_ex((HOST, PORT))
n = conn.send(b"hello\0\"\n")
conn.send(b"x" * 100000, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
conn.send(b"ab" * n)
data = conn.recv(1024)
data = conn.recv(10, socket.MSG_PEEK)
conn.send(data + b"!")
conn.send(data[1:4])
conn.sendall(data)
conn.sendall(struct.pack("!IH4s", 5, 6, b"abcd"))
first = data[0]
s.sendto(b"x", peer)
s.sendto(b"x", socket.MSG_OOB, (HOST, PORT))
got, sender = s.recvfrom(100)
whole = s.recv_into(bytearray(4), 0, socket.MSG_PEEK | socket.MSG_TRUNC)
s.recv_into(bytearray(4), 2)
message, ancillary, flags, source = s.recvmsg(100, 64)
s.sendmsg([b"one", data], [], 0, peer)
conn.recv(100)
conn.shutdown(socket.SHUT_WR)
copy = conn.dup()
mine = s.getsockname()
theirs = conn.getpeername()
error = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
info = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
s.setblocking(False)
s.settimeout(2.5)
s.settimeout(None)
number = s.fileno()
family = s.family
conn.close()
worker = os.fork()
me = os.getpid()
reading, writing = os.pipe()
os.write(writing, b"text")
text = os.read(reading, 100)
os.read(s.fileno(), 10)
spare = os.dup(reading)
os.dup2(reading, 9)
os.lseek(reading, 0, os.SEEK_SET)
os.close(spare)
os.kill(worker, signal.SIGKILL)
ended, how = os.waitpid(worker, os.WNOHANG)
os.waitpid(worker, 0)
os.unlink("name")
r, w, e = select.select([s, reading], [conn], [], 1.5)
select.select([s], [], [])
p = select.poll()
p.register(s, select.POLLIN)
p.modify(s, select.POLLIN | select.POLLOUT)
ready = p.poll(1000)
p.unregister(s)
ep = select.epoll()
ep.register(s, select.EPOLLIN)
ep.modify(s, select.EPOLLOUT)
events = ep.poll(2)
ep.unregister(s)
ep.fileno()
ep.close()
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
signal.alarm(5)
fcntl.fcntl(s, fcntl.F_SETFL, os.O_NONBLOCK)
bits = fcntl.fcntl(s.fileno(), fcntl.F_GETFL)
waiting = fcntl.ioctl(s, 0x541B, b"\0\0\0\0")
limit = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
found = socket.getaddrinfo(HOST, "http", socket.AF_INET, socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
found_again = socket.getaddrinfo(None, PORT)
s.connect(found[0][4])
s.bind(found[1])
first = socket.socket(found[0][0], found[0][1], found[0][2])
host, service = socket.getnameinfo(peer, socket.NI_NUMERICHOST)
port = socket.htons(8080)
wide = socket.htonl(1)
short = socket.ntohs(port)
back = socket.ntohl(wide)
raw = socket.inet_pton(socket.AF_INET, "127.0.0.1")
shown = socket.inet_ntop(socket.AF_INET, raw)
old = socket.inet_aton("127.1")
dotted = socket.inet_ntoa(raw)
packed = struct.pack("!HBx", 80, 7)
high, low = struct.unpack("!HH", data)
(queued,) = struct.unpack("i", waiting)
unsent = struct.unpack("i", fcntl.ioctl(s, 0x5411, b"\0\0\0\0"))[0]
size = struct.calcsize("!HH4s")
digits = data.hex()
words = data.decode()
library = ctypes.CDLL(None, use_errno=True)
library.connect(s.fileno(), bytes(16), 16)
failed = library.connect(s.fileno(), b"\0" * 16, 16)
nobody = bytes(16)
library.connect(spare, nobody, 16)
given = bytes.fromhex("de ad be ef")
again = words.encode()
value = int.from_bytes(data, "little")
literal = b"abc"
name = "text"
count = 5 * 3 + -2
flag = not count
sockets = [s, conn]
nothing = None
os._exit(0)
"""


@pytest.fixture
def statements(perform: Perform) -> list[Statement]:
    return perform(EXAMPLES.strip())


def test_every_row_has_an_example(statements: list[Statement]) -> None:
    assert {key for statement in statements for key in statement.calls} == set(CALLS)


def test_c_of_a_line(perform: Perform) -> None:
    made, bound = perform("s = socket.socket()\ns.bind((HOST, PORT))")
    assert c_lines(made) == (
        "int s = socket(AF_INET, SOCK_STREAM, 0);",
        "if (s == -1)",
        '    perror("socket");',
    )
    assert c_lines(bound, {"HOST": "127.0.0.1", "PORT": 8080}) == (
        "struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(8080)};",
        'inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);',
        "if (bind(s, (struct sockaddr *)&address, sizeof address) == -1)",
        '    perror("bind");',
    )


def test_c_of_accept_shows_the_value_result_length(perform: Perform) -> None:
    accept = perform("s = socket.socket()\nconn, peer = s.accept()")[1]
    assert c_lines(accept) == (
        "struct sockaddr_storage peer;",
        "socklen_t peer_len = sizeof peer;",
        "int conn = accept(s, (struct sockaddr *)&peer, &peer_len);",
        "if (conn == -1)",
        '    perror("accept");',
    )


def test_c_of_a_name_bound_again_declares_nothing(perform: Perform) -> None:
    again = perform("s = socket.socket()\ns = socket.socket()")[1]
    assert c_lines(again)[0] == "s = socket(AF_INET, SOCK_STREAM, 0);"


def test_c_of_a_name_that_c_reserves(perform: Perform) -> None:
    (line,) = perform("long = socket.htonl(1)")
    assert c_lines(line) == ("uint32_t long_ = htonl(1);",)


def test_c_of_the_address_family_follows_the_host(perform: Perform) -> None:
    bind = perform("s = socket.socket()\ns.bind((HOST, PORT))")[1]
    assert "sockaddr_in6" in c_lines(bind, {"HOST": "::1", "PORT": 80})[0]


def _types_of(statement: Statement) -> dict[str, str]:
    """C declarations of the names that a line uses, by what they hold."""
    declared: dict[str, str] = {}
    for name, kind in statement.kinds.items():
        match kind:
            case "bytes" | "str" if name in ("shown", "dotted", "name", "digits", "words", "host", "service"):
                declared[name] = f"static char {name}[100]; static size_t {name}_len;"
            case "bytes":
                declared[name] = f"static char {name}[100]; static ssize_t {name}_len;"
            case "address" | "tuple":
                declared[name] = f"static struct sockaddr_storage {name}; static socklen_t {name}_len;"
            case "addrinfo":
                declared[name] = f"static struct addrinfo *{name};"
            case "select.poll":
                declared[name] = f"static struct pollfd {name}[16]; static nfds_t {name}_len;"
            case _:
                declared[name] = f"static int {name};"
    return declared


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")
def test_all_the_c_compiles_without_a_warning(statements: list[Statement], tmp_path: Path) -> None:
    values: dict[str, Value] = {"HOST": "127.0.0.1", "PORT": 8080, "PORT2": 8081}
    headers: dict[str, None] = dict.fromkeys(("netdb.h", "poll.h", "sys/socket.h", "sys/types.h", "unistd.h"))
    functions: list[str] = []
    for number, statement in enumerate(statements):
        snippet = c_snippet(statement, values)
        headers.update(dict.fromkeys(snippet.headers))
        used = {
            n: text
            for n, text in _types_of(statement).items()
            if n not in statement.targets or n in statement.rebinds
        }
        body = [*used.values(), *snippet.lines]
        body += [f"(void){name};" for name in snippet.declared]
        body += [
            f"(void){part};"
            for name, text in used.items()
            for part in (name, *([f"{name}_len"] if "_len" in text else []))
        ]
        functions.append(
            f"/* {statement.source} */\nvoid line{number}(void);\nvoid line{number}(void)\n{{\n"
            + "\n".join(body)
            + "\n}\n"
        )
    source = tmp_path / "lines.c"
    source.write_text(
        "#define _GNU_SOURCE\n" + "".join(f"#include <{h}>\n" for h in headers) + "\n".join(functions)
    )
    done = subprocess.run(
        ["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[:3000]
