"""Values of all statistics of many objects at once: counts and durable actions gathered into ``Measures`` (domain 5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Int64s
from engine.catalog import ACTION_BY_NAME, ACTIONS, ActionKind, ObjectType
from engine.categories import evaluate, or_empty
from engine.definitions import Definitions
from engine.effects import State
from engine.formulas import value_of
from engine.lasting import Looked
from engine.measures import Measures
from engine.profiles import has_windows
from engine.selection import Selected
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
    states: bool
    durables: bool
    gauge: bool


@dataclass(frozen=True, slots=True)
class Values:
    """Values of m objects, shape (m, len(panel.names)), NaN where there is none, and their states."""

    numbers: NDArray[np.float64]
    states: list[State | None]


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
        states=len(numbers) < len(chosen),
        durables=bool((seen & _DURABLE).any()),
        gauge=bool(seen[_GAUGE]),
    )


def evaluate_panel(panel: Panel, sights: Sequence[Sight], subject: Subject) -> Values:
    """Values of every statistic of the panel for each sight."""
    looked = [_looked(sight, subject, durables=panel.durables) for sight in sights]
    measures = _measures(looked, [sight.counts for sight in sights], gauge=panel.gauge)
    numbers = _numbers(panel, len(sights), lambda _: measures)
    states = [subject.state(sight.number, sight.view.until) if panel.states else None for sight in sights]
    return Values(numbers, states)


def evaluate_selected(panel: Panel, objects: Sequence[int], select: Callable[[int, Statistic], Selected]) -> Values:
    """Values of every statistic of the panel for each object, of what ``select`` says that it looks at there (domain 6.3)."""

    def measures(statistic: Statistic) -> Measures:
        selected = [select(number, statistic) for number in objects]
        looked = [Looked(_ALL_TIME, one.spans, lambda _: 0, tuple) for one in selected]
        return _measures(looked, [one.counts for one in selected], gauge=False)

    return Values(_numbers(panel, len(objects), measures), [None] * len(objects))


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
