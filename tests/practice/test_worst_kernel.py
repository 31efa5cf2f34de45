"""The worst legal kernel: what each of its rules does in an exercise, told on the timeline as what sockviz did."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from sockviz.lesson.card import KERNELS
from sockviz.model.events import CallBlocked, CallEntered, LinkActed, Treated
from sockviz.model.timeline import Timeline
from sockviz.player.losses import LossesOfRun
from sockviz.practice.attempt import Attempt
from sockviz.practice.shelf import find
from sockviz.words.narration import narrate_at
from sockviz.words.worst_kernel import rule_text
from tests.practice.attempts import attempted, exercise, tried, wrote

CONNECTS = """
import socket
s = socket.create_connection(("127.0.0.1", 8080))
"""
SERVER = """```python @peer
p = socket.socket()
p.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
p.bind(("127.0.0.1", 8080))
p.listen(1)
conn, address = p.accept()
"""


def _timeline(done: Attempt) -> Timeline:
    assert done.timeline is not None
    return done.timeline


def _treated(done: Attempt) -> Sequence[Treated]:
    return [event for event in _timeline(done).events if isinstance(event, Treated)]


def test_each_rule_has_words_and_a_source() -> None:
    for rule in KERNELS:
        assert any(
            source in rule_text(rule) for source in ("POSIX", "signal(7)", "tcp(7)", "RFC", "getrlimit(2)")
        )


def test_a_single_recv_is_told_where_it_stopped() -> None:
    done = attempted("whole-message", find("whole-message").file("start", "python"))
    first = done.verdicts[0]
    assert first.observed.startswith("it ends after 1 byte of 65,536 bytes")
    assert "recv(3, 65536) of client (start.py:9) gave 1 of 65,536 bytes" in first.cause
    assert "stopped at byte 1" in first.cause
    timeline = _timeline(done)
    at = next(n for n, event in enumerate(timeline.events, 1) if isinstance(event, Treated))
    assert narrate_at(timeline, at).startswith(
        "sockviz lets recv(3, 65536) of client move at most 1 of 65,536 bytes"
    )
    call = timeline.world.processes["client"].calls[-3]
    assert (call.name, call.treated, call.value) == ("recv", (timeline.events[at - 1],), b"0")
    sent = next(
        n
        for n, event in enumerate(timeline.events)
        if isinstance(event, CallEntered) and event.name == "send"
    )
    rows = timeline.world_at(sent).rows.values()  # as a reader sees it who steps back to what recv gave
    assert [row.recv_q for row in rows if row.peer == ("127.0.0.1", 8080)] == [65535]


def test_the_same_program_is_treated_the_same() -> None:
    file = find("send-it-all").file("solution", "c")
    one, other = (attempted("send-it-all", file) for _ in range(2))
    assert one.passed
    assert [(each.rule, each.allowed, each.wanted) for each in _treated(one)] == [
        (each.rule, each.allowed, each.wanted) for each in _treated(other)
    ]
    calls = _timeline(one).world.processes["sender"].calls
    assert [call.value for call in calls if call.name == "send"][:9] == [1, 3, 7, 31, 1, 3, 7, 127, 1]


def test_a_slow_peer_keeps_its_sender_waiting(tmp_path: Path) -> None:
    body = SERVER + "```\n\n```expect\nyou.alive\n```\n\n"
    body += "```python @peer\ngot = conn.recv(65536, socket.MSG_WAITALL)\n```\n\n"
    body += "```expect\nlen(peer.got) == 65536\nyou.status == 0\n```\n"
    program = CONNECTS + "s.sendall(bytes(65536))\n"
    done = tried(exercise(body, "kernel: slow-peer\n"), wrote(tmp_path, program))
    assert done.passed, done.verdicts
    timeline = _timeline(done)
    (treated,) = _treated(done)
    assert (treated.rule, treated.process) == ("slow-peer", "")
    assert "tcp_rmem and tcp_wmem" in narrate_at(timeline, timeline.events.index(treated) + 1)
    slept = {
        event.call
        for event in timeline.events
        if isinstance(event, CallBlocked) and event.process == "server"
    }
    sent = [call for call in timeline.world.processes["server"].calls if call.name == "send"]
    assert [call.value for call in sent] == [65536]
    assert sent[0].number in slept


