"""Windows and panes as state versions 1 and 2 had them: a record each, whose key names shape, start and object.

They are read, and then written again as pages (``engine.pages``), so many with each chunk that none takes long; what is still there is
read again after a restart, before the pages, which are later.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

import numpy as np

from engine.arrays import Int64s
from engine.cells import NOT_PUBLISHED, Cells, Loaded
from engine.credits import COLUMNS
from kernels.counts import NO_PAGE

_AT_ONCE: Final = 4_096
_REVISION: Final = Struct("<i")
_COUNT: Final = np.dtype("<i8")


class OldRow(NamedTuple):
    """The value of a record: revision, and column and count of each cell."""

    revision: int
    columns: Int64s
    counts: Int64s

    @classmethod
    def of(cls, kind: str, value: bytes) -> OldRow:
        """Read a value: of a window its revision, then numbers of columns (one byte), then their counts (little-endian int64).

        Raises:
            ValueError: it is cut off, or counts in columns that there are not.
        """
        begin = _REVISION.size if kind == "window" else 0
        revision = _REVISION.unpack_from(value)[0] if begin and len(value) >= begin else NOT_PUBLISHED
        size, rest = divmod(len(value) - begin, 1 + _COUNT.itemsize)
        columns = value[begin : begin + max(size, 0)]
        if size < 0 or rest or max(columns, default=0) >= COLUMNS:
            raise ValueError(f"{value!r:.100} is not a row of counts")
        counts = np.frombuffer(value, dtype=_COUNT, offset=begin + size).astype(np.int64)
        return cls(revision, np.frombuffer(columns, dtype=np.uint8).astype(np.int64), counts)


def old_row(values: list[int]) -> OldRow:
    """A row that holds a value in each of its first columns."""
    return OldRow(NOT_PUBLISHED, np.arange(len(values)), np.array(values, dtype=np.int64))


class OldRows:
    """The records that are left of the old form."""

    def __init__(self) -> None:
        self._keys: deque[tuple[bytes, int, int, int]] = deque()
        self._rows: list[OldRow] = []
        self._others: list[bytes] = []

    def add(self, key: bytes, shape: int, start: int, number: int, row: OldRow) -> None:
        """A record that is a row now: its key in the changelog, what it is of, and its value."""
        self._keys.append((key, shape, start, number))
        self._rows.append(row)

    def add_key(self, key: bytes) -> None:
        """A record that is only to be deleted: what it says is written anew with the next chunk."""
        self._others.append(key)

    def load(self, cells: Cells) -> None:
        """Put all rows into a table."""
        if self._rows:
            columns = [np.array(column, dtype=np.int64) for column in zip(*(where for _, *where in self._keys), strict=True)]
            shape, start, number = columns
            cells.load(loaded(shape, start, number, self._rows), NO_PAGE)
            self._rows.clear()

    def take_some(self, cells: Cells) -> Iterator[tuple[bytes, None]]:
        """Keys to delete from the changelog, so many; their rows are written with the next page, unless a page has them already."""
        yield from ((key, None) for key in self._others)
        self._others.clear()
        for _ in range(min(_AT_ONCE, len(self._keys))):
            key, shape, start, number = self._keys.popleft()
            cells.touch_unpaged(shape, number, start)
            yield key, None


def loaded(shape: Int64s, start: Int64s, number: Int64s, rows: list[OldRow]) -> Loaded:
    """Old rows as rows of a page."""
    ends = np.cumsum([len(row.columns) for row in rows])
    revisions = np.array([row.revision for row in rows], dtype=np.int64)
    return Loaded(
        shape, start, number, revisions, ends, np.concatenate([row.columns for row in rows]), np.concatenate([row.counts for row in rows])
    )
