from __future__ import annotations

from tests.warm import warm_labs

__all__ = ["warm_labs"]
