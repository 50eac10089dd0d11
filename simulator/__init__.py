"""Synthetic dialers: seeded sites whose campaigns behave like real ones."""
