"""Columns that grow by index, and the instant before all others."""

from __future__ import annotations

from typing import Final, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Int64s: TypeAlias = NDArray[np.int64]
N = TypeVar("N", bound=np.generic)

NEVER: Final = -(1 << 62)
"""An instant before all others: the value of a clock that has not been set. Differences with it still fit int64."""


def longer(column: NDArray[N], size: int, fill: int) -> NDArray[N]:
    """A column of ``size`` elements or more: itself, or a copy of at least twice its length, filled up."""
    if size <= len(column):
        return column
    return np.concatenate([column, np.full(max(size, 2 * len(column)) - len(column), fill, dtype=column.dtype)])


class Clocks:
    """One int64 per owner, by its number; numbers not seen yet hold ``NEVER``."""

    __slots__ = ("data",)

    def __init__(self) -> None:
        self.data: Int64s = np.full(16, NEVER, dtype=np.int64)

    def reserve(self, size: int) -> None:
        """Make the numbers 0..size-1 usable."""
        self.data = longer(self.data, size, NEVER)

    def get(self, number: int) -> int:
        """The value at ``number``."""
        return int(self.data[number])

    def raise_to(self, number: int, value: int) -> None:
        """Set the greater of the present value and ``value``."""
        self.data[number] = max(self.data[number], value)
