"""asyncio, without what it would import for TLS: every start waits for that, and no connection of ours is encrypted.

Imported by whoever is the first to need asyncio. Where something else has been, nothing is lost but time.
"""

import sys

_WITHOUT = "asyncio" not in sys.modules and "ssl" not in sys.modules
if _WITHOUT:  # as where Python was built without it, which asyncio is ready for
    sys.modules["ssl"] = None  # type: ignore[assignment]
try:
    import asyncio as asyncio
finally:
    if _WITHOUT:
        del sys.modules["ssl"]  # others may import it afterwards, as ever
