"""Why calls fail, each cause derived from what was observed of its socket, its peer, its queues, its options and the wire."""
