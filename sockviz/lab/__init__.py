"""Where a lesson runs: hosts, namespaces, and the processes that make its calls."""
