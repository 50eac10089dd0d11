"""Counts of objects by window and pane: the table in which everything is summed, of all profiles of a partition.

A row counts what was credited to one object in one stretch of time, one column an action (``engine.credits.COLUMNS``). It is found by the
shape of its window, which is a number of a profile, by its start, and by the object. What ``kernels.counts`` says of rooms and stops is
seen to here; nobody else knows of it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.arrays import NEVER, Int64s
from engine.credits import COLUMN_TABLE, COLUMNS, SINK
from engine.directory import Directory
from kernels import counts, crediting, pages
from kernels.gathering import FINISHED, Credited, credit, nothing_gathered
from kernels.numbering import distinct

NOT_PUBLISHED: Final = counts.FIRST_REVISION
"""The revision of a window without a final record."""
NO_ROW: Final = counts.NO_ROW

CLOCKS: Final = counts.NOTED
"""The shape of the clocks of an owner, one column each, in a row of its first object."""
SOURCES: Final = counts.NOTED + 1
"""The shape of how far an owner's sources were read: ``start`` is the number of a source, the only column its last offset."""
WAITING: Final = counts.NOTED + 2
"""The shape of objects that wait for publication under a profile: ``start`` is its number, the only column is 1 while they do."""
SHAPES: Final = counts.NOTED + 3
"""More than any shape but those of sums; those of profiles come first."""

_CREDITED: Final = np.ascontiguousarray(np.where(COLUMN_TABLE == SINK, -1, COLUMN_TABLE))


class Loaded(NamedTuple):
    """Rows as a page holds them, in columns.

    Of each row: what it calls the shape, the start, what it calls the object, the revision, the place behind its cells; of each cell
    column and count.
    """

    shape: Int64s
    start: Int64s
    number: Int64s
    revision: Int64s
    end: Int64s
    columns: Int64s
    counts: Int64s


