"""What may stand at the cursor of a half-written line, the best first."""

from __future__ import annotations

import pytest

from sockviz.calls.table import CALLS, MODULES
from sockviz.lesson.completion import call_at, completions
from sockviz.lesson.offers import MODULES_BY_USE
from sockviz.lesson.symbols import SymbolTable, Variable
from tests.lesson.typed_lines import KINDS, Typed

#: A name of each kind that has methods.
OF_KIND = {
    "socket.socket": "s", "select.epoll": "ep", "select.poll": "po", "bytes": "data", "str": "text", "ctypes.CDLL": "libc",
}  # fmt: skip


@pytest.fixture(scope="module")
def typed() -> Typed:
    return Typed(*KINDS)


def owner_of(key: str) -> str:
    row, owner = CALLS[key], key.rpartition(".")[0]
    return "" if owner == "builtins" else f"{OF_KIND[row.receiver] if row.receiver else owner}."


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_call_is_offered_by_its_first_letters_with_what_it_does(
    typed: Typed, language: str, request: pytest.FixtureRequest
) -> None:
    if language == "es":
        request.getfixturevalue("spanish")
    told: dict[str, str] = {}
    for key, row in CALLS.items():
        line = f"x = {owner_of(key)}{row.name[:3]}"
        found = {each.text.rstrip("()"): each for each in typed.at(line)}
        assert row.name in found, line
        offer = found[row.name]
        assert (offer.label, offer.start) == (row.signature, len(line) - len(row.name[:3]))
        assert offer.text == row.name + ("(" if row.parameters else "()")
        assert 0 < len(offer.about) <= 70
        told[key] = offer.about
    assert ("receive queue" in told["socket.socket.recv"]) is (language == "en")


CONSTANTS = [
    ("x = socket.socket(", ["socket.AF_INET", "socket.AF_INET6", "socket.AF_UNIX"]),
    ("x = socket.socket(socket.", ["AF_INET", "AF_INET6", "AF_UNIX"]),
    ("x = socket.socket(socket.AF_INET, ", ["socket.SOCK_STREAM", "socket.SOCK_DGRAM"]),
    ("x = socket.socket(type=", ["socket.SOCK_STREAM", "socket.SOCK_DGRAM"]),
    ("x = socket.socket(type=socket.SOCK_STREAM | ", ["socket.SOCK_STREAM"]),
    ("x = socket.inet_pton(", ["socket.AF_INET", "socket.AF_INET6"]),
    ("s.setsockopt(", ["socket.SOL_SOCKET", "socket.IPPROTO_TCP"]),
    ("s.setsockopt(socket.SOL_SOCKET, ", ["socket.SO_REUSEADDR", "socket.SO_REUSEPORT"]),
    ("s.setsockopt(socket.SOL_SOCKET, socket.SO_L", ["SO_LINGER"]),
    ("s.setsockopt(socket.SOL_SOCKET, REUSEA", ["socket.SO_REUSEADDR"]),
    ("s.setsockopt(socket.IPPROTO_TCP, socket.", ["TCP_NODELAY"]),
    ("s.setsockopt(6, socket.", ["TCP_NODELAY"]),
    ("s.setsockopt(socket.IPPROTO_IP, ", ["socket.IP_TTL"]),
    ("s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, ", ["1", "0"]),
    ("s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ", ['struct.pack("ii", 1, 0)']),
    ("s.getsockopt(socket.SOL_SOCKET, ", ["socket.SO_TYPE", "socket.SO_ERROR"]),
    ("s.shutdown(", ["socket.SHUT_WR", "socket.SHUT_RD", "socket.SHUT_RDWR"]),
    ("s.recv(5, ", ["socket.MSG_PEEK", "socket.MSG_DONTWAIT", "socket.MSG_WAITALL"]),
    ("s.recv(5, socket.MSG_PEEK | ", ["socket.MSG_PEEK", "socket.MSG_DONTWAIT"]),
    ("s.recv(5, (socket.MSG_PEEK | socket.", ["MSG_PEEK", "MSG_DONTWAIT"]),
    ("ep.register(s, ", ["select.EPOLLIN", "select.EPOLLOUT"]),
    ("ep.modify(s.fileno(), select.", ["EPOLLIN", "EPOLLOUT"]),
    ("po.register(s, ", ["select.POLLIN", "select.POLLOUT"]),
    ("os.kill(n, ", ["signal.SIGTERM", "signal.SIGKILL"]),
    ("signal.signal(signal.SIGPIPE, ", ["signal.SIG_DFL", "signal.SIG_IGN"]),
    ("fcntl.fcntl(s, ", ["fcntl.F_GETFL", "fcntl.F_SETFL"]),
    ("fcntl.fcntl(s, fcntl.F_SETFL, ", ["os.O_NONBLOCK"]),
    ("fcntl.ioctl(s, ", ["0x541B"]),
    ("resource.setrlimit(", ["resource.RLIMIT_NOFILE"]),
    ("x = socket.getaddrinfo(HOST, PORT, ", ["socket.AF_INET", "socket.AF_INET6"]),
    ("x = socket.getaddrinfo(HOST, PORT, flags=", ["socket.AI_PASSIVE"]),
    ("s.bind(", ["(HOST, PORT)"]),
    ("s.connect((", ["HOST"]),
    ("s.connect((HOST, ", ["PORT", "PORT2"]),
    ("s.sendto(data, ", ["sender", "peer", "(HOST, PORT)"]),
    ("s.setblocking(", ["False", "True"]),
    ("s.send(", ["data"]),
    ("r, w, e = select.select([", ["conn", "s", "ep"]),
    ("s.recv_into(", ["bytearray("]),
    ("libc.connect(s.fileno(), ", ["bytes(16)"]),
]  # fmt: skip


