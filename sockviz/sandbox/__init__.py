"""The sandbox: lines typed at a run, taken back, and kept as a lesson. Whoever shows them is in `tui` and `commands`."""
