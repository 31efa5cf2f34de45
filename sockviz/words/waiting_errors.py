"""The error that waits at a socket (net/core/sock.c, sock_error): one call takes it, and says it; those after it do not."""

from __future__ import annotations

from sockviz.model.call import CONNECTING, Call
from sockviz.model.linux.names import errno_name
from sockviz.model.linux.options import Form
from sockviz.words.number_kinds import option_named_by

#: Errors of calls that take none away which waits at their socket.
_NO_NEWS = frozenset({"EAGAIN", "EALREADY", "EINPROGRESS", "EINTR", "EISCONN", "TimeoutError"})


def error_in_value(call: Call) -> int:
    """The error that getsockopt(SO_ERROR) or connect_ex has given; 0 of another call."""
    if not isinstance(call.value, int):
        return 0
    if call.name in CONNECTING:
        return call.value
    option = option_named_by(call) if call.name == "getsockopt" else None
    return call.value if option is not None and option.form is Form.ERROR else 0


def brings_error(call: Call) -> bool:
    """Whether a call has brought an error that waited at its socket."""
    if call.error is not None:
        return call.error not in _NO_NEWS
    return bool(told := error_in_value(call)) and errno_name(told) not in _NO_NEWS
