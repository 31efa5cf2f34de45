"""Exercises: where they are, a student's copy and program, and the verdict on it."""
