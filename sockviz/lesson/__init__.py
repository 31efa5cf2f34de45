"""A lesson: Markdown that is data. Parsing, the two grammars, the table of calls, judging. No I/O."""
