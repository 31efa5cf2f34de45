"""The same rules where programs of the user's own run beside lines: what is typed may be meant, and is told of where it has to do
with one of them."""

from __future__ import annotations

import re
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.model.bystanders import is_of_a_program
from sockviz.model.moment import Moment
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.mistakes.rules import Rules


@dataclass(slots=True)
class RulesBeside:
    """To be given each event of a run, in order."""

    _rules: Rules = field(default_factory=Rules)

    def after(self, moment: Moment) -> list[Mistake]:
        """What is known to be wrong with the programs, or between one of them and a line, from an event on."""
        return [each for each in self._rules.after(moment) if _names_a_program(each, moment)]


def _names_a_program(mistake: Mistake, moment: Moment) -> bool:
    named = {mistake.process, *re.findall(r"\w+", mistake.text)}
    world = moment.after
    return any(is_of_a_program(process, world) for name, process in world.processes.items() if name in named)
