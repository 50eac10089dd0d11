"""The last N actions: what Selection profiles look at (domain 6.3).

Each object has a log of the actions that its statistics ask for, durable ones at their ends. Of a statistic that selects by one mask and
counts another, the second takes what is not before the oldest selected action:

    selects DialMade, N = 3     M A M M A . M A      (M DialMade, A DialAnswer, in order of their instants)
    selected                          M     M    and before them M: the oldest is the second M
    counts DialAnswer                   A     A  the first A is before the oldest, and is not counted

What no statistic reaches back to any more is forgotten: a late action can only push the oldest further on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.arrays import NEVER, Int64s
from engine.catalog import ACTIONS, ObjectType
from engine.credited import Credits, Ends
from engine.credits import COLUMN_TABLE, OBJECT_TYPES
from engine.definitions import Definitions
from engine.directory import NONE, Directory
from engine.masks import Mask
from engine.profiles import Selection
from engine.spans import Span, Spans
from engine.statistic import Statistic

PAGE: Final = 256
"""Actions of a log that share a changelog record."""
_SLACK: Final = 1_024
"""How much a log may grow before it is looked through for what can be forgotten."""
_INSTANT: Final = NEVER
"""Stands for the begin of an action that has none."""

_ORDINALS: Final = 16
"""More than the actions of one cause."""


class Row(NamedTuple):
    """One action: its instant or end, its number in the log, which, how many times, its begin (ms) or ``_INSTANT``."""

    at: int
    number: int
    action: int
    times: int
    begin: int


_COLUMNS: Final = len(Row._fields)


class Selected(NamedTuple):
    """What a statistic looks at: counts of instants, shape (actions,), and durable actions."""

    counts: Int64s
    spans: Spans


class Wanted(NamedTuple):
    """The last ``size`` actions of a mask, shape (actions,)."""

    selecting: NDArray[np.bool_]
    size: int


class Log:
    """The actions of one object, in order of application; ``numbers`` count up and stay."""

    def __init__(self) -> None:
        self.rows: Int64s = np.empty((0, _COLUMNS), dtype=np.int64)
        self.dirty: set[int] = set()
        """Pages to be written, by number // ``PAGE``."""
        self._looked_at = 0

    def add(self, rows: Int64s) -> None:
        """Add rows in order of application; their numbers are given here."""
        first = int(self.rows[-1, 1]) + 1 if len(self.rows) else 0
        rows[:, 1] = np.arange(first, first + len(rows))
        self.rows = np.concatenate([self.rows, rows])
        self.dirty.update(range(first // PAGE, (first + len(rows) - 1) // PAGE + 1))

    def in_order(self) -> Int64s:
        """The rows in order of their instants, ties in order of application."""
        rows: Int64s = self.rows[np.lexsort((self.rows[:, 1], self.rows[:, 0]))]
        return rows

    def forget(self, wanted: Iterable[Wanted]) -> None:
        """Drop what is before the oldest of all that is selected, if the log has grown enough to be worth it."""
        if len(self.rows) < self._looked_at + _SLACK:
            return
        rows = self.in_order()
        oldest = min(_oldest(rows, one) for one in wanted)
        gone = set(rows[:oldest, 1].tolist()) - {int(self.rows[-1, 1])}  # the last row tells the next number
        self.dirty.update(number // PAGE for number in gone)
        self.rows = self.rows[~np.isin(self.rows[:, 1], list(gone))]
        self._looked_at = len(self.rows)

    def page(self, number: int) -> Int64s:
        """The rows of a page."""
        rows: Int64s = self.rows[self.rows[:, 1] // PAGE == number]
        return rows

    def restore(self, rows: Int64s) -> None:
        """Put a page back."""
        merged = np.concatenate([self.rows, rows])
        self.rows = merged[np.argsort(merged[:, 1])]


def _oldest(rows: Int64s, wanted: Wanted) -> int:
    """Place of the oldest selected row; 0 while there are fewer than wanted, since a late one may still become the oldest."""
    places = np.flatnonzero(wanted.selecting[rows[:, 2]])
    return int(places[-wanted.size]) if len(places) >= wanted.size else 0


class Selections:
    """The logs of all objects of a partition. ``names`` are those of the profiles that select."""

    def __init__(self, definitions: Definitions, directory: Directory) -> None:
        self._directory = directory
        self.sizes = {profile.name: profile.count for profile in definitions.profiles.values() if isinstance(profile, Selection)}
        self._wanted = {number: list(_wanted(definitions, self.sizes, kind)) for number, kind in enumerate(OBJECT_TYPES)}
        self._relevant = np.array([_relevant(definitions, self.sizes, kind) for kind in OBJECT_TYPES])
        self.logs: dict[int, Log] = {}

    def add(self, credited: Credits, ends: Ends) -> None:
        """Log what was credited and what ended in one chunk."""
        if not self.sizes:
            return
        objects, rows, order = self._of_chunk(credited, ends)
        if not len(objects):
            return
        by_object = np.lexsort((order, objects))
        objects, rows = objects[by_object], rows[by_object]
        numbers, begins = np.unique(objects, return_index=True)
        for number, part in zip(numbers.tolist(), np.split(rows, begins[1:]), strict=True):
            log = self.logs.setdefault(number, Log())
            log.add(part)
            log.forget(self._wanted[self._directory.objects[number].type])

    def _of_chunk(self, credited: Credits, ends: Ends) -> tuple[Int64s, Int64s, Int64s]:
        """Object, row and order of all that the statistics ask for."""
        objects, rows, orders = [], [], []
        kinds = np.array([self._directory.objects[number].type for number in ends.object.tolist()], dtype=np.int64)
        asked = self._relevant[kinds, ends.action] if len(kinds) else np.empty(0, dtype=bool)
        lasted = np.column_stack([ends.end, ends.end, ends.action, np.ones_like(ends.end), ends.begin])
        objects.append(ends.object[asked])
        rows.append(lasted[asked])
        orders.append((ends.place * _ORDINALS + ends.ordinal)[asked])
        for kind in range(len(OBJECT_TYPES)):
            numbers = self._directory.route_objects[credited.route, kind]
            for ordinal in range(COLUMN_TABLE.shape[2]):
                action = COLUMN_TABLE[credited.code, kind, ordinal]
                there = (numbers != NONE) & (action < len(ACTIONS))
                there[there] = self._relevant[kind, action[there]]
                at = credited.at[there]
                objects.append(numbers[there])
                rows.append(np.column_stack([at, at, action[there], credited.count[there], np.full_like(at, _INSTANT)]))
                orders.append((credited.place * _ORDINALS + ordinal)[there])
        return np.concatenate(objects), np.concatenate(rows), np.concatenate(orders)

    def select(self, profile: str, number: int, statistic: Statistic) -> Selected:
        """What a statistic looks at for an object."""
        counts = np.zeros(len(ACTIONS), dtype=np.int64)
        spans = Spans()
        log, selecting = self.logs.get(number), statistic.relative or statistic.main
        if log is None or selecting is None:
            return Selected(counts, spans)
        rows = log.in_order()
        selected = np.flatnonzero(selecting.vector[rows[:, 2]])[-self.sizes[profile] :]
        if not len(selected):
            return Selected(counts, spans)
        rows = rows[selected[0] :]
        instants = rows[:, 4] == _INSTANT
        np.add.at(counts, rows[instants, 2], rows[instants, 3])
        spans.restore(Span(row.at, row.begin, row.action) for row in map(Row._make, rows[~instants].tolist()))
        return Selected(counts, spans)

    def is_full(self, profile: str, number: int, statistic: Statistic, since: int) -> bool:
        """Whether all that a statistic selects for an object happened at ``since`` or later, and none is wanting."""
        log, selecting = self.logs.get(number), statistic.relative or statistic.main
        if log is None or selecting is None:
            return False
        return int(np.count_nonzero(selecting.vector[log.rows[:, 2]] & (log.rows[:, 0] >= since))) >= self.sizes[profile]


def _selecting(definitions: Definitions, names: Mapping[str, int], kind: ObjectType) -> Iterable[tuple[str, Statistic]]:
    for name in names:
        for statistic in definitions.panel(name, kind):
            for one in (*definitions.named_by(statistic), statistic):
                yield name, one


def _wanted(definitions: Definitions, sizes: Mapping[str, int], kind: ObjectType) -> Iterable[Wanted]:
    for name, statistic in _selecting(definitions, sizes, kind):
        if (mask := statistic.relative or statistic.main) is not None:
            yield Wanted(mask.vector, sizes[name])


def _relevant(definitions: Definitions, sizes: Mapping[str, int], kind: ObjectType) -> NDArray[np.bool_]:
    masks: list[Mask | None] = []
    for _, statistic in _selecting(definitions, sizes, kind):
        masks += [statistic.main, statistic.relative]
    relevant = np.zeros(len(ACTIONS), dtype=bool)
    for mask in masks:
        if mask is not None:
            relevant |= mask.vector
    return relevant
