"""Small pieces of array work that numpy lacks: columns that grow by index, and running maxima within groups."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Int64s: TypeAlias = NDArray[np.int64]

NEVER: Final = -(1 << 62)
"""An instant before all others: the value of a clock that has not been set. Differences with it still fit int64."""


class Clocks:
    """One int64 per owner, by its number; numbers not seen yet hold ``NEVER``."""

    __slots__ = ("data",)

    def __init__(self) -> None:
        self.data: Int64s = np.full(16, NEVER, dtype=np.int64)

    def reserve(self, size: int) -> None:
        """Make the numbers 0..size-1 usable."""
        if size > len(self.data):
            grown = np.full(max(size, 2 * len(self.data)), NEVER, dtype=np.int64)
            grown[: len(self.data)] = self.data
            self.data = grown

    def get(self, number: int) -> int:
        """The value at ``number``."""
        return int(self.data[number])

    def raise_to(self, number: int, value: int) -> None:
        """Set the greater of the present value and ``value``."""
        self.data[number] = max(self.data[number], value)


def running_max(groups: Int64s, values: Int64s, start: Int64s) -> Int64s:
    """For each i the greatest of ``start[groups[i]]`` and ``values[j]`` over all j <= i of the same group.

    Args:
        groups: group number of each row, shape (n,), >= 0.
        values: shape (n,).
        start: value of each group before the first row, shape (> max(groups),).
    """
    if len(groups) == 0:
        return values.copy()
    first = groups[0]
    if (groups == first).all():
        best: Int64s = np.maximum(np.maximum.accumulate(values), start[first])
        return best
    by_group = np.argsort(groups, kind="stable")
    sorted_groups = groups[by_group]
    # Ranks instead of values, lifted by more than any rank per group: one accumulate then never crosses groups.
    ranks = np.empty(len(values), dtype=np.int64)
    by_value = np.argsort(values, kind="stable")
    ranks[by_value] = np.arange(len(values))
    lifted = ranks[by_group] + np.cumsum(np.r_[0, sorted_groups[1:] != sorted_groups[:-1]]) * len(values)
    greatest = values[by_value][np.maximum.accumulate(lifted) % len(values)]
    result = np.empty(len(values), dtype=np.int64)
    result[by_group] = np.maximum(greatest, start[sorted_groups])
    return result


def running_max_before(groups: Int64s, values: Int64s, start: Int64s) -> Int64s:
    """As ``running_max``, but over j < i: what each row finds when it arrives."""
    if len(groups) == 0:
        return values.copy()
    after = running_max(groups, values, start)
    by_group = np.argsort(groups, kind="stable")
    sorted_groups = groups[by_group]
    before = np.empty(len(values), dtype=np.int64)
    previous = np.r_[after[by_group[:1]], after[by_group[:-1]]]
    begins = np.r_[True, sorted_groups[1:] != sorted_groups[:-1]]
    before[by_group] = np.where(begins, start[sorted_groups], previous)
    return before
