"""An event that cannot have come where it came, in words."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.misfit import Misfit, Unfit


def unfit(misfit: Misfit) -> str:
    """Why it does not fit, in a sentence without a full stop."""
    return _("this does not fit: {why}").format(
        why=_why(misfit.why).format(process=misfit.process, number=misfit.number)
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
        case Unfit.NOT_AT:
            return _("{process} is not at line {number}")
