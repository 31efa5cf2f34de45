"""An event that cannot have come where it came, in words."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.misfit import Misfit, Unfit
from sockviz.model.process import MAIN
from sockviz.model.tasks import task_name


def unfit(misfit: Misfit) -> str:
    """Why it does not fit, in a sentence without a full stop."""
    task = task_name(misfit.process, misfit.number or MAIN)
    return _("this does not fit: {why}").format(
        why=_why(misfit.why).format(process=misfit.process, number=misfit.number, task=task)
    )


def _why(why: Unfit) -> str:
    match why:
        case Unfit.NO_PROCESS | Unfit.NO_PARENT:
            return _("no process {process} has started")
        case Unfit.ALIVE:
            return _("{process} is there already")
        case Unfit.ENDED:
            return _("{process} had ended")
        case Unfit.NOT_ENTERED:
            return _("{process} has entered no call {number}")
        case Unfit.ENTERED:
            return _("{process} has entered call {number} before")
        case Unfit.NOT_HELD:
            return _("nobody holds call {number} of {process}")
        case Unfit.NOT_INTERRUPTED:
            return _("no signal has interrupted call {number} of {process}")
        case Unfit.NO_THREAD:
            return _("there is no thread {task}")
        case Unfit.THREAD_IS_THERE:
            return _("{task} is there already")
        case Unfit.OVER:
            return _("call {number} of {process} was over")
        case Unfit.IN_A_CALL:
            return _("{process} is still in call {number}")
        case Unfit.AT_A_LINE:
            return _("{process} is still at line {number}")
        case Unfit.NOT_BEGUN:
            return _("{process} has begun no line {number}")
        case Unfit.NOT_ON_LINK:
            return _("the link has no such packet")
        case Unfit.ON_LINK:
            return _("the link has this packet already")
        case Unfit.NOT_CAPTURED:
            return _("nothing is captured on {process}")
        case Unfit.NO_ROW:
            return _("the kernel of {process} had no such row")
        case Unfit.NO_TEXT:
            return _("no text {number} is known")
        case Unfit.TEXT_IS_KNOWN:
            return _("text {number} is known already")
        case Unfit.TURNED_BACK:
            return _("page {number} was open before, or is past")
        case Unfit.AT_ITS_END:
            return _("the lesson had ended")
        case Unfit.NOT_AT:
            return _("{process} is not at line {number}")
