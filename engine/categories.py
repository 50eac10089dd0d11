"""Categories: how a statistic's value comes of measures (domain 5.2-5.6). A new one is a function and a row in ``CATEGORIES``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.arrays import NEVER, Int64s
from engine.catalog import ACTION_BY_NAME, Action, ActionKind
from engine.courses import course, mean, mean_time
from engine.lasting import Looked, continuous, ended, running, within
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
    @property
    def range_ms(self) -> tuple[float, float]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Category:
    """One category.

    Attributes:
        compute: values of a statistic for m objects, shape (m,); NaN where there is none.
        uses: the kinds of action that it can be computed of (domain 5.6).
        present: it has no window.
        relative: it needs a second mask.
        ranged: it needs a range of durations.
        at_end: it looks at t itself, so that in a closed window what happens at the very end counts.
        relative_uses: the kinds of its second mask, if not those of the first.
        family: of the actions that it can be computed of, if not of all.
        main: the mask where none is given.
    """

    compute: Callable[[Asked, Measures], Floats]
    uses: frozenset[ActionKind]
    present: bool = False
    relative: bool = False
    ranged: bool = False
    at_end: bool = False
    relative_uses: frozenset[ActionKind] | None = None
    family: str | None = None
    main: str | None = None

    def can_use(self, action: Action, *, relative: bool = False) -> bool:
        """Whether an action of the main mask, or of the relative one, means anything to it."""
        kinds = self.relative_uses if relative and self.relative_uses else self.uses
        return action.kind in kinds and self.family in {None, action.family}


def evaluate(asked: Asked, measures: Measures) -> Floats:
    """Values of a statistic for m objects, shape (m,); NaN where there is none and no ``empty`` in its place (domain 5.4)."""
    return or_empty(asked, CATEGORIES[asked.category].compute(asked, measures))


def or_empty(asked: Asked, values: Floats) -> Floats:
    """The values, with what the statistic asks for where there is none."""
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


def _time_ms(mask: Mask | None, asked: Asked, measures: Measures) -> Floats:
    return _sum(measures.completed_ms if asked.durations == "completed" else measures.time_ms, mask)


def _total_time(asked: Asked, measures: Measures) -> Floats:
    return _time_ms(asked.main, asked, measures) / 1000


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


def _relative_time(asked: Asked, measures: Measures) -> Floats:
    return _ratio(100 * _time_ms(asked.main, asked, measures), _time_ms(asked.relative, asked, measures))


def _elapsed_percentage(asked: Asked, measures: Measures) -> Floats:
    return _ratio(100 * _time_ms(asked.main, asked, measures), measures.elapsed_ms.astype(np.float64))


def _per_relative_hour(asked: Asked, measures: Measures) -> Floats:
    return _ratio(_HOUR_MS * _total_number(asked, measures), _time_ms(asked.relative, asked, measures))


def _current_relative_number(asked: Asked, measures: Measures) -> Floats:
    return _ratio(100 * _sum(measures.current, asked.main), _sum(measures.current, asked.relative))


def _current_relative_time(asked: Asked, measures: Measures) -> Floats:
    return _ratio(100 * _sum(measures.current_ms, asked.main), _sum(measures.current_ms, asked.relative))


def _time_to_complete(asked: Asked, measures: Measures) -> Floats:
    """Seconds until the records now scheduled are through at the window's rate of leads."""
    del asked
    reported = np.array([min(looked.gauge_instants(), default=NEVER) for looked in measures.looked], dtype=np.int64)
    until = np.array([looked.view.until for looked in measures.looked], dtype=np.int64)
    left = np.array([looked.gauge(looked.view.until) for looked in measures.looked], dtype=np.float64)
    rate = _ratio(measures.counts[:, _LEADS].astype(np.float64), measures.elapsed_ms / 1000)
    return np.where((reported > NEVER) & (reported <= until), _ratio(left, rate), np.nan)


def _each(value: Callable[[Asked, Looked, Mask], float | None]) -> Callable[[Asked, Measures], Floats]:
    """A category whose value is read off each object by itself."""

    def compute(asked: Asked, measures: Measures) -> Floats:
        assert asked.main is not None
        found = [value(asked, looked, asked.main) for looked in measures.looked]
        return np.array([np.nan if one is None else one for one in found], dtype=np.float64)

    return compute


def _max_time(_: Asked, looked: Looked, mask: Mask) -> float | None:
    return max((duration / 1000 for duration in ended(looked, mask)), default=None)


def _min_time(_: Asked, looked: Looked, mask: Mask) -> float | None:
    return min((duration / 1000 for duration in ended(looked, mask)), default=None)


def _number_in_range(asked: Asked, looked: Looked, mask: Mask) -> float:
    return len(within(ended(looked, mask), *asked.range_ms))


def _share_in_range(asked: Asked, looked: Looked, mask: Mask) -> float | None:
    return _share(asked, ended(looked, mask))


def _share(asked: Asked, durations: list[int]) -> float | None:
    return 100 * len(within(durations, *asked.range_ms)) / len(durations) if durations else None


def _time_in_range(asked: Asked, looked: Looked, mask: Mask) -> float:
    return sum(within(ended(looked, mask), *asked.range_ms)) / 1000


def _max_number(_: Asked, looked: Looked, mask: Mask) -> float:
    return max(step.number for step in course(looked, mask))


