"""Why a verdict failed, and what to do about it: derived from what a run's calls gave and what the kernel was seen to say, and of
what no rule knows at least what the program did last."""
