"""A lesson as programs that stand by themselves: one for each process, in C or in Python. Pure: text from a lesson."""