NUMBERS = [
    "s.recv(", "s.listen(", "s.settimeout(", "signal.alarm(", "os.read(3, ", "s.recvmsg(", "s.recv_into(bytearray(", "os._exit(",
    "os.lseek(3, ", "socket.htons(", "po.poll(", "ep.poll(", "s.shutdown(", "s.recv(10, ", "s.bind((HOST, ", "os.close(",
    "os.waitpid(",
    "s.setsockopt(socket.SOL_SOCKET, ", "select.select([], [], [], ",
]  # fmt: skip


@pytest.mark.parametrize("line", NUMBERS)
def test_where_a_number_is_asked_no_socket_is_offered_before_a_letter_is_typed(
    typed: Typed, line: str
) -> None:
    offered = typed.first(line, 500)
    assert not {"s", "conn", "ep", "po", "HOST"} & set(offered)
    assert "s.fileno()" in offered or not line.startswith("os.close")
    assert "s" in typed.first(f"{line}s", 500), "s.fileno() is a number"


def test_an_example_is_offered_to_who_has_nothing_to_give() -> None:
    symbols = SymbolTable()
    process = symbols.enter("server", 1)
    process.variables["s"] = [Variable(1, 1, "socket.socket", unpacked=False)]
    for line, first in (
        ("s.recv(", "1024"),
        ("s.send(", 'b"hello"'),
        ("s.listen(", "1"),
        ("os.write(", "s.fileno()"),
    ):
        assert completions(line, len(line), process, symbols)[0].text == first, line


@pytest.mark.parametrize(("line", "best"), CONSTANTS)
def test_what_fits_the_parameter_comes_first(typed: Typed, line: str, best: list[str]) -> None:
    assert typed.first(line, len(best)) == best


