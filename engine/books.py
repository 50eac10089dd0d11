"""Windows that close: by stream time or by the clock, corrected by late events (domain 6.1, 6.4-6.6, 7.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from engine.arrays import NEVER, Clocks, Int64s
from engine.cells import Cells
from engine.credited import Credits, spread
from engine.directory import NONE, Directory, StatObject
from engine.profiles import Closing
from engine.schedules import Schedule, Track, Window
from engine.starts import Start
from engine.windows import EntryKey, Windows


class Book:
    """All windows of one profile in a partition.

    ``open_start`` is, by line of the schedule, the start of the window that is not closed yet; every earlier one is. What is closed stays
    as long as a late event may still be credited to it. ``of_the_present``: whether statistics of the profile are read at the window's
    end itself (domain 5.6), so that what happens at that very instant changes them.
    """

    def __init__(
        self,
        profile: Closing,
        schedule: Schedule,
        cells: Cells,
        directory: Directory,
        *,
        of_the_present: bool,
    ) -> None:
        self.profile = profile
        self.schedule = schedule
        self._directory = directory
        self._of_the_present = of_the_present
        self.windows = Windows(cells, self._lines_of)
        self.open_start = Clocks()
        self.open_end = Clocks()
        self.moved: dict[int, None] = {}
        """Lines whose open window changed since the last changelog records were taken."""

    def _lines_of(self, numbers: Int64s) -> Int64s:
        lines = [self.schedule.line_of(self._directory.objects[number]) for number in numbers.tolist()]
        return np.array([NONE if line is None else line for line in lines], dtype=np.int64)

    def reserve(self) -> None:
        """Make room for all lines."""
        size = self.schedule.size(self._directory)
        self.open_start.reserve(size)
        self.open_end.reserve(size)

    def add(self, credited: Credits) -> dict[EntryKey, None]:
        """Credit each event to the window in which it happened; returns the entries that were touched."""
        touched: dict[EntryKey, None] = {}
        for track in self.schedule.tracks:
            lines = self._lines(credited, track)
            touched |= self._add(credited, self.schedule.starts(lines, credited.at), track)
        for start, line, _ in touched:
            if self.open_start.get(line) == NEVER:
                self._open(line, start)
        return touched

    def _lines(self, credited: Credits, track: Track) -> Int64s:
        of_routes = self._directory.route_owner if track.line is None else self._directory.route_wholes[:, track.line]
        lines: Int64s = of_routes[credited.route]
        return lines

    def _add(self, credited: Credits, starts: Int64s, track: Track) -> dict[EntryKey, None]:
        inside = starts > NEVER
        if not inside.all():
            credited, starts = credited.chosen(inside), starts[inside]
        return self.windows.add(spread(credited, starts, self._directory, track.kinds)) if len(credited) else {}

    def begin(self, start: Start, reached: Credits) -> dict[EntryKey, None]:
        """Windows begin with a start; what was credited to that very instant before, among ``reached``, moves into the new one."""
        touched: dict[EntryKey, None] = {}
        for track in self.schedule.tracks:
            if track.line != self._directory.objects[start.number].type or not self.schedule.opens(start):
                continue
            if start.just_reached:
                touched |= self._move(start, reached, track)
            known = self.open_start.get(start.number)
            self._open(start.number, start.at if known == NEVER else known)
        return touched

    def _move(self, start: Start, reached: Credits, track: Track) -> dict[EntryKey, None]:
        moved = reached.chosen((reached.at == start.at) & (self._lines(reached, track) == start.number))
        if not len(moved):
            return {}
        at = np.full(len(moved), start.at, dtype=np.int64)
        touched = self._add(moved, at, track)
        before = self.schedule.window(start.number, start.at - 1)
        if before is not None:
            taken = replace(moved, count=-moved.count)
            touched |= self._add(taken, np.full_like(at, before[0]), track)
        return touched

    def begin_with(self, line: int, instant: int) -> None:
        """Windows of a line are counted from the one on that holds an instant, if one does."""
        if self.schedule.window(line, instant) is not None:
            self._open(line, instant)

    def _open(self, line: int, instant: int) -> None:
        window = self.schedule.window(line, instant)
        assert window is not None
        self.open_start.data[line], self.open_end.data[line] = window
        self.moved[line] = None

    def reopen(self) -> None:
        """After a restore: the ends follow from the starts."""
        for line in np.flatnonzero(self.open_start.data > NEVER).tolist():
            self._open(line, self.open_start.get(line))
        self.moved.clear()

    def is_over(self, line: int, instant: int) -> bool:
        """Whether the open window of a line ends at or before ``instant``."""
        return NEVER < self.open_end.get(line) <= instant

    def close(self, line: int) -> int:
        """Close the open window of a line, and open the next; returns its start."""
        start = self.open_start.get(line)
        self._open(line, self.open_end.get(line))
        return start

    def window_of(self, found: StatObject, instant: int) -> Window | None:
        """The window of an object that holds an instant, or of its stream time if the clock has closed that one already."""
        line = self.schedule.line_of(found)
        return None if line is None else self.schedule.window(line, max(instant, self.open_start.get(line)))

    def counts_row(self, found: StatObject, start: int) -> int | None:
        """The dense row of an object's window; None if nothing was credited to it."""
        line = self.schedule.line_of(found)
        entry = None if line is None else self.windows.find(start, line, found.number)
        return None if entry is None else self.windows.dense_row(entry)

    def end_of(self, key: EntryKey) -> int:
        """End of the window of an entry."""
        window = self.schedule.window(key[1], key[0])
        assert window is not None
        return window[1]

    def closed_since(self, line: int, instant: int) -> Iterator[int]:
        """Starts of the closed windows whose values depend on what is in progress at ``instant`` or later."""
        window = self.schedule.first(line, instant - 1 if self._of_the_present else instant)
        while window is not None and window[1] <= self.open_start.get(line):
            yield window[0]
            window = self.schedule.window(line, window[1])

    def forget(self, line: int, horizon: int) -> None:
        """Give up the closed windows that end at or before ``horizon``: no event can be credited to them any more."""
        starts = self.windows.by_line.get(line, {})
        for start in [start for start in starts if start < self.open_start.get(line)]:
            window = self.schedule.window(line, start)
            if window is None or window[1] <= horizon:
                self.windows.drop(line, start)

    def oldest(self, line: int) -> int | None:
        """Start of the oldest window of a line that is still held, or of the open one; None before any."""
        held = [*self.windows.by_line.get(line, {}), self.open_start.get(line)]
        return None if min(held) == NEVER else min(held)
