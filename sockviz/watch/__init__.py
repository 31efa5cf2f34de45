"""What `sockviz watch` shows of programs of the user's own."""
