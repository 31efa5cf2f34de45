"""What programs do as JSON, an object a line: for graders, editors and other programs that read along."""

from __future__ import annotations

from dataclasses import dataclass, field

from sockviz.door import Door
from sockviz.model.event_json import event_json
from sockviz.model.events import CallReturned, SourceMet
from sockviz.model.moment import Moment
from sockviz.model.timeline import Timeline
from sockviz.model.walk import Walk
from sockviz.watch.transcript import returned
from sockviz.words.mistakes.rules import Rules
from sockviz.words.narration import narrate


@dataclass(slots=True)
class JsonLines:
    """Writes the events of a run of programs, each once: first one of kind ``Begun``, then each with its sentence as ``text`` (in
    the language that was asked for), mistakes as they are found (``Mistake``; where there are ``rules``), and ``Over`` at the
    end: how each process ended.
    """

    timeline: Timeline
    out: Door
    live: bool
    _told: int = 0
    _walk: Walk | None = None
    rules: Rules | None = field(default_factory=Rules)

    def title(self) -> None:
        """Names the lab and the kernel."""
        header = self.timeline.header
        self.out.say_json_line({
            "event": "Begun", "at": header.started, "sockviz": header.sockviz, "kernel": header.kernel, "live": self.live,
            "lab": header.lab.kind, "hosts": list(header.lab.hosts), "missing": dict(header.lab.missing),
        })  # fmt: skip

    def catch_up(self) -> None:
        """Writes what was appended since the last time."""
        if self._walk is None:
            self._walk = self.timeline.walk()
        while self._told < len(self.timeline):
            moment = Moment(self.timeline, self._told, self._walk)
            self._told += 1
            self.out.say_json_line({**event_json(moment), "text": _text(moment)})
            for mistake in self.rules.after(moment) if self.rules is not None else ():
                told = {"rule": mistake.rule, "process": mistake.process, "observed": mistake.observed}
                told |= {"cause": mistake.cause, "remedy": mistake.remedy, "text": mistake.text}
                self.out.say_json_line({"event": "Mistake", "at": moment.event.at, **told})
        self._walk.leave(self._told)

    def end(self, why: str | None = None) -> None:
        """How it came out. `why` it was ended, where it did not end by itself."""
        self.catch_up()
        world = self.timeline.world
        self.out.say_json_line({
            "event": "Over", "at": world.at, "why": why,
            "processes": {
                process.name: {"alive": process.alive, "exit_code": process.exit_code, "signal": process.signal}
                for process in world.processes.values()
            },
        })  # fmt: skip


def _text(moment: Moment) -> str | None:
    if len(moment.after.misfits) > len(moment.before.misfits):
        return narrate(moment.event, moment.before, moment.after)
    match moment.event:
        case SourceMet():
            return None
        case CallReturned() as event:
            call = moment.call(event.process, event.call)
            return returned(call, moment.after) if call is not None else None
    return narrate(moment.event, moment.before, moment.after) or None
