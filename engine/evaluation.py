"""Values of all statistics of many objects at once: counts and durable actions gathered into ``Measures`` (domain 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from engine.spans import DurableRows, View
from engine.statistic import Statistic
from engine.subject import Subject

_GAUGE = ACTION_BY_NAME["RecordsScheduled"].index
_DURABLE = np.array([action.kind is ActionKind.DURABLE for action in ACTIONS])
STATE_CATEGORY = "CurrentState"


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
    measures = _measures(panel, sights, subject)
    by_name: dict[str, NDArray[np.float64]] = {}
    for statistic in panel.computed:
        by_name[statistic.name] = _value(statistic, measures, by_name)
    numbers = np.empty((len(sights), len(panel.names)), dtype=np.float64)
    for column, name in enumerate(panel.names):
        numbers[:, column] = by_name[name]
    states = [subject.state(sight.number, sight.view.until) if panel.states else None for sight in sights]
    return Values(numbers, states)


def _value(statistic: Statistic, measures: Measures, by_name: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    if statistic.formula is None:
        return evaluate(statistic, measures)
    return or_empty(statistic, value_of(statistic.formula, by_name, len(measures.looked)))


def _measures(panel: Panel, sights: Sequence[Sight], subject: Subject) -> Measures:
    shape = (len(sights), len(ACTIONS))
    durable = [np.zeros(shape, dtype=np.int64) for _ in range(6)]
    ended, time_ms, completed_ms, adjusted_ms, current, current_ms = durable
    looked = [_looked(sight, subject, durables=panel.durables) for sight in sights]
    for row, (sight, one) in enumerate(zip(sights, looked, strict=True)):
        if one.spans is not None:
            one.spans.add(sight.view, DurableRows(*(table[row] for table in durable)))
        if panel.gauge:
            current[row, _GAUGE] = subject.gauge(sight.number, sight.view.until)
    return Measures(
        counts=np.array([sight.counts[: len(ACTIONS)] for sight in sights], dtype=np.int64).reshape(shape),
        ended=ended,
        time_ms=time_ms,
        completed_ms=completed_ms,
        adjusted_ms=adjusted_ms,
        current=current,
        current_ms=current_ms,
        elapsed_ms=np.array([sight.view.until - sight.view.start for sight in sights], dtype=np.int64),
        looked=looked,
    )


def _looked(sight: Sight, subject: Subject, *, durables: bool) -> Looked:
    return Looked(
        view=sight.view,
        spans=subject.spans(sight.number) if durables else None,
        gauge=partial(subject.gauge, sight.number),
        gauge_instants=partial(subject.gauge_instants, sight.number),
    )
