"""When an object's live values are due, and whether they changed since they were last published (domain 7.2, 7.3).

Objects are numbers, and what is known of each stands in arrays. What waits costs nothing until it is due: objects wait together with all
others that are due at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Int64s, longer
from engine.evaluation import Valued
from engine.last_values import LastValues
from engine.profiles import Publish
from kernels.numbering import distinct

Flags = NDArray[np.bool_]

_NOBODY: Final = np.empty(0, dtype=np.int64)


class Waiting:
    """Objects, each until its time has come."""

    def __init__(self) -> None:
        self._by_time: dict[int, list[Int64s]] = {}
        self._times: list[int] = []

    def add(self, numbers: Int64s, times: Int64s) -> None:
        """Objects that are not waiting wait from now on, shapes (n,)."""
        order = np.argsort(times, kind="stable")
        distinct, first = np.unique(times[order], return_index=True)
        for time, part in zip(distinct.tolist(), np.split(numbers[order], first[1:]), strict=True):
            if time not in self._by_time:
                self._by_time[time] = []
                heappush(self._times, time)
            self._by_time[time].append(part)

    def take(self, until: float) -> Int64s:
        """Those whose time is ``until`` or earlier, ascending; they no longer wait."""
        parts = []
        while self._times and self._times[0] <= until:
            parts.extend(self._by_time.pop(heappop(self._times)))
        return np.sort(np.concatenate(parts)) if parts else _NOBODY

    def first(self) -> int | None:
        """The earliest time; None if nobody waits."""
        return self._times[0] if self._times else None


class Live:
    """Publication of open windows under one profile. The clock is the worker's, in ms, and is always passed in."""

    def __init__(self, publish: Publish) -> None:
        self.publish = publish
        self._pending: list[Int64s] = []
        self._touched: Flags = np.zeros(16, dtype=bool)
        self._marked: Flags = np.zeros(16, dtype=bool)
        self._next_at: Int64s = np.zeros(16, dtype=np.int64)
        self._waiting = Waiting()
        self._moved: list[Int64s] = []
        self._next_interval = 0
        self._last = LastValues()

    def touch(self, numbers: Iterable[int] | Int64s) -> None:
        """The values of these objects may have changed, and have not been looked at since."""
        if self.publish.mode != "reset":
            given = numbers if isinstance(numbers, np.ndarray) else np.array([*numbers], dtype=np.int64)
            self._pending.append(given)

    def _settle(self) -> None:
        """Let those that were touched wait."""
        if not self._pending:
            return
        touched = np.concatenate(self._pending)
        self._pending.clear()
        if not len(touched):
            return
        self._reserve(int(touched.max()) + 1)
        new = distinct(touched[~self._touched[touched]])
        if len(new):
            self._touched[new] = True
            self._moved.append(new)
            self._waiting.add(new, self._next_at[new])

    def _reserve(self, size: int) -> None:
        self._touched = longer(self._touched, size, fill=False)
        self._marked = longer(self._marked, size, fill=False)
        self._next_at = longer(self._next_at, size, 0)

    def _take(self, until: float) -> Int64s:
        self._settle()
        taken = self._waiting.take(until)
        if len(taken):
            self._touched[taken] = False
            self._moved.append(taken)
        return taken

    def take_due(self, now_ms: int) -> Int64s:
        """Objects to be looked at now because they were touched, at most every ``min_interval``, ascending (domain 7.2)."""
        return self._take(now_ms) if self.publish.mode == "change" else _NOBODY

    def interval_passed(self, now_ms: int) -> bool:
        """Whether it is time to publish all active objects (domain 7.3)."""
        if self.publish.mode != "interval" or now_ms < self._next_interval:
            return False
        self._next_interval = now_ms - now_ms % self.publish.interval_ms + self.publish.interval_ms
        return True

    def take_touched(self) -> Int64s:
        """The objects that were touched since the last interval, ascending."""
        return self._take(np.inf)

    def due(self) -> int | None:
        """When something is to be published next if nothing else happens, ms; None if nothing is."""
        if self.publish.mode == "interval":
            return self._next_interval
        self._settle()
        return self._waiting.first()

    def changed(self, numbers: Int64s, valued: Valued) -> Flags:
        """Whose values are to be published, shape (n,): one moved by more than its insensitivity, or the state is another."""
        return self._last.changed(numbers, valued)

    def published(self, numbers: Int64s, now_ms: int, valued: Valued) -> None:
        """Values went out at ``now_ms`` of objects that do not wait, shape (n,)."""
        if len(numbers):
            self._reserve(int(numbers.max()) + 1)
            self._last.keep(numbers, valued)
            self._next_at[numbers] = now_ms + self.publish.min_interval_ms

    def take_marks(self) -> tuple[Int64s, Int64s]:
        """Objects to mark in the changelog as waiting for publication, and those whose mark is to be deleted, both ascending."""
        self._settle()
        if not self._moved:
            return _NOBODY, _NOBODY
        moved = distinct(np.concatenate(self._moved))
        self._moved.clear()
        waits, marked = self._touched[moved], self._marked[moved]
        self._marked[moved] = waits
        return moved[waits & ~marked], moved[marked & ~waits]

    def restore_mark(self, number: int) -> None:
        """An object waited for publication when its partition was left."""
        self.touch([number])
        self._reserve(number + 1)
        self._marked[number] = True
