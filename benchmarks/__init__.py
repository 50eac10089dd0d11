"""Benchmarks: ratios and events per CPU-second, never timed tests. ``python -m benchmarks`` runs the one that counts."""

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # as the command does before Polars is there, and what is measured is the command's
