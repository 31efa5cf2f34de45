"""What went wrong, in words: each rule by a program that makes the mistake, and one that nearly does. All in one lab."""

from __future__ import annotations

import re

import pytest

from sockviz.model.moment import Moment
from sockviz.model.timeline import Timeline
from sockviz.words.mistakes.rules import Rules
from tests.watch.watching import python, run, watched

TO = "def to(port, host='127.0.0.1', family=2):\n    c = socket(family)\n    c.connect_ex((host, port))\n    return c\n"
LISTEN = "def at(port, host='127.0.0.1', family=2):\n    s = socket(family)\n    s.bind((host, port))\n    return s\n"
LAST = "a, b = socketpair()\n"
FLOOD = LAST + "DATA = bytes(n % 251 for n in range(1 << 20))\n"
FEW = "import resource; resource.setrlimit(7, (12, 12))\n"
#: By the rule: who makes the mistake, and who nearly does.
PROGRAMS = {
    "never_listened": ("s = at(7001); to(7001)", "s = at(7002); s.listen(1); to(7002)"),
    "bytes_swapped": (  # 7011 is 0x1B63, and 25371 0x631B
        "s = at(7011); s.listen(1); to(25371)", "s = at(7012); s.listen(1); to(25372)",
    ),
    "another_address": (
        "s = at(7021); s.listen(1); to(7021, '::1', 10)", "s = at(7022, '::', 10); s.listen(1); to(7022, '::1', 10)",
    ),
    "too_early": (
        "if not os.fork():\n    to(7031); os._exit(0)\nos.wait(); s = at(7031); s.listen(1)",
        "to(7032); s = at(7033); s.listen(1); to(7034); t = at(7034); t.listen(1)",  # it asks whether one is there
    ),
    "SIGPIPE": (
        LAST + "b.close(); signal.signal(13, signal.SIG_DFL); a.send(b'x')",
        LAST + "b.close()\ntry:\n    a.send(b'x')\nexcept OSError: pass",
    ),
    "another_family": (
        "import ctypes; s = socket(10); ctypes.CDLL(None).bind(s.fileno(), b'\\x02\\0\\0\\0\\x7f\\0\\0\\1' + bytes(8), 16)",
        "import ctypes; s = socket(2); ctypes.CDLL(None).bind(s.fileno(), b'\\x02\\0\\0\\0\\x7f\\0\\0\\1' + bytes(8), 3)",
    ),
    "EMFILE": (
        FEW + "kept = []\ntry:\n    while True: kept.append(socket())\nexcept OSError: pass",
        FEW + "for _ in range(20): socket().close()",
    ),
    "to_itself": (
        "c = at(7061); c.connect(('127.0.0.1', 7061)); c.recv(1)",
        "s = at(7062); s.listen(1); c = to(7062); d = accept(s); c.recv(1)",
    ),
    "both_receive": (
        LAST + "if os.fork():\n    b.close(); a.recv(9)\nelse:\n    a.close(); b.recv(9)",
        LAST + "if os.fork():\n    b.close(); a.recv(9)\nelse:\n    signal.pause()",
    ),
    "never_accepted": (
        LAST + "s = at(7081); s.listen(1)\nif os.fork():\n    a.recv(1)\nelse:\n    c = to(7081); c.recv(1)",
        LAST + "s = at(7082); s.listen(1)\nif os.fork():\n    d = accept(s); a.recv(1)\nelse:\n    c = to(7082); c.recv(1)",
    ),
    "in_use": (
        LAST + "s = at(7091); s.listen(1); t = socket()\ntry: t.bind(('127.0.0.1', 7091))\nexcept OSError: a.recv(1)",
        LAST + "t = socket()\ntry: t.bind(('127.0.0.1', 7092)); t.bind(('127.0.0.1', 7092))\nexcept OSError: a.recv(1)",
    ),
    "message_cut": (
        "s = at(7101); s.listen(1); c = to(7101); c.send(b'x' * 3000); d = accept(s); d.recv(1000); d.close()",
        "s = at(7102); s.listen(1); c = to(7102); c.send(b'x' * 3000); d = accept(s); d.recv(1000); d.recv(2000); d.close()",
    ),
    "unread_data": (
        LAST + "a.send(b'x'); a.send(b'y'); b.recv(1); b.close()\ntry: a.recv(1)\nexcept OSError: pass",
        LAST + "a.send(b'x'); b.recv(1); b.close()\ntry: a.recv(1)\nexcept OSError: pass",
    ),
    "short_send": (
        FLOOD + "a.setblocking(False); n = a.send(DATA); b.recv(n); a.close()",
        FLOOD + "a.setblocking(False); n = a.send(DATA); b.recv(n); a.send(DATA[n:n + 99]); b.recv(99)",
    ),
    "address_length": (
        "import ctypes; s = at(7121); n = ctypes.c_int(-13107)\n"
        "ctypes.CDLL(None).getsockname(s.fileno(), bytes(16), ctypes.byref(n))",
        "import ctypes; s = at(7122); n = ctypes.c_int(16)\n"
        "ctypes.CDLL(None).getsockname(s.fileno(), bytes(16), ctypes.byref(n))",
    ),
    "blocked_for_another": (
        LAST + "c, d = socketpair()\nif os.fork():\n    b.close(); d.close(); a.send(b'x'); a.recv(1)\n"
        "else:\n    a.close(); d.recv(1)",
        LAST + "c, d = socketpair()\nif os.fork():\n    b.close(); d.close(); a.send(b'x'); a.recv(1)\n"
        "else:\n    a.close(); import select; select.select([d], [], [])",
    ),
    "end_ignored": (
        LAST + "b.close()\nfor _ in range(9): a.recv(9)",
        LAST + "a.setblocking(False)\nfor n in range(99):\n    try: a.recv(9 if n < 50 else 0)\n    except OSError: pass\n"
        "b.close(); a.recv(9); a.recv(9)",
    ),
    "queue_full": (
        "s = at(7141); s.listen(0); c = to(7141); to(7141)", "s = at(7142); s.listen(1); c = to(7142); to(7142)",
    ),
}  # fmt: skip
AT_ONCE = """
def begin(port):
    c = socket()
    c.setblocking(False)
    c.connect_ex(('127.0.0.1', port))
    return c
"""
THREAD = "import _thread, select; lock = _thread.allocate_lock(); lock.acquire()\n" + LAST
IN_POLL = "import select; p = select.poll(); "
IN_EPOLL = "import select; p = select.epoll(); "
UNIX = "path = '/tmp/' + os.urandom(8).hex(); u = socket(1); u.bind(path); "
SERVED = """
s = at(%d); s.listen(9); kept = []
for _ in range(3):
    c = to(%d); d = accept(s); c.close(); d.recv(1); kept.append(d)
"""
#: Whoever forks for each client; what is done with the parent's own copy comes last.
FORKS = """
s = at(%d); s.listen(9); kept = []
if not os.fork():
    s.close()
    for _ in range(3):
        c = to(%d); c.send(b'x'); c.recv(1); c.close()
    os._exit(0)
for _ in range(3):
    d = accept(s)
    if (child := os.fork()) == 0:
        d.send(d.recv(1)); os._exit(0)
    os.waitpid(child, 0); %s
os.wait(); accept(s)
"""
FILE = """
f = os.memfd_create('f'); os.truncate(f, %d); a, b = socketpair(); a.setblocking(False)
b.recv(os.sendfile(a.fileno(), f, 0, 1 << 20)); a.close()
"""
#: UNIX sockets with a path, an abstract name, and a path from where their program is.
NAMES = (
    UNIX
    + """v = socket(1, 5); v.bind('\\0' + path)
os.chdir('/tmp'); r = os.urandom(8).hex(); w = socket(1); w.bind(r)
"""
)
TO_THEM = """
socket(1).connect_ex(path); socket(1, 5).connect_ex('\\0' + path); socket(1).connect_ex(r); os.unlink(path); os.unlink(r)
"""
#: A client, and whom its server has accepted.
OF_PATH = (
    UNIX
    + """u.listen(1); c = socket(1); c.connect(path); os.unlink(path); c.send(b'x' * 3000)
d = socket(1, 1, 0, u._accept()[0])
"""
)
#: A message to an address of IPv6.
TO_IPV6 = """
import ctypes, struct
name = struct.pack('H2xI16xI', 10, 0, 0); data = ctypes.create_string_buffer(1)
vector = struct.pack('QQ', ctypes.addressof(data), 1)
keep = [ctypes.create_string_buffer(each) for each in (name, vector)]
def send(s):
    at = [ctypes.addressof(each) for each in keep]
    ctypes.CDLL(None).sendmsg(s.fileno(), struct.pack('QI4xQQQQi4x', at[0], len(name), at[1], 1, 0, 0, 0), 0)
"""
#: Two that wait for each other, and a third who has both ends of their connection, too.
THIRD = """
import select; a, b = socketpair()
if not os.fork():
    a.close(); b.recv(9)
if not os.fork():
    %s
b.close(); a.recv(9)
"""
#: Other programs: those that make mistakes, by their names, with the rules that say so; and those that nearly do.
WRONG = {
    "refused_meanwhile": (
        ["never listened"] * 4, AT_ONCE + NAMES + TO_THEM + "s = at(7151); c = begin(7151); c.getsockopt(1, 4)",
    ),
    "file_short": (["short send"], FILE % (1 << 20)),
    "path_cut": (["message cut"], OF_PATH + "d.recv(1000); d.close()\ntry: c.recv(1)\nexcept OSError: pass"),
    "datagrams": (
        ["datagram elsewhere"] * 2,
        "u = socket(2, 2); u.bind(('127.0.0.1', 7231)); c = socket(2, 2); c.sendto(b'x', ('127.0.0.1', 16156))\n"
        "c.sendto(b'x', ('127.0.0.2', 7231)); v = socketpair(); v[0].recv(1)",
    ),
    "taken": (
        ["in use"],  # by a program that ends at once
        "s = at(7241); s.listen(1)\nif not os.fork():\n    socket().bind(('127.0.0.1', 7241))\naccept(s)",
    ),
    "to_ipv6": (["another family"], TO_IPV6 + "send(socket(2, 2))"),
    "kept": (["CLOSE-WAIT"], SERVED % (7161, 7161) + "import select; p = select.epoll(); p.register(s, 1); p.poll()"),
    "exits": (
        ["unread data", "unread data"],
        LAST + IN_EPOLL + "a.send(b'x'); a.send(b'y'); b.recv(1); b.close(); p.register(a, 1); p.poll()\n"
        "s = at(7171); s.listen(1); c = to(7171); c.send(b'hello')\nif not os.fork():\n    accept(s); os._exit(0)\n"
        "s.close()\ntry: c.recv(1)\nexcept OSError: pass",
    ),
    "forks": (["CLOSE-WAIT"], FORKS % (7251, 7251, "kept.append(d)")),
    "one_line": (
        ["unread data"],
        OF_PATH.replace("b'x' * 3000", "b'a\\nb\\n'") + "d.recv(1); d.recv(1); d.close()\ntry: c.recv(1)\nexcept OSError: pass",
    ),
    "binds_only": (  # another one is refused meanwhile; it never listens
        ["never listened"],
        "s = at(7265)\nif not os.fork():\n    to(7265); os._exit(0)\nos.wait()\ntry: s._accept()\nexcept OSError: pass",
    ),
    "tries_again": (["another address"], "s = at(7261); s.listen(1); to(7261, '::1', 10); to(7261, '::1', 10); accept(s)"),
    "to_itself_soon": (["to itself"], "c = at(7271, '0.0.0.0'); c.connect(('127.0.0.1', 7271)); c.close()"),
    "to_itself_at_once": (["to itself"], "c = at(7272); c.setblocking(False); c.connect_ex(('127.0.0.1', 7272)); c.close()"),
    "no_family": (
        ["another family"],
        "import ctypes; s = at(7291); s.listen(1); c = socket()\n"
        "ctypes.CDLL(None).connect(c.fileno(), b'\\0\\0\\x1c\\x7b\\x7f\\0\\0\\1' + bytes(8), 16)",
    ),
    "in_poll": (
        ["both receive"],
        LAST + IN_EPOLL + "p.register(a, 1)\nif os.fork():\n    b.close(); p.poll()\nelse:\n    a.close(); b.recv(9)",
    ),
    "threads": (
        ["both receive"], THREAD + "for f, x in ((int, ()), (a.recv, (9,))): _thread.start_new_thread(f, x)\nb.recv(9)",
    ),
    "starved": (
        ["never accepted"],
        LAST + IN_POLL + "s = at(7191); s.listen(1)\nif os.fork():\n    a.recv(1)\n"
        "else:\n    s.close(); c = to(7191); p.register(c, 1); p.poll(10**8)",
    ),
    "starved_late": (  # whoever is to accept falls asleep after its client
        ["never accepted"],
        LAST + "import select; s = at(7195); s.listen(1)\nif os.fork():\n    select.select([], [], [], 0.3); a.recv(1)\n"
        "else:\n    s.close(); c = to(7195); c.recv(1)",
    ),
    "full": (
        ["queue full"],
        AT_ONCE + "s = at(7201); s.listen(0); c = to(7201); d = begin(7201); import select; select.select([], [d], [])",
    ),
}  # fmt: skip
RIGHT = {
    "file_short": FILE % 99,
    "path_cut": OF_PATH + "d.recv(1000); d.recv(2000); d.close(); c.recv(1)",
    "datagrams": (
        "u = socket(2, 2); u.bind(('127.0.0.1', 7232)); c = socket(2, 2); c.sendto(b'x', ('127.0.0.1', 7232)); u.recv(1)\n"
        "u.close(); c.sendto(b'x', ('127.0.0.1', 7232)); c.sendto(b'x', ('127.0.0.1', 7233))"
    ),
    "to_ipv6": TO_IPV6 + "send(socket(10, 2))",
    "tries": "s = at(7211); s.listen(1); t = socket()\ntry: t.bind(('127.0.0.1', 7211))\nexcept OSError: at(7212)",
    "refused_meanwhile": (
        AT_ONCE + NAMES + "u.listen(1); v.listen(1); w.listen(1)\n" + TO_THEM + "s = at(7152); s.listen(1); c = begin(7152)\n"
        "c.getsockopt(1, 4); to(7153); to(7153); t = at(7153); t.listen(1)"
    ),
    "kept": SERVED % (7162, 7162) + "kept[0].close(); import select; select.select([s], [], [])",
    "no_family": "import ctypes; s = at(7292); s.listen(1); c = to(7292); ctypes.CDLL(None).connect(c.fileno(), bytes(16), 16)",
    "gone": FLOOD + "a.setblocking(False); n = a.send(DATA); b.recv(n); b.close(); a.close()",
    "forks": FORKS % (7252, 7252, "d.close()"),
    "listens_late": (  # it has more to do first
        "s = at(7264)\nif not os.fork():\n    to(7264); to(7264); os._exit(0)\nwhile os.waitpid(-1, 1)[0] == 0: pass\ns.listen(1)"
    ),
    "tries_all": "s = at(7262); s.listen(1); to(7262, '::1', 10); to(7262); a, b = socketpair(); a.recv(1)",
    "calls_out": "s = at(7281); s.listen(1); c = at(7282); c.connect(('127.0.0.1', 7281)); to(7282)",
    "exits": (
        "s = at(7172); s.listen(1); c = to(7172); c.send(b'x')\nif not os.fork():\n    accept(s).recv(9); os._exit(0)\n"
        "c.recv(1)\ntry: c.send(b'late'); c.recv(1)\nexcept OSError: pass\n"
        "if not os.fork():\n    e = to(7172); os._exit(0)\nf = accept(s); f.recv(1); f.send(b'late')"
    ),
    "in_poll": THREAD + "p = select.poll(); p.register(a, 1); _thread.start_new_thread(p.poll, (10**8,)); b.recv(9)",
    "threads": THREAD + "for f, x in ((lock.acquire, ()), (a.recv, (9,))): _thread.start_new_thread(f, x)\nb.recv(9)",
    "handles": THREAD + "signal.signal(14, lambda *_: a.send(b'x')); _thread.start_new_thread(a.recv, (9,)); b.recv(9)",
    "third_stays": THIRD % "signal.pause()",
    "starved": (
        THREAD + "s = at(7192); s.listen(1)\nif os.fork():\n    _thread.start_new_thread(lock.acquire, ()); a.recv(1)\n"
        "else:\n    c = to(7192); c.recv(1)"
    ),
}  # fmt: skip
ASLEEP = {
    "wrong_forks", "right_forks", "wrong_tries_again", "right_tries_all", "wrong_kept", "wrong_taken", "wrong_datagrams",
    "wrong_in_poll", "wrong_in_poll_2", "wrong_threads", "wrong_starved", "wrong_starved_2", "wrong_starved_late",
    "wrong_starved_late_2",
    "right_third_stays", "right_third_stays_2", "wrong_full", "right_kept", "right_in_poll", "right_threads", "right_handles",
    "right_starved", "right_starved_2",
}  # fmt: skip
#: Those that sleep in nothing that is watched.
PAUSING = {"right_both_receive_2", "right_third_stays_3"}
ENDLESS = ("both_receive", "never_accepted", "to_itself", "in_use", "blocked_for_another")
ALONE = ("to_itself", "in_use")


