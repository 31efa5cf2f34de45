"""What the environment asks of Textual: looked at before the application is made, which would break over it."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from pathlib import Path

from rich.console import COLOR_SYSTEMS
from textual.driver import Driver

from sockviz.language import _
from sockviz.output_file import why_not_made
from sockviz.visible import quoted


def why_not_as_asked(environment: Mapping[str, str]) -> str | None:
    """The sentence for the first variable that asks for what there is not, with what to do; None where there is none."""
    driver = environment.get("TEXTUAL_DRIVER")
    if driver is not None and not _is_driver(driver):
        return _("TEXTUAL_DRIVER={name} names no driver of Textual's (MODULE:CLASS); correct it, or unset it").format(
            name=quoted(driver)
        )  # fmt: skip
    colours = environment.get("TEXTUAL_COLOR_SYSTEM", "auto")
    if colours not in ("auto", *COLOR_SYSTEMS):
        known = ", ".join(("auto", *COLOR_SYSTEMS))
        return _("TEXTUAL_COLOR_SYSTEM={name} is none of {known}; correct it, or unset it").format(
            name=quoted(colours), known=known
        )
    if log := environment.get("TEXTUAL_LOG"):
        try:
            open(log, "a").close()  # as Textual does for each line
        except OSError as error:
            return f"TEXTUAL_LOG {quoted(log)}: {why_not_made(Path(log), error)}"
    return None


def _is_driver(name: str) -> bool:
    module, _colon, symbol = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), symbol)
    except Exception:  # it is somebody's module, and may do anything
        return False
    return inspect.isclass(found) and issubclass(found, Driver)
