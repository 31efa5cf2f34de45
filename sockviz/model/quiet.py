"""Calls that change nothing but what their process has made, many at a time: what a program does in a loop.

`sockviz.model.fold` says what any event changes, one by one. Here a run of such events is folded at once, into the same world at
a tenth of the cost; what cannot be said to be of this kind is not taken. (`tests/model/test_quiet.py` folds runs both ways.)
"""

from __future__ import annotations

from collections.abc import Iterable

from sockviz.dataclass import replace
from sockviz.model.call import Call, as_come_back, as_entered
from sockviz.model.changes import changed
from sockviz.model.come_back import ComeBack, number_of
from sockviz.model.events import CallEntered, CallReturned, Event
from sockviz.model.fold import fold
from sockviz.model.later import Later
from sockviz.model.ledger import ledger
from sockviz.model.process import MAIN, Process, Task
from sockviz.model.turns import Turns, Whose
from sockviz.model.values import SocketValue, Value, sockets_in
from sockviz.model.world import World

#: Calls whose end says nothing of a socket's name, of its options, or of whether it has a peer, by name.
_QUIET = frozenset({
    "send", "recv", "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "read", "write", "readv", "writev",
    "sendfile", "splice", "poll", "select", "epoll", "register", "modify", "unregister", "epoll_create", "epoll_create1",
    "epoll_ctl", "epoll_wait", "getsockopt", "fcntl", "ioctl", "shutdown", "close",
})  # fmt: skip
#: Errors by which a segment gives itself away that nobody has captured (`sockviz.model.inference`).
_GIVE_AWAY = frozenset({"ECONNREFUSED", "ECONNRESET"})
#: The one by which it is known that a kernel has forgotten a connection.
_GIVEN_UP = "ETIMEDOUT"
#: Values in which there is no socket.
_PLAIN = (int, bytes, str, type(None), float)


class _Made:
    """What the calls of one process have come to."""

    __slots__ = ("back", "done", "entered", "latest", "process", "tasks")

    def __init__(self, process: Process) -> None:
        self.process = process
        self.entered = process.entered
        self.done: list[Call] | Later[Call] = []
        self.latest: dict[str, Call] = {}
        self.back: set[int] = set()  # tasks that have come back from a call
        self.tasks: dict[
            int, CallEntered | Call | None
        ] = {}  # what each is in, of those of which something was said

    def inside(self, number: int) -> CallEntered | Call | None:
        """The call that a task is in. Raises LookupError where it is in several."""
        if number in self.tasks:
            return self.tasks[number]
        calls = self.process.task(number).calls
        if len(calls) > 1:
            raise LookupError
        return calls[0] if calls else None

    def folded(self) -> Process:
        """The process by now."""
        process = self.process
        changes: dict[str, object] = {"entered": self.entered}
        if self.done:
            changes["calls"] = process.calls.extend(self.done)
            changes["latest"] = ledger(process.latest).but(self.latest)
        threads = {}
        for number, inside in self.tasks.items():
            call = as_entered(inside) if isinstance(inside, CallEntered) else inside
            before = process.task(number)
            asleep = None if number in self.back else before.asleep
            task = Task(number, (call,) if call is not None else (), before.line, asleep)
            if number == MAIN:
                changes["main"] = task
            else:
                threads[number] = task
        if threads:
            changes["threads"] = ledger(process.threads).but(threads)
        return replace(process, **changes)


def _changes_more(event: CallReturned) -> bool:
    """Whether it says something of a name, of an option (a receive moves where MSG_PEEK looks next), or of a connection's end."""
    return bool(event.told) or event.option_is is not None or event.error == _GIVEN_UP


