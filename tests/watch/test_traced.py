"""Programs in a lab: what they do is known as of a lesson's processes, and each call is made when it is let go."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from sockviz.lab.outputs import KEPT
from sockviz.model.call import Stage
from sockviz.model.events import CallHeld, OutputWritten, OverLimit, PacketCaptured, ProcessStopped
from sockviz.model.limits import MOST_PROCESSES
from sockviz.model.long_values import whole_of
from sockviz.model.programs import Program
from sockviz.model.sockets import State
from sockviz.model.values import SocketValue
from sockviz.player.programs_begun import NotStarted
from tests.required import unavailable
from tests.watch.watching import python, run, watched

PORT = 7001
SERVER = f"s = socket(); s.setsockopt(1, 2, 1); s.bind(('127.0.0.1', {PORT})); s.listen(1)\n"
SERVER += "c = accept(s); c.send(c.recv(9).upper()); c.close()"
CLIENT = f"c = socket()\ntry:\n    c.connect(('127.0.0.1', {PORT}))\nexcept OSError as error:\n    sys.exit(error.errno)\n"
CLIENT += "c.send(b'hello'); print(c.recv(9)); c.close()"


def test_who_goes_first_decides_what_comes_of_it() -> None:
    """The same two programs, twice: the client's connect before the server's listen, and after it."""

    async def before() -> None:
        async with watched(
            "isolated", python("server", SERVER), python("client", CLIENT), holds=True
        ) as run_:
            await run_.go("server", "socket", "setsockopt", "bind")
            await run_.go("client", "socket", "connect")
            assert run_.call("client", "connect").error == "ECONNREFUSED"
            await run_.held("client")
            await run_.source.go_all("client")
            await run_.until(lambda: not run_.world.processes["client"].alive)
            assert run_.world.processes["client"].exit_code == 111
            assert run_.held_at("server") == "listen"

    async def after() -> None:
        async with watched(
            "isolated", python("server", SERVER), python("client", CLIENT), holds=True
        ) as run_:
            await run_.go("server", "socket", "setsockopt", "bind", "listen")
            await run_.go("client", "socket", "connect")
            assert run_.call("client", "connect").error is None
            await run_.held("client")
            assert run_.held_at("client") == "send"
            await run_.go("client", "send")
            await run_.go("client", "recv")  # it sleeps: nobody has accepted
            assert run_.world.processes["client"].sleeping
            await run_.go("server", "accept", "getsockname", "recv", "send", "close")
            assert [call.value for call in run_.calls("client") if call.name == "recv"] in ([], [b"HELLO"])
            await run_.source.hold(False)
            await run_.ended()
            assert run_.call("client", "recv").value == b"HELLO"
            assert any(
                row.state is State.TIME_WAIT and row.local == ("127.0.0.1", PORT)
                for row in run_.world.rows.values()
            )

    run(before())
    run(after())


@pytest.mark.parametrize("kind", ["host", "isolated", "two-hosts"])
def test_programs_in_each_lab_run_to_their_end(kind: str) -> None:
    """No call is held, nothing is out of place, and descriptors are seen as /proc has them."""
    address = "10.0.0.2" if kind == "two-hosts" else "127.0.0.1"
    host = "server" if kind == "two-hosts" else "loopback"

    async def body() -> None:
        server = f"s = socket(); s.setsockopt(1, 2, 1); s.bind(('{address}', {PORT})); s.listen(5)\n"
        server += f"if os.fork() == 0:\n    c = socket(); c.connect(('{address}', {PORT})); c.send(b'x')\n"
        server += "    c.recv(1); os._exit(0)\n"
        server += "c = accept(s); c.send(c.recv(9)); os.wait()"
        async with watched(kind, python("server", server, host)) as run_:
            await run_.ended()
            made = [call.name for call in run_.calls("server")]
            assert made[:8] == [
                "socket",
                "setsockopt",
                "bind",
                "listen",
                "accept",
                "getsockname",
                "recv",
                "send",
            ]
            assert all(call.stage is Stage.RETURNED for call in run_.calls("server"))
            accepted = run_.call("server", "accept").value
            assert isinstance(accepted, tuple)
            assert isinstance(accepted[0], SocketValue)
            assert run_.world.processes["server_2"].parent == "server"
            assert [call.name for call in run_.calls("server_2")] == ["socket", "connect", "send", "recv"]
            assert not [event for event in run_.source.timeline.events if isinstance(event, CallHeld)]
            if kind == "isolated":
                packets = [e for e in run_.source.timeline.events if isinstance(e, PacketCaptured)]
                assert [(e.sender, e.packet.label) for e in packets[:3]] == [
                    ("server_2", "SYN"), ("server", "SYN+ACK"), ("server_2", "ACK"),
                ]  # fmt: skip
                assert not [e for e in packets if e.late]

    run(body())


def test_threads_are_tasks_of_their_own() -> None:
    program = """
