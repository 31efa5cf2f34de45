"""The Textual front end. Only this package imports textual; its widgets draw frozen views and decide nothing."""
