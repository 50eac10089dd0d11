"""One partition of a simulated topic: records and markers with their offsets, transactions that are open, compaction."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Any


class Fate(Enum):
    """What became of a transaction."""

    OPEN = "open"
    COMMITTED = "committed"
    ABORTED = "aborted"


@dataclass(eq=False, slots=True)
class Txn:
    """A transaction. ``left`` counts the partitions whose markers are still to be written."""

    pid: int
    epoch: int
    began: float
    fate: Fate = Fate.OPEN
    logs: list[Log] = field(default_factory=list)
    offsets: dict[Any, int] = field(default_factory=dict)
    left: int = 0


@dataclass(slots=True)
class Entry:
    """A record, or with ``marker`` the end of a transaction; shaped as the consumers hand records over."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    txn: Txn | None
    marker: bool = False

    @property
    def committed(self) -> bool:
        """Whether a reader of committed records gets to see it, once its marker is written."""
        return not self.marker and (self.txn is None or self.txn.fate is Fate.COMMITTED)


class Log:
    """A partition."""

    def __init__(self, topic: str, partition: int) -> None:
        self.topic, self.partition = topic, partition
        self.entries: list[Entry] = []
        self.end = 0
        self._offsets: list[int] = []
        self._open: dict[Txn, int] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._tombstones: dict[bytes, tuple[int, float]] = {}
        self._removed: list[Entry] = []

    @property
    def stable(self) -> int:
        """The last stable offset: before it no transaction is open."""
        return min(self._open.values(), default=self.end)

    def append(self, records: Sequence[tuple[Any, ...]], txn: Txn | None, now_ms: int) -> None:
        """Write (key, value, headers) records."""
        if txn is not None and txn not in self._open:
            self._open[txn] = self.end
            txn.logs.append(self)
        for key, value, headers in records:
            self._add(Entry(self.end, now_ms, key, value, headers, txn))
        self._wake()

    def mark(self, txn: Txn, now_ms: int) -> None:
        """Write the marker that ends a transaction here."""
        self._add(Entry(self.end, now_ms, None, None, (), txn, marker=True))
        self._open.pop(txn, None)
        self._wake()

    def _add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._offsets.append(entry.offset)
        self.end += 1

    def read(self, position: int, limit: int, *, committed: bool = True) -> tuple[list[Entry], int]:
        """Up to ``limit`` records from a position on, and the position behind them."""
        bound = self.stable if committed else self.end
        found: list[Entry] = []
        for place in range(bisect_left(self._offsets, position), len(self.entries)):
            entry = self.entries[place]
            if entry.offset >= bound:
                break
            if entry.committed or (not committed and not entry.marker):
                found.append(entry)
                if len(found) == limit:
                    return found, entry.offset + 1
        return found, max(position, bound)

    def all_committed(self) -> list[Entry]:
        """What a reader of committed records sees."""
        return self.read(0, len(self.entries) + 1)[0]

    def ever_committed(self) -> list[Entry]:
        """The same before anything was compacted."""
        removed = [entry for entry in self._removed if entry.committed]
        return sorted([*removed, *self.all_committed()], key=lambda entry: entry.offset)

    def compact(self, random: Random, now: float, grace: float) -> int:
        """Keep the last record of each key below some offset; tombstones go ``grace`` seconds after they were first all there is."""
        cut = random.randint(0, self.stable)
        last = {entry.key: entry.offset for entry in self.entries if entry.offset < cut and entry.committed}
        kept, removed = list[Entry](), list[Entry]()
        for entry in self.entries:
            (kept if entry.offset >= cut or self._survives(entry, last, now, grace) else removed).append(entry)
        self.entries, self._offsets = kept, [entry.offset for entry in kept]
        self._removed += removed
        return len(removed)

    def _survives(self, entry: Entry, last: dict[bytes | None, int], now: float, grace: float) -> bool:
        if entry.marker or last.get(entry.key) != entry.offset or not entry.committed:
            return False
        if entry.value is not None or entry.key is None:
            return True
        offset, since = self._tombstones.get(entry.key, (None, now))
        if offset != entry.offset:
            self._tombstones[entry.key] = (entry.offset, now)
            return True
        return now < since + grace

    def wait(self, future: asyncio.Future[None]) -> None:
        """Resolve a future when something is written here."""
        self._waiting.append(future)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
