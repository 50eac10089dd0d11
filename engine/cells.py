"""Rows of counts: the memory in which windows and panes are summed.

One row counts what was credited to one object in one stretch of time, one column an action (``engine.credits.COLUMNS``).
Rows that are summed into are dense rows of one matrix; rows at rest are packed to the few columns that are not zero, in the
bytes that the changelog keeps as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from engine.arrays import Int64s
from engine.credits import COLUMNS

EMPTY_ROW: Final = 0
"""A row that is always zero: what an object without a row has counted."""

_COUNT = np.dtype("<i8")
_BYTES_PER_CELL = 1 + _COUNT.itemsize


class Cells:
    """A matrix of rows that are handed out and taken back; the last column is a sink for credits that are not seen."""

    def __init__(self) -> None:
        self.matrix: Int64s = np.zeros((64, COLUMNS + 1), dtype=np.int64)
        self._free = list(range(63, EMPTY_ROW, -1))

    def take(self) -> int:
        """A row of zeros."""
        if not self._free:
            size = len(self.matrix)
            self.matrix = np.concatenate([self.matrix, np.zeros_like(self.matrix)])
            self._free = list(range(2 * size - 1, size - 1, -1))
        return self._free.pop()

    def give_back(self, row: int) -> None:
        """Clear a row for its next user."""
        self.matrix[row] = 0
        self._free.append(row)

    @property
    def in_use(self) -> int:
        """How many rows are handed out."""
        return len(self.matrix) - 1 - len(self._free)

    def pack(self, rows: Sequence[int]) -> list[bytes]:
        """Each row as bytes: the numbers of its non-zero columns, then their counts (little-endian int64)."""
        part = self.matrix[np.asarray(rows, dtype=np.int64), :COLUMNS]
        of_row, column = np.nonzero(part)
        ends = np.searchsorted(of_row, np.arange(1, len(rows) + 1)).tolist()
        columns = column.astype(np.uint8).tobytes()
        counts = part[of_row, column].astype(_COUNT).tobytes()
        size = _COUNT.itemsize
        return [columns[lo:hi] + counts[size * lo : size * hi] for lo, hi in zip([0, *ends[:-1]], ends, strict=True)]

    def add(self, rows: Int64s, packed: Sequence[bytes]) -> None:
        """Add packed counts to rows, one each; a row may come more than once."""
        sizes = np.fromiter((len(one) // _BYTES_PER_CELL for one in packed), dtype=np.int64, count=len(packed))
        columns = np.frombuffer(b"".join([one[:size] for one, size in zip(packed, sizes.tolist(), strict=True)]), dtype=np.uint8)
        counts = np.frombuffer(b"".join([one[size:] for one, size in zip(packed, sizes.tolist(), strict=True)]), dtype=_COUNT)
        np.add.at(self.matrix, (np.repeat(rows, sizes), columns), counts)

    def unpack(self, row: int, packed: bytes) -> None:
        """Add packed counts to a row."""
        columns, counts = cells_of(packed)
        self.matrix[row, columns] += counts


def whole(packed: bytes) -> bytes:
    """A packed row as it was kept.

    Raises:
        ValueError: it is cut off, or counts in columns that there are not.
    """
    size, rest = divmod(len(packed), _BYTES_PER_CELL)
    if rest or max(packed[:size], default=0) >= COLUMNS:
        raise ValueError(f"{packed!r:.100} is not a row of counts")
    return packed


def cells_of(packed: bytes) -> tuple[np.ndarray[tuple[int], np.dtype[np.uint8]], Int64s]:
    """Columns and counts of a packed row."""
    size = len(packed) // _BYTES_PER_CELL
    return np.frombuffer(packed, dtype=np.uint8, count=size), np.frombuffer(packed, dtype=_COUNT, offset=size)
