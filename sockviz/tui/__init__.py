"""The Textual front end. Only this package imports textual; its widgets draw frozen views and decide nothing."""

from sockviz import event_loops  # noqa: F401 - before Textual, which would import more
from sockviz.library_dataclasses import made_when_used

with made_when_used():
    import textual.app  # noqa: F401 - of its fifty dataclasses a start needs ten
