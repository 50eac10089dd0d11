"""The windows of all objects of a partition, in all profiles (domain 5.2, 6).

The ledger is told what is credited (``credit``) and what changed over time (``change``), and then which windows are closed, by
stream time (``advance``) or by the clock (``close_by_clock``). It is the same for campaigns and for calling lists, which differ
in their ``Subject`` only. What is published of it, and when, is ``engine.reporting``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import NEVER, Clocks, Int64s
from engine.backfill import Leavings, fill
from engine.books import Book
from engine.cells import CLOCKS, SHAPES, SOURCES, WAITING, Cells, Loaded
from engine.completeness import Completeness, shape_text
from engine.credited import Credits, Ends, join, no_credits
from engine.credits import COLUMNS, OBJECT_TYPES
from engine.definitions import Definitions
from engine.directory import NONE, Directory, StatObject
from engine.old_rows import OldRows
from engine.pages import Pages, Places
from engine.profiles import CampaignPeriod, Closing, Growing, SinceActivation, Sliding
from engine.publishing import Live
from engine.schedules import FAR, ByResets, Periods, Schedule, SinceStarts
from engine.selection import Selections
from engine.slices import Slice, Slices, Wanted
from engine.sliding import SlidingBook
from engine.starts import Start, Starts
from engine.subject import Subject
from kernels.numbering import distinct

_DAY_MS: Final = 86_400_000
_KEPT_SHAPES: Final = {CLOCKS: 0, SOURCES: 1, WAITING: 2}
"""What the changelog calls the shapes that are of no profile."""
_FIRST_SHAPE: Final = 16
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
        profiles = list(definitions.profiles.values())
        present = {name for s in definitions.statistics if definitions.at_end(s) for name in s.profiles}
        self.books = {
            p.name: Book(p, _schedule(p, starts, directory), shape, self.cells, directory, of_the_present=p.name in present)
            for shape, p in enumerate(profiles)
            if isinstance(p, Closing)
        }
        self.sliding = {p.name: SlidingBook(p, shape, self.cells, directory) for shape, p in enumerate(profiles) if isinstance(p, Sliding)}
        self.books_by_shape = {shape_text(book.profile): book for book in self.books.values()}
        self.by_shape: dict[str, Book | SlidingBook] = {
            **self.books_by_shape,
            **{shape_text(book.profile): book for book in self.sliding.values()},
        }
        self.selections = Selections(definitions, directory)
        self.slices = Slices(_wanted_slices(definitions), directory)
        self.completeness = Completeness(definitions)
        self.left_over: list[tuple[str, list[Any], bytes]] = []
        """Records of the changelog, by kind and key, of what the definitions no longer ask for."""
        self.leavings = Leavings()
        self.version: int | None = None
        """The version of the state, as the changelog tells it."""
        self.pages = Pages(self.cells)
        self.read_pages: list[tuple[int, Loaded]] = []
        """Pages of the changelog that are to be loaded, by number."""
        self.old_records = OldRows()
        self.shape_numbers: Int64s = np.full(SHAPES, NONE, dtype=np.int64)
        self.shape_numbers[list(_KEPT_SHAPES)] = list(_KEPT_SHAPES.values())
        """What the changelog calls each shape of ``cells``, ``NONE`` until it is asked for."""
        self._next_shape = _FIRST_SHAPE
        self.waiting_numbers: dict[str, int] = {}
        """What the changelog calls each profile under which objects wait."""
        self.live = {p.name: Live(p.publish) for p in profiles}
        self.directory = directory
        self.subject = subject
        self.behind: dict[int, None] = {}
        """Owners some of whose windows are still to be closed, though stream time has reached their ends."""
        self._room = sys.maxsize

    @property
    def held(self) -> int:
        """How many windows and panes there are, of all profiles and objects."""
        return self.cells.held

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
            for book in self.books.values():
                book.begin(start, with_parts)

    def credit(self, credited: Credits, ends: Ends) -> None:
        """Count what was credited, in every profile, and note what ended; the owners' clocks have been moved before."""
        if not len(credited):
            return
        routes = distinct(credited.route)
        self._reserve()
        objects = distinct(self.directory.route_objects[routes].ravel())
        self._touch(objects[objects != NONE])
        self._slide(distinct(self.directory.route_owner[routes]))
        self.selections.add(credited, ends)
        parts = self.slices.of(credited)
        if len(parts):
            credited = join([credited, parts])
        for sliding in self.sliding.values():
            sliding.add(credited)
        for book in self.books.values():
            book.add(credited)

    def change(self, number: int, at: int) -> None:
        """What is in progress for an object, or its gauge, changed from ``at`` (ms) on: closed windows after it do too."""
        self._reserve()
        self._touch(np.array([number]))
        for book in self.books.values():
            line = book.schedule.line_of(self.directory.objects[number])
            if line is not None:
                book.note((start, number) for start in book.closed_since(line, at))

    def advance(self, owners: Int64s, *, bounded: bool) -> None:
        """Close the windows of these owners that stream time has reached the end of (domain 7.4), and what was left of others'.

        ``bounded``: so many as one chunk may publish, for after a gap of months there are more than fit into one; what is left is closed
        with the next (``behind``).
        """
        self._room = _MOST if bounded else sys.maxsize
        every = distinct(np.concatenate([np.array([*self.behind], dtype=np.int64), owners]))
        self.behind.clear()
        stream_times = self.subject.stream_times(every)
        for name, book in self.books.items():
            lines, of_line = book.lines_of(every)
            over = (book.open_end.data[lines] > NEVER) & (book.open_end.data[lines] <= stream_times[of_line])
            for line, owner, stream_time in zip(
                lines[over].tolist(), every[of_line[over]].tolist(), stream_times[of_line[over]].tolist(), strict=True
            ):
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
        self.live[name].touch(np.array([found.number for found in known], dtype=np.int64))
        lasting = [found.number for found in known if self.subject.spans(found.number) is not None]
        while self._room > 0 and book.is_over(line, instant):
            start, counted = book.close(line)
            numbers = (*counted, *lasting)
            book.note((start, number) for number in numbers)
            self._room -= 1 + len(numbers)

    def _slide(self, owners: Int64s) -> None:
        stream_times = self.subject.stream_times(owners)
        for name, book in self.sliding.items():
            moved = book.advance(owners, stream_times)
            if len(moved):
                self.live[name].touch(self.directory.known_of(moved))

    def _touch(self, numbers: Int64s) -> None:
        self.directory.make_all_known(numbers)
        for live in self.live.values():
            live.touch(numbers)

    def _reserve(self) -> None:
        for book in self.books.values():
            book.reserve()
        for sliding in self.sliding.values():
            sliding.reserve(len(self.directory.owners))

    def restored(self, horizons: Callable[[Int64s], Int64s]) -> None:
        """Everything was read from the changelog: let the windows follow stream time.

        Args:
            horizons: of owners, the instants before which closed windows may have been given up.
        """
        self.directory.restored()
        self._reserve()
        owners = np.arange(len(self.directory.owners), dtype=np.int64)
        for book in self.books.values():
            book.reopen()
        self._restore_marks()
        self._slide(owners)
        for sliding in self.sliding.values():
            sliding.sum_up()
        self.forget(owners, horizons(owners))
        self.behind = dict.fromkeys(owners.tolist())
        fill(self, self.completeness.new(marks=self.version is not None), horizons)

    def load_rows(self) -> None:
        """Load the rows of all pages that were read: the later page of a row is right."""
        self.old_records.load(self.cells)
        shapes, numbers = Places(self.shape_numbers), Places(self.directory.kept_numbers)
        for number, rows in sorted(self.read_pages, key=lambda page: page[0]):
            self._next_shape = max(self._next_shape, int(rows.shape.max(initial=NONE)) + 1)
            self.directory.keep_clear_of(int(rows.number.max(initial=NONE)))
            ours = rows._replace(number=numbers.of(rows.number))
            self.leavings.load(ours)
            self.pages.restore(number, ours._replace(shape=shapes.of(rows.shape)))
        self.read_pages.clear()

    def restore_shape(self, text: str, number: int) -> None:
        """The changelog calls a shape by a number."""
        self.shape_numbers[self.by_shape[text].shape] = number
        self._next_shape = max(self._next_shape, number + 1)

    def note_clocks(self, numbers: Int64s, clocks: Sequence[Clocks]) -> None:
        """The clocks of owners moved, each given by the object that stands for it: they are to be written."""
        owners = self.directory.object_owner[numbers]
        self.cells.note(CLOCKS, numbers, np.zeros_like(numbers), np.stack([clock.data[owners] for clock in clocks], axis=1))

    def restore_clocks(self, clocks: Sequence[Clocks]) -> None:
        """Set the clocks of all owners, for whom they have room, to what was read."""
        starts, numbers = self.cells.keys_of(CLOCKS)
        owners = self.directory.object_owner[numbers]
        for clock, values in zip(clocks, self.cells.noted(CLOCKS, numbers, starts, len(clocks)).T, strict=True):
            clock.data[owners] = values

    def number_waiting(self, profile: str) -> int:
        """What the changelog calls a profile from now on."""
        number = self.waiting_numbers[profile] = 1 + max(self.waiting_numbers.values(), default=-1)
        return number

    def _restore_marks(self) -> None:
        starts, numbers = self.cells.keys_of(WAITING)
        waits = self.cells.noted(WAITING, numbers, starts, 1)[:, 0] == 1
        for profile, live in self.live.items():
            for number in np.sort(numbers[waits & (starts == self.waiting_numbers.get(profile, NONE))]).tolist():
                live.restore_mark(number)

    def retire_shape(self, text: str, number: int) -> None:
        """The changelog calls a shape by a number that nobody asks for any more."""
        self.leavings.name_shape(text, number)
        self._next_shape = max(self._next_shape, number + 1)

    def number_shape(self, text: str) -> int | None:
        """What the changelog calls a shape from now on, a number that it has not used; None if the text is not of one."""
        if text not in self.by_shape:
            return None
        number = self.shape_numbers[self.by_shape[text].shape] = self._next_shape
        self._next_shape += 1
        return number

    def counts_of(self, profile: str, numbers: Int64s, starts: Int64s) -> Int64s:
        """Counts of objects in the windows of a profile that begin at these instants; zeros in a profile without windows.

        Args:
            profile: its name.
            numbers: of the objects, shape (n,).
            starts: of the window of each, shape (n,), ms.

        Returns:
            one column an action, shape (n, ``COLUMNS``).
        """
        book = self.books.get(profile) or self.sliding.get(profile)
        return np.zeros((len(numbers), COLUMNS), dtype=np.int64) if book is None else book.counts_of(numbers, starts)

    def counts(self, profile: str, number: int, start: int) -> Int64s:
        """As ``counts_of``, for one object."""
        counts: Int64s = self.counts_of(profile, np.array([number]), np.array([start]))[0]
        return counts

    def parts(self, profile: str, number: int, asked: Slice, start: int) -> Iterator[tuple[StatObject, Int64s]]:
        """The parts of an object in a slice, each with its counts in the window that begins at ``start``."""
        for part in self.slices.parts(number, asked):
            yield part, self.counts(profile, part.number, start)

    def open_windows(self, profile: str, numbers: Int64s, at: Int64s) -> tuple[NDArray[np.bool_], Int64s, Int64s]:
        """Whether each object has an open window, its start, and the t at which that is looked at; shapes (n,), ms.

        t is ``at``, or the start of the window after the one that holds ``at`` if the clock has closed that.
        """
        if profile in self.books:
            start = self.books[profile].open_starts(numbers, at)
            return start > NEVER, start, np.maximum(at, start)
        start = self.sliding[profile].profile.starts(at) if profile in self.sliding else at
        return np.ones(len(at), dtype=bool), start, at

    def forget(self, owners: Int64s, horizons: Int64s) -> None:
        """Give up closed windows of owners that end at or before the horizon of each."""
        for book in self.books.values():
            lines, of_line = book.lines_of(owners)
            book.forget(lines, horizons[of_line])

    def oldest(self, owners: Int64s) -> Int64s:
        """The earliest instant that a window held for each owner reaches back to (ms)."""
        oldest = np.full(len(owners), FAR, dtype=np.int64)
        for book in self.books.values():
            lines, of_line = book.lines_of(owners)
            held = book.oldest(lines)
            np.minimum.at(oldest, of_line[held > NEVER], held[held > NEVER])
        for sliding in self.sliding.values():
            np.minimum(oldest, sliding.start.data[owners], out=oldest)
        return np.where(oldest == FAR, self.subject.stream_times(owners), oldest)


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
