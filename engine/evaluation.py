"""Values of all statistics of many objects at once: counts and durable actions gathered into ``Measures`` (domain 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Int64s
from engine.catalog import ACTIONS
from engine.categories import evaluate, or_empty
from engine.directory import StatObject
from engine.effects import State
from engine.formulas import value_of
from engine.lasting import Looked
from engine.measures import Measures, Windows, measured
from engine.panels import INSTANTS, Panel, Source, source_of
from engine.quotients import Floats
from engine.selection import Selected
from engine.slices import Slice
from engine.statistic import Statistic
from engine.subject import Subject

_EARLIEST, _LATEST = -(1 << 60), 1 << 60


@dataclass(frozen=True, slots=True)
class Seen:
    """n objects of one type, by number, each in a window with its counts there, shape (n, >= actions)."""

    numbers: Int64s
    windows: Windows
    counts: Int64s

    def rows(self, chosen: Int64s) -> Seen:
        """Some of them, in this order."""
        return Seen(self.numbers[chosen], self.windows.rows(chosen), self.counts[chosen])


@dataclass(frozen=True, slots=True)
class Valued:
    """The values of n objects of which the same is reported.

    Attributes:
        rows: their places among those that were looked at, shape (n,).
        names: of the values.
        numbers: shape (n, len(names)), NaN where there is none.
        insensitivity: what of a move each may hide, shape (len(names),).
        states: of each; None where no statistic asks.
    """

    rows: Int64s
    names: tuple[str, ...]
    numbers: Floats
    insensitivity: NDArray[np.float64]
    states: Sequence[State | None] | None

    def chosen(self, flags: NDArray[np.bool_]) -> Valued:
        """Those of them whose flag is set, shape (n,)."""
        if flags.all():
            return self
        states = None if self.states is None else [state for state, flag in zip(self.states, flags.tolist(), strict=True) if flag]
        return Valued(self.rows[flags], self.names, self.numbers[flags], self.insensitivity, states)


PartsOf: TypeAlias = Callable[[int, int, Slice], Iterable[tuple[StatObject, Int64s]]]
"""The parts of an object in a slice, each with its counts in the window that begins at an instant (ms)."""


def evaluate_panel(panel: Panel, seen: Seen, subject: Subject, parts: PartsOf) -> Sequence[Valued]:
    """Values of every statistic of the panel for each object, with those of its parts."""
    numbers, until = seen.numbers.tolist(), seen.windows.until.tolist()
    measures = _measures(panel, seen, subject)
    of_source = partial(_of_source, measures=measures, seen=seen, parts=parts)
    values = np.empty((len(numbers), len(panel.computed)), dtype=np.float64)
    for columns in panel.together:
        values[:, columns.places] = columns.sheet.values(of_source(columns.source))
    _fill(panel, panel.alone, values, lambda statistic: of_source(source_of(statistic)))
    states = [subject.state(number, at) for number, at in zip(numbers, until, strict=True)] if panel.states else None
    whole = Valued(np.arange(len(numbers)), panel.names, panel.of_reported(values), panel.insensitivity, states)
    return list(_with_parts(panel, whole, measures, seen, parts)) if panel.broken_down else [whole]


def _measures(panel: Panel, seen: Seen, subject: Subject) -> Measures:
    numbers = seen.numbers.tolist()
    spans = [subject.spans(number) for number in numbers] if panel.durables else []
    gauges = subject.gauges(seen.numbers, seen.windows.until) if panel.gauge else np.zeros_like(seen.numbers)

    def looks() -> list[Looked]:
        return [
            Looked(
                view=seen.windows.view(row),
                spans=subject.spans(number) if panel.durables else None,
                gauge=partial(subject.gauge, number),
                gauge_instants=partial(subject.gauge_instants, number),
            )
            for row, number in enumerate(numbers)
        ]

    return measured(seen.windows, seen.counts, spans, gauges, looks)


def _of_source(source: Source, *, measures: Measures, seen: Seen, parts: PartsOf) -> Measures:
    """What a statistic looks at: one that is filtered or broken down, at the instants of a slice."""
    if source is None:
        return measures
    if source == INSTANTS:
        return measures.of_instants(measures.counts)
    chosen = np.zeros((len(seen.numbers), len(ACTIONS)), dtype=np.int64)
    for row, (number, start) in enumerate(zip(seen.numbers.tolist(), seen.windows.start.tolist(), strict=True)):
        for _, counts in parts(number, start, source):
            chosen[row] += counts[: len(ACTIONS)]
    return measures.of_instants(chosen)


def _with_parts(panel: Panel, whole: Valued, measures: Measures, seen: Seen, parts: PartsOf) -> Iterable[Valued]:
    """The values, followed by those of the parts in which something of what a statistic names happened, in order of appearance."""
    size = len(whole.rows)
    names: list[tuple[str, ...]] = [whole.names] * size
    numbers: list[list[float]] = [[] for _ in range(size)]
    insensitivity: list[list[float]] = [[] for _ in range(size)]
    for statistic, asked in panel.broken_down:
        mask = np.logical_or.reduce([mask.vector for mask in (statistic.main, statistic.relative) if mask is not None])
        found = [
            (row, part, counts)
            for row, (number, start) in enumerate(zip(seen.numbers.tolist(), seen.windows.start.tolist(), strict=True))
            for part, counts in parts(number, start, asked)
            if counts[: len(ACTIONS)][mask].any()
        ]
        counted = np.array([counts[: len(ACTIONS)] for _, _, counts in found], dtype=np.int64).reshape(-1, len(ACTIONS))
        rows = np.array([row for row, _, _ in found], dtype=np.int64)
        of_parts = evaluate(statistic, measures.rows(rows).of_instants(counted))
        for (row, part, _), value in zip(found, of_parts.tolist(), strict=True):
            assert part.part is not None
            names[row] = (*names[row], statistic.name + asked.label(part.part[1]))
            numbers[row].append(value)
            insensitivity[row].append(statistic.insensitivity)
    for common, group in groupby(range(size), key=lambda row: names[row]):
        rows = np.array(list(group), dtype=np.int64)
        more = np.array([numbers[row] for row in rows.tolist()], dtype=np.float64)
        slack = np.concatenate([whole.insensitivity, insensitivity[rows[0]]])
        states = None if whole.states is None else whole.states[rows[0] : rows[-1] + 1]
        yield Valued(whole.rows[rows], common, np.concatenate([whole.numbers[rows], more], axis=1), slack, states)


def evaluate_selected(panel: Panel, objects: Sequence[int], select: Callable[[int, Statistic], Selected]) -> Sequence[Valued]:
    """Values of every statistic of the panel for each object, of what ``select`` says that it looks at there (domain 6.3)."""
    size = len(objects)
    windows = Windows(np.full(size, _EARLIEST), np.full(size, _LATEST), closed=False)

    def measures(statistic: Statistic) -> Measures:
        selected = [select(number, statistic) for number in objects]
        looked = [Looked(windows.view(row), one.spans, lambda _: 0, tuple) for row, one in enumerate(selected)]
        counts = np.array([one.counts for one in selected], dtype=np.int64)
        return measured(windows, counts, [one.spans for one in selected], np.zeros(size, dtype=np.int64), lambda: looked)

    values = np.empty((size, len(panel.computed)), dtype=np.float64)
    _fill(panel, range(len(panel.computed)), values, measures)
    return [Valued(np.arange(size), panel.names, panel.of_reported(values), panel.insensitivity, None)]


def _fill(panel: Panel, places: Iterable[int], values: Floats, measures: Callable[[Statistic], Measures]) -> None:
    """Fill the columns of some statistics, after those that formulas among them name."""
    for place in places:
        statistic = panel.computed[place]
        if statistic.formula is None:
            values[:, place] = evaluate(statistic, measures(statistic))
        else:
            named = {name: values[:, panel.place[name]] for name in statistic.formula.names}
            values[:, place] = or_empty(statistic, value_of(statistic.formula, named, len(values)))