def test_options_are_those_of_the_level_and_what_cannot_be_set_is_last(typed: Typed) -> None:
    of_tcp = [text for text in typed.texts("s.setsockopt(socket.IPPROTO_TCP, ") if "." in text[:-1]]
    assert not [text for text in of_tcp if text.startswith(("socket.SO_", "socket.IP_"))]
    of_sockets = typed.texts("s.setsockopt(socket.SOL_SOCKET, ")
    assert of_sockets.index("socket.SO_ERROR") > of_sockets.index("socket.SO_RCVLOWAT")
    unknown = typed.texts("s.setsockopt(n, ")
    assert {"socket.SO_REUSEADDR", "socket.TCP_NODELAY", "socket.IP_TTL"} <= set(unknown)


def test_what_a_row_refuses_is_not_offered(typed: Typed) -> None:
    assert "socket.MSG_TRUNC" not in typed.texts("s.recv(5, ")
    assert "socket.MSG_TRUNC" in typed.texts("s.recv_into(bytearray(4), 0, ")
    assert "MSG_TRUNC" not in typed.texts("s.recv(5, socket.MSG_PEEK | socket.")
    commands = [text for text in typed.texts("fcntl.fcntl(s, ") if text.startswith("fcntl.F_")]
    assert len(commands) == 6
    assert len([text for text in typed.texts("fcntl.fcntl(s, fcntl.") if text.startswith("F_")]) == 6
    assert [text for text in typed.texts("resource.setrlimit(") if "RLIMIT" in text] == [
        "resource.RLIMIT_NOFILE"
    ]


def test_names_are_offered_with_what_they_hold_the_last_first() -> None:
    typed = Typed("s = socket.socket()", "conn, peer = s.accept()", "count = 5")
    assert typed.first("x = 1 + ", 4) == ["count", "conn", "peer", "s"]
    assert typed.first("x = ", 4) == ["socket.", "conn", "s", "count"], "a new socket, or what a socket gives"
    assert typed.first("data, sender = ", 3) == ["conn", "s", "count"]
    about = {each.text: each.about for each in typed.at("x = ")}
    assert (about["s"], about["peer"], about["count"]) == ("a socket", "an address", "a number")
    assert typed.first("", 2) == ["conn", "s"], "a line begins with what can act"
    assert typed.first("co", 2) == ["conn", "count"]
    assert typed.texts("conn, ") == ["count", "peer", "s"], "a name that is bound again"
    assert [typed.at("HO")[0].about, typed.at("x = PORT2")[0].about] == [
        "the server's address",
        "a port that is free",
    ]


def test_methods_go_by_the_kind_of_what_stands_before_the_dot(typed: Typed) -> None:
    def methods(kind: str) -> list[str]:
        return [row.name for row in CALLS.values() if row.receiver == kind]

    def named(line: str) -> list[str]:
        return [text.rstrip("()") for text in typed.texts(line)]

    assert named("s.") == named("conn.") == named("unknown.") == methods("socket.socket")
    assert named("ep.") == methods("select.epoll")
    assert named("po.") == methods("select.poll")
    assert named("x = conn.recv(5).") == methods("bytes")
    assert named('x = "a".') == methods("str")
    assert named("socket.socket(socket.AF_INET).") == methods("socket.socket")
    assert named("s.accept()[0].") == methods("socket.socket")
    assert named("x = s.") == [*methods("socket.socket"), "family", "type", "proto"]
    assert named("unknown.reg") == ["register"], (
        "of an unknown kind also what no socket has, where that is meant"
    )
    for nothing in ("peer.", "n.", "nobody.", "s.close().", "s.family."):
        assert named(nothing) == [], nothing


def test_a_name_that_is_bound_again_has_the_methods_of_both() -> None:
    typed = Typed("a = socket.socket()", "a = select.epoll()")
    assert "bind(" in typed.texts("a.")
    assert "register(" in typed.texts("a.r")
    assert typed.at("x = a")[0].about == "a socket, an epoll object"


