"""What a student reads of an exercise: its task, and what the kernel does to the program that it may do to any."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _
from sockviz.lesson.document import Exercise, Lesson, Prose
from sockviz.words.worst_kernel import rule_text


def task_text(lesson: Lesson) -> str:
    """Its prose, as Markdown: of all pages, without what is performed."""
    parts = [block.markdown for page in lesson.pages for block in page.blocks if isinstance(block, Prose)]
    return "\n\n".join(parts)


def treatment(exercise: Exercise) -> Iterator[str]:
    """A sentence for each of its kernel's rules."""
    for rule in exercise.kernel:
        yield _("kernel: {rule}: {what}.").format(rule=rule, what=rule_text(rule))
