"""What the kernel says: pure parsers of its bytes beside the few functions that read them."""
