"""The screens: the course, a lesson being opened, a lesson, help."""
