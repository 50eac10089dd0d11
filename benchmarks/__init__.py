"""Benchmarks: ratios and events per CPU-second, never timed tests. ``python -m benchmarks`` runs the one that counts."""