def test_a_link_loses_what_is_sent_for_the_first_time(tmp_path: Path) -> None:
    body = "```python @client\nq = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    body += "".join(
        f'q.sendto({data!r}, ("10.0.0.2", 8080))\n' for data in (b"one", b"one", b"two", b"three")
    )
    body += '```\n\n```expect\nyou.output == "one\\nthree\\n"\n```\n'
    program = (
        "import os, socket\ns = socket.socket(type=socket.SOCK_DGRAM)\ns.bind((os.environ['HOST'], 8080))\n"
    )
    program += "for _ in range(2): print(s.recv(100).decode())\n"
    done = tried(exercise(body, "lab: two-hosts\nkernel: lossy\n"), wrote(tmp_path, program))
    assert done.passed, done.verdicts
    timeline = _timeline(done)
    lost = [event.frame for event in _treated(done) if event.frame is not None]
    assert lost == [e.frame for e in timeline.events if isinstance(e, LinkActed) and e.verb == "drop"]
    assert len(lost) == 2


TALKS = """```python @client
q = socket.socket()
q.connect(("10.0.0.2", 8080))
q.sendall(b"ping")
back = q.recv(4, socket.MSG_WAITALL)
q.close()
```

```expect
client.back == b"pong"
you.status == 0
```
"""
LISTENS = """
import socket
s = socket.socket()
s.bind(("10.0.0.2", 8080))
s.listen()
conn, _ = s.accept()
"""
ANSWERS = LISTENS + "got = conn.recv(4, socket.MSG_WAITALL)\nconn.sendall(b'pong')\n"


def test_the_time_that_kernels_wait_for_what_the_link_has_lost_does_not_count(tmp_path: Path) -> None:
    lesson = exercise(TALKS, "lab: two-hosts\nkernel: lossy\n")
    done = tried(lesson, wrote(tmp_path, ANSWERS))
    assert done.passed, done.verdicts
    losses = LossesOfRun(_timeline(done)).count()
    assert [loss.sent.packet.label for loss in losses][:2] == ["SYN", "SYN+ACK"]
    assert all(loss.again is not None for loss in losses)
    waited = sum((loss.again or 0.0) - loss.sent.at for loss in losses)
    assert waited > 2.0 > sum(done.took.values())  # more than the limit of either, which was not reached


def test_a_segment_that_was_lost_is_named(tmp_path: Path) -> None:
    lesson = exercise(TALKS, "lab: two-hosts\nkernel: lossy\n")
    done = tried(lesson, wrote(tmp_path, ANSWERS.replace("pong", "pang")))
    first = done.verdicts[0]
    assert not first.ok
    assert "the link of this exercise has lost" in first.observed
    assert "its kernel sent it again after" in first.observed


def test_who_never_asks_again_is_told_that_the_datagram_was_lost(tmp_path: Path) -> None:
    body = "```python @server\nt = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    body = body.replace("@server", "@other") + 't.bind(("10.0.0.1", 8080))\n```\n\n```run @server\n```\n\n'
    body += (
        '```python @other\nquestion, who = t.recvfrom(100)\n```\n\n```expect\nother.question == b"?"\n```\n'
    )
    program = "import socket\ns = socket.socket(type=socket.SOCK_DGRAM)\ns.sendto(b'?', ('10.0.0.1', 8080))\ns.recv(9)\n"
    done = tried(exercise(body, "lab: two-hosts\nkernel: lossy\n"), wrote(tmp_path, program))
    (verdict,) = done.verdicts
    assert (
        "a datagram of 1 byte from server to 10.0.0.1:8080, and nobody has sent it again" in verdict.observed
    )
    assert "UDP sends nothing again by itself, and server sleeps in recv(3, 9)" in verdict.cause
    assert "send the question again" in verdict.next


