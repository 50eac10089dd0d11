"""Categories: how a statistic's value comes of measures (domain 5.2-5.6). A new one is a function and a row in ``CATEGORIES``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Int64s
from engine.catalog import ActionKind
from engine.masks import Mask
from engine.measures import Measures

Floats: TypeAlias = NDArray[np.float64]


class Asked(Protocol):
    """What of a statistic its value depends on; see ``engine.definitions.Statistic``."""

    @property
    def category(self) -> str: ...  # noqa: D102
    @property
    def main(self) -> Mask | None: ...  # noqa: D102
    @property
    def relative(self) -> Mask | None: ...  # noqa: D102
    @property
    def empty(self) -> float | None: ...  # noqa: D102
    @property
    def durations(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Category:
    """One category. ``uses`` are the kinds of action that it can be computed of (domain 5.6).

    ``present`` ones have no window; ``relative`` ones need a second mask.
    """

    compute: Callable[[Asked, Measures], Floats]
    uses: frozenset[ActionKind]
    present: bool = False
    relative: bool = False


def evaluate(asked: Asked, measures: Measures) -> Floats:
    """Values of a statistic for m objects, shape (m,); NaN where there is none and no ``empty`` in its place (domain 5.4)."""
    values = CATEGORIES[asked.category].compute(asked, measures)
    return values if asked.empty is None else np.where(np.isnan(values), asked.empty, values)


def _sum(table: Int64s, mask: Mask | None) -> Floats:
    assert mask is not None
    total: Floats = table[:, mask.vector].sum(axis=1).astype(np.float64)
    return total


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below != 0)


def _number(mask: Mask | None, measures: Measures) -> Floats:
    return _sum(measures.counts, mask) + _sum(measures.ended, mask)


def _total_number(asked: Asked, measures: Measures) -> Floats:
    return _number(asked.main, measures)


def _total_time(asked: Asked, measures: Measures) -> Floats:
    table = measures.completed_ms if asked.durations == "completed" else measures.time_ms
    return _sum(table, asked.main) / 1000


def _adjusted_number(asked: Asked, measures: Measures) -> Floats:
    return _sum(measures.ended, asked.main)


def _adjusted_time(asked: Asked, measures: Measures) -> Floats:
    return _sum(measures.adjusted_ms, asked.main) / 1000


def _average_time(asked: Asked, measures: Measures) -> Floats:
    return _ratio(_adjusted_time(asked, measures), _adjusted_number(asked, measures))


def _relative_number(asked: Asked, measures: Measures) -> Floats:
    return _ratio(_number(asked.main, measures), _number(asked.relative, measures))


def _relative_percentage(asked: Asked, measures: Measures) -> Floats:
    return _ratio(100 * _number(asked.main, measures), _number(asked.relative, measures))


def _per_second(asked: Asked, measures: Measures) -> Floats:
    return _ratio(_number(asked.main, measures), measures.elapsed_ms / 1000)


def _current_number(asked: Asked, measures: Measures) -> Floats:
    return _sum(measures.current, asked.main)


def _current_time(asked: Asked, measures: Measures) -> Floats:
    return _sum(measures.current_ms, asked.main) / 1000


def _current_state(asked: Asked, measures: Measures) -> Floats:
    """Its value is the report's ``state``; there is no number."""
    del asked
    return np.full(len(measures.elapsed_ms), np.nan)


_DURABLE = frozenset({ActionKind.DURABLE})
_COUNTED = frozenset({ActionKind.DURABLE, ActionKind.INSTANT})
_HELD = frozenset({ActionKind.DURABLE, ActionKind.GAUGE})

CATEGORIES: Final[Mapping[str, Category]] = {
    "TotalNumber": Category(_total_number, _COUNTED),
    "TotalTime": Category(_total_time, _DURABLE),
    "TotalAdjustedNumber": Category(_adjusted_number, _DURABLE),
    "TotalAdjustedTime": Category(_adjusted_time, _DURABLE),
    "AverageTime": Category(_average_time, _DURABLE),
    "RelativeNumberPercentage": Category(_relative_percentage, _COUNTED, relative=True),
    "RelativeNumber": Category(_relative_number, _COUNTED, relative=True),
    "TotalNumberPerSecond": Category(_per_second, _COUNTED),
    "CurrentNumber": Category(_current_number, _HELD, present=True),
    "CurrentTime": Category(_current_time, _DURABLE, present=True),
    "CurrentState": Category(_current_state, _DURABLE, present=True),
}
"""The categories that are computed, by name."""

NOT_COMPUTED: Final = frozenset(
    {
        "MaxTime",
        "MinTime",
        "TotalNumberInTimeRange",
        "TotalNumberInTimeRangePercentage",
        "TotalTimeInTimeRange",
        "RelativeTimePercentage",
        "ElapsedTimePercentage",
        "AverageNumberPerRelativeHour",
        "MaxNumber",
        "MinNumber",
        "AverageOfCurrentNumber",
        "AverageOfCurrentTime",
        "CurrentMaxTime",
        "CurrentMinTime",
        "CurrentAverageTime",
        "CurrentNumberInTimeRange",
        "CurrentNumberInTimeRangePercentage",
        "CurrentRelativeNumberPercentage",
        "CurrentRelativeTimePercentage",
        "CurrentContinuousTime",
        "EstimTimeToComplete",
        "Formula",
    }
)
"""Categories of domain 5.2 that this version does not compute; definitions that ask for them are told so."""
