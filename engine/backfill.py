"""What is defined on a running site begins with the history that is still held (domain 6, 7.5).

A profile that was not counted before is filled from the panes and windows of those that were, of which each owner has its own. What is held
of one profile tiles time without gaps from some instant on; the windows of the new one are complete from there. Cells that do not lie
in one window of the new profile can't be told apart any more: it is complete from the end of the last of those.

    held, panes of 10 min     | 3 | 0 | 7 | 2 | 4 |        from 09:40 on
    new, windows of an hour         ^10:00                 the open window is complete: 7 + 2 + 4
    new, windows of 15 min                ^10:15           the pane of 10:10-10:20 straddles: complete from 10:20
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from engine.arrays import NEVER, Int64s
from engine.books import Book
from engine.cells import Cells, Loaded
from engine.completeness import shape_text
from engine.old_rows import OldRow, loaded
from engine.pages import Places
from engine.profiles import Growing
from engine.sliding import SlidingBook
from engine.wallclock import parse_resets
from kernels.counts import NO_PAGE

if TYPE_CHECKING:
    from engine.ledger import Ledger


_NOWHERE: Final = NEVER
"""The place of what no window of a profile holds: what was before a campaign's first start."""


class Cell(NamedTuple):
    """Counts of an object, or of a part of one, in [start, end), ms: a row of a table."""

    start: int
    end: int
    number: int
    table: Cells
    row: int


class Source(NamedTuple):
    """What is held of one profile for an owner: all that happened from ``since`` on."""

    since: int
    cells: list[Cell]


def fill(ledger: Ledger, new: Iterable[str], horizons: Callable[[Int64s], Int64s]) -> None:
    """Begin to count what is new; ``horizons`` tells before when closed windows of owners may have been given up."""
    texts = set(new)
    owners = [owner.number for owner in ledger.directory.owners if ledger.subject.stream_time(owner.number) > NEVER]
    if not texts or not owners:
        return
    books: list[Book | SlidingBook] = [*ledger.books.values(), *ledger.sliding.values()]
    targets = [book for book in books if shape_text(book.profile) in texts]
    sources = _Sources(ledger, texts, horizons) if targets else None
    for owner in owners:
        stream_time = ledger.subject.stream_time(owner)
        known = ledger.directory.known_of(np.array([owner]))
        for target in targets:
            assert sources is not None
            since = _fill_owner(ledger, target, owner, stream_time, list(sources.of(owner, stream_time)))
            if since > NEVER:
                ledger.completeness.begin(shape_text(target.profile), owner, since)
            ledger.live[target.profile.name].touch(known)
        for text in texts - {shape_text(target.profile) for target in targets}:
            ledger.completeness.begin(text, owner, stream_time + 1)


@dataclass(slots=True)
class _Held:
    """A profile that is no longer defined; ``extent`` is the window or pane around an instant, ``shape`` its number in the leavings."""

    shape: int
    extent: Callable[[int], tuple[int, int]]
    size_ms: int | None = None
    since: dict[int, int] = field(default_factory=dict)


class Leavings:
    """What the changelog holds of Growing and Sliding profiles that are no longer defined, in a table of their own."""

    def __init__(self) -> None:
        self.held: dict[str, _Held] = {}
        self.cells = Cells()
        self._numbers: Int64s = np.empty(0, dtype=np.int64)
        self._shapes: Int64s = np.empty(0, dtype=np.int64)

    def name_shape(self, text: str, number: int) -> None:
        """Pages call the shape of that text by a number."""
        held = self._of(text)
        if held is not None:
            self._numbers = np.append(self._numbers, number)
            self._shapes = np.append(self._shapes, held.shape)

    def load(self, rows: Loaded) -> None:
        """Rows of a page, whose objects are the directory's."""
        if len(self._shapes):
            named = Places(self._numbers).of(rows.shape)
            self.cells.load(rows._replace(shape=np.where(named < 0, named, self._shapes[named])), NO_PAGE)

    def old_row(self, text: str, start: int, number: int, row: OldRow) -> None:
        """A record of a window or pane, as state version 2 had them."""
        held = self._of(text)
        if held is not None:
            shape, starts, numbers = (np.array([value], dtype=np.int64) for value in (held.shape, start, number))
            self.cells.load(loaded(shape, starts, numbers, [row]), NO_PAGE)

    def since(self, text: str, owner: int, instant: int) -> None:
        """The profile was complete for an owner from an instant on."""
        held = self._of(text)
        if held is not None:
            held.since[owner] = instant

    def _of(self, text: str) -> _Held | None:
        if text not in self.held:
            held = _held_of(len(self.held), text)
            if held is None:
                return None
            self.held[text] = held
        return self.held[text]


def _held_of(number: int, text: str) -> _Held | None:
    _, kind, *rest = text.split(" ")
    if kind == "sliding":
        size, step = map(int, rest[0].split(":"))
        return _Held(number, lambda instant: (instant - instant % step, instant - instant % step + step), size)
    return _Held(number, parse_resets(" ".join(rest[:-1]), rest[-1]).window) if kind == "growing" else None