INTERRUPTED = """
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>

static int s;

static void *polls(void *unused)
{
    struct pollfd ready = {.fd = s, .events = POLLIN};
    return poll(&ready, 1, -1) == 1 ? unused : NULL; /* goes on */
}

int main(void)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char data[9];
    pthread_t thread;
    s = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&there, sizeof there) < 0)
        return 1;
    pthread_create(&thread, NULL, polls, data);
    pthread_join(thread, NULL);
    if (recv(s, data, 9, 0) != 1 || recv(s, data, 9, 0) != 1) /* the second one sleeps, and goes on */
        return 2;
    struct epoll_event wanted = {.events = EPOLLIN}, came;
    int epoll = epoll_create1(0), times = 0;
    epoll_ctl(epoll, EPOLL_CTL_ADD, s, &wanted);
    while (epoll_wait(epoll, &came, 1, -1) < 0 && errno == EINTR)
        times++;
    struct timeval limit = {.tv_sec = 60};
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (recv(s, data, 9, 0) != 1)
        return 3;
    while (recv(s, data, 9, 0) < 0 && errno == EINTR)
        times++;
    printf("%d\\n", times);
    return 0;
}
"""


def test_a_call_that_sleeps_is_stopped_once_and_fails_where_the_manual_says(tmp_path: Path) -> None:
    lines = "".join(f'conn.sendall(b"{data}")\n' for data in "abcd")
    body = SERVER + lines + '```\n\n```expect\nyou.output == "2\\n"\nyou.status == 0\n```\n'
    done = tried(exercise(body, "kernel: [short, interrupts]\n"), wrote(tmp_path, INTERRUPTED, "c"))
    assert done.passed, (done.said, done.verdicts)
    timeline = _timeline(done)
    calls = timeline.world.processes["server"].calls
    stopped = [call for call in calls if any(each.rule == "interrupts" for each in call.treated)]
    assert [(call.name, call.error) for call in stopped] == [
        ("poll", None), ("recv", None), ("epoll_wait", "EINTR"), ("recv", "EINTR"),
    ]  # fmt: skip
    told = [event for event in _treated(done) if event.rule == "interrupts"]
    assert [(each.call, each.task) for each in told] == [(call.number, call.task) for call in stopped]
    assert "as Ctrl-Z and fg do" in narrate_at(timeline, timeline.events.index(told[0]) + 1)
    assert not timeline.world.misfits


def test_who_was_stopped_while_it_waited_for_a_time_still_wakes(tmp_path: Path) -> None:
    body = "```expect\nwithin 5s: you.output == 'woken\\n'\n```\n"
    program = "import select, socket\ns = socket.socket(type=socket.SOCK_DGRAM)\np = select.poll()\n"
    program += "p.register(s, select.POLLIN)\np.poll(1500)\nprint('woken')\n"
    done = tried(exercise(body, "kernel: interrupts\n"), wrote(tmp_path, program))
    assert done.passed, done.verdicts


def test_a_program_has_few_descriptors(tmp_path: Path) -> None:
    body = "```expect\nyou.output == '13 of 16 are left, and no more can be had: EMFILE\\n'\nyou.status == 0\n```\n"
    program = """
import errno, resource, socket
sockets = []
try:
    while True:
        sockets.append(socket.socket())
except OSError as error:
    most = set(resource.getrlimit(resource.RLIMIT_NOFILE))
    print(len(sockets), "of", *most, "are left, and no more can be had:", errno.errorcode[error.errno])
"""
    done = tried(exercise(body, "kernel: few-descriptors\n"), wrote(tmp_path, program))
    assert done.passed, done.verdicts
    timeline = _timeline(done)
    (treated,) = _treated(done)
    assert (treated.rule, treated.process) == ("few-descriptors", "")
    assert "RLIMIT_NOFILE" in narrate_at(timeline, timeline.events.index(treated) + 1)


