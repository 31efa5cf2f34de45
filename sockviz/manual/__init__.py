"""The manual: a page for every call and every error. Its pages are Markdown in ``assets/man``; nothing of them is code."""
