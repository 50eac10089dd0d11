"""Windows that close: by stream time or by the clock, corrected by late events (domain 6.1, 6.4-6.6, 7.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np

from engine.arrays import NEVER, Clocks, Int64s
from engine.cells import NO_ROW, Cells
from engine.credited import ALL_KINDS, Credits
from engine.directory import NONE, Directory
from engine.profiles import Closing
from engine.schedules import FAR, Schedule, Track
from engine.starts import Start
from kernels.gathering import NO_SUMS, Credited
from kernels.numbering import distinct

EntryKey: TypeAlias = tuple[int, int, int]
"""(start of the window in ms, line of the schedule, object number): sorts into the order of publication."""

NOT_HELD: Final = -2
"""Stands for the revision of a window in which nothing was counted."""


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
        shape: int,
        cells: Cells,
        directory: Directory,
        *,
        of_the_present: bool,
    ) -> None:
        self.profile = profile
        self.schedule = schedule
        self._directory = directory
        self._of_the_present = of_the_present
        self._cells = cells
        self.shape = shape
        self.open_start = Clocks()
        self.open_end = Clocks()
        self.held_from = Clocks()
        """Start of the oldest window of each line that may be held."""
        self._held_until = Clocks()
        """The end of that window, where it is closed and has been looked at."""
        self.moved: dict[int, None] = {}
        """Lines whose open window changed since the last changelog records were taken."""
        self.closing: dict[EntryKey, None] = {}
        """Windows that are to be published once they are closed."""

    def reserve(self) -> None:
        """Make room for all lines."""
        size = self.schedule.size(self._directory)
        for clock in (self.open_start, self.open_end, self.held_from, self._held_until):
            clock.reserve(size)

    def add(self, credited: Credits) -> None:
        """Credit each event to the window in which it happened."""
        for track in self.schedule.tracks:
            lines = self._lines(credited, track)
            self._add(credited, lines, self.schedule.starts(lines, credited.at), track)

    def _lines(self, credited: Credits, track: Track) -> Int64s:
        of_routes = self._directory.route_owner if track.line is None else self._directory.route_wholes[:, track.line]
        lines: Int64s = of_routes[credited.route]
        return lines

    def _add(self, credited: Credits, lines: Int64s, starts: Int64s, track: Track) -> None:
        inside = starts > NEVER
        self._note_lines(lines[inside], starts[inside])
        kinds = np.isin(ALL_KINDS, track.kinds)
        opened = self.open_start.data[lines]
        late = self._cells.credit(
            self.shape, NO_SUMS, Credited(credited.route, credited.code, starts, credited.count, opened), self._directory, kinds
        )
        rows = self._cells.store.rows[late]
        self.note(zip(rows["start"].tolist(), rows["number"].tolist(), strict=True))

    def _note_lines(self, lines: Int64s, starts: Int64s) -> None:
        """Windows of lines are credited: those that had none open their first."""
        self.hold_from(lines, starts)
        for line in distinct(lines[self.open_start.data[lines] == NEVER]).tolist():
            self._open(line, int(starts[lines == line].min()))

    def note(self, windows: Iterable[tuple[int, int]]) -> None:
        """Windows of objects, (start, number), are to be published once they are closed; parts are published with their wholes."""
        objects = self._directory.objects
        for start, number in windows:
            line = self.schedule.line_of(objects[number])
            if line is not None and objects[number].part is None:
                self.closing[start, line, number] = None

    def begin(self, start: Start, reached: Credits) -> None:
        """Windows begin with a start; what was credited to that very instant before, among ``reached``, moves into the new one."""
        for track in self.schedule.tracks:
            if track.line != self._directory.objects[start.number].type or not self.schedule.opens(start):
                continue
            if start.just_reached:
                self._move(start, reached, track)
            known = self.open_start.get(start.number)
            self._open(start.number, start.at if known == NEVER else known)

    def _move(self, start: Start, reached: Credits, track: Track) -> None:
        moved = reached.chosen((reached.at == start.at) & (self._lines(reached, track) == start.number))
        if not len(moved):
            return
        lines, at = np.full(len(moved), start.number), np.full(len(moved), start.at, dtype=np.int64)
        self._add(moved, lines, at, track)
        before = self.schedule.window(start.number, start.at - 1)
        if before is not None:
            taken = replace(moved, count=-moved.count)
            self._add(taken, lines, np.full_like(at, before[0]), track)

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
        """After a restore: the ends follow from the starts, and what is held from the windows that there are."""
        starts, numbers = self._cells.keys_of(self.shape)
        lines = self._directory.object_owner[numbers] if self.schedule.by_owner else self._lines_of(numbers)
        self.hold_from(lines[lines != NONE], starts[lines != NONE])
        for line in np.flatnonzero(self.open_start.data > NEVER).tolist():
            self._open(line, self.open_start.get(line))
        self.moved.clear()

    def _lines_of(self, numbers: Int64s) -> Int64s:
        lines = [self.schedule.line_of(self._directory.objects[number]) for number in numbers.tolist()]
        return np.array([NONE if line is None else line for line in lines], dtype=np.int64)

    def is_over(self, line: int, instant: int) -> bool:
        """Whether the open window of a line ends at or before ``instant``."""
        return NEVER < self.open_end.get(line) <= instant

    def open_starts(self, numbers: Int64s, at: Int64s) -> Int64s:
        """Start of the window of each object that holds an instant, ``NEVER`` where there is none; shapes (n,).

        If the clock has closed that window already, it is the one that is open.
        """
        lines = self._directory.object_owner[numbers] if self.schedule.by_owner else self._lines_of(numbers)
        starts = np.full(len(lines), NEVER, dtype=np.int64)
        has = lines != NONE
        lines = lines[has]
        starts[has] = self.schedule.starts(lines, np.maximum(at[has], self.open_start.data[lines]))
        return starts

    def counts_of(self, numbers: Int64s, starts: Int64s) -> Int64s:
        """Counts of objects in windows, shape (n, COLUMNS)."""
        return self._cells.read(self.shape, numbers, starts)

    def revisions_of(self, numbers: Int64s, starts: Int64s) -> Int64s:
        """Revisions of windows, ``NOT_HELD`` where there is none."""
        rows = self._cells.find(self.shape, numbers, starts)
        return np.where(rows == NO_ROW, NOT_HELD, self._cells.store.rows["revision"][rows])

    def published(self, numbers: Int64s, starts: Int64s) -> Int64s:
        """Closed windows are published once more: their new revisions."""
        rows = self._cells.touch(self.shape, numbers, starts)
        self._cells.store.rows["revision"][rows] += 1
        revisions: Int64s = self._cells.store.rows["revision"][rows].astype(np.int64)
        return revisions

    def put(self, number: int, start: int, cells: tuple[Int64s, Int64s]) -> None:
        """Add counts, given by column, to a window."""
        line = self.schedule.line_of(self._directory.objects[number])
        assert line is not None
        self._cells.add(self.shape, number, start, cells)
        self.hold_from(np.array([line]), np.array([start]))

    def hold_from(self, lines: Int64s, starts: Int64s) -> None:
        """Lines hold windows that start at these instants."""
        held = self.held_from.data
        held[lines[held[lines] == NEVER]] = FAR
        self._held_until.data[lines[starts < held[lines]]] = NEVER
        np.minimum.at(held, lines, starts)

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

    def lines_of(self, owners: Int64s) -> tuple[Int64s, Int64s]:
        """The lines of owners' objects, and the place of each one's owner among the owners."""
        if self.schedule.by_owner:
            return owners, np.arange(len(owners))
        lines = [list(self.schedule.lines_of(self._directory.owners[owner])) for owner in owners.tolist()]
        of_line = np.repeat(np.arange(len(lines)), [len(found) for found in lines])
        return np.array([line for found in lines for line in found], dtype=np.int64), of_line

    def close(self, line: int) -> tuple[int, list[int]]:
        """Close the open window of a line, and open the next; returns its start, and which of the line's objects have counts in it."""
        start = self.open_start.get(line)
        self._open(line, self.open_end.get(line))
        numbers = self._objects_of(line)
        return start, numbers[self._cells.find(self.shape, numbers, np.full_like(numbers, start)) != NO_ROW].tolist()

    def _objects_of(self, line: int) -> Int64s:
        """The objects that follow a line, and their parts."""
        objects = self._directory.objects
        owner = line if self.schedule.by_owner else objects[line].owner
        numbers = self._directory.all_of(np.array([owner]))
        if self.schedule.by_owner:
            return numbers
        return np.array([number for number in numbers.tolist() if self.schedule.line_of(objects[number]) == line], dtype=np.int64)

    def forget(self, lines: Int64s, horizons: Int64s) -> None:
        """Give up the closed windows of each line that end at or before its horizon: no event can be credited to them any more."""
        held = self.held_from.data[lines]
        due = (held > NEVER) & (held < self.open_start.data[lines]) & (self._held_until.data[lines] <= horizons)
        for line, horizon in zip(lines[due].tolist(), horizons[due].tolist(), strict=True):
            self._forget(line, horizon)

    def _forget(self, line: int, horizon: int) -> None:
        window = self.schedule.first(line, self.held_from.get(line))
        while window is not None and window[0] < self.open_start.get(line):
            self._held_until.data[line] = window[1]
            if window[1] > horizon:
                return
            self._cells.drop(self.shape, self._objects_of(line), window[0])
            self.held_from.data[line] = window[1]
            window = self.schedule.window(line, window[1])

    def oldest(self, lines: Int64s) -> Int64s:
        """Start of the oldest window of each line that may be held, or of the open one; ``NEVER`` before any."""
        held, opened = self.held_from.data[lines], self.open_start.data[lines]
        return np.where(held == NEVER, opened, np.minimum(held, opened))