class Quiet:
    """A run of quiet events on top of `world`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._made: dict[str, _Made] = {}
        self._known: dict[int, object] = {}  # arguments in which no socket is news
        self._at = world.at
        self.count = 0  # of events

    def takes(self, event: Event, *, really: bool = True) -> bool:
        """Whether an event is quiet. It is then taken, but where that was only asked."""
        if type(event) is CallEntered:
            taken = self._entered(event, really)
        elif type(event) is CallReturned:
            taken = self._returned(event, really)
        else:
            return False
        if taken and really:
            self.count += 1
            if event.at > self._at:
                self._at = event.at
        return taken

    def _of(self, name: str) -> _Made | None:
        made = self._made.get(name)
        if made is None:
            process = self._world.processes.get(name)
            if process is None or not process.alive:
                return None
            made = self._made[name] = _Made(process)
        return made

    def _entered(self, event: CallEntered, really: bool) -> bool:
        made = self._made.get(event.process) or self._of(event.process)
        if made is None or (event.line is not None and event.text == 0) or event.call <= made.entered:
            return False
        if event.text and event.text not in self._world.texts:
            return False
        passed = event.arguments
        if self._known.get(id(passed)) is not passed:  # else they were no news in this run
            if self._are_new(passed):
                return False
            self._known[id(passed)] = passed
        try:
            if made.inside(event.task) is not None:
                return False
        except LookupError:
            return False
        if not really:
            return True
        made.tasks[event.task] = event
        made.entered = event.call
        return True

    def _returned(self, event: CallReturned, really: bool) -> bool:
        made = self._made.get(event.process) or self._of(event.process)
        if made is None or _changes_more(event) or not self._is_plain(event.value):
            return False
        inside = made.tasks.get(event.task)
        try:
            if inside is None:
                inside = made.inside(event.task)
        except LookupError:
            return False
        if inside is None or inside.name not in _QUIET:
            return False
        number = inside.call if isinstance(inside, CallEntered) else inside.number
        if number != event.call or self._gives_away(made.process, inside.arguments, event):
            return False
        if not really:
            return True
        call = as_come_back(inside, event)
        made.tasks[event.task] = None
        made.back.add(event.task)
        if isinstance(made.done, Later):
            made.done = list(made.done)
        made.done.append(call)
        made.latest[call.name] = call
        return True

    # --- loops ------------------------------------------------------------------------------------------------

    def takes_turns(self, turns: Turns) -> bool:
        """Whether all of these are quiet. They are then taken; to be asked before anything else is."""
        survey = turns.survey
        if self.count or not survey.is_regular or not all(map(self._may_be_quiet, turns.kinds.values())):
            return False
        before: dict[Whose, CallEntered | Call] = {}  # what tasks are in that come back from it
        for whose, place in survey.first.items():
            try:
                inside = self._made[whose[0]].inside(whose[1])
            except LookupError:
                return False
            if type(turns.kinds[turns.which[place]]) is CallEntered:
                if inside is not None or turns.calls[place] <= self._made[whose[0]].entered:
                    return False
            elif inside is None or number_of(inside) != turns.calls[place]:
                return False
            else:
                before[whose] = inside
        for entered, number in survey.pairs:
            back = turns.kinds[number]
            call = turns.kinds[entered] if entered in turns.kinds else before[back.process, back.task]
            made = self._made[back.process]
            if isinstance(call, CallReturned) or isinstance(back, CallEntered) or call.name not in _QUIET:
                return False
            if self._gives_away(made.process, call.arguments, back):
                return False
        for name, task in survey.back:
            self._made[name].back.add(task)
        for (name, task), place in survey.last.items():
            event = turns.event(place)
            self._made[name].tasks[task] = event if isinstance(event, CallEntered) else None
        for name, made in self._made.items():
            come_back = ComeBack(turns, name, before)
            made.entered = max(made.entered, come_back.entered)
            made.done = come_back.calls
            made.latest = come_back.latest
        self.count += len(turns)
        self._at = max(self._at, turns.until)
        return True

    def _may_be_quiet(self, like: CallEntered | CallReturned) -> bool:
        """Whether events of a kind may be, as far as they themselves say so."""
        if self._of(like.process) is None:
            return False
        if isinstance(like, CallEntered):
            if like.text not in self._world.texts if like.text else like.line is not None:
                return False
            return not self._are_new(like.arguments)
        return not _changes_more(like) and self._is_plain(like.value)

    def _is_plain(self, value: Value) -> bool:
        return isinstance(value, _PLAIN) or not sockets_in(value)

    def _are_new(self, values: Iterable[Value]) -> bool:
        """Whether a socket among them is news."""
        sockets = self._world.sockets
        for value in values:
            if isinstance(value, _PLAIN):
                continue
            for held in (value,) if isinstance(value, SocketValue) else sockets_in(value):
                if held.inode and ((known := sockets.get(held.inode)) is None or not known.told):
                    return True
        return False

    def _gives_away(self, process: Process, arguments: tuple[Value, ...], event: CallReturned) -> bool:
        """Whether something may be inferred from the end of a call."""
        if process.host in self._world.captured:
            return False
        held = arguments[0] if arguments else None
        return event.error in _GIVE_AWAY or not isinstance(held, SocketValue) or held.type != "SOCK_STREAM"

    def folded(self) -> World:
        """The world after all of them."""
        processes = {name: made.folded() for name, made in self._made.items()}
        return changed(
            self._world,
            processes=ledger(self._world.processes).but(processes),
            at=self._at,
            events=self._world.events + self.count,
        )


def gone_on(world: World, events: Iterable[Event | Turns]) -> World:
    """The world after `events`, folded as far as they are quiet in few steps."""
    quiet = Quiet(world)
    for event in events:
        if isinstance(event, Turns):
            if quiet.count:
                world = quiet.folded()
                quiet = Quiet(world)
            if not quiet.takes_turns(event):
                world = gone_on(world, event)
                quiet = Quiet(world)
            continue
        if quiet.takes(event):
            continue
        if quiet.count:
            world = quiet.folded()
        world = fold(world, event)
        quiet = Quiet(world)
    return quiet.folded() if quiet.count else world
