"""RecordsScheduled, a gauge: each pair of group and list has its own last number (domain 4.7).

A gauge is kept as a function of time, so that a window's closing value (7.4) is what it was at the window's end, in whatever
batches the reports came.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Hashable
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from engine.arrays import Int64s

Pair = TypeVar("Pair", bound=Hashable)


class Reading(NamedTuple):
    """``records`` were scheduled from ``at`` (ms) on."""

    at: int
    records: int


class Gauges(Generic[Pair]):
    """The readings of each pair in order of time; of equal times the one that was applied later holds."""

    __slots__ = ("readings",)

    def __init__(self) -> None:
        self.readings: dict[Pair, list[Reading]] = {}

    def report(self, pair: Pair, at: int, records: int) -> None:
        """The pair's number at ``at``; an older report than the last takes its place before it."""
        readings = self.readings.setdefault(pair, [])
        readings.insert(bisect_right(readings, at, key=_at), Reading(at, records))

    def value(self, pair: Pair, at: int) -> int:
        """The last number at or before ``at``, 0 before the first."""
        readings = self.readings.get(pair, [])
        place = bisect_right(readings, at, key=_at)
        return readings[place - 1].records if place else 0

    def forget(self, pair: Pair, horizon: int) -> None:
        """Drop the readings that hold at no instant from ``horizon`` on."""
        readings = self.readings[pair]
        del readings[: max(bisect_right(readings, horizon, key=_at) - 1, 0)]


def values_of(numbers: Int64s, at: Int64s, owners: Int64s, having: Collection[int], value: Callable[[int, int], int]) -> Int64s:
    """The gauge of each object, 0 where its owner has none; shapes (n,).

    Args:
        numbers: of the objects.
        at: an instant for each.
        owners: of each.
        having: the owners that have gauges.
        value: the gauge of one object at an instant.
    """
    values = np.zeros_like(numbers)
    for place, owner in enumerate(owners.tolist() if having else ()):
        if owner in having:
            values[place] = value(int(numbers[place]), int(at[place]))
    return values


def _at(reading: Reading) -> int:
    return reading.at