class _Sources:
    """All that is held of what was counted before."""

    def __init__(self, ledger: Ledger, new: set[str], horizons: Callable[[Int64s], Int64s]) -> None:
        self._ledger = ledger
        self._horizons = horizons
        books = [book for book in ledger.books.values() if isinstance(book.profile, Growing) and shape_text(book.profile) not in new]
        slides = [book for book in ledger.sliding.values() if shape_text(book.profile) not in new]
        self._growing = [(book, self._by_owner(ledger.cells, book.shape)) for book in books]
        self._sliding = [(book, self._by_owner(ledger.cells, book.shape)) for book in slides]
        self._leavings = [(held, self._by_owner(ledger.leavings.cells, held.shape)) for held in ledger.leavings.held.values()]

    def _by_owner(self, table: Cells, shape: int) -> dict[int, list[tuple[int, int, int]]]:
        """Start, object and place of the rows of a shape, by owner."""
        found = defaultdict(list)
        for row in table.rows_of(shape).tolist():
            start, number = int(table.store.rows[row]["start"]), int(table.store.rows[row]["number"])
            found[self._ledger.directory.objects[number].owner].append((start, number, row))
        return found

    def of(self, owner: int, stream_time: int) -> Iterator[Source]:
        """The sources for an owner."""
        table = self._ledger.cells
        for book, rows in self._growing:
            windows = [(book.schedule.window(owner, start), number, row) for start, number, row in rows.get(owner, ())]
            cells = [Cell(*window, number, table, row) for window, number, row in windows if window is not None]
            yield Source(self._since(shape_text(book.profile), owner, self._first(book, owner)), cells)
        for sliding, rows in self._sliding:
            step = sliding.profile.step_ms
            cells = [Cell(start, start + step, number, table, row) for start, number, row in rows.get(owner, ())]
            yield Source(self._since(shape_text(sliding.profile), owner, sliding.start.get(owner)), cells)
        for held, rows in self._leavings:
            cells = [Cell(*held.extent(start), number, self._ledger.leavings.cells, row) for start, number, row in rows.get(owner, ())]
            yield Source(max(self._first_of(held, owner, stream_time), held.since.get(owner, NEVER)), cells)

    def _first(self, book: Book, owner: int) -> int:
        """Start of the oldest window that can't have been given up."""
        horizon = int(self._horizons(np.array([owner]))[0])
        window = book.schedule.window(owner, horizon) if horizon > NEVER else None
        return NEVER if window is None else window[0]

    def _first_of(self, held: _Held, owner: int, stream_time: int) -> int:
        if held.size_ms is not None:
            return held.extent(stream_time - 1)[1] - held.size_ms
        horizon = int(self._horizons(np.array([owner]))[0])
        return held.extent(horizon)[0] if horizon > NEVER else NEVER

    def _since(self, shape: str, owner: int, first: int) -> int:
        return max(first, self._ledger.completeness.since.get(shape, {}).get(owner, NEVER))


def _fill_owner(ledger: Ledger, target: Book | SlidingBook, owner: int, stream_time: int, sources: list[Source]) -> int:
    """Fill a profile for one owner; returns the instant from which it is complete."""
    if isinstance(target, Book):
        for line in target.schedule.lines_of(ledger.directory.owners[owner]):
            target.begin_with(line, stream_time)
    since, cells = stream_time + 1, list[Cell]()
    for source in sources:
        placed = [(cell, _place(ledger, target, cell, min(cell.end - 1, stream_time))) for cell in source.cells]
        complete = max((cell.end for cell, place in placed if place is None), default=source.since)
        if max(complete, source.since) < since:
            since, cells = max(complete, source.since), source.cells
    for cell in cells:
        place = _place(ledger, target, cell, min(cell.end - 1, stream_time))
        if place is not None and cell.start >= since:
            _put(ledger, target, cell, place)
    return since


def _place(ledger: Ledger, target: Book | SlidingBook, cell: Cell, last: int) -> int | None:
    """Start of the window or pane in which a cell lies whole, up to its ``last`` instant; None if it straddles an end of one."""
    if isinstance(target, SlidingBook):
        step = target.profile.step_ms
        return cell.start - cell.start % step if cell.start // step == last // step else None
    line = target.schedule.line_of(ledger.directory.objects[cell.number])
    window = None if line is None else target.schedule.window(line, last)
    if window is None:
        return _NOWHERE
    return window[0] if window[0] <= cell.start else None


def _put(ledger: Ledger, target: Book | SlidingBook, cell: Cell, start: int) -> None:
    """Add a cell to the window or pane of a profile; also to one that is over, which a late event may still correct (domain 6.6)."""
    found = ledger.directory.objects[cell.number]
    if isinstance(target, SlidingBook):
        if start >= target.start.get(found.owner):
            target.put(start, cell.number, cell.table.cells_of(cell.row))
        return
    line = target.schedule.line_of(found)
    if line is not None and start != _NOWHERE:
        target.put(cell.number, start, cell.table.cells_of(cell.row))
