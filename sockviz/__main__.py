"""``python -m sockviz``."""

import sys

from sockviz.cli import main

sys.exit(main())
