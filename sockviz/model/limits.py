"""What any lesson may take at most, said of its text and held while it runs. It imports nothing: its processes read it."""

#: Processes at a time, the first ones included.
MOST_PROCESSES = 64
#: Calls that are told of programs of the user's own, and what else they do: each takes some 1 KB of memory.
MOST_CALLS = 200_000
#: Packets of a run that are kept: what comes after them is counted as what the capture lost. Each takes some 2.5 KB.
MOST_PACKETS = 50_000
#: Rows, processes and the like that looks at the kernel have found changed, as they come. Each takes some 2 KB.
MOST_CHANGES = 50_000
#: Of a room, for each choice of a question.
MOST_VOTES = 9999
#: One value, in bytes or items.
LARGEST_VALUE = 64 * 1024 * 1024
#: An integer, in bits.
WIDEST_NUMBER = 4096
