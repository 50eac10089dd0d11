"""The windows of all objects of a partition, in all profiles (domain 5.2, 6).

The ledger is told what is credited (``credit``) and what changed over time (``change``), and then which windows are closed, by
stream time (``advance``) or by the clock (``close_by_clock``). It is the same for campaigns and for calling lists, which differ
in their ``Subject`` only. What is published of it, and when, is ``engine.reporting``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from engine.arrays import NEVER, Int64s
from engine.backfill import Leavings, fill
from engine.books import Book
from engine.cells import EMPTY_ROW, Cells
from engine.completeness import Completeness, shape_text
from engine.credited import Credits, Ends, join, no_credits
from engine.credits import OBJECT_TYPES
from engine.definitions import Definitions
from engine.directory import NONE, Directory, StatObject
from engine.profiles import CampaignPeriod, Closing, Growing, SinceActivation, Sliding
from engine.publishing import Live
from engine.schedules import ByResets, Periods, Schedule, SinceStarts
from engine.selection import Selections
from engine.slices import Slice, Slices, Wanted
from engine.sliding import SlidingBook
from engine.starts import Start, Starts
from engine.subject import Subject
from engine.windows import EntryKey

_DAY_MS: Final = 86_400_000
_MOST: Final = 4_096
"""Windows of objects that are closed with one chunk where that is bounded."""


class Ledger:
    """Windows and panes of one partition's objects.

    Args:
        definitions: profiles and statistics.
        directory: the objects.
        subject: what there is to know about them beside counts.
        starts: the moments from which campaigns and groups are counted anew.
    """

    def __init__(self, definitions: Definitions, directory: Directory, subject: Subject, starts: Starts) -> None:
        self.cells = Cells()
        profiles = definitions.profiles.values()
        present = {name for s in definitions.statistics if definitions.at_end(s) for name in s.profiles}
        self.books = {
            p.name: Book(p, _schedule(p, starts, directory), self.cells, directory, of_the_present=p.name in present)
            for p in profiles
            if isinstance(p, Closing)
        }
        self.sliding = {p.name: SlidingBook(p, self.cells, directory) for p in profiles if isinstance(p, Sliding)}
        self._book_by_shape = {shape_text(book.profile): book for book in self.books.values()}
        self.sliding_by_shape = {shape_text(book.profile): book for book in self.sliding.values()}
        self.selections = Selections(definitions, directory)
        self.slices = Slices(_wanted_slices(definitions), directory)
        self.completeness = Completeness(definitions)
        self.left_over: list[tuple[str, list[Any], bytes]] = []
        """Records of the changelog, by kind and key, of what the definitions no longer ask for."""
        self.leavings = Leavings()
        self.versioned = False
        """Whether the changelog tells the version of the state."""
        self.live = {p.name: Live(p.publish) for p in profiles}
        self.directory = directory
        self.subject = subject
        self.closing: dict[str, dict[EntryKey, None]] = {name: {} for name in self.books}
        """By profile: windows that are to be published once they are closed."""
        self.behind: dict[int, None] = {}
        """Owners some of whose windows are still to be closed, though stream time has reached their ends."""
        self._room = sys.maxsize

    @property
    def held(self) -> int:
        """How many windows and panes there are, of all profiles and objects."""
        return sum(len(book.windows) for book in self.books.values()) + sum(len(book.panes) for book in self.sliding.values())

    @property
    def by_starts(self) -> bool:
        """Whether any profile's windows begin with a campaign or a group."""
        return any(not isinstance(book.profile, Growing) for book in self.books.values())

    def begin(self, starts: Iterable[Start], reached: Mapping[int, Credits]) -> None:
        """Windows begin, before what comes is credited; ``reached`` is, by owner, what was credited at its stream time so far."""
        self._reserve()
        for start in starts:
            owner = self.directory.objects[start.number].owner
            so_far = reached.get(owner, no_credits())
            with_parts = join([so_far, self.slices.of(so_far, again=True)])
            for name, book in self.books.items():
                self._note(name, book.begin(start, with_parts))

    def _note(self, name: str, touched: Iterable[EntryKey]) -> None:
        """Windows were credited that are to be published once they are closed; parts are published with their wholes."""
        objects = self.directory.objects
        self.closing[name].update((key, None) for key in touched if objects[key[2]].part is None)

    def credit(self, credited: Credits, ends: Ends) -> None:
        """Count what was credited, in every profile, and note what ended; the owners' clocks have been moved before."""
        if not len(credited):
            return
        routes = np.unique(credited.route)
        self._reserve()
        self._touch(np.unique(self.directory.route_objects[routes]))
        self._slide(np.unique(self.directory.route_owner[routes]))
        self.selections.add(credited, ends)
        parts = self.slices.of(credited)
        if len(parts):
            credited = join([credited, parts])
        for sliding in self.sliding.values():
            sliding.add(credited, self.directory)
        for name, book in self.books.items():
            self._note(name, book.add(credited))

    def change(self, number: int, at: int) -> None:
        """What is in progress for an object, or its gauge, changed from ``at`` (ms) on: closed windows after it do too."""
        self._reserve()
        self._touch([number])
        for name, book in self.books.items():
            line = book.schedule.line_of(self.directory.objects[number])
            if line is not None:
                self.closing[name].update({(start, line, number): None for start in book.closed_since(line, at)})

    def advance(self, owners: Iterable[int], *, bounded: bool) -> None:
        """Close the windows of these owners that stream time has reached the end of (domain 7.4), and what was left of others'.

        ``bounded``: so many as one chunk may publish, for after a gap of months there are more than fit into one; what is left is closed
        with the next (``behind``).
        """
        self._room = _MOST if bounded else sys.maxsize
        owners = dict.fromkeys([*self.behind, *owners])
        self.behind.clear()
        for owner in owners:
            stream_time = self.subject.stream_time(owner)
            for name, book in self.books.items():
                for line in book.schedule.lines_of(self.directory.owners[owner]):
                    self._close(name, book, owner, line, stream_time)
                    if book.is_over(line, stream_time):
                        self.behind[owner] = None

    def close_by_clock(self, instant: int) -> None:
        """Close windows of all owners that end at or before ``instant``: the clock has passed them (domain 7.4). At most what fits."""
        for name, book in self.books.items():
            if not ((book.open_end.data <= instant) & (book.open_end.data > NEVER)).any():
                continue
            for owner in self.directory.owners:
                for line in book.schedule.lines_of(owner):
                    self._close(name, book, owner.number, line, instant)

    def _close(self, name: str, book: Book, owner: int, line: int, instant: int) -> None:
        if not book.is_over(line, instant):
            return
        known = [found for found in self.directory.owners[owner].objects if found.known and book.schedule.line_of(found) == line]
        self.live[name].touch(found.number for found in known)
        lasting = [found.number for found in known if self.subject.spans(found.number) is not None]
        entries = book.windows.by_line.get(line, {})
        while self._room > 0 and book.is_over(line, instant):
            start = book.close(line)
            numbers = (*entries.get(start, {}), *lasting)
            self._note(name, [(start, line, number) for number in numbers])
            self._room -= 1 + len(numbers)

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
        for book in self.books.values():
            book.reserve()
        for sliding in self.sliding.values():
            sliding.reserve(len(self.directory.owners))

    def restored(self, horizon: Callable[[int], int]) -> None:
        """Everything was read from the changelog: let the windows follow stream time.

        Args:
            horizon: by owner, the instant before which closed windows may have been given up.
        """
        self.directory.restored()
        self._reserve()
        for book in self.books.values():
            book.reopen()
        for sliding in self.sliding.values():
            sliding.sum_up()
        self._slide(np.arange(len(self.directory.owners), dtype=np.int64))
        self.behind = dict.fromkeys(range(len(self.directory.owners)))
        fill(self, self.completeness.new(marks=self.versioned), horizon)

    def book_of(self, shape: str) -> Book:
        """The windows of a profile, by its shape."""
        return self._book_by_shape[shape]

    def counts(self, profile: str, number: int, start: int) -> Int64s:
        """Counts of an object in the window of a profile that begins at ``start``; zeros in a profile without windows."""
        found = self.directory.objects[number]
        if profile in self.sliding:
            return self.sliding[profile].counts(found.owner, number, start)
        row = self.books[profile].counts_row(found, start) if profile in self.books else None
        counts: Int64s = self.cells.matrix[EMPTY_ROW if row is None else row]
        return counts

    def parts(self, profile: str, number: int, asked: Slice, start: int) -> Iterator[tuple[StatObject, Int64s]]:
        """The parts of an object in a slice, each with its counts in the window that begins at ``start``."""
        for part in self.slices.parts(number, asked):
            yield part, self.counts(profile, part.number, start)

    def rest(self, profile: str, key: EntryKey) -> None:
        """A closed window of an object was published: its counts, and those of its parts, are packed."""
        book = self.books[profile]
        start, line, number = key
        parts = [part.number for text in self.slices.texts for part in self.directory.parts.get((number, text), {}).values()]
        book.windows.rest([entry for one in (number, *parts) if (entry := book.windows.find(start, line, one)) is not None])

    def window(self, profile: str, number: int, at: int) -> tuple[int, int] | None:
        """(start, t) of the open window of an object, looked at at ``at`` or, if the clock has closed that, at the next one's start."""
        if profile in self.books:
            book, found = self.books[profile], self.directory.objects[number]
            window = book.window_of(found, at)
            return None if window is None else (window[0], max(at, window[0]))
        return (self.sliding[profile].profile.start(at) if profile in self.sliding else at), at

    def forget(self, owner: int, horizon: int) -> None:
        """Give up closed windows of an owner that end at or before ``horizon``."""
        for book in self.books.values():
            for line in book.schedule.lines_of(self.directory.owners[owner]):
                book.forget(line, horizon)

    def oldest(self, owner: int) -> int:
        """The earliest instant that a window held for an owner reaches back to (ms)."""
        lines = [(book, line) for book in self.books.values() for line in book.schedule.lines_of(self.directory.owners[owner])]
        oldest = [start for book, line in lines if (start := book.oldest(line)) is not None]
        return min([*oldest, *(book.start.get(owner) for book in self.sliding.values())], default=self.subject.stream_time(owner))


def _wanted_slices(definitions: Definitions) -> dict[Slice, Wanted]:
    wanted: dict[Slice, Wanted] = {}
    for statistic in definitions.statistics:
        for asked in (statistic.total_slice, statistic.breakdown):
            if asked is not None:
                known = wanted.get(asked, Wanted())
                limit = max(known.limit, statistic.sliced.limit)
                types = frozenset(number for number, kind in enumerate(OBJECT_TYPES) if kind in statistic.objects)
                wanted[asked] = Wanted((*known.statistics, statistic.name), limit, known.types | types)
    return wanted


def _schedule(profile: Closing, starts: Starts, directory: Directory) -> Schedule:
    match profile:
        case Growing():
            return ByResets(profile.resets)
        case SinceActivation():
            return SinceStarts(starts, directory)
        case CampaignPeriod():
            return Periods(starts, directory, profile.days * _DAY_MS)
