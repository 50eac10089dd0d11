"""Counts by line, window and object: what Growing windows and the panes of Sliding ones have in common.

An entry is a dense row while it is added to, and packed when it rests (``engine.cells``). Everything that was touched since
the last changelog records were taken is remembered, and so is what was given up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from engine.arrays import Int64s
from engine.cells import EMPTY_ROW, Cells
from engine.credited import Spread

NOT_PUBLISHED: Final = -1

EntryKey: TypeAlias = tuple[int, int, int]
"""(start of the window in ms, line of the schedule, object number): sorts into the order of publication."""


@dataclass(slots=True)
class Entry:
    """Counts of one object in one window. ``revision`` is that of its last final record (contract 2)."""

    row: int = EMPTY_ROW
    packed: bytes = b""
    revision: int = NOT_PUBLISHED


class Windows:
    """All entries of one profile in a partition, by line, start and object. ``lines_of`` tells the line of each of n objects."""

    def __init__(self, cells: Cells, lines_of: Callable[[Int64s], Int64s]) -> None:
        self._cells = cells
        self._lines_of = lines_of
        self.by_line: dict[int, dict[int, dict[int, Entry]]] = {}
        self.dirty: dict[EntryKey, None] = {}
        self.gone: dict[EntryKey, None] = {}
        self._size = 0

    def entry(self, start: int, line: int, number: int) -> Entry:
        """The entry of an object in a window, made if it is new; it is written to the changelog next."""
        entries = self.by_line.setdefault(line, {}).setdefault(start, {})
        found = entries.get(number)
        if found is None:
            found = entries[number] = Entry()
            self._size += 1
        self.dirty[start, line, number] = None
        return found

    def find(self, start: int, line: int, number: int) -> Entry | None:
        """The entry, if there is one."""
        return self.by_line.get(line, {}).get(start, {}).get(number)

    def add(self, additions: Spread) -> dict[EntryKey, None]:
        """Add to the rows of (object, start); returns the entries that were touched."""
        if not len(additions.object):
            return {}
        low = int(additions.start.min())
        span = int(additions.start.max()) - low + 1
        pairs, of_pair = np.unique(additions.object * span + (additions.start - low), return_inverse=True)
        touched: dict[EntryKey, None] = {}
        rows = np.empty(len(pairs), dtype=np.int64)
        numbers, offsets = np.divmod(pairs, span)
        lines = self._lines_of(numbers)
        for place, key in enumerate(zip((offsets + low).tolist(), lines.tolist(), numbers.tolist(), strict=True)):
            rows[place] = self.dense_row(self.entry(*key))
            touched[key] = None
        np.add.at(self._cells.matrix, (rows[of_pair][:, None], additions.columns), additions.count[:, None])
        return touched

    def dense_row(self, entry: Entry) -> int:
        """The row of an entry, which is made dense for it."""
        if entry.row == EMPTY_ROW:
            entry.row = self._cells.take()
            if entry.packed:
                self._cells.unpack(entry.row, entry.packed)
                entry.packed = b""
        return entry.row

    def rest(self, entries: list[Entry]) -> None:
        """Pack entries and give their rows back."""
        dense = [entry for entry in entries if entry.row != EMPTY_ROW]
        if not dense:
            return
        for entry, packed in zip(dense, self._cells.pack([entry.row for entry in dense]), strict=True):
            self._cells.give_back(entry.row)
            entry.row, entry.packed = EMPTY_ROW, packed

    def drop(self, line: int, start: int) -> None:
        """Give a window of a line up."""
        dropped = self.by_line[line].pop(start)
        self._size -= len(dropped)
        for number, entry in dropped.items():
            if entry.row != EMPTY_ROW:
                self._cells.give_back(entry.row)
            self.dirty.pop((start, line, number), None)
            self.gone[start, line, number] = None

    def take_changes(self) -> Iterator[tuple[EntryKey, int, bytes | None]]:
        """(key, revision, packed counts) of all that was touched, None for what was given up; afterwards there are none."""
        entries = [self.by_line[line][start][number] for start, line, number in self.dirty]
        packed = self._cells.pack([entry.row for entry in entries]) if entries else []
        for key, entry, dense in zip(self.dirty, entries, packed, strict=True):
            yield key, entry.revision, dense if entry.row != EMPTY_ROW else entry.packed
        for key in self.gone:
            yield key, NOT_PUBLISHED, None
        self.dirty.clear()
        self.gone.clear()

    def put(self, start: int, line: int, number: int, packed: bytes) -> None:
        """Add packed counts to an entry, and let it rest."""
        entry = self.entry(start, line, number)
        self._cells.unpack(self.dense_row(entry), packed)
        self.rest([entry])

    def restore(self, start: int, line: int, number: int, revision: int, packed: bytes) -> Entry:
        """Put back an entry that was read from the changelog, at rest."""
        restored = Entry(packed=packed, revision=revision)
        self.by_line.setdefault(line, {}).setdefault(start, {})[number] = restored
        self._size += 1
        return restored

    def __len__(self) -> int:
        return self._size


def starts_of(entries: Int64s, step: int) -> Int64s:
    """Start of the pane of ``step`` ms, counted from the epoch, that holds each instant."""
    return entries - entries % step
