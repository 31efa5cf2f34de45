"""`sockviz serve`: the course in a browser, each visitor with a lab and a progress of their own, and no more of this machine."""
