"""Durable actions of one object over time: what ended, what is in progress, and what of it lies in a window (domain 5.2).

The log is the definition itself: every durable measure of every window is read off the spans, so a window that was closed
long ago and one that is open are computed alike. Control events are rare, and so are spans.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.arrays import NEVER, Int64s
from engine.catalog import ACTIONS

SPAN_PAGE_MS: Final = 3_600_000
"""Ended spans are kept in the changelog in pages of this much time, by their end: a control event rewrites one short page."""

_STATUSES: Final = frozenset(action.index for action in ACTIONS if action.family == "status")


class Span(NamedTuple):
    """A durable action that ended, ordered by its end (all ms); ``action`` is its index in ``ACTIONS``."""

    end: int
    begin: int
    action: int


NO_ROWS: Final = np.empty((0, len(Span._fields)), dtype=np.int64)
"""Nothing that ended."""


@dataclass(frozen=True, slots=True)
class View:
    """A window and the instant t at which it is looked at (domain 5.2).

    An open window is [start, until] with ``until`` = t included; a closed one is [start, until) with t = ``until``.
    """

    start: int
    until: int
    closed: bool

    def holds_end(self, instant: int) -> bool:
        """Whether a durable action that ended at ``instant`` ended in the window."""
        return self.start <= instant and (instant < self.until or (instant == self.until and not self.closed))


@dataclass(slots=True)
class Early:
    """What is kept of statuses that were forgotten: they followed each other without a gap from ``since`` to ``until`` (ms).

    ``left`` tells by action when each of them was last left in that time.
    """

    since: int
    until: int
    left: dict[int, int]


class Spans:
    """The durable actions of one object. ``owner`` tells apart those of a campaign's groups (domain 3.6)."""

    __slots__ = ("_running", "_table", "_tabled", "early", "ended", "latest", "open", "version")

    def __init__(self) -> None:
        self.ended: list[Span] = []
        self.open: dict[tuple[Hashable, int], int] = {}
        self.early: Early | None = None
        self._table: Int64s = NO_ROWS
        self._tabled = 0
        self._running: Int64s | None = None
        self.latest = NEVER
        """The latest instant at which anything began or ended, ms: from then on only what is in progress holds."""
        self.version = 0
        """Another one whenever something else is in progress."""

    def begin(self, owner: Hashable, action: int, at: int) -> None:
        """``action`` is in progress from ``at`` on."""
        self.open[owner, action] = at
        self._moved(at)

    def _moved(self, at: int) -> None:
        self._running = None
        self.latest = max(self.latest, at)
        self.version += 1

    def end(self, owner: Hashable, action: int, at: int) -> Span:
        """``action`` ended at ``at``; returns what it was."""
        span = Span(at, self.open.pop((owner, action)), action)
        place = bisect_right(self.ended, span)
        self.ended.insert(place, span)
        self._tabled = min(self._tabled, place)
        self._moved(at)
        return span

    def ended_since(self, instant: int) -> Int64s:
        """What ended at ``instant`` or later, shape (n, 3), as columns of ``Span``."""
        count = len(self.ended)
        if not count or self.ended[-1].end < instant:
            return self._table[:0]
        if self._tabled < count:
            self._tabulate(count)
        return self._table[bisect_left(self.ended, (instant,)) : count]

    def _tabulate(self, count: int) -> None:
        if count > len(self._table):
            grown = np.empty((2 * count, len(Span._fields)), dtype=np.int64)
            grown[: self._tabled] = self._table[: self._tabled]
            self._table = grown
        self._table[self._tabled : count] = self.ended[self._tabled :]
        self._tabled = count

    def running(self) -> Int64s:
        """(action, begin) of all in progress, shape (n, 2)."""
        if self._running is None:
            found = [(action, begin) for (_, action), begin in self.open.items()]
            self._running = np.array(found, dtype=np.int64).reshape(-1, 2)
        return self._running

    def touching(self, start: int, end: int) -> Iterator[int]:
        """Actions that were in progress at some instant of [start, end), or ended at its start (domain 7.4)."""
        for span in self.ended[bisect_left(self.ended, (start,)) :]:
            if span.begin < end:
                yield span.action
        for (_, action), begin in self.open.items():
            if begin < end:
                yield action

    def at(self, instant: int) -> Iterator[tuple[int, int]]:
        """(action, begin) of all in progress at ``instant``; what ends there is not."""
        for span in self.ended[bisect_left(self.ended, (instant + 1,)) :]:
            if span.begin <= instant:
                yield span.action, span.begin
        for (_, action), begin in self.open.items():
            if begin <= instant:
                yield action, begin

    def since(self, instant: int) -> Iterator[tuple[int, int, int | None]]:
        """(action, begin, end) of all that ended at ``instant`` or later, or has not ended (None)."""
        for span in self.ended[bisect_left(self.ended, (instant,)) :]:
            yield span.action, span.begin, span.end
        for (_, action), begin in self.open.items():
            yield action, begin, None

    def ended_in(self, view: View) -> Iterator[Span]:
        """What ended in the window."""
        for span in self.ended[bisect_left(self.ended, (view.start,)) :]:
            if not view.holds_end(span.end):
                return
            yield span

    def entered(self, statuses: NDArray[np.bool_], at: int) -> int | None:
        """When the status that holds at an instant entered a set of statuses, shape (actions,); None if it is outside.

        A status that was left and entered again counts anew, also if both happened in one instant.
        """
        held = [(action, begin) for action, begin in self.at(at) if action in _STATUSES]
        if not held or not statuses[held[0][0]]:
            return None
        entered = held[0][1]
        for span in reversed(self.ended[: bisect_left(self.ended, (entered + 1,))]):
            if span.action in _STATUSES:
                if span.end != entered or not statuses[span.action]:
                    return entered
                entered = span.begin
        if self.early is None or self.early.until != entered:
            return entered
        return max((left for action, left in self.early.left.items() if not statuses[action]), default=self.early.since)

    def ended_between(self, start: int, end: int) -> list[Span]:
        """What ended in [start, end)."""
        return self.ended[bisect_left(self.ended, (start,)) : bisect_left(self.ended, (end,))]

    def forget(self, horizon: int) -> list[Span]:
        """Drop what ended before ``horizon``, which no window reaches any more; returns what it was."""
        gone = bisect_left(self.ended, (horizon,))
        forgotten = self.ended[:gone]
        del self.ended[:gone]
        self._tabled = 0 if gone else self._tabled
        for span in forgotten:
            if span.action in _STATUSES:
                self._remember(span)
        return forgotten

    def _remember(self, span: Span) -> None:
        if self.early is None or self.early.until != span.begin:
            self.early = Early(span.begin, span.end, {})
        self.early.until = self.early.left[span.action] = span.end

    def restore(self, ended: Iterable[Span]) -> None:
        """Put back what was read from the changelog."""
        self.ended = sorted([*self.ended, *ended])
        self._tabled = 0
        self.latest = max([self.latest, *(span.end for span in self.ended[-1:])])