def found(timeline: Timeline) -> dict[str, list[str]]:
    """The rules that have said something of each program, as often as they have."""
    rules, said = Rules(), dict[str, list[str]]()
    for number in range(len(timeline)):
        for mistake in rules.after(Moment(timeline, number)):
            said.setdefault(re.sub(r"_\d$", "", mistake.process), []).append(mistake.rule)
            assert "{" not in mistake.text
    return said


def test_mistakes_are_told_and_what_is_nearly_one_is_not() -> None:
    programs = [
        python(f"{kind}{rule}", LISTEN + TO + text)
        for rule, texts in PROGRAMS.items()
        for kind, text in zip(("wrong_", "right_"), texts, strict=True)
    ]
    programs += [python(f"wrong_{name}", LISTEN + TO + text) for name, (_rules, text) in WRONG.items()]
    programs += [python(f"right_{name}", LISTEN + TO + text) for name, text in RIGHT.items()]
    sleepers = {
        f"{kind}{rule}{number}"
        for rule in ENDLESS
        for kind in ("wrong_", "right_")
        for number in (("",) if rule in ALONE else ("", "_2"))
    } | {"wrong_queue_full", *ASLEEP, *PAUSING}
    threaded = {"wrong_threads", "right_in_poll", "right_threads", "right_handles"}

    async def body() -> None:
        async with watched("isolated", *programs) as run_:
            await run_.until(
                lambda: (
                    sleepers <= set(run_.world.processes)
                    and all(run_.world.processes[name].sleeping for name in sleepers - PAUSING)
                    and all(len(run_.world.processes[name].sleeping) == 2 for name in threaded)
                    and all(
                        not process.alive
                        for name, process in run_.world.processes.items()
                        if name not in sleepers
                    )
                )
            )
            said = found(run_.source.timeline)
        expected = {f"wrong_{rule}": [rule.replace("_", " ")] for rule in PROGRAMS}
        assert said == expected | {f"wrong_{name}": rules for name, (rules, _text) in WRONG.items()}

    run(body())


