"""The settings, the declaration and what is made of it."""
