"""The frame of the repository: what a stranger finds around the code."""
