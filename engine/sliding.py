"""Sliding windows: the last ``size``, moved on in steps, by adding panes that come and subtracting those that leave (domain 6.2).

    panes of one step      |  7 |  3 |  0 |  4 |  9 |
    window at t            ^w0                    ^ t        total = 7 + 3 + 0 + 4 + 9
    one step later              ^w0                    ^ t   total = total - 7 + what came

The cost of an event and of a step does not depend on the window's length.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Clocks, Int64s
from engine.cells import Cells, pane_starts
from engine.credited import ALL_KINDS, Credits
from engine.directory import Directory
from engine.profiles import Sliding
from kernels.counts import UNWRITTEN
from kernels.gathering import OF_SUMS, Credited

_ALL = np.ones(len(ALL_KINDS), dtype=bool)


class SlidingBook:
    """All panes of one Sliding profile in a partition, and the total of each object's window.

    ``start`` is, by owner, the window's start at its stream time; older panes are gone from the totals. ``shape`` is the number of the
    profile in ``cells``.
    """

    def __init__(self, profile: Sliding, shape: int, cells: Cells, directory: Directory) -> None:
        self.profile = profile
        self.shape = shape
        self.start = Clocks()
        self._sums = UNWRITTEN + shape
        self._cells = cells
        self._directory = directory

    def reserve(self, owners: int) -> None:
        """Make room for owners 0..owners-1."""
        self.start.reserve(owners)

    def advance(self, owners: Int64s, stream_times: Int64s) -> Int64s:
        """Move the windows of owners on to their stream times; returns those that moved, which changes values without new events."""
        starts = self.profile.starts(stream_times)
        window = (self.profile.step_ms, self.profile.size_ms)
        return self._cells.slide(self.shape, self._sums, window, self.start.data, (owners, starts), self._directory)

    def add(self, credited: Credits) -> None:
        """Credit each event to its pane, unless its owner's window has left that behind."""
        since = self.start.data[self._directory.route_owner[credited.route]]
        panes = pane_starts(credited.at, self.profile.step_ms, since)
        self._cells.credit(
            self.shape, self._sums, Credited(credited.route, credited.code, panes, credited.count, since), self._directory, _ALL
        )

    def counts_of(self, numbers: Int64s, starts: Int64s) -> Int64s:
        """Counts of objects in windows that begin at these instants, not before those of their stream times, shape (n, COLUMNS)."""
        counts = self._cells.read(self._sums, numbers, np.full_like(numbers, OF_SUMS))
        held_from = self.start.data[self._directory.object_owner[numbers]]
        if (starts > held_from).any():
            # No pane begins after the end of the window at its stream time.
            highs = np.minimum(starts, held_from + self.profile.size_ms + self.profile.step_ms)
            self._cells.take_panes(self.shape, self.profile.step_ms, numbers, (held_from, highs), counts)
        return counts

    def put(self, pane: int, number: int, cells: tuple[Int64s, Int64s]) -> None:
        """Add counts, given by column, to a pane."""
        self._cells.add(self.shape, number, pane, cells)
        self._cells.add(self._sums, number, OF_SUMS, cells)

    def sum_up(self) -> None:
        """All panes were put back and windows were moved on: make the totals of those that are in one."""
        self._cells.sum_up(self.shape, self._sums, self.start.data, self._directory)
