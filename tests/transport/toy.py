"""Two small agents, and a worker that runs them: ``python -m tests.transport.toy '{"brokers": ...}'``.

``counts`` merges two topics and counts per key; each row makes an output that tells how many rows of the key went before and a digest
of their order, and each chunk a subtotal per topic, which ``totals`` adds up. Values are the merge key in digits; some words are
special, and make a job that errs, waits, or is too greedy.
"""

from __future__ import annotations

import json
import logging
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from transport.app import build_app, run_worker
from transport.config import TransportConfig
from transport.job import NO_ORDER, Chunk, NotYet, Outcome, Record
from transport.partitioning import partition_of
from transport.records import Records, SourceRecord

Rowlike = Sequence[tuple[bytes, bytes]]

UNREADABLE = b"unreadable"
"""Decoding it fails."""
NEVER = b"never"
"""Decoding it has to wait, for ever."""
LATER = b"later"
"""Decoding it has to wait twice."""
POISON = b"poison"
"""Applying it fails."""
HUGE = b"huge"
"""Makes an output that no broker takes."""
ASIDE = b"aside"
"""Takes no part in the order."""

PANIC = b"panic"
"""Decoding it fails as a panic in a library may: not as an Exception."""


class PanicError(BaseException):
    """What is no Exception."""


@dataclass
class Rows:
    records: Records

    @property
    def keys(self) -> np.ndarray:
        values = [record.value or b"" for record in self.records]
        return np.array([int(value) if value.isdigit() else NO_ORDER for value in values], dtype=np.int64)


@dataclass
class State:
    partition: int
    counts: dict[bytes, list[int]] = field(default_factory=dict)
    """Rows so far and the digest of their order, by key."""
    later: int = 0
    ticks: int = 0


def mixed(digest: int, topic: int, value: bytes) -> int:
    """The digest after one more row."""
    return (digest * 1_000_003 + (topic + 1) * 7_919 + sum(value)) % (1 << 52)


class CountsJob:
    name = "counts"

    def __init__(self, prefix: str) -> None:
        self.topics = (f"{prefix}first", f"{prefix}second")
        self._out, self._subtotals, self._ticks = f"{prefix}out", f"{prefix}subtotals", f"{prefix}ticks"
        self.outputs = (self._out, self._subtotals, self._ticks)

    def restore(self, partition: int, records: Mapping[bytes, bytes]) -> State:
        return State(partition, {key: json.loads(value) for key, value in records.items()})

    def decode(self, state: State, topic: str, records: Records, now_ms: int) -> Rows:
        values = {record.value for record in records}
        if UNREADABLE in values:
            raise ValueError("these records can't be read")
        if PANIC in values:
            raise PanicError("index out of bounds")
        if NEVER in values:
            raise NotYet("the registry does not answer")
        if LATER in values and state.later < 2:
            state.later += 1
            raise NotYet("the registry takes its time", retry_after=0.01)
        return Rows(records)

    def apply(self, state: State, chunk: Chunk) -> Outcome:
        rows = sorted(self._rows(chunk), key=lambda row: row[0])
        outputs: dict[str, list[Record]] = defaultdict(list)
        subtotals: dict[bytes, int] = defaultdict(int)
        for _, topic, record in rows:
            key, value = record.key or b"", record.value or b""
            if value == POISON:
                raise ValueError("this row can't be applied")
            count = state.counts.setdefault(key, [0, 0])
            count[:] = [count[0] + 1, mixed(count[1], topic, value)]
            text = b"x" * (4 << 20) if value == HUGE else b"%d %d" % tuple(count)
            outputs[self._out].append(Record(key, text, [("topic", b"%d" % topic)]))
            subtotals[b"total-%d" % topic] += 1
        outputs[self._subtotals] = [Record(key, b"%d" % count) for key, count in subtotals.items()]
        if not rows and state.ticks < 3:
            state.ticks += 1
            outputs[self._ticks] = [Record(None, b"%d drained=%d" % (state.ticks, chunk.drained))]
        changed = {record.key or b"" for _, _, record in rows}
        return Outcome(outputs, [(key, json.dumps(state.counts[key]).encode()) for key in sorted(changed)], lambda: None)

    def _rows(self, chunk: Chunk) -> list[tuple[int, int, SourceRecord]]:
        found = []
        for taken in chunk.taken:
            records = [record for piece in taken.pieces for record in piece.batch.records[piece.low : piece.high]]
            topic = self.topics.index(taken.topic)
            found += [(int(place), topic, record) for place, record in zip(taken.order, records, strict=True)]
        return found

    def due(self, state: State, *, drained: bool) -> int | None:
        return 0 if state.counts and state.ticks < 3 else None


class TotalsJob:
    name = "totals"

    def __init__(self, prefix: str) -> None:
        self.topics = (f"{prefix}subtotals",)
        self.outputs: tuple[str, ...] = ()

    def restore(self, partition: int, records: Mapping[bytes, bytes]) -> dict[bytes, int]:
        return {key: int(value) for key, value in records.items()}

    def decode(self, state: dict[bytes, int], topic: str, records: Records, now_ms: int) -> Rows:
        return Rows(records)

    def apply(self, state: dict[bytes, int], chunk: Chunk) -> Outcome:
        records = [record for taken in chunk.taken for piece in taken.pieces for record in piece.batch.records[piece.low : piece.high]]
        for record in records:
            state[record.key or b""] = state.get(record.key or b"", 0) + int(record.value or b"0")
        return Outcome({}, [(key, b"%d" % state[key]) for key in {record.key or b"" for record in records}], lambda: None)

    def due(self, state: dict[bytes, int], *, drained: bool) -> int | None:
        return None


def expected_counts(first: Rowlike, second: Rowlike, partitions: int) -> dict[bytes, list[int]]:
    """What ``counts`` makes of two topics that are all there: in each partition head by head (domain 2.5)."""
    counts: dict[bytes, list[int]] = {}
    for partition in range(partitions):
        rows = [[row for row in topic if partition_of(row[0], partitions) == partition] for topic in (first, second)]
        heads = [0, 0]
        while open_ := [topic for topic in (0, 1) if heads[topic] < len(rows[topic])]:
            topic = min(open_, key=lambda topic: (int(rows[topic][heads[topic]][1]), topic))
            key, value = rows[topic][heads[topic]]
            heads[topic] += 1
            count = counts.get(key, [0, 0])
            counts[key] = [count[0] + 1, mixed(count[1], topic, value)]
    return counts


def tell_ready(partitions: Sequence[int]) -> None:
    print("ready", *partitions, flush=True)


def main(settings: dict[str, Any]) -> int:
    logging.basicConfig(level=logging.ERROR)
    config = TransportConfig(**{"partitions": 4, "on_ready": tell_ready, **settings})
    return run_worker(build_app(config, [CountsJob(config.topic_prefix), TotalsJob(config.topic_prefix)]))


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
