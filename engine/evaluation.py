"""Values of all statistics of many objects at once: counts and durable actions gathered into ``Measures`` (domain 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Int64s
from engine.catalog import ACTION_BY_NAME, ACTIONS, ActionKind, ObjectType
from engine.categories import evaluate, or_empty
from engine.definitions import Definitions
from engine.directory import StatObject
from engine.effects import State
from engine.formulas import value_of
from engine.lasting import Looked
from engine.measures import Measures
from engine.profiles import has_windows
from engine.selection import Selected
from engine.slices import Slice
from engine.spans import DurableRows, View
from engine.statistic import Statistic
from engine.subject import Subject

_GAUGE = ACTION_BY_NAME["RecordsScheduled"].index
_DURABLE = np.array([action.kind is ActionKind.DURABLE for action in ACTIONS])
STATE_CATEGORY = "CurrentState"
_ALL_TIME = View(-(1 << 60), 1 << 60, closed=False)


@dataclass(frozen=True, slots=True)
class Sight:
    """An object, looked at in a window; ``counts`` is its row of counts there, shape (>= actions,)."""

    number: int
    view: View
    counts: Int64s


@dataclass(frozen=True, slots=True)
class Panel:
    """The statistics of one object type under one profile, and what they need to be computed.

    ``computed`` are those that are reported, as ``names``, and those that their formulas name, each before what names it.
    """

    computed: tuple[Statistic, ...]
    names: tuple[str, ...]
    insensitivity: NDArray[np.float64]
    broken_down: tuple[tuple[Statistic, Slice], ...]
    states: bool
    durables: bool
    gauge: bool


@dataclass(frozen=True, slots=True)
class Valued:
    """The values of one object, shape (len(names),), NaN where there is none, what of a move each may hide, and its state."""

    names: tuple[str, ...]
    numbers: NDArray[np.float64]
    insensitivity: NDArray[np.float64]
    state: State | None


PartsOf: TypeAlias = Callable[[Sight, Slice], Iterable[tuple[StatObject, Int64s]]]
"""The parts of what is looked at in a slice, each with its counts in the same window."""


def panel_of(definitions: Definitions, profile: str, kind: ObjectType) -> Panel | None:
    """The panel of an object type under a profile; None if no statistic is reported there."""
    chosen = definitions.panel(profile, kind) if has_windows(definitions.profiles[profile], kind) else ()
    if not chosen:
        return None
    numbers = tuple(statistic for statistic in chosen if statistic.category != STATE_CATEGORY)
    needed = {inner.name: inner for statistic in numbers for inner in (*definitions.named_by(statistic), statistic)}
    masks = [mask.vector for statistic in needed.values() for mask in (statistic.main, statistic.relative) if mask is not None]
    seen = np.logical_or.reduce(masks) if masks else np.zeros(len(ACTIONS), dtype=bool)
    return Panel(
        computed=tuple(needed.values()),
        names=tuple(statistic.name for statistic in numbers),
        insensitivity=np.array([statistic.insensitivity for statistic in numbers], dtype=np.float64),
        broken_down=tuple((statistic, statistic.breakdown) for statistic in numbers if statistic.breakdown is not None),
        states=len(numbers) < len(chosen),
        durables=bool((seen & _DURABLE).any()),
        gauge=bool(seen[_GAUGE]),
    )


def evaluate_panel(panel: Panel, sights: Sequence[Sight], subject: Subject, parts: PartsOf) -> list[Valued]:
    """Values of every statistic of the panel for each sight, with those of its parts."""
    looked = [_looked(sight, subject, durables=panel.durables) for sight in sights]
    measures = _measures(looked, [sight.counts for sight in sights], gauge=panel.gauge)
    numbers = _numbers(panel, len(sights), partial(_of_statistic, measures=measures, sights=sights, parts=parts))
    states = [subject.state(sight.number, sight.view.until) if panel.states else None for sight in sights]
    values = [Valued(panel.names, row, panel.insensitivity, state) for row, state in zip(numbers, states, strict=True)]
    return _with_parts(panel, values, measures, sights, parts) if panel.broken_down else values


def _of_statistic(statistic: Statistic, *, measures: Measures, sights: Sequence[Sight], parts: PartsOf) -> Measures:
    """What a statistic looks at: one that is filtered or broken down, at the instants of a slice."""
    if statistic.total_slice is None:
        return measures if statistic.breakdown is None else _of_instants(measures, measures.counts, measures.elapsed_ms)
    chosen = np.zeros_like(measures.counts)
    for row, sight in enumerate(sights):
        for _, counts in parts(sight, statistic.total_slice):
            chosen[row] += counts[: len(ACTIONS)]
    return _of_instants(measures, chosen, measures.elapsed_ms)


def _of_instants(measures: Measures, counts: Int64s, elapsed_ms: Int64s) -> Measures:
    return replace(measures, counts=counts, ended=np.zeros_like(counts), elapsed_ms=elapsed_ms)


def _with_parts(panel: Panel, values: list[Valued], measures: Measures, sights: Sequence[Sight], parts: PartsOf) -> list[Valued]:
    """The values, followed by those of the parts in which something of what a statistic names happened, in order of appearance."""
    names: list[list[str]] = [[] for _ in sights]
    numbers: list[list[float]] = [[] for _ in sights]
    insensitivity: list[list[float]] = [[] for _ in sights]
    for statistic, asked in panel.broken_down:
        seen = np.logical_or.reduce([mask.vector for mask in (statistic.main, statistic.relative) if mask is not None])
        found = [
            (row, part, counts)
            for row, sight in enumerate(sights)
            for part, counts in parts(sight, asked)
            if counts[: len(ACTIONS)][seen].any()
        ]
        counted = np.array([counts[: len(ACTIONS)] for _, _, counts in found], dtype=np.int64).reshape(-1, len(ACTIONS))
        rows = [row for row, _, _ in found]
        of_parts = evaluate(statistic, _of_instants(measures, counted, measures.elapsed_ms[rows]))
        for (row, part, _), value in zip(found, of_parts.tolist(), strict=True):
            assert part.part is not None
            names[row].append(statistic.name + asked.label(part.part[1]))
            numbers[row].append(value)
            insensitivity[row].append(statistic.insensitivity)
    return [
        Valued(
            (*one.names, *names[row]),
            np.concatenate([one.numbers, numbers[row]]),
            np.concatenate([one.insensitivity, insensitivity[row]]),
            one.state,
        )
        for row, one in enumerate(values)
    ]


def evaluate_selected(panel: Panel, objects: Sequence[int], select: Callable[[int, Statistic], Selected]) -> list[Valued]:
    """Values of every statistic of the panel for each object, of what ``select`` says that it looks at there (domain 6.3)."""

    def measures(statistic: Statistic) -> Measures:
        selected = [select(number, statistic) for number in objects]
        looked = [Looked(_ALL_TIME, one.spans, lambda _: 0, tuple) for one in selected]
        return _measures(looked, [one.counts for one in selected], gauge=False)

    return [Valued(panel.names, row, panel.insensitivity, None) for row in _numbers(panel, len(objects), measures)]


def _numbers(panel: Panel, size: int, measures: Callable[[Statistic], Measures]) -> NDArray[np.float64]:
    by_name: dict[str, NDArray[np.float64]] = {}
    for statistic in panel.computed:
        if statistic.formula is None:
            by_name[statistic.name] = evaluate(statistic, measures(statistic))
        else:
            by_name[statistic.name] = or_empty(statistic, value_of(statistic.formula, by_name, size))
    numbers = np.empty((size, len(panel.names)), dtype=np.float64)
    for column, name in enumerate(panel.names):
        numbers[:, column] = by_name[name]
    return numbers


def _measures(looked: Sequence[Looked], counts: Sequence[Int64s], *, gauge: bool) -> Measures:
    shape = (len(looked), len(ACTIONS))
    durable = [np.zeros(shape, dtype=np.int64) for _ in range(6)]
    ended, time_ms, completed_ms, adjusted_ms, current, current_ms = durable
    for row, one in enumerate(looked):
        if one.spans is not None:
            one.spans.add(one.view, DurableRows(*(table[row] for table in durable)))
        if gauge:
            current[row, _GAUGE] = one.gauge(one.view.until)
    return Measures(
        counts=np.array([row[: len(ACTIONS)] for row in counts], dtype=np.int64).reshape(shape),
        ended=ended,
        time_ms=time_ms,
        completed_ms=completed_ms,
        adjusted_ms=adjusted_ms,
        current=current,
        current_ms=current_ms,
        elapsed_ms=np.array([one.view.until - one.view.start for one in looked], dtype=np.int64),
        looked=looked,
    )


def _looked(sight: Sight, subject: Subject, *, durables: bool) -> Looked:
    return Looked(
        view=sight.view,
        spans=subject.spans(sight.number) if durables else None,
        gauge=partial(subject.gauge, sight.number),
        gauge_instants=partial(subject.gauge_instants, sight.number),
    )
