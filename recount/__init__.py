"""A second implementation of the domain's rules: slow, simple, one event at a time, sharing no code with the engine but its tables."""
