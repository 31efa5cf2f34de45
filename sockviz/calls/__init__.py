"""The calls that can be performed: the table of them, what each takes and gives, and its C."""
