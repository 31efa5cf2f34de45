"""The files that Python is started with in a lab. Of such a file it keeps no compiled copy, and compiles it anew each time:
these are short, and what they start is imported."""
