"""A call that changes the list of an epoll instance: as Python's epoll object has it, or epoll_ctl(2)."""

from __future__ import annotations

from sockviz.dataclass import dataclass
from sockviz.model.call import Call
from sockviz.model.linux.files import EPOLL_CONTROLS
from sockviz.model.values import SocketValue, Value

#: Their names: Python's three, and the kernel's one.
LISTING = ("register", "modify", "unregister", "epoll_ctl")
_CONTROLS = {
    EPOLL_CONTROLS["EPOLL_CTL_ADD"]: "register", EPOLL_CONTROLS["EPOLL_CTL_MOD"]: "modify",
    EPOLL_CONTROLS["EPOLL_CTL_DEL"]: "unregister",
}  # fmt: skip
_IN_C = {"register": "EPOLL_CTL_ADD", "modify": "EPOLL_CTL_MOD", "unregister": "EPOLL_CTL_DEL"}


@dataclass(frozen=True, slots=True)
class Membership:
    """What is done, by Python's name of it; with which descriptor; for which events, None where it was not said."""

    what: str
    given: Value
    events: Value

    @property
    def fd(self) -> Value:
        """The descriptor, as a number where it is one."""
        return self.given.fd if isinstance(self.given, SocketValue) else self.given


def membership(call: Call) -> Membership | None:
    """What `call` does to a list; None where it does nothing of the kind."""
    if call.name == "epoll_ctl":
        match call.arguments:
            case (_, int(operation), fd, *rest) if operation in _CONTROLS:
                return Membership(_CONTROLS[operation], fd, rest[0] if rest else None)
        return None
    if call.name in LISTING and len(call.arguments) > 1:
        return Membership(
            call.name, call.arguments[1], call.arguments[2] if len(call.arguments) > 2 else None
        )
    return None


def spelled(call: Call, what: str) -> str:
    """What `call` would be that does ``register``, ``modify`` or ``unregister`` instead, as whoever has made it spells that."""
    return _IN_C[what] if call.name.startswith("epoll_") else what
