"""What is told of programs that are wrong in ways of their own: the runs of such hand-ins, recorded (recorded/SLUG.WHAT.jsonl),
each with parts of what is observed, of the cause and of the next step."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockviz.lesson.document import Lesson
from sockviz.player.recorded import read_recording
from sockviz.practice.verdicts import verdicts

RECORDED = Path(__file__).with_name("recorded")
TOLD = {
    "byte-order.little": (
        "accept_queue is 0",
        "its four bytes the other way round are 127.0.0.2, where somebody listens",
        "an address has its first byte first",
    ),
    "byte-order.port_first": (
        "accept_queue is 0",
        "no way to 0.2.31.145:32512",
        "127.0.0.2:8081 is expected there: see what makes the address and the port of that call",
    ),
    "many-at-once.alive_still": (  # its exception was being printed when the run was over
        "server is in no call on a socket",
        "failed with ECONNRESET: a RST came from dan's d",
        "a client that breaks off ends nothing but its own connection",
    ),
    "many-at-once.four_only": (
        "nobody listens on 127.0.0.1:8080 any more",
        "server had ended by then, and its listener with it",
        "go on listening",
    ),
    "udp-retry.once_more": (
        "server.last.error is None",
        "client has sent b'3?' 4 times",
        "ask as often as the task says, and no more",
    ),
    "udp-retry.too_slow": (
        "server.again has no value yet",
        "client sent b'1?' by send(3, b'1?') (too_slow.py:7) again only 4.0 s after the time before",
        "wait no longer than the task says",
    ),
    "half-close.settimeout": (
        "said «TimeoutError: timed out»",
        "the time of its socket (settimeout) was over at settimeout.py:5, and nothing had come",
        "wait without a limit for what may come late",
    ),
    "half-close.stderr": (
        "you.output is ''",
        "what it has written went to its standard error",
        "on the standard output",
    ),
    "half-close.unflushed": (
        "you.output is ''",
        "nothing of what it may have printed has come out",
        "fflush and flush write it at once",
    ),
    "leak.closes_listener": (
        "it ends after 5 bytes of 15 bytes",
        "failed with EBADF: its descriptor is closed: server has closed it before",
        "closed the socket that listens, which is there for all clients",
    ),
    "leak.forks_on": (
        "makes processes without end",
        "accept(3) (forks_on.c:11) of server failed with EMFILE again and again, and it has forked all the same",
        "the parent closes its own descriptor of each",
    ),
    "lines.makefile_left": (
        "client.end has no value yet",
        "descriptor 4 of server is still open",
        "in Python each file that makefile has made of it, too",
    ),
    "send-it-all.settimeout": (
        "said «TimeoutError: timed out»",
        "the time of its socket (settimeout) was over at settimeout.py:5 before the other end had taken all",
        "sendall has that time for all its bytes",
    ),
    "whole-message.one_more": (
        "server.back has no value yet",
        "client has received 65536 bytes and asks for more",
        "answer as soon as that has come, without waiting for more",
    ),
    "bind-order.swapped": (
        "server.peer is ('127.0.0.2', 34835)",
        "bind(3, 127.0.0.2:34835) (swapped.c:14) gives it port 34835, and that is the same two bytes as 5000",
        "htons(port)",
    ),
    "byte-order.hard": (
        "accept_queue is 0",
        "client has not called connect for 127.0.0.2:8081",
        "connect a socket to 127.0.0.2:8081",
    ),
    "echo-server.prefix": (
        "client.a.recv_q is 7",
        "7 bytes were sent there, the last of them by send(4, b'> hello')",
        "5 bytes are expected",
    ),
    "forgot-listen.busy": (
        "server computes without end: it makes no call, and its CPU time grows",
        "server computes without end, and has made no call on a socket",
        "look for the loop that it is in",
    ),
    "forgot-listen.loop": (
        "nothing of server is bound",
        "server has made no call on a socket, and has ended",
        "a socket, and what is done",
    ),
    "forgot-listen.name_error": (
        "server had ended by then, and was bound to 127.0.0.1:8080, not listening",
        "has ended server, at name_error.py:4: AttributeError",
        "mend that line",
    ),
    "forgot-listen.noclose": (
        "client sleeps in recv(3, 5)",
        "client waits for the end of the stream: descriptor 4 of server is still open",
        "close that descriptor",
    ),
    "forgot-listen.port": (
        "nothing of server is bound to 127.0.0.1:8080",
        "bind(3, 127.0.0.1:8081) (port.py:4) gives another name",
        "bind to 127.0.0.1:8080",
    ),
    "forgot-listen.segv": (
        "server was ended by SIGSEGV",
        "server was ended by SIGSEGV, before any call",
        "-fsanitize=address",
    ),
    "forgot-listen.short": (
        "it ends after 4 bytes of 5 bytes",
        "send(4, b'hell') (short.py:7), and then it called close(4)",
        "begins with b'o'",
    ),
    "forgot-listen.status": (
        "you.status is 3",
        "its last call was close(3)",
        "sys.exit(0) in Python",
    ),
    "forgot-listen.udp": (
        "and takes no connections there: client's SYN was answered by RST",
        "of a datagram socket (UDP)",
        "a socket of SOCK_STREAM",
    ),
    "graceful-end.ignores": (
        "idle.status is None",
        "idle ignores SIGTERM",
        "have a handler for it",
    ),
    "half-close.dup": (
        "server.conn.state is 'ESTABLISHED'",
        "close(4) (dup.py:6) of client has not ended the sending: descriptor 3 of client is the same socket, and still open",
        "shutdown(SHUT_WR) says that all is sent",
    ),
    "half-close.makefile": (
        "client sleeps in recv(3, 8192) (makefile.py:8)",
        "client has called neither shutdown nor close for descriptor 3",
        "the files that makefile gives are one descriptor",
    ),
    "half-close.print_repr": (
        "you.output is",
        "nowhere in what it has printed is 'apple",
        "print 'apple",
    ),
    "leak.listener": (
        "nobody listens on 127.0.0.1:8080 any more",
        "accept4(-1, flags=SOCK_CLOEXEC) (listener.py:6) of server failed with EBADF",
        "close(3) (listener.py:13) closed the socket that listens",
    ),
    "leak.shuts": (
        "it ends after 40 bytes of 55 bytes",
        "8 connections were ended by shutdown, the first by shutdown(4, SHUT_RDWR) (shuts.py:8)",
        "close alone gives its descriptor back",
    ),
    "lines.no_newline": (
        "1 byte of 2 bytes have come so far",
        "send(4, b'3') (no_newline.py:12), and then it sleeps in recv(4, 4096)",
        "begins with b'\\n'",
    ),
    "many-at-once.joins": (
        "bob.first has no value yet",
        "the connection of bob waits in the accept queue of server, which sleeps in recv(4, 100) (joins.py:6)",
        "whoever waits for a thread or a child that serves one",
    ),
    "udp-retry.gives_up": (  # its socket was seen before it was connected, and no more
        "server sleeps in recvfrom",
        "client sent b'1?' once, by send(3, b'1?') (gives_up.c:20), and gave up when no answer had come",
        "send it again",
    ),
    "udp-retry.impatient": (
        "server.third is b'2?'",
        "asked again right after recv(3, 100)",
        "go on receiving until the time is over",
    ),
    "forgot-listen.by_the_listener": (
        "client.data is b''",
        "failed with EPIPE: descriptor 3 only listens: it has no peer to send to",
        "send to a client by the descriptor that accept has given",
    ),
    "echo-server.whole_buffer": (
        "client.a.recv_q is 1024",
        "recv(4, 1024) (whole_buffer.c:36) had given 5 bytes, and send(4, ",
        "send as many bytes as the receive has given",
    ),
    "try-each.no_break": (
        "server.same is b''",
        "descriptor 4 has no connection: its connect failed with ECONNREFUSED",
        "go on with a socket only where its connect has succeeded",
    ),
    "lines.past_the_end": (
        "client.end has no value yet",
        "gives 0 bytes again and again: its peer has sent all",
        "0 bytes are the end of the stream",
    ),
    "leak.dup": (  # what its `with` closes on the way out was not what went wrong
        "Too many open files",
        "fcntl(4, F_DUPFD_CLOEXEC, 0) (dup.py:5) of server failed with EMFILE",
        "close each descriptor once it is of no more use",
    ),
    "graceful-end.select_alone": (
        "idle sleeps in select([3], [], [])",
        "SIGTERM was delivered, and after its handler idle sleeps in select",
        "have the signal be among what it waits for",
    ),
    "udp-retry.wrong_port": (
        "server sleeps in recvfrom",
        "goes to 127.0.0.1:8082; server waits at 127.0.0.1:8080",
        "send to 127.0.0.1:8080",
    ),
}


def test_each_recording_is_told_of() -> None:
    assert sorted(TOLD) == sorted(path.stem for path in RECORDED.glob("*.jsonl"))


@pytest.mark.parametrize("name", TOLD)
def test_a_cause_and_a_next_step_are_derived_from_the_run(name: str) -> None:
    timeline = read_recording(RECORDED / f"{name}.jsonl").timeline
    lesson = timeline.header.script
    assert isinstance(lesson, Lesson)
    assert lesson.exercise is not None
    told = next(verdict for verdict in verdicts(timeline, lesson, lesson.exercise) if not verdict.ok)
    observed, cause, following = TOLD[name]
    assert observed in told.observed
    assert cause in told.cause
    assert following in told.next
