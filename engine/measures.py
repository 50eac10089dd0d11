"""What categories are computed from: rows of numbers, a row for each object (domain 5.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import Final

import numpy as np

from engine.arrays import Int64s
from engine.catalog import ACTION_BY_NAME, ACTIONS
from engine.lasting import Looked
from engine.spans import NO_ROWS, Spans, View
from kernels.intervals import ENDED, INSIDE, INSIDE_ENDED, OPEN, OPEN_AGE, TABLES, WHOLE_ENDED, add_intervals

_GAUGE: Final = ACTION_BY_NAME["RecordsScheduled"].index
_NO_SPANS: Final = Spans()
NOTHING: Final = -1
"""The row in ``Measures.lasting`` of an object of which nothing lasted."""


class Table(IntEnum):
    """What there is of each object and action."""

    COUNTS = -1
    """Instants in the window, each with its count (4.8)."""
    ENDED = ENDED
    """Durable actions that ended in the window."""
    TIME = INSIDE
    """Time inside the window, the running part up to t included, ms."""
    COMPLETED = INSIDE_ENDED
    """The same, of those only that ended in the window (5.3)."""
    ADJUSTED = WHOLE_ENDED
    """Whole durations of those that ended in the window, ms."""
    CURRENT = OPEN
    """Durable actions in progress at t; of a gauge its value."""
    CURRENT_TIME = OPEN_AGE
    """Sum of t - begin over those in progress, ms."""


@dataclass(frozen=True, slots=True)
class Windows:
    """A window of each of n objects, with the instant t at which it is looked at (``engine.spans.View``); shapes (n,), ms."""

    start: Int64s
    until: Int64s
    closed: bool

    def __len__(self) -> int:
        return len(self.start)

    def rows(self, chosen: Int64s) -> Windows:
        """Those of some objects, in this order."""
        return Windows(self.start[chosen], self.until[chosen], self.closed)

    def view(self, row: int) -> View:
        """That of one object."""
        return View(int(self.start[row]), int(self.until[row]), self.closed)


@dataclass(frozen=True)
class Lasted:
    """Durable actions of m objects, each with its window; see ``kernels.intervals.add_intervals``."""

    windows: Windows
    ended_at: Int64s
    ended: Int64s
    running_at: Int64s
    running: Int64s

    @property
    def columns(self) -> tuple[Int64s, Int64s, bool, Int64s, Int64s, Int64s, Int64s]:
        """All of it, as the kernels take it."""
        windows = self.windows
        return windows.start, windows.until, windows.closed, self.ended_at, self.ended, self.running_at, self.running

    @cached_property
    def begins(self) -> tuple[Int64s, Int64s]:
        """Where those of each object begin, shape (m + 1,), and each begin with its action in order of time, shape (all, 2)."""
        rows = [np.repeat(np.arange(len(at) - 1), np.diff(at)) for at in (self.ended_at, self.running_at)]
        moves = np.concatenate([self.ended[:, [1, 2]], self.running[:, [1, 0]]])
        return self.ended_at + self.running_at, moves[np.lexsort((moves[:, 0], np.concatenate(rows)))]

    @cached_property
    def ends(self) -> tuple[Int64s, Int64s]:
        """As ``begins``, of those that ended."""
        return self.ended_at, np.ascontiguousarray(self.ended[:, [0, 2]])


@dataclass(frozen=True)
class Measures:
    """Measures of n objects of one type in one window each. Columns are the indexes of ``ACTIONS``.

    Attributes:
        counts: the table ``COUNTS``, shape (n, >= actions).
        lasting: the other tables side by side, shape (objects of which something lasted, tables x actions).
        lasting_row: the row of each object there, or ``NOTHING``, shape (n,).
        lasted: what those other tables are of, shape (objects of which something lasted,).
        elapsed_ms: t - w0, shape (n,).
        looks: makes the objects themselves, for what is read off their durable actions one by one.
    """

    counts: Int64s
    lasting: Int64s
    lasting_row: Int64s
    lasted: Lasted
    elapsed_ms: Int64s
    looks: Callable[[], Sequence[Looked]]

    @cached_property
    def looked(self) -> Sequence[Looked]:
        """The objects themselves."""
        return self.looks()

    def of_instants(self, counts: Int64s) -> Measures:
        """The same objects with these counts of instants, and no durable action that ended."""
        lasting = self.lasting.copy()
        lasting[:, Table.ENDED * len(ACTIONS) : (Table.ENDED + 1) * len(ACTIONS)] = 0
        return replace(self, counts=counts, lasting=lasting)

    def rows(self, chosen: Int64s) -> Measures:
        """Those of some objects, in this order."""
        looked = self.looks
        return Measures(
            self.counts[chosen],
            self.lasting,
            self.lasting_row[chosen],
            self.lasted,
            self.elapsed_ms[chosen],
            lambda: [looked()[row] for row in chosen.tolist()],
        )


def measured(
    windows: Windows, counts: Int64s, spans: Sequence[Spans | None], gauges: Int64s, looks: Callable[[], Sequence[Looked]]
) -> Measures:
    """Measures of n objects in their windows.

    Args:
        windows: of n objects.
        counts: shape (n, >= actions).
        spans: durable actions of each; None for an object that has none.
        gauges: RecordsScheduled of each at t, shape (n,).
        looks: see ``Measures``.
    """
    having = [place for place, one in enumerate(spans) if one is not None and (one.open or one.ended)]
    lasts = gauges != 0
    lasts[having] = True
    chosen = np.flatnonzero(lasts)
    row = np.full(len(windows), NOTHING, dtype=np.int64)
    row[chosen] = np.arange(len(chosen))
    lasting = np.zeros((len(chosen), TABLES * len(ACTIONS)), dtype=np.int64)
    lasted = _lasted(windows.rows(chosen), [spans[place] or _NO_SPANS for place in chosen.tolist()] if spans else [_NO_SPANS] * len(chosen))
    add_intervals(*lasted.columns, len(ACTIONS), lasting)
    lasting[:, Table.CURRENT * len(ACTIONS) + _GAUGE] = gauges[chosen]
    return Measures(counts, lasting, row, lasted, windows.until - windows.start, looks)


def _lasted(windows: Windows, spans: Sequence[Spans]) -> Lasted:
    ended = [one.ended_since(start) for one, start in zip(spans, windows.start.tolist(), strict=True)]
    running = [one.running() for one in spans]
    ended_at, running_at = (np.cumsum([0, *map(len, parts)]) for parts in (ended, running))
    return Lasted(windows, ended_at, np.concatenate([NO_ROWS, *ended]), running_at, np.concatenate([NO_ROWS[:, :2], *running]))
