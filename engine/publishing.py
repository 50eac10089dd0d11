"""When an object's live values are due, and whether they changed since they were last published (domain 7.2, 7.3)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engine.arrays import Int64s
from engine.evaluation import Valued
from engine.profiles import Publish


class Live:
    """Publication of open windows under one profile. The clock is the worker's, in ms, and is always passed in."""

    def __init__(self, publish: Publish) -> None:
        self.publish = publish
        self.touched: dict[int, None] = {}
        """Objects whose values may have changed and have not been looked at since."""
        self._next_at: dict[int, int] = {}
        self._next_interval = 0
        self._last: dict[int, Valued] = {}
        self._marked: set[int] = set()

    def touch(self, numbers: Iterable[int] | Int64s) -> None:
        """The values of these objects may have changed."""
        if self.publish.mode != "reset":
            self.touched.update(dict.fromkeys(numbers.tolist() if isinstance(numbers, np.ndarray) else numbers))

    def take_due(self, now_ms: int) -> list[int]:
        """Objects to be looked at now because they were touched, at most every ``min_interval`` (domain 7.2)."""
        if self.publish.mode != "change":
            return []
        next_at = self._next_at
        due = [number for number in self.touched if next_at.get(number, now_ms) <= now_ms]
        for number in due:
            del self.touched[number]
        return due

    def interval_passed(self, now_ms: int) -> bool:
        """Whether it is time to publish all active objects (domain 7.3)."""
        if self.publish.mode != "interval" or now_ms < self._next_interval:
            return False
        self._next_interval = now_ms - now_ms % self.publish.interval_ms + self.publish.interval_ms
        return True

    def take_touched(self) -> set[int]:
        """The objects that were touched since the last interval."""
        touched = set(self.touched)
        self.touched.clear()
        return touched

    def due(self) -> int | None:
        """When something is to be published next if nothing else happens, ms; None if nothing is."""
        if self.publish.mode == "interval":
            return self._next_interval
        if self.publish.mode == "reset" or not self.touched:
            return None
        return min(self._next_at.get(number, 0) for number in self.touched)

    def changed(self, number: int, valued: Valued) -> bool:
        """Whether the values are to be published: one moved by more than its insensitivity, or the state is another."""
        last = self._last.get(number)
        if last is None or last.names != valued.names:
            return True
        moved = ~(np.abs(valued.numbers - last.numbers) <= valued.insensitivity) & ~(np.isnan(valued.numbers) & np.isnan(last.numbers))
        return valued.state != last.state or bool(moved.any())

    def published(self, number: int, now_ms: int, valued: Valued) -> None:
        """The values went out at ``now_ms``."""
        self._last[number] = valued
        self._next_at[number] = now_ms + self.publish.min_interval_ms

    def take_marks(self) -> tuple[set[int], set[int]]:
        """Objects to mark in the changelog as waiting for publication, and those whose mark is to be deleted."""
        waiting = set(self.touched)
        added, gone = waiting - self._marked, self._marked - waiting
        self._marked = waiting
        return added, gone

    def restore_mark(self, number: int) -> None:
        """An object waited for publication when its partition was left."""
        self.touched[number] = None
        self._marked.add(number)
