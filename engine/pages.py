"""Windows and panes in the changelog: pages, one for each chunk that touched any, whatever they are of.

A page holds rows of counts (``kernels.pages``); of a row that is in several the last one is right. A page whose rows were all written
again, or given up, is deleted. While there are too many pages, or too much in them that is no longer right, the oldest are looked at, a
few with each chunk, and what is left of thin ones is written again with the rows of the chunk:

    pages   | 3: . . b . | 4: . c d . | 5: a e |        ``.`` is written again later, or given up
    next    | 4: . c d . | 5: a e | 6: f b |            page 3 is deleted

Rows are given up by time alone, so one that a page still holds is known when it is read back, and given up again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

import numpy as np

from engine.arrays import Int64s
from engine.cells import Cells, Loaded
from engine.credits import COLUMNS
from kernels import counts, pages

PAGE_ROWS: Final = 1_024
"""A page with fewer rows than this is thin."""
_LARGE_BYTES: Final = 500_000
"""A broker takes records of twice this size."""
_SPARE_PAGES: Final = 8
_SIZE: Final = Struct("<I")


class _Page(NamedTuple):
    """A page: its number in the changelog, and the rows that were written to it."""

    number: int
    rows: Int64s


class Pages:
    """The pages of one table. In memory each has a slot, by which the table counts what it holds."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._pages: dict[int, _Page] = {}
        self._order: deque[int] = deque()
        self._free: list[int] = []
        self._next = 0
        self._written = 0

    def take_touched(self) -> Int64s:
        """The rows that are to be written, those of thin pages among them; afterwards there are none."""
        self._sweep()
        return self._cells.take_touched()

    def write(self, rows: Int64s, shapes: Int64s, numbers: Int64s) -> Iterator[tuple[int, bytes | None]]:
        """Pages of rows, by number, and the numbers of those that are to be deleted, with None.

        Args:
            rows: places in the table.
            shapes: what the changelog calls each shape.
            numbers: what it calls each object.
        """
        store, done = self._cells.store, 0
        into = np.empty(min(_LARGE_BYTES, len(rows) * pages.LONGEST_ROW) + pages.LONGEST_ROW, dtype=np.uint8)
        while done < len(rows):
            first, end = done, np.zeros(1, dtype=np.int64)
            done = pages.write(store, rows, first, shapes, numbers, into, end)
            yield self._next, _SIZE.pack(done - first) + into[: end[0]].tobytes()
            self._hold(self._next, rows[first:done])
        yield from ((number, None) for number in self._take_gone())

    def _hold(self, number: int, rows: Int64s) -> None:
        slot = self._slot()
        pages.move_all_to_page(self._cells.store, rows, slot)
        self._add(slot, _Page(number, rows.copy()))

    def _slot(self) -> int:
        slot = self._free.pop() if self._free else len(self._pages)
        self._cells.reserve_pages(slot + 1)
        return slot

    def _add(self, slot: int, page: _Page) -> None:
        self._pages[slot] = page
        self._order.append(slot)
        self._written += len(page.rows)
        self._next = max(self._next, page.number + 1)

    def _take_gone(self) -> list[int]:
        """The numbers of pages that hold nothing any more."""
        live = self._cells.store.live
        if np.count_nonzero(live) == len(self._pages):
            return []
        gone = []
        for slot in [slot for slot in self._order if not live[slot]]:
            page = self._pages.pop(slot)
            self._written -= len(page.rows)
            self._free.append(slot)
            gone.append(page.number)
        self._order = deque(slot for slot in self._order if slot in self._pages)
        return gone

    def _crowded(self) -> bool:
        held = int(self._cells.store.live.sum())
        return len(self._order) > _SPARE_PAGES + 2 * held // PAGE_ROWS or self._written > 2 * held + _SPARE_PAGES * PAGE_ROWS

    def _sweep(self) -> None:
        """Let the rows of thin pages be written again: of as many rows as the chunk has touched, or of a page's worth."""
        left = max(int(self._cells.store.state[counts.DIRTY]), PAGE_ROWS)
        for _ in range(len(self._order) if self._crowded() else 0):
            slot = self._order.popleft()
            self._order.append(slot)
            rows = self._pages[slot].rows
            if self._is_thin(slot):
                pages.touch_living(self._cells.store, rows, slot)
            left -= len(rows)
            if left <= 0:
                break

    def _is_thin(self, slot: int) -> bool:
        live = int(self._cells.store.live[slot])
        return live < PAGE_ROWS or 2 * live <= len(self._pages[slot].rows)

    def restore(self, number: int, rows: Loaded) -> None:
        """Put the rows of a page back; pages come in the order of their numbers."""
        slot = self._slot()
        places = self._cells.load(rows, slot)
        self._add(slot, _Page(number, places[places != counts.NO_ROW]))


def read_page(value: bytes) -> Loaded:
    """The rows of a page as it was written, by the changelog's shapes and numbers.

    Raises:
        ValueError: it is damaged.
    """
    data = np.frombuffer(value, dtype=np.uint8)
    size = _SIZE.unpack_from(value)[0] if len(value) >= _SIZE.size else len(value)
    if size * pages.SHORTEST_ROW > len(value):
        raise ValueError(f"a page of {len(value)} bytes can't hold {size} rows")
    shape, start, number, revision, end = (np.empty(size, dtype=np.int64) for _ in range(5))
    columns, found = (np.empty(len(value) // 2, dtype=np.int64) for _ in range(2))
    cells = pages.read(data, np.array([_SIZE.size]), COLUMNS, shape, start, number, revision, end, columns, found)
    if cells == pages.DAMAGED:
        raise ValueError(f"a page of {len(value)} bytes does not hold {size} rows")
    return Loaded(shape, start, number, revision, end, columns[:cells], found[:cells])


class Places:
    """Where numbers are among others, of which negative ones are none."""

    def __init__(self, numbers: Int64s) -> None:
        places = np.flatnonzero(numbers >= 0)
        self._order = places[np.argsort(numbers[places], kind="stable")]
        self._ascending = numbers[self._order]

    def of(self, asked: Int64s) -> Int64s:
        """The place of each number that is asked for, -1 for one that is not there."""
        if not len(self._order):
            return np.full_like(asked, -1)
        found = np.minimum(np.searchsorted(self._ascending, asked), len(self._order) - 1)
        return np.where(self._ascending[found] == asked, self._order[found], -1)