def test_a_fork_has_its_parents_names_and_stands_alone() -> None:
    typed = Typed("s = socket.socket()", "worker = os.fork()")
    worker = typed.symbols.processes["worker"]
    assert "accept()" in typed.texts("s.", worker)
    assert not typed.problems("conn, peer = s.accept()", worker)
    assert "conn" in typed.texts("x = ", worker)
    assert "conn" not in typed.texts("x = ")
    assert typed.texts("x = os.fo")[0] == "fork()"
    assert typed.texts("x = fo") == ["os.fork()"]
    for nowhere in (
        "os.fo",
        "os.kill(os.fo",
        "x, y = os.fo",
        "x = 1 + os.fo",
        "worker = os.fo",
        "x = (os.fo",
    ):
        assert "fork()" not in typed.texts(nowhere), nowhere


NOTHING = [
    'x = "s', "x = 's.", "x = b'so", 'x = """so', 'x = "a" # s', "# s", "s.bind((HOST, PORT)) ", "s.listen(5", "s ", "x = s ",
    "x = y = ",
    ", = ", "() = ", " = so", "5 = ",
    "x == ", "x += ", "import so", "for s", "del s", "x = [s for s", "x = lambda: ", "s.bind)", "s.bind((HOST]", "s.bind(HOST, ",
    "x = s if ", "x = s.bind; ", "x = ?", "s.0", "x.\n", "if s:", "x: ", "s.bind(foo=", "s.listen(1).", "s..", ".",
    "s.getsockname(", "s.b¦ind(", "s.¦bind(", "x = f'{s", "5.", "x = 5.", "with s", "s.family = ",
]  # fmt: skip


@pytest.mark.parametrize("line", NOTHING)
def test_where_nothing_may_stand_nothing_is_offered(typed: Typed, line: str) -> None:
    assert typed.texts(line) == []


def test_parameters_by_name_only_where_a_call_takes_them(typed: Typed) -> None:
    assert typed.texts("x = socket.socket(fa")[0] == "family="
    assert typed.texts("x = socket.socket(socket.AF_INET, proto=0, ") == ["type="]
    assert "address=" not in typed.texts("s.bind(")
    assert "family=" not in typed.texts("x = socket.socket(socket.AF_INET, ")


def test_a_parenthesis_that_is_there_is_not_opened_again(typed: Typed) -> None:
    assert typed.texts("s.bi¦(x)") == ["bind"]
    assert typed.texts("conn, peer = s.acc¦()") == ["accept"]
    assert "socket.socket" in typed.texts("x = sock¦()")


def test_private_names_are_never_offered() -> None:
    typed = Typed("s = socket.socket()")
    typed.process.variables["_hidden"] = typed.process.variables["s"]
    for line in ("", "x = ", "x = _", "x = _h", "s._", "x = socket._", "x = socket.SO_", "s.send("):
        assert not [text for text in typed.texts(line) if text.startswith("_")], line
    assert typed.texts("os._e") == ["_exit("], "the one call that is named so is public"


def test_looking_uses_and_binds_nothing() -> None:
    typed = Typed("s = socket.socket()", "c = socket.socket()")
    for line in ("s.", "s.bind(", "c.connect(s.getsockname(), ", "worker = os.", "x = s"):
        typed.at(line)
        call_at(line, len(line), typed.process)
    assert sorted(typed.process.variables) == ["c", "s"]
    assert [name for _process, name, _variable in typed.symbols.unused()] == ["s", "c"]


def test_every_module_is_offered() -> None:
    assert sorted(MODULES_BY_USE) == sorted(MODULES)


@pytest.mark.usefixtures("spanish")
def test_what_a_constant_means_is_said_in_the_readers_language(typed: Typed) -> None:
    about = {each.text: each.about for each in typed.at("s.setsockopt(")}
    assert about["socket.SOL_TCP"] == about["socket.IPPROTO_TCP"] == "TCP"
    assert about["socket.SOL_SOCKET"].startswith("opciones")
    options = {each.text: each.about for each in typed.at("s.setsockopt(socket.IPPROTO_IPV6, ")}
    assert options["socket.IPV6_JOIN_GROUP"].startswith("toma lo que se env")
    assert typed.at("x = errno.EADDRINUS")[0].about
