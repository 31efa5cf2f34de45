"""What is kept of one lesson's reading: the pages seen, the predictions made."""

from __future__ import annotations

from sockviz.lesson.document import Page, Predict
from sockviz.progress import ProgressStore
from sockviz.tui.view import Mode, View


class Notebook:
    """Writes down what one lesson's reader does, in the progress of the lesson called `slug`."""

    def __init__(self, store: ProgressStore, slug: str) -> None:
        self._store, self._slug = store, slug
        self._page = -1

    def shown(self, view: View) -> None:
        """The page of `view` has been seen, unless that is its past; said once of each that is turned to."""
        if view.mode is Mode.REVIEW or view.world.page is None or view.page.index == self._page:
            return
        self._page = view.page.index
        self._store.page_seen(self._slug, view.page.index, len(view.script.pages))

    def predicted(self, page: Page, question: Predict, choice: int | None) -> None:
        """A question of `page` was answered; None: passed over."""
        self._store.prediction_made(self._slug, f"{page.index}.{page.predictions.index(question)}", choice)
