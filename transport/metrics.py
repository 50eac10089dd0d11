"""Metrics of the transport (prometheus-client); children are bound once, and touched once a chunk."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_SECONDS: Final = (0.002, 0.004, 0.006, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)

EVENTS: Final = Counter("dialstat_input_records_total", "Records applied, by input topic.", ["topic"])
CHUNKS: Final = Counter("dialstat_chunks_total", "Chunks applied, by agent.", ["agent"])
TRANSACTION: Final = Histogram("dialstat_transaction_seconds", "Time to write a chunk and commit it.", ["agent"], buckets=_SECONDS)
APPLY: Final = Histogram("dialstat_apply_seconds", "Time to apply a chunk, without writing it.", ["agent"], buckets=_SECONDS)
RESTORE: Final = Gauge("dialstat_restore_seconds", "Time that the last restore took.", ["agent"])
RESTORED: Final = Counter("dialstat_restored_records_total", "Changelog records read at restores.", ["agent"])
LAG: Final = Gauge("dialstat_lag_records", "Records between the applied position and the end.", ["topic", "partition"])
QUEUED: Final = Gauge("dialstat_queued_records", "Records that are read and not applied yet.", ["topic", "partition"])
HELD: Final = Counter("dialstat_merge_held_total", "Times that the merge waited for the other topic.", ["agent", "partition"])


class LaneGauges:
    """Lag and queue of a topic-partition, for as long as this worker holds it."""

    def __init__(self, topic: str, partition: int) -> None:
        self._labels = (topic, str(partition))
        self._lag = LAG.labels(*self._labels)
        self._queued = QUEUED.labels(*self._labels)

    def note(self, lag: int, queued: int) -> None:
        """Records that are not applied, and how many of them are read."""
        self._lag.set(max(lag, 0))
        self._queued.set(queued)

    def remove(self) -> None:
        """Another worker tells from here on."""
        LAG.remove(*self._labels)
        QUEUED.remove(*self._labels)
