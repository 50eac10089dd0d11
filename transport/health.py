"""Whether this worker gets on: alive by progress, ready when all that it was assigned is restored."""

from __future__ import annotations

import time


class Health:
    """Progress of a worker. ``limit``: seconds without any after which it is not alive."""

    def __init__(self, limit: float = 60.0) -> None:
        self._limit = limit
        self._progress_at = time.monotonic()
        self.partitions: tuple[int, ...] = ()
        self.ready = False
        self.reason = "not assigned any partition yet"
        self.steps = 0
        """Grows with every step towards being ready."""

    def progress(self) -> None:
        """The worker's loop has come round."""
        self._progress_at = time.monotonic()

    def alive(self, now: float | None = None) -> bool:
        """Whether there was progress within the limit; ``now`` is a monotonic time."""
        return (time.monotonic() if now is None else now) - self._progress_at < self._limit

    def restoring(self, changelog: str, records: int) -> None:
        """That many records more of a changelog have been read."""
        self.steps += records
        self.reason = f"restoring from {changelog}"

    def restored(self, partitions: tuple[int, ...]) -> None:
        """Everything assigned is restored."""
        self.partitions, self.ready, self.reason = partitions, True, "restored and assigned"

    def revoked(self) -> None:
        """The partitions are given up, for a rebalance or the end."""
        self.ready, self.reason = False, "partitions are being reassigned"
        self.steps += 1
