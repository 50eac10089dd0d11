"""Categories: how a statistic's value comes of measures (domain 5.2-5.6). A new one is a function and a row in ``CATEGORIES``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import NEVER
from engine.catalog import ACTION_BY_NAME, Action, ActionKind
from engine.courses import course, mean, mean_time
from engine.lasting import Looked, continuous
from engine.masks import Mask
from engine.measures import Measures, Table
from engine.quotients import Asked, Durations, Elapsed, Figure, Floats, Number, Quotient, Sheet, Sum


@dataclass(frozen=True, slots=True)
class Category:
    """One category.

    Attributes:
        value: what it is of two sums, or the values of a statistic for n objects, shape (n,); NaN where there is none.
        uses: the kinds of action that it can be computed of (domain 5.6).
        present: it has no window.
        relative: it needs a second mask.
        ranged: it needs a range of durations.
        at_end: it looks at t itself, so that in a closed window what happens at the very end counts.
        relative_uses: the kinds of its second mask, if not those of the first.
        family: of the actions that it can be computed of, if not of all.
        main: the mask where none is given.
        of_gauge: its values where the mask holds a gauge, if that makes a difference.
    """

    value: Quotient | Callable[[Asked, Measures], Floats]
    uses: frozenset[ActionKind]
    present: bool = False
    relative: bool = False
    ranged: bool = False
    at_end: bool = False
    relative_uses: frozenset[ActionKind] | None = None
    family: str | None = None
    main: str | None = None
    of_gauge: Callable[[Asked, Measures], Floats] | None = None

    def can_use(self, action: Action, *, relative: bool = False) -> bool:
        """Whether an action of the main mask, or of the relative one, means anything to it."""
        kinds = self.relative_uses if relative and self.relative_uses else self.uses
        return action.kind in kinds and self.family in {None, action.family}


def quotient_of(asked: Asked) -> Quotient | None:
    """The quotient that a statistic is; None if it is something else."""
    category = CATEGORIES.get(asked.category)
    if category is None or not isinstance(category.value, Quotient):
        return None
    return category.value if category.of_gauge is None or not _holds_gauge(asked) else None


def _holds_gauge(asked: Asked) -> bool:
    return asked.main is not None and any(action.kind is ActionKind.GAUGE for action in asked.main.actions)


def evaluate(asked: Asked, measures: Measures) -> Floats:
    """Values of a statistic for n objects, shape (n,); NaN where there is none and no ``empty`` in its place (domain 5.4)."""
    quotient, category = quotient_of(asked), CATEGORIES[asked.category]
    if quotient is not None:
        return Sheet([asked], [quotient]).values(measures)[:, 0]
    compute = category.of_gauge or category.value
    assert not isinstance(compute, Quotient)
    return or_empty(asked, compute(asked, measures))


def or_empty(asked: Asked, values: Floats) -> Floats:
    """The values, with what the statistic asks for where there is none."""
    return values if asked.empty is None else np.where(np.isnan(values), asked.empty, values)


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below != 0)


def _current_state(asked: Asked, measures: Measures) -> Floats:
    """Its value is the report's ``state``; there is no number."""
    del asked
    return np.full(len(measures.elapsed_ms), np.nan)


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


def _max_number(_: Asked, looked: Looked, mask: Mask) -> float:
    return max(step.number for step in course(looked, mask))


def _min_number(_: Asked, looked: Looked, mask: Mask) -> float:
    return min(step.number for step in course(looked, mask))


def _mean_number(_: Asked, looked: Looked, mask: Mask) -> float | None:
    return mean(looked, mask)


def _mean_time(_: Asked, looked: Looked, mask: Mask) -> float | None:
    return mean_time(looked, mask)


def _now(figure: Figure) -> Durations:
    return Durations(figure, current=True)


def _share(*, current: bool) -> Quotient:
    return Quotient(Durations(Figure.COUNT_WITHIN, current), 100, below=Durations(Figure.COUNT, current))


def _continuous_time(_: Asked, looked: Looked, mask: Mask) -> float:
    return continuous(looked, mask) / 1000


_HOUR_MS: Final = 3_600_000.0
_LEADS: Final = ACTION_BY_NAME["LeadProcessed"].index
_DURABLE: Final = frozenset({ActionKind.DURABLE})
_COUNTED: Final = frozenset({ActionKind.DURABLE, ActionKind.INSTANT})
_HELD: Final = frozenset({ActionKind.DURABLE, ActionKind.GAUGE})
_GAUGE: Final = frozenset({ActionKind.GAUGE})

