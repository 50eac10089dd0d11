"""Sliding windows: the last ``size``, moved on in steps, by adding panes that come and subtracting those that leave (domain 6.2).

    panes of one step      |  7 |  3 |  0 |  4 |  9 |
    window at t            ^w0                    ^ t        total = 7 + 3 + 0 + 4 + 9
    one step later              ^w0                    ^ t   total = total - 7 + what came

The cost of an event and of a step does not depend on the window's length.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import NEVER, Clocks, Int64s
from engine.cells import EMPTY_ROW, Cells, cells_of
from engine.credited import Credits, Spread, spread
from engine.directory import Directory
from engine.profiles import Sliding
from engine.windows import Entry, EntryKey, Windows, starts_of


class SlidingBook:
    """All panes of one Sliding profile in a partition, and the total of each object's window.

    ``start`` is, by owner, the window's start at its stream time; older panes are gone from the totals.
    """

    def __init__(self, profile: Sliding, cells: Cells, directory: Directory) -> None:
        self.profile = profile
        self.panes = Windows(cells, lambda numbers: directory.object_owner[numbers])
        self.start = Clocks()
        self._cells = cells
        self._totals: dict[int, int] = {}
        self._busy: dict[EntryKey, Entry] = {}

    def reserve(self, owners: int) -> None:
        """Make room for owners 0..owners-1."""
        self.start.reserve(owners)

    def advance(self, owner: int, stream_time: int) -> bool:
        """Move an owner's window on; returns whether it moved, which changes values of objects without new events."""
        start = self.profile.start(stream_time)
        if start <= self.start.get(owner):
            return False
        moved = self.start.get(owner) != NEVER
        self.start.data[owner] = start
        for pane in [pane for pane in self.panes.by_line.get(owner, {}) if pane < start]:
            for number, entry in self.panes.by_line[owner][pane].items():
                self._change_total(number, entry, -1)
                self._busy.pop((pane, owner, number), None)
            self.panes.drop(owner, pane)
        return moved

    def add(self, credited: Credits, directory: Directory) -> None:
        """Credit each event to its pane, unless its owner's window has left that behind."""
        panes = starts_of(credited.at, self.profile.step_ms)
        inside = panes >= self.start.data[directory.route_owner[credited.route]]
        if not inside.all():
            if not inside.any():
                return
            credited, panes = credited.chosen(inside), panes[inside]
        additions = spread(credited, panes, directory)
        touched = self.panes.add(additions)
        self._add_to_totals(additions)
        self._rest_all_but(touched)

    def _add_to_totals(self, additions: Spread) -> None:
        numbers, place = np.unique(additions.object, return_inverse=True)
        rows = np.array([self._total_row(number) for number in numbers.tolist()], dtype=np.int64)
        np.add.at(self._cells.matrix, (rows[place][:, None], additions.columns), additions.count[:, None])

    def _rest_all_but(self, touched: dict[EntryKey, None]) -> None:
        """Pack the panes that were added to before, but not now: mostly, time has moved on from them."""
        quiet = [key for key in self._busy if key not in touched]
        self.panes.rest([self._busy.pop(key) for key in quiet])
        for start, owner, number in touched:
            self._busy[start, owner, number] = self.panes.by_line[owner][start][number]

    def _total_row(self, number: int) -> int:
        row = self._totals.get(number)
        if row is None:
            row = self._totals[number] = self._cells.take()
        return row

    def _change_total(self, number: int, entry: Entry, sign: int) -> None:
        row = self._total_row(number)
        if entry.row != EMPTY_ROW:
            self._cells.matrix[row] += sign * self._cells.matrix[entry.row]
        else:
            columns, counts = cells_of(entry.packed)
            self._cells.matrix[row, columns] += sign * counts

    def counts(self, owner: int, number: int, start: int) -> Int64s:
        """Counts of an object in a window that begins at ``start``, not before the one of its stream time."""
        counts: Int64s = self._cells.matrix[self._totals.get(number, EMPTY_ROW)].copy()
        if start > self.start.get(owner):
            for pane, entries in self.panes.by_line.get(owner, {}).items():
                if pane < start and number in entries:
                    self._subtract(counts, entries[number])
        return counts

    def _subtract(self, counts: Int64s, entry: Entry) -> None:
        if entry.row != EMPTY_ROW:
            counts -= self._cells.matrix[entry.row]
        else:
            columns, packed = cells_of(entry.packed)
            counts[columns] -= packed

    def put(self, pane: int, owner: int, number: int, packed: bytes) -> None:
        """Add packed counts to a pane."""
        self.panes.put(pane, owner, number, packed)
        columns, counts = cells_of(packed)
        self._cells.matrix[self._total_row(number), columns] += counts

    def restore(self, pane: int, owner: int, number: int, packed: bytes) -> None:
        """Put back a pane that was read from the changelog; the totals are made of all of them at once (``sum_up``)."""
        self.panes.restore(pane, owner, number, -1, packed)

    def sum_up(self) -> None:
        """All panes were put back: make the totals."""
        for panes in self.panes.by_line.values():
            found = [(number, entry.packed) for entries in panes.values() for number, entry in entries.items()]
            rows = np.array([self._total_row(number) for number, _ in found], dtype=np.int64)
            self._cells.add(rows, [packed for _, packed in found])