AROUND = r"""
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/aio_abi.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static long of_32_bits(long number, long a, long b, long c)
{
#if defined __x86_64__
    __asm__ volatile("int $0x80" : "+a"(number) : "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
#endif
    return number;
}

static int notify;

static void *lets_go_on(void *unused)
{
    (void)unused;
    for (;;) {
        struct seccomp_notif asked = {0};
        if (ioctl(notify, SECCOMP_IOCTL_NOTIF_RECV, &asked) == -1)
            return NULL;
        struct seccomp_notif_resp said = {.id = asked.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
        ioctl(notify, SECCOMP_IOCTL_NOTIF_SEND, &said);
    }
}

int main(void)
{
    char *room = mmap(NULL, 1 << 17, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | PLACE, -1, 0);
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct iovec whole = {room, 65536};
    int s = socket(AF_INET, SOCK_STREAM, 0), got;
    if (connect(s, (struct sockaddr *)&there, sizeof there) == -1 || room == MAP_FAILED)
        return 2;
    (void)whole, (void)lets_go_on, (void)of_32_bits;
    struct pollfd all_there = {.fd = s, .events = POLLIN};
    setsockopt(s, SOL_SOCKET, SO_RCVLOWAT, &(int){65536}, sizeof(int));
    poll(&all_there, 1, -1);
    setsockopt(s, SOL_SOCKET, SO_RCVLOWAT, &(int){1}, sizeof(int));
    GETS
    return write(2, "got", 3), write(s, room, got) != got;
}
"""
WAYS = {
    "preadv2": "got = preadv2(s, &whole, 1, -1, 0);",
    "io_submit": """
    aio_context_t of_ours = 0;
    struct iocb wanted = {.aio_fildes = s, .aio_lio_opcode = IOCB_CMD_PREAD, .aio_buf = (long)room, .aio_nbytes = 65536};
    struct iocb *all[] = {&wanted};
    struct io_event done;
    if (syscall(SYS_io_setup, 4, &of_ours) == -1)
        return perror("io_setup"), 3;
    syscall(SYS_io_submit, of_ours, 1, all);
    syscall(SYS_io_getevents, of_ours, 1, 1, &done, NULL);
    got = done.res;""",
    "a filter that asks": """
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_recvfrom, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {4, code};
    pthread_t thread;
    notify = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
    if (notify == -1)
        return perror("seccomp"), 3;
    pthread_create(&thread, NULL, lets_go_on, NULL);
    got = recv(s, room, 65536, 0);""",
    "32 bits": "got = of_32_bits(3, s, (long)room, 65536);",
}
TOLD_OF_THEM = {
    "preadv2": ("gave 1 of 65,536 bytes", "call it again for what is missing"),
    "io_submit": ("io_setup: Operation not permitted", ""),
    "a filter that asks": ("seccomp: Operation not permitted", ""),
    "32 bits": ("was ended by SIGSYS: it made a call of 32 bits", "build it as a program of 64 bits"),
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_read_behind_its_back(way: str, tmp_path: Path) -> None:
    """All of the message, by one call that the tracer does not see."""
    if way == "32 bits" and os.uname().machine != "x86_64":
        pytest.skip("other machines have no such call")
    program = AROUND.replace("    GETS", WAYS[way])
    program = program.replace(" | PLACE", " | MAP_32BIT" if way == "32 bits" else "")
    done = attempted("whole-message", wrote(tmp_path, program, "c"))
    assert done.built, done.said
    assert not done.verdicts[0].ok
    observed, following = TOLD_OF_THEM[way]
    assert observed in done.verdicts[0].observed + done.verdicts[0].cause
    assert following in done.verdicts[0].next


def test_who_has_read_all_is_not_told_to_read_on(tmp_path: Path) -> None:
    body = SERVER + 'conn.sendall(b"ping")\nback = conn.recv(4, socket.MSG_WAITALL)\n```\n\n'
    body += '```expect\npeer.back == b"pong"\n```\n'
    program = CONNECTS + "got = b''\nwhile len(got) < 4: got += s.recv(100)\ns.sendall(b'ping')\n"
    done = tried(exercise(body, "kernel: short\n"), wrote(tmp_path, program))
    (verdict,) = done.verdicts
    assert verdict.observed.startswith("they differ from byte 2 on")
    assert "call it again" not in verdict.next
