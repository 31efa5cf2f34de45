"""What is known: calls, sockets, segments, events, and the world after each event. No I/O."""
