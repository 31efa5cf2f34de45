"""What the judge of an expectation, or of an answer, has found, as data: `sockviz.words.found` has the words."""

from __future__ import annotations

from enum import StrEnum

from sockviz.dataclass import dataclass


class Finding(StrEnum):
    """What can be found of a part of an expression: all but the first say why there is no value, or no verdict."""

    IS = "is"  # such a value; where none was to be had: a None, which goes with nothing else
    NO_VALUE = "no value"
    NO_VALUE_YET = "no value yet"
    NOT_STARTED = "not started"  # ``part`` is a process
    NO_CALL = "no call"  # of the process ``part`` has returned yet
    NO_FIELD_OF_CALL = "no field of a call"
    NO_FIELD_OF_SOCKET = "no field of a socket"
    NO_ATTRIBUTE = "no attribute"  # ``other``, of such a value
    NO_SLICE = "no slice"
    NO_ITEM = "no item"  # ``other``
    NO_SEQUENCE = "no sequence"  # which the function ``other`` needs
    NOT_DONE = "not done"  # by the function ``other``, of such a value
    NOT_COMPARED = "not compared"  # ``value`` with ``other``
    NO_NUMBER = "no number"
    NO_WHOLE_NUMBER = "no whole number"
    TOO_LARGE = "too large"
    FAILS = "fails"  # as Python says: ``other``
    PORT_UNKNOWN = "port unknown"
    NO_COUNTER = "no counter"  # ``part`` in the tables ``other``
    NOT_TOLD = "not told"  # of a socket's ``part`` by the interface ``other``
    TOO_MUCH = "too much"  # work
    NOT_BEFORE = "not before"  # the page's first call, as «still» says
    OFF_SCRIPT = "off script"  # where nothing is judged
    MORE = "more"  # of which nothing is said


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was found. ``part`` is a part of the expression's text, but where `Finding` says otherwise; ``value`` what
    it is, as Python writes it, cut where it is long."""

    what: Finding
    part: str = ""
    value: str = ""
    other: str = ""
