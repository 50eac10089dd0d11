"""One source topic of one partition: what was received and is not applied yet."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from transport.job import Batch, Int64s, Piece, Taken
from transport.records import Records


class Run(NamedTuple):
    """A decoded batch that waits, from row ``low`` on. ``next_offsets`` are the topic's positions after each row."""

    batch: Any
    keys: Int64s
    next_offsets: Int64s
    low: int


@dataclass(slots=True)
class Undecoded:
    """A fetched run of records that could not be decoded yet, and the position after it. ``told``: that they wait has been logged."""

    records: Records
    end: int
    told: bool = False


class Lane:
    """The queue of a topic-partition. ``position`` is the next offset to apply, ``received`` the next one to receive."""

    def __init__(self, topic: str, partition: int, position: int) -> None:
        self.topic = topic
        self.partition = partition
        self.position = position
        self.received = position
        self.size = 0
        self.waiting: deque[Undecoded] = deque()
        self.blocked = False
        """Whether what waits can't be decoded yet."""
        self._runs: deque[Run] = deque()

    def put(self, batch: Batch, records: Records, end: int) -> None:
        """Queue a decoded run; ``end`` is the position behind it, control records at its end included.

        Raises:
            ValueError: the batch has not one row a record, so the position would drift from the rows.
        """
        keys = batch.keys
        if len(keys) != len(records):
            raise ValueError(f"{len(records)} records of {self.topic}-{self.partition} were decoded to {len(keys)} rows")
        offsets = records.offset + 1
        offsets[-1] = end
        self._runs.append(Run(batch, keys, offsets, 0))
        self.size += len(records)

    @property
    def held(self) -> int:
        """How many records wait, decoded or not."""
        return self.size + sum(len(run.records) for run in self.waiting)

    def keys(self, limit: int) -> Int64s:
        """Merge keys of the first rows that wait: at least ``limit``, if there are so many."""
        parts: list[Int64s] = []
        size = 0
        for run in self._runs:
            parts.append(run.keys[run.low :])
            size += len(parts[-1])
            if size >= limit:
                break
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)

    def take(self, order: Int64s) -> Taken:
        """The first rows, one for each element of ``order``, which tells their places in the chunk."""
        left = len(order)
        pieces: list[Piece] = []
        while left:
            run = self._runs[0]
            high = min(run.low + left, len(run.keys))
            pieces.append(Piece(run.batch, run.low, high))
            left -= high - run.low
            self.position = int(run.next_offsets[high - 1])
            if high == len(run.keys):
                self._runs.popleft()
            else:
                self._runs[0] = run._replace(low=high)
        self.size -= len(order)
        return Taken(self.topic, tuple(pieces), order, self.position)
