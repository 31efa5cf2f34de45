"""Descriptors that SCM_RIGHTS passed along, and that were lost: they came with data which was not taken by recvmsg."""

from __future__ import annotations

from sockviz.language import ngettext
from sockviz.model.call import RECEIVING, SENDING, Call
from sockviz.model.long_values import start_of
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.causes.paths import taker
from sockviz.words.rights import rights_passed


def lost_beside(call: Call, data: bytes, world: World) -> str:
    """That `data`, which recv or recvfrom has taken, came with descriptors, which are closed by that (include/net/scm.h,
    scm_recv_unix: a call without room for them); empty where no sendmsg of the lesson says so.

    Which message the data are of is known by how much was sent and taken before: in bytes of a stream, else in messages. That
    they begin as that message does has to bear it out.
    """
    held = call.receiver
    if held is None or held.family != "AF_UNIX" or not data or acts.has(call, "MSG_PEEK"):
        return ""
    passed = [
        each
        for each in acts.over(world, "sendmsg")
        if rights_passed(each) and taker(world, each) == held.inode
    ]
    if not passed:
        return ""
    is_stream = held.type == "SOCK_STREAM"
    before = [
        each
        for each in acts.on(world, held.inode, *RECEIVING)
        if each is not call
        and not acts.has(each, "MSG_PEEK")
        and (each.returned or 0.0) < (call.returned or 0.0)
    ]
    start = sum(_taken(each.value) for each in before) if is_stream else len(before)
    end = start + (len(data) if is_stream else 1)
    at = 0
    sent = (each for each in acts.over(world, *SENDING) if taker(world, each) == held.inode)
    for each in sorted(sent, key=lambda one: one.entered):
        payload = _payload(each)
        if start <= at < end and each in passed:
            offset = at - start if is_stream else 0
            if payload and data[offset:].startswith(payload[: len(data) - offset]):
                return _told(rights_passed(each))
        at += (each.value if isinstance(each.value, int) else len(payload)) if is_stream else 1
    return ""


def _told(fds: list[int]) -> str:
    return ngettext(
        "the descriptor that SCM_RIGHTS passed along with it is closed: only recvmsg takes one",
        "the {count} descriptors that SCM_RIGHTS passed along with it are closed: only recvmsg takes them",
        len(fds),
    ).format(count=len(fds))


def _taken(value: Value) -> int:
    match value:
        case bytes(data):
            return len(data)
        case (bytes(data), *_rest):
            return len(data)
        case int(count):
            return count
    return 0


def _payload(call: Call) -> bytes:
    given = call.arguments[1] if len(call.arguments) > 1 else b""
    parts = given if isinstance(given, list | tuple) else [given]
    return b"".join(start_of(part) for part in parts if isinstance(part, bytes))
