"""Starts lab/tracer/main.py, which watches programs of the user's own."""

import os
import sys

if __name__ == "__main__":
    # -I leaves even sockviz out. It comes last: nothing beside it may stand in for a standard module.
    sys.path.append(os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "..")))
    from sockviz.lab.tracer.main import main

    main()
