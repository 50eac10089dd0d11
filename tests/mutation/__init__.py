"""Mutation testing of the engine: what its tests would not notice; see docs/mutation.md."""
