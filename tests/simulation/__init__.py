"""The whole pipeline in one process, under a virtual clock, against a simulated broker; see docs/simulation.md."""
