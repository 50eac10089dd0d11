"""The windows of all objects of a partition, in all profiles (domain 5.2, 6).

The ledger is told what is credited (``credit``) and what changed over time (``change``), and then which windows are closed, by
stream time (``advance``) or by the clock (``close_by_clock``). It is the same for campaigns and for calling lists, which differ
in their ``Subject`` only. What is published of it, and when, is ``engine.reporting``.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engine.arrays import Int64s
from engine.cells import EMPTY_ROW, Cells
from engine.credited import Credits
from engine.definitions import Definitions
from engine.directory import NONE, Directory
from engine.growing import GrowingBook
from engine.profiles import Growing, Sliding
from engine.publishing import Live
from engine.sliding import SlidingBook
from engine.subject import Subject
from engine.windows import EntryKey


class Ledger:
    """Windows and panes of one partition's objects.

    Args:
        definitions: profiles and statistics.
        directory: the objects.
        subject: what there is to know about them beside counts.
    """

    def __init__(self, definitions: Definitions, directory: Directory, subject: Subject) -> None:
        self.cells = Cells()
        profiles = definitions.profiles.values()
        present = {name for s in definitions.statistics if definitions.at_end(s) for name in s.profiles}
        self.growing = {
            p.name: GrowingBook(p, self.cells, directory, of_the_present=p.name in present) for p in profiles if isinstance(p, Growing)
        }
        self.sliding = {p.name: SlidingBook(p, self.cells, directory) for p in profiles if isinstance(p, Sliding)}
        self.live = {p.name: Live(p.publish) for p in profiles}
        self.directory = directory
        self.subject = subject
        self.closing: dict[str, dict[EntryKey, int]] = {name: {} for name in self.growing}
        """By profile: closed windows that are to be published, with their ends (ms)."""

    def credit(self, credited: Credits) -> None:
        """Count what was credited, in every profile; the owners' clocks have been moved before."""
        if not len(credited):
            return
        routes = np.unique(credited.route)
        self._reserve()
        self._touch(np.unique(self.directory.route_objects[routes]))
        self._slide(np.unique(self.directory.route_owner[routes]))
        for sliding in self.sliding.values():
            sliding.add(credited, self.directory)
        for name, book in self.growing.items():
            for key in book.add(credited, self.directory):
                self.closing[name][key] = book.profile.resets.window(key[0])[1]

    def change(self, number: int, at: int) -> None:
        """What is in progress for an object, or its gauge, changed from ``at`` (ms) on: closed windows after it do too."""
        self._reserve()
        self._touch([number])
        owner = self.directory.objects[number].owner
        for name, book in self.growing.items():
            for start, end in book.closed_since(owner, at):
                self.closing[name][start, owner, number] = end

    def advance(self, owners: Iterable[int]) -> None:
        """Close the windows of these owners that stream time has reached the end of (domain 7.4)."""
        for owner in owners:
            stream_time = self.subject.stream_time(owner)
            for name, book in self.growing.items():
                self._close(name, book, owner, stream_time)

    def close_by_clock(self, instant: int) -> None:
        """Close the windows of all owners that end at or before ``instant``: the clock has passed them (domain 7.4)."""
        for name, book in self.growing.items():
            for owner in np.flatnonzero((book.open_end.data <= instant) & (book.open_end.data > 0)).tolist():
                self._close(name, book, owner, instant)

    def _close(self, name: str, book: GrowingBook, owner: int, instant: int) -> None:
        closed = book.advance(owner, instant)
        if not closed:
            return
        known = [found.number for found in self.directory.owners[owner].objects if found.known]
        self.live[name].touch(known)
        lasting = [number for number in known if self.subject.spans(number) is not None]
        entries = book.windows.by_owner.get(owner, {})
        for start, end in closed:
            for number in {**entries.get(start, {}), **dict.fromkeys(lasting)}:
                self.closing[name][start, owner, number] = end

    def _slide(self, owners: Int64s) -> None:
        for owner in owners.tolist():
            stream_time = self.subject.stream_time(owner)
            for name, book in self.sliding.items():
                if book.advance(owner, stream_time):
                    self.live[name].touch(found.number for found in self.directory.owners[owner].objects if found.known)

    def _touch(self, numbers: Iterable[int]) -> None:
        known = [int(number) for number in numbers if number != NONE]
        for number in known:
            self.directory.make_known(number)
        for live in self.live.values():
            live.touch(known)

    def _reserve(self) -> None:
        for growing in self.growing.values():
            growing.reserve(len(self.directory.owners))
        for sliding in self.sliding.values():
            sliding.reserve(len(self.directory.owners))

    def restored(self) -> None:
        """Everything was read from the changelog: let the windows follow stream time."""
        self._reserve()
        self._slide(np.arange(len(self.directory.owners), dtype=np.int64))

    def counts(self, profile: str, number: int, start: int) -> Int64s:
        """Counts of an object in the window of a profile that begins at ``start``; zeros in a profile without windows."""
        owner = self.directory.objects[number].owner
        if profile in self.sliding:
            return self.sliding[profile].counts(owner, number, start)
        row = EMPTY_ROW
        if profile in self.growing:
            windows = self.growing[profile].windows
            entry = windows.find(start, owner, number)
            if entry is not None:
                row = windows.dense_row(entry)
        counts: Int64s = self.cells.matrix[row]
        return counts

    def oldest(self, owner: int) -> int:
        """The earliest instant that a window held for an owner reaches back to (ms)."""
        starts = [book.oldest(owner) for book in self.growing.values()]
        return min([*starts, *(book.start.get(owner) for book in self.sliding.values())], default=self.subject.stream_time(owner))
