"""The stage of a lesson: what is drawn of processes, wire and timeline. Each drawing is a pure function of a view and a size.

What opens over it (the errno card, the inspector, the state diagram) is imported when it is first opened.
"""

from sockviz.tui.stage.process_panel import ProcessPanel
from sockviz.tui.stage.roadmap import Roadmap
from sockviz.tui.stage.timeline_bar import TimelineBar
from sockviz.tui.stage.wire import WirePanel

__all__ = [
    "ProcessPanel",
    "Roadmap",
    "TimelineBar",
    "WirePanel",
]