_COUNT: Final = Sum((Table.COUNTS, Table.ENDED))
_OF_COUNT: Final = Sum((Table.COUNTS, Table.ENDED), relative=True)
_TIME: Final = Sum((Table.TIME,), completed=True)
_OF_TIME: Final = Sum((Table.TIME,), relative=True, completed=True)
_ENDED: Final = Sum((Table.ENDED,))
_ADJUSTED: Final = Sum((Table.ADJUSTED,))
_CURRENT: Final = Sum((Table.CURRENT,))
_CURRENT_TIME: Final = Sum((Table.CURRENT_TIME,))

CATEGORIES: Final[Mapping[str, Category]] = {
    "TotalNumber": Category(Quotient(_COUNT), _COUNTED),
    "TotalTime": Category(Quotient(_TIME, unit=1000), _DURABLE),
    "TotalAdjustedNumber": Category(Quotient(_ENDED), _DURABLE),
    "TotalAdjustedTime": Category(Quotient(_ADJUSTED, unit=1000), _DURABLE),
    "AverageTime": Category(Quotient(_ADJUSTED, unit=1000, below=_ENDED), _DURABLE),
    "MaxTime": Category(Quotient(Durations(Figure.GREATEST), unit=1000), _DURABLE),
    "MinTime": Category(Quotient(Durations(Figure.LEAST), unit=1000), _DURABLE),
    "TotalNumberInTimeRange": Category(Quotient(Durations(Figure.COUNT_WITHIN)), _DURABLE, ranged=True),
    "TotalNumberInTimeRangePercentage": Category(
        Quotient(Durations(Figure.COUNT_WITHIN), 100, below=Durations(Figure.COUNT)), _DURABLE, ranged=True
    ),
    "TotalTimeInTimeRange": Category(Quotient(Durations(Figure.TOTAL_WITHIN), unit=1000), _DURABLE, ranged=True),
    "RelativeNumberPercentage": Category(Quotient(_COUNT, 100, below=_OF_COUNT), _COUNTED, relative=True),
    "RelativeNumber": Category(Quotient(_COUNT, below=_OF_COUNT), _COUNTED, relative=True),
    "RelativeTimePercentage": Category(Quotient(_TIME, 100, below=_OF_TIME), _DURABLE, relative=True),
    "ElapsedTimePercentage": Category(Quotient(_TIME, 100, below=Elapsed()), _DURABLE),
    "TotalNumberPerSecond": Category(Quotient(_COUNT, below=Elapsed(), unit_below=1000), _COUNTED),
    "AverageNumberPerRelativeHour": Category(Quotient(_COUNT, _HOUR_MS, below=_OF_TIME), _COUNTED, relative=True, relative_uses=_DURABLE),
    "MaxNumber": Category(Quotient(Number(greatest=True)), _HELD, of_gauge=_each(_max_number)),
    "MinNumber": Category(Quotient(Number(greatest=False)), _HELD, of_gauge=_each(_min_number)),
    "AverageOfCurrentNumber": Category(Quotient(Sum((Table.TIME,)), below=Elapsed()), _HELD, of_gauge=_each(_mean_number)),
    "AverageOfCurrentTime": Category(_each(_mean_time), _DURABLE),
    "CurrentNumber": Category(Quotient(_CURRENT), _HELD, present=True),
    "CurrentTime": Category(Quotient(_CURRENT_TIME, unit=1000), _DURABLE, present=True),
    "CurrentMaxTime": Category(Quotient(_now(Figure.GREATEST), unit=1000), _DURABLE, present=True),
    "CurrentMinTime": Category(Quotient(_now(Figure.LEAST), unit=1000), _DURABLE, present=True),
    "CurrentAverageTime": Category(Quotient(_now(Figure.TOTAL), unit=1000, below=_now(Figure.COUNT)), _DURABLE, present=True),
    "CurrentNumberInTimeRange": Category(Quotient(_now(Figure.COUNT_WITHIN)), _DURABLE, present=True, ranged=True),
    "CurrentNumberInTimeRangePercentage": Category(
        Quotient(_now(Figure.COUNT_WITHIN), 100, below=_now(Figure.COUNT)), _DURABLE, present=True, ranged=True
    ),
    "CurrentRelativeNumberPercentage": Category(
        Quotient(_CURRENT, 100, below=Sum((Table.CURRENT,), relative=True)), _HELD, present=True, relative=True
    ),
    "CurrentRelativeTimePercentage": Category(
        Quotient(_CURRENT_TIME, 100, below=Sum((Table.CURRENT_TIME,), relative=True)), _DURABLE, present=True, relative=True
    ),
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
