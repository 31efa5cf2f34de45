"""A performed lesson as one page of HTML: no script, nothing fetched, read on a phone, by a screen reader and on paper."""