ASKS = """
u = socket(2, 2); u.bind(('127.0.0.1', 7301))
if os.fork():
    u.recv(9); u.recv(9)
else:
    c = socket(2, 2); %sc.sendto(b'?', ('127.0.0.1', 7301)); c.recv(9)
"""
LATER = "select.select([], [], [], 0.3); "


@pytest.mark.parametrize(
    "then", ["os._exit(0)", "a.close(); b.close(); signal.pause()"], ids=["ends", "closes"]
)
def test_two_that_wait_for_each_other_are_told_once_a_third_has_neither_end_any_more(then: str) -> None:
    async def body() -> None:
        async with watched("isolated", python("of", THIRD % (LATER + then))) as run_:
            await run_.until(
                lambda: (
                    {"of", "of_2", "of_3"} <= set(run_.world.processes)
                    and all(run_.world.processes[name].sleeping for name in ("of", "of_2"))
                    and (run_.world.processes["of_3"].state or not run_.world.processes["of_3"].alive)
                    and not any(entry.is_socket for entry in run_.world.processes["of_3"].fds)
                )
            )
            said = found(run_.source.timeline)
        assert said == {"of": ["both receive"]}

    run(body())


#: A server with a loop that reads to the end, and a client that waits for its answer.
LOOP = """
import select; s = at(7401); s.listen(9); p = select.epoll(); p.register(s, 1); keep = []
def serve():
    while True:
        for fd, _ in p.poll():
            if fd == s.fileno():
                keep.append(accept(s)); p.register(keep[-1], 1)
            elif (data := keep[-1].recv(99)).endswith(b'!'):
                keep[-1].send(data)
def ask():
    c = to(7401); c.send(b'hello'); return c
"""
TWO = "if os.fork():\n    serve()\nelse:\n    s.close(); c = ask(); %sc.recv(9); c.recv(9)"