class Cells:
    """The table of one partition. ``numbers`` are those of objects."""

    def __init__(self) -> None:
        self.store = counts.new_store()
        self._gathered = nothing_gathered(COLUMNS)

    @property
    def held(self) -> int:
        """How many windows and panes there are."""
        return int(self.store.state[counts.HELD])

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return sum(array.nbytes for array in self.store)

    def _grow(self) -> None:
        self.store = counts.grown(self.store)

    def credit(self, shape: int, sums: int, credited: Credited, directory: Directory, kinds: NDArray[np.bool_]) -> Int64s:
        """Add credits to the rows of all objects on their routes that are of these kinds, and to their sums.

        Returns:
            the rows of closed windows among them.
        """
        late = np.zeros(1 + len(kinds) * len(credited.route), dtype=np.int64)
        columns = tuple(map(np.ascontiguousarray, credited))
        who, done = directory.route_objects, 0
        while (done := credit(self.store, self._gathered, shape, sums, who, _CREDITED, kinds, columns, done, late)) != FINISHED:
            self._grow()
        return distinct(late[1 : 1 + late[0]])

    def find(self, shape: int, numbers: Int64s, starts: Int64s) -> Int64s:
        """The rows of objects in windows, ``NO_ROW`` where there is none."""
        found = np.empty(len(numbers), dtype=np.int64)
        crediting.find_all(self.store, shape, numbers, starts, found)
        return found

    def touch(self, shape: int, numbers: Int64s, starts: Int64s) -> Int64s:
        """The rows of objects in windows, made where there is none; all are to be written to the changelog."""
        found, done = np.empty(len(numbers), dtype=np.int64), 0
        while (done := crediting.touch_all(self.store, shape, numbers, starts, done, found)) < len(numbers):
            self._grow()
        return found

    def read(self, shape: int, numbers: Int64s, starts: Int64s) -> Int64s:
        """Counts of objects in windows, shape (n, COLUMNS)."""
        found = np.zeros((len(numbers), COLUMNS), dtype=np.int64)
        crediting.read(self.store, shape, numbers, starts, found, 1)
        return found

    def take_panes(self, shape: int, step: int, numbers: Int64s, bounds: tuple[Int64s, Int64s], found: Int64s) -> None:
        """Subtract from each row of ``found``, shape (n, COLUMNS), an object's panes that begin within its bounds, [low, high)."""
        crediting.read_panes(self.store, shape, step, numbers, *bounds, found)

    def add(self, shape: int, number: int, start: int, cells: tuple[Int64s, Int64s]) -> None:
        """Add counts, given by column, to a row."""
        (index,) = self.touch(shape, np.array([number]), np.array([start]))
        for column, count in zip(*cells, strict=True):
            if not counts.room(self.store):
                self._grow()
            counts.add(self.store, index, column, count)

    def note(self, shape: int, numbers: Int64s, starts: Int64s, values: Int64s) -> None:
        """Let rows hold these values, one an element of each column, shape (n, columns); ``NEVER`` is not kept."""
        done, values = 0, np.ascontiguousarray(values)
        while (done := crediting.note_all(self.store, shape, numbers, starts, values, done)) < len(numbers):
            self._grow()

    def noted(self, shape: int, numbers: Int64s, starts: Int64s, columns: int) -> Int64s:
        """The values that rows hold, ``NEVER`` where there is none, shape (n, columns)."""
        values = np.full((len(numbers), columns), NEVER, dtype=np.int64)
        crediting.noted(self.store, shape, numbers, starts, values)
        return values

    def drop(self, shape: int, numbers: Int64s, start: int) -> None:
        """Give up the windows of objects that begin at an instant."""
        crediting.drop_all(self.store, shape, numbers, start)

    def slide(
        self, shape: int, sums: int, window: tuple[int, int], held_from: Int64s, moves: tuple[Int64s, Int64s], who: Directory
    ) -> Int64s:
        """Move windows of so many ms, in steps, on to their starts.

        Args:
            shape: of the panes.
            sums: shape of their sums.
            window: step and size, ms.
            held_from: start of the window by owner; moved on.
            moves: owners, and the new start of each.
            who: knows the objects of owners.

        Returns:
            the owners that had a window, and have moved it.
        """
        moved = np.empty(len(moves[0]), dtype=np.int64)
        count = crediting.slide(self.store, shape, sums, *window, *moves, held_from, who.owner_first, who.object_next, moved)
        return moved[:count]

    def sum_up(self, shape: int, sums: int, held_from: Int64s, who: Directory) -> None:
        """Make the sums of panes that were loaded, and drop those that their owner's window has left."""
        done = 0
        while (done := crediting.sum_up(self.store, shape, sums, who.object_owner, held_from, done)) < self.store.state[counts.COUNT]:
            self._grow()

    def rows_of(self, shape: int) -> Int64s:
        """All rows of a shape."""
        return np.flatnonzero(self.store.rows["shape"][: self.store.state[counts.COUNT]] == shape)

    def keys_of(self, shape: int) -> tuple[Int64s, Int64s]:
        """Starts and objects of all rows of a shape."""
        rows = self.store.rows[self.rows_of(shape)]
        return rows["start"].astype(np.int64), rows["number"].astype(np.int64)

    def cells_of(self, row: int) -> tuple[Int64s, Int64s]:
        """Columns and counts of a row."""
        columns, found = (np.empty(int(self.store.rows[row]["cells"]), dtype=np.int64) for _ in range(2))
        counts.unpack(self.store, row, columns, found)
        return columns, found

    def touch_unpaged(self, shape: int, number: int, start: int) -> None:
        """A row that no page holds is to be written, if there is one."""
        row = counts.find(self.store, shape, start, number)
        if row != NO_ROW and self.store.rows[row]["page"] == counts.NO_PAGE:
            counts.touch(self.store, row)

    def numbers_of(self, rows: Int64s) -> Int64s:
        """The objects of rows."""
        return self.store.rows["number"][rows].astype(np.int64)

    def take_touched(self) -> Int64s:
        """The rows that were touched since they were last taken; afterwards there are none."""
        found = np.empty(int(self.store.state[counts.DIRTY]), dtype=np.int64)
        return found[: pages.take_dirty(self.store, found)]

    def reserve_pages(self, size: int) -> None:
        """Make room for pages 0..size-1."""
        if size > len(self.store.live):
            live = np.zeros(2 * size, dtype=np.int64)
            live[: len(self.store.live)] = self.store.live
            self.store = self.store._replace(live=live)

    def load(self, rows: Loaded, page: int) -> Int64s:
        """Put rows of a page back, whose shapes and objects are this table's, negative where nobody wants them; returns their places."""
        found, done = np.empty(len(rows.shape), dtype=np.int64), 0
        while (done := pages.load(self.store, page, *rows, done, found)) < len(rows.shape):
            self._grow()
        return found


def pane_starts(instants: Int64s, step: int, since: Int64s) -> Int64s:
    """Start of the pane of ``step`` ms, counted from the epoch, that holds each instant; ``NEVER`` for one before ``since``."""
    starts = instants - instants % step
    return np.where(starts >= since, starts, NEVER)
