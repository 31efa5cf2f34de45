"""What a page asks about in a world, worked out once for each: `sockviz.lesson.subjects`."""

from __future__ import annotations

from sockviz.calls.script import ScriptPage
from sockviz.lesson.document import Page
from sockviz.lesson.subjects import subjects
from sockviz.model.first_names import of_lab
from sockviz.model.lab_facts import LabFacts
from sockviz.model.subjects import Subjects
from sockviz.model.world import World
from sockviz.tui.remembered import remembered
from sockviz.tui.view import NOTHING_ASKED


def about(page: ScriptPage, world: World, lab: LabFacts) -> Subjects:
    """What `page` asks about, as `world` knows it; nothing of a script that is no lesson."""
    return _about(page, world, lab) if isinstance(page, Page) else NOTHING_ASKED


@remembered(16)
def _about(page: Page, world: World, lab: LabFacts) -> Subjects:
    return subjects(page, world, of_lab(lab))