@pytest.mark.parametrize(
    ("program", "who_received", "rules"),
    [
        (TWO % "", "loop", ["both receive"]),
        ("c = ask(); p.register(c, 1); serve()", "loop", ["both receive"]),
        (TWO % "c.send(b'!'); ", "loop_2", []),  # it was answered, and may ask again
        ("r, w = os.pipe(); p.register(r, 1)\n" + TWO % "", "loop", []),  # something else may wake the server
    ],
    ids=["two", "one", "answered", "another"],
)
def test_a_loop_that_reads_to_the_end_is_told_where_nobody_is_left_to_wake_it(
    program: str, who_received: str, rules: list[str]
) -> None:
    async def body() -> None:
        async with watched("isolated", python("loop", LISTEN + TO + LOOP + program)) as run_:
            await run_.until(
                lambda: (
                    who_received in run_.world.processes
                    and any(call.name == "recv" for call in run_.calls(who_received))
                    and all(process.sleeping for process in run_.world.processes.values())
                )
            )
            said = found(run_.source.timeline)
        assert said.get("loop", []) == rules

    run(body())


LIMIT = "c.setsockopt(SOL_SOCKET, SO_RCVTIMEO, (1000).to_bytes(16, 'little')); "


@pytest.mark.parametrize(("limit", "rules"), [("", ["datagram lost"]), (LIMIT, [])], ids=["wrong", "right"])
def test_two_that_wait_for_datagrams_of_each_other_are_told(limit: str, rules: list[str]) -> None:
    async def body() -> None:
        async with watched("isolated", python("asks", ASKS % limit)) as run_:
            await run_.until(
                lambda: (
                    {"asks", "asks_2"} <= set(run_.world.processes)
                    and all(process.sleeping for process in run_.world.processes.values())
                    and len([call for call in run_.calls("asks") if call.name == "recv"]) == 1
                )
            )
            said = found(run_.source.timeline)
        assert said.get("asks", []) == rules

    run(body())


def test_a_signal_is_told_of_whichever_call_it_was_sent_for_and_of_none_that_asked_for_none() -> None:
    broken = LAST + "b.close(); signal.signal(13, signal.SIG_DFL)\n"
    programs = [
        python("wrong_writev", broken + "os.writev(a.fileno(), [b'x'])"),
        python("wrong_sendmsg", broken + "a.sendmsg([b'x'])"),
        python(
            "right_signal",
            broken + "try: a.send(b'x', MSG_NOSIGNAL)\nexcept OSError: os.kill(os.getpid(), 13)",
        ),
    ]

    async def body() -> None:
        async with watched("isolated", *programs) as run_:
            await run_.until(
                lambda: (
                    len(run_.world.processes) == len(programs)
                    and not any(process.alive for process in run_.world.processes.values())
                )
            )
            assert {process.signal for process in run_.world.processes.values()} == {"SIGPIPE"}
            said = found(run_.source.timeline)
        assert said == {"wrong_writev": ["SIGPIPE"], "wrong_sendmsg": ["SIGPIPE"]}

    run(body())
