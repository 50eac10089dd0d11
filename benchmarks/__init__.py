"""Benchmarks: ratios and events per CPU-second, never timed tests. ``python -m benchmarks`` runs the one that counts."""

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # chunks of some thousand rows are over before a pool of threads has woken
