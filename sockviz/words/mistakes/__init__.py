"""What went wrong in a program of the user's own, in words. One module a rule, or a few that share what they look at; each says
nothing where it is not sure.

Calls of programs come in the order in which they were made, so that what a rule concludes from calls is so. What the kernel was
seen to say is older than the event at hand while programs run: a rule concludes from it only what a sleeping program cannot have
changed since.
"""
