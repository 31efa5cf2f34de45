"""Lines as C: the writer, and what the rows of the table of calls render with."""
