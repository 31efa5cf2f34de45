"""What is known put into words: calls as sentences, events narrated, errors explained here, evidence. It decides nothing."""
