"""A run's second terminal: what its lecturer reads beside the screen that everybody sees, and drives that by."""
