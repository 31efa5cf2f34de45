"""The stage of a lesson: what is drawn of processes, wire and timeline. Each drawing is a pure function of a view and a size."""

from sockviz.tui.stage.errno_card import ErrnoCard
from sockviz.tui.stage.inspector import InspectorView
from sockviz.tui.stage.process_panel import ProcessPanel
from sockviz.tui.stage.roadmap import Roadmap
from sockviz.tui.stage.state_diagram import StateDiagram
from sockviz.tui.stage.timeline_bar import TimelineBar
from sockviz.tui.stage.wire import WirePanel

__all__ = [
    "ErrnoCard",
    "InspectorView",
    "ProcessPanel",
    "Roadmap",
    "StateDiagram",
    "TimelineBar",
    "WirePanel",
]
