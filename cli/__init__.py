"""The ``dialstat`` command."""

import os

# Chunks of some thousand rows are over before a thread pool has woken; its idle threads only take processor time from the rest.
os.environ.setdefault("POLARS_MAX_THREADS", "1")