def _min_number(_: Asked, looked: Looked, mask: Mask) -> float:
    return min(step.number for step in course(looked, mask))


def _mean_number(_: Asked, looked: Looked, mask: Mask) -> float | None:
    return mean(looked, mask)


def _mean_time(_: Asked, looked: Looked, mask: Mask) -> float | None:
    return mean_time(looked, mask)


def _current_max(_: Asked, looked: Looked, mask: Mask) -> float | None:
    return max((age / 1000 for age in running(looked, mask)), default=None)


def _current_min(_: Asked, looked: Looked, mask: Mask) -> float | None:
    return min((age / 1000 for age in running(looked, mask)), default=None)


def _current_mean(_: Asked, looked: Looked, mask: Mask) -> float | None:
    ages = running(looked, mask)
    return sum(ages) / 1000 / len(ages) if ages else None


def _current_in_range(asked: Asked, looked: Looked, mask: Mask) -> float:
    return len(within(running(looked, mask), *asked.range_ms))


def _current_share_in_range(asked: Asked, looked: Looked, mask: Mask) -> float | None:
    return _share(asked, running(looked, mask))


def _continuous_time(_: Asked, looked: Looked, mask: Mask) -> float:
    return continuous(looked, mask) / 1000


_HOUR_MS: Final = 3_600_000
_LEADS: Final = ACTION_BY_NAME["LeadProcessed"].index
_DURABLE: Final = frozenset({ActionKind.DURABLE})
_COUNTED: Final = frozenset({ActionKind.DURABLE, ActionKind.INSTANT})
_HELD: Final = frozenset({ActionKind.DURABLE, ActionKind.GAUGE})
_GAUGE: Final = frozenset({ActionKind.GAUGE})

CATEGORIES: Final[Mapping[str, Category]] = {
    "TotalNumber": Category(_total_number, _COUNTED),
    "TotalTime": Category(_total_time, _DURABLE),
    "TotalAdjustedNumber": Category(_adjusted_number, _DURABLE),
    "TotalAdjustedTime": Category(_adjusted_time, _DURABLE),
    "AverageTime": Category(_average_time, _DURABLE),
    "MaxTime": Category(_each(_max_time), _DURABLE),
    "MinTime": Category(_each(_min_time), _DURABLE),
    "TotalNumberInTimeRange": Category(_each(_number_in_range), _DURABLE, ranged=True),
    "TotalNumberInTimeRangePercentage": Category(_each(_share_in_range), _DURABLE, ranged=True),
    "TotalTimeInTimeRange": Category(_each(_time_in_range), _DURABLE, ranged=True),
    "RelativeNumberPercentage": Category(_relative_percentage, _COUNTED, relative=True),
    "RelativeNumber": Category(_relative_number, _COUNTED, relative=True),
    "RelativeTimePercentage": Category(_relative_time, _DURABLE, relative=True),
    "ElapsedTimePercentage": Category(_elapsed_percentage, _DURABLE),
    "TotalNumberPerSecond": Category(_per_second, _COUNTED),
    "AverageNumberPerRelativeHour": Category(_per_relative_hour, _COUNTED, relative=True, relative_uses=_DURABLE),
    "MaxNumber": Category(_each(_max_number), _HELD),
    "MinNumber": Category(_each(_min_number), _HELD),
    "AverageOfCurrentNumber": Category(_each(_mean_number), _HELD),
    "AverageOfCurrentTime": Category(_each(_mean_time), _DURABLE),
    "CurrentNumber": Category(_current_number, _HELD, present=True),
    "CurrentTime": Category(_current_time, _DURABLE, present=True),
    "CurrentMaxTime": Category(_each(_current_max), _DURABLE, present=True),
    "CurrentMinTime": Category(_each(_current_min), _DURABLE, present=True),
    "CurrentAverageTime": Category(_each(_current_mean), _DURABLE, present=True),
    "CurrentNumberInTimeRange": Category(_each(_current_in_range), _DURABLE, present=True, ranged=True),
    "CurrentNumberInTimeRangePercentage": Category(_each(_current_share_in_range), _DURABLE, present=True, ranged=True),
    "CurrentRelativeNumberPercentage": Category(_current_relative_number, _HELD, present=True, relative=True),
    "CurrentRelativeTimePercentage": Category(_current_relative_time, _DURABLE, present=True, relative=True),
    "CurrentContinuousTime": Category(_each(_continuous_time), _DURABLE, present=True, family="status"),
    "CurrentState": Category(_current_state, _DURABLE, present=True, main="StatusDeactivated,StatusActivated,StatusRunning"),
    "EstimTimeToComplete": Category(_time_to_complete, _GAUGE, at_end=True, main="RecordsScheduled"),
}
"""All categories of domain 5.2 that are computed of actions, by name."""

SELECTABLE: Final = frozenset(
    {
        "TotalNumber",
        "TotalAdjustedNumber",
        "TotalAdjustedTime",
        "AverageTime",
        "MaxTime",
        "MinTime",
        "TotalNumberInTimeRange",
        "TotalNumberInTimeRangePercentage",
        "TotalTimeInTimeRange",
        "RelativeNumber",
        "RelativeNumberPercentage",
        "Formula",
    }
)
"""Categories that Selection profiles can have (domain 6.3)."""

FORMULA: Final = "Formula"
"""The category that is computed of other statistics (``engine.formulas``)."""
