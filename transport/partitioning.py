"""The partition of a key, as every producer of the contract chooses it: Kafka's murmur2 (contract 1)."""

from __future__ import annotations

import numpy as np

from kernels.partitions import partition_of_bytes


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key; of columns of them: ``kernels.partitions``."""
    return partition_of_bytes(np.frombuffer(key, dtype=np.uint8), 0, len(key), partitions)
