"""Durable actions of one object over time: what ended, what is in progress, and what of it lies in a window (domain 5.2).

The log is the definition itself: every durable measure of every window is read off the spans, so a window that was closed
long ago and one that is open are computed alike. Control events are rare, and so are spans.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Int64s
from engine.catalog import ACTIONS

SPAN_PAGE_MS: Final = 3_600_000
"""Ended spans are kept in the changelog in pages of this much time, by their end: a control event rewrites one short page."""

_STATUSES: Final = frozenset(action.index for action in ACTIONS if action.family == "status")


class Span(NamedTuple):
    """A durable action that ended, ordered by its end (all ms); ``action`` is its index in ``ACTIONS``."""

    end: int
    begin: int
    action: int


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


@dataclass(frozen=True, slots=True)
class DurableRows:
    """One row of each durable measure, shape (actions,), to be added to; see ``engine.measures``."""

    ended: Int64s
    time_ms: Int64s
    completed_ms: Int64s
    adjusted_ms: Int64s
    current: Int64s
    current_ms: Int64s


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

    __slots__ = ("early", "ended", "open")

    def __init__(self) -> None:
        self.ended: list[Span] = []
        self.open: dict[tuple[Hashable, int], int] = {}
        self.early: Early | None = None

    def begin(self, owner: Hashable, action: int, at: int) -> None:
        """``action`` is in progress from ``at`` on."""
        self.open[owner, action] = at

    def end(self, owner: Hashable, action: int, at: int) -> Span:
        """``action`` ended at ``at``; returns what it was."""
        span = Span(at, self.open.pop((owner, action)), action)
        insort(self.ended, span)
        return span

    def add(self, view: View, rows: DurableRows) -> None:
        """Add what lies in the window to ``rows`` (domain 5.2, 5.3)."""
        for span in self.ended[bisect_left(self.ended, (view.start,)) :]:
            self._add_ended(span, view, rows)
        for (_, action), begin in self.open.items():
            self._add_running(action, begin, view, rows)

    @staticmethod
    def _add_ended(span: Span, view: View, rows: DurableRows) -> None:
        inside = min(span.end, view.until) - max(span.begin, view.start)
        if view.holds_end(span.end):
            rows.ended[span.action] += 1
            rows.adjusted_ms[span.action] += span.end - span.begin
            rows.completed_ms[span.action] += max(inside, 0)
        elif span.begin <= view.until < span.end:
            rows.current[span.action] += 1
            rows.current_ms[span.action] += view.until - span.begin
        rows.time_ms[span.action] += max(inside, 0)

    @staticmethod
    def _add_running(action: int, begin: int, view: View, rows: DurableRows) -> None:
        if begin <= view.until:
            rows.time_ms[action] += view.until - max(begin, view.start)
            rows.current[action] += 1
            rows.current_ms[action] += view.until - begin

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
