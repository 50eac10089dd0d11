"""Fuzzing of all that takes bytes or text from outside; see docs/fuzzing.md."""