import _thread
a, b = socketpair()
c, d = socketpair()
done = _thread.allocate_lock()
done.acquire()
def other():
    b.send(d.recv(1))
    done.release()
_thread.start_new_thread(other, ())
a.recv(1)
done.acquire()
"""

    async def body() -> None:
        async with watched("isolated", python("p", program), holds=True) as run_:
            await run_.go("p", "socketpair", "socketpair")
            await run_.held("p", "p/2")
            await run_.go("p", "recv")
            await run_.go("p/2", "recv")
            process = run_.world.processes["p"]
            assert sorted((call.name, call.task) for call in process.sleeping) == [("recv", 0), ("recv", 1)]
            evidence = {call.task: call.asleep for call in process.sleeping}
            assert all(each is not None and each.syscall == "recvfrom" for each in evidence.values())

    run(body())


def test_what_programs_print_is_kept_as_far_as_there_is_room() -> None:
    async def body() -> None:
        program = "os.write(2, b'to stderr')\nfor _ in range(40): os.write(1, b'y' * 8191 + b'\\n')"
        async with watched("isolated", python("p", program)) as run_:
            await run_.ended()
            written = [event for event in run_.source.timeline.events if isinstance(event, OutputWritten)]
            kept = {1: b"", 2: b""}
            for each in written:
                assert isinstance(each.data, bytes)
                kept[each.stream] += whole_of(each.data)
            assert kept[2] == b"to stderr"
            assert len(kept[1]) + sum(w.unkept for w in written) == 40 * 8192
            assert len(kept[1]) == KEPT

    run(body())


def test_programs_find_themselves_in_proc_and_an_administrators_every_user(tmp_path: Path) -> None:
    """And a script that names no interpreter is one for the shell."""
    script = tmp_path / "script"
    script.write_text('cat /proc/$$/comm; chown 65533 "$0" && stat -c %u "$0"\n')
    script.chmod(0o755)

    async def body() -> None:
        async with watched("isolated", Program("p", "loopback", (str(script),))) as run_:
            await run_.ended()
            assert run_.source.outer_proc is None
            written = [
                e.data for e in run_.source.timeline.events if isinstance(e, OutputWritten) and e.stream == 1
            ]
            told = b"".join(whole_of(data) for data in written if isinstance(data, bytes)).decode()
            assert told == ("sh\n65533\n" if os.geteuid() == 0 else "sh\n")

    run(body())


def test_a_program_that_is_not_there() -> None:
    async def body() -> None:
        with pytest.raises(NotStarted, match="No such file or directory"):
            async with watched("isolated", Program("p", "loopback", ("/nowhere/at/all",))):
                pass

    run(body())


def test_no_more_than_64_processes_and_all_end_with_the_run() -> None:
    bomb = "s = socket()\nwhile True:\n    try:\n        if os.fork() == 0:\n            os.setsid()\n"
    bomb += "    except BlockingIOError:\n        s.listen(1)\n        signal.pause()\n"

    async def body() -> None:
        async with watched("isolated", python("p", bomb)) as run_:
            await run_.until(lambda: any(isinstance(e, OverLimit) for e in run_.source.timeline.events))
            assert sum(process.alive for process in run_.world.processes.values()) <= MOST_PROCESSES

    run(body())


def test_who_is_stopped_by_a_signal_is_told_of_at_once_and_when_it_goes_on() -> None:
    stops = "a, b = socketpair()\nif (child := os.fork()) == 0:\n"
    stops += "    os.kill(os.getpid(), signal.SIGSTOP); a.send(b'x'); os._exit(0)\n"
    stops += "os.waitpid(child, os.WUNTRACED); %sb.recv(1)"

    async def body() -> None:
        programs = [
            python("stays", stops % ""),
            python("goes_on", stops % "os.kill(child, signal.SIGCONT); "),
        ]
        async with watched("isolated", *programs) as run_:
            await run_.until(
                lambda: (
                    {"stays_2", "goes_on_2"} <= set(run_.world.processes)
                    and not run_.world.processes["goes_on"].alive
                    and bool(run_.world.processes["stays"].sleeping)
                )
            )
            events = [event for event in run_.source.timeline.events if isinstance(event, ProcessStopped)]
            assert [e.signal for e in events if e.process == "goes_on_2"] == ["SIGSTOP", None]
            assert [e.signal for e in events if e.process == "stays_2"] == ["SIGSTOP"]
            assert run_.world.processes["stays_2"].stopped == "SIGSTOP"
            assert run_.world.processes["goes_on_2"].stopped is None

    run(body())


def test_a_server_and_a_client_that_nobody_here_wrote() -> None:
    """http.server under curl: its calls in order, and TIME-WAIT at the side that closed first."""
    curl = shutil.which("curl")
    if curl is None:
        unavailable("there is no curl")
    served = Program(
        "server", "loopback", (sys.executable, "-m", "http.server", "8000", "--bind", "127.0.0.1")
    )
    asking = Program("client", "loopback", (curl, "-s", "http://127.0.0.1:8000/bin/nothing"))

    async def body() -> None:
        async with watched("isolated", served, asking) as run_:  # the client is begun once the server is up
            assert not run_.source.not_waited_for
            await run_.until(
                lambda: "client" in run_.world.processes and not run_.world.processes["client"].alive
            )
            await run_.until(lambda: any(row.state is State.TIME_WAIT for row in run_.world.rows.values()))
            waiting = [row.local for row in run_.world.rows.values() if row.state is State.TIME_WAIT]
            packets = [e.packet for e in run_.source.timeline.events if isinstance(e, PacketCaptured)]
            first = next(packet for packet in packets if packet.tcp is not None and "FIN" in packet.tcp.flags)
            assert first.source in waiting
            made = [
                call.name
                for call in run_.calls("server")
                if not call.name.startswith("epoll_") and call.name != "poll"
            ]
            order = ["socket", "setsockopt", "bind", "listen", "accept", "recv", "send", "shutdown", "close"]
            places = [made.index(name, made.index("listen") if n > 3 else 0) for n, name in enumerate(order)]
            assert places == sorted(places)
            asked = [call for call in run_.calls("client") if call.name in ("connect", "send", "recv")]
            assert [call.name for call in asked if call.receiver and call.receiver.family == "AF_INET"][
                :2
            ] == ["connect", "send"]
            answer = run_.call("client", "recv").value
            assert isinstance(answer, bytes)
            assert answer.startswith(b"HTTP/1.0 404")

    run(body())


def test_on_two_hosts_the_syn_waits_on_the_wire_while_the_server_is_let_into_accept() -> None:
    server = SERVER.replace("127.0.0.1", "10.0.0.2")
    client = CLIENT.replace("127.0.0.1", "10.0.0.2")

    async def body() -> None:
        programs = (python("server", server, "server"), python("client", client, "client"))
        async with watched("two-hosts", *programs, holds=True) as run_:
            await run_.source.order("hold")
            await run_.go("server", "socket", "setsockopt", "bind", "listen")
            await run_.go("client", "socket", "connect")  # it sleeps: its SYN is on the wire
            await run_.go("server", "accept")  # and so does this
            asleep = {process.name for process in run_.world.processes.values() if process.sleeping}
            assert asleep == {"server", "client"}
            link = run_.world.link
            assert link is not None
            assert [run_.world.packets[flight.packet].event.packet.label for flight in link.held] == ["SYN"]
            await run_.source.order("release")
            await run_.held("client", "server")
            assert run_.call("client", "connect").error is None
            assert run_.call("server", "accept").error is None

    run(body())
