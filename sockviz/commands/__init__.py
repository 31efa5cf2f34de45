"""What each command does. A module is imported only when one of its commands is typed (see `sockviz.cli`)."""
