"""Values of all statistics of many objects at once: counts and durable actions gathered into ``Measures`` (domain 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Int64s
from engine.catalog import ACTION_BY_NAME, ACTIONS, ActionKind, ObjectType
from engine.categories import evaluate
from engine.definitions import Definitions, Statistic
from engine.effects import State
from engine.measures import Measures
from engine.spans import DurableRows, View
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
    """The statistics of one object type under one profile, and what they need to be computed."""

    statistics: tuple[Statistic, ...]
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
    chosen = definitions.panel(profile, kind)
    if not chosen:
        return None
    numbers = tuple(statistic for statistic in chosen if statistic.category != STATE_CATEGORY)
    masks = [mask.vector for statistic in numbers for mask in (statistic.main, statistic.relative) if mask is not None]
    seen = np.logical_or.reduce(masks) if masks else np.zeros(len(ACTIONS), dtype=bool)
    return Panel(
        statistics=numbers,
        names=tuple(statistic.name for statistic in numbers),
        insensitivity=np.array([statistic.insensitivity for statistic in numbers], dtype=np.float64),
        states=len(numbers) < len(chosen),
        durables=bool((seen & _DURABLE).any()),
        gauge=bool(seen[_GAUGE]),
    )


def evaluate_panel(panel: Panel, sights: Sequence[Sight], subject: Subject) -> Values:
    """Values of every statistic of the panel for each sight."""
    measures = _measures(panel, sights, subject)
    numbers = np.empty((len(sights), len(panel.statistics)), dtype=np.float64)
    for column, statistic in enumerate(panel.statistics):
        numbers[:, column] = evaluate(statistic, measures)
    states = [subject.state(sight.number, sight.view.until) if panel.states else None for sight in sights]
    return Values(numbers, states)


def _measures(panel: Panel, sights: Sequence[Sight], subject: Subject) -> Measures:
    shape = (len(sights), len(ACTIONS))
    durable = [np.zeros(shape, dtype=np.int64) for _ in range(6)]
    ended, time_ms, completed_ms, adjusted_ms, current, current_ms = durable
    for row, sight in enumerate(sights):
        spans = subject.spans(sight.number) if panel.durables else None
        if spans is not None:
            spans.add(sight.view, DurableRows(*(table[row] for table in durable)))
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
    )
