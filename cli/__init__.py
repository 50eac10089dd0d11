"""The ``dialstat`` command."""
