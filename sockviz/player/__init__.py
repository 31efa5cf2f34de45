"""The one join: performs a lesson in a lab and appends what happens to a timeline."""
