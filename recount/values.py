"""Values of statistics, each read off a window as its definition says (domain 5, 6).

Sums are of whole numbers and of ms, so they are exact; what is left are one or two divisions, which round the same wherever they are done
in the same order: to seconds first, then by a number or a length. So values are the engine's bit for bit, and are held to that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, TypeAlias

from engine.definitions import Definitions
from engine.masks import Mask
from engine.statistic import Statistic
from recount.formulas import value_of
from recount.happened import Durable
from recount.window import GAUGE, Names, Window

Look: TypeAlias = Callable[[Statistic], Window]
"""What a statistic looks at: the window of a report, or of a Selection profile the actions that the statistic selects."""

Number: TypeAlias = float | None


def evaluate(statistic: Statistic, look: Look, definitions: Definitions) -> Number:
    """The value of a statistic; None is null."""
    if statistic.formula is None:
        value = VALUES[statistic.category](look(statistic), Asked(statistic))
    else:
        named = {found.name: found for found in definitions.statistics if found.name in statistic.formula.names}
        value = value_of(statistic.formula.text, {name: evaluate(found, look, definitions) for name, found in named.items()})
    return statistic.empty if value is None else float(value)


class Asked:
    """What a statistic asks for: the names of its masks, its range in ms, whether running actions count."""

    def __init__(self, statistic: Statistic) -> None:
        self.main: Names = _names(statistic.main)
        self.relative: Names = _names(statistic.relative)
        self.low, self.high = statistic.range_ms
        self.completed = statistic.durations == "completed"

    def ranged(self, durations: Iterable[int]) -> list[int]:
        """Those within the range."""
        return [duration for duration in durations if self.low <= duration < self.high]


@lru_cache(maxsize=1_024)
def _names(mask: Mask | None) -> Names:
    return frozenset(action.name for action in mask.actions) if mask else frozenset()


def ratio(above: float, below: float) -> Number:
    """Nothing, if the denominator is zero (domain 5.4)."""
    return above / below if below else None


def number(window: Window, names: Names) -> int:
    """Instants with their counts, and durable actions that ended."""
    return sum(count for action, count in window.counts.items() if action in names) + len(window.ended(names))


def lengths(durables: Iterable[Durable]) -> list[int]:
    """Whole durations, ms."""
    return [durable.end - durable.begin for durable in durables if durable.end is not None]


def ages(window: Window, names: Names) -> list[int]:
    """How long what is in progress has been, ms."""
    return [window.until - durable.begin for durable in window.running(names)]


def time(window: Window, names: Names, asked: Asked) -> int:
    """Time of durable actions inside the window, ms (domain 5.2, 5.3)."""
    return sum(window.inside(durable) for durable in window.lasting(names, completed=asked.completed))


def _seconds(ms: Number) -> Number:
    return None if ms is None else ms / 1000


def _mean(durations: list[int]) -> Number:
    return ratio(sum(durations) / 1000, len(durations))


def _elapsed(window: Window) -> int:
    return window.until - window.start


def _mean_number(window: Window, asked: Asked) -> Number:
    return ratio(sum((to - at) * held for at, to, held in window.course(asked.main)), _elapsed(window))


def _mean_time(window: Window, asked: Asked) -> Number:
    """The integral of each age is half the difference of its squares."""
    twice = 0
    for durable in window.lasting(asked.main, completed=False):
        first, lasted = max(durable.begin, window.start), window.inside(durable)
        twice += (first + lasted - durable.begin) ** 2 - (first - durable.begin) ** 2 if lasted else 0
    return _seconds(ratio(twice, 2 * _elapsed(window)))


def _continuous(window: Window, asked: Asked) -> Number:
    entered = window.entered(asked.main)
    return 0.0 if entered is None else (window.until - entered.begin) / 1000


def _to_complete(window: Window, _: Asked) -> Number:
    reported = any(reading.at <= window.until for readings in window.gauges for reading in readings)
    rate = ratio(number(window, {"LeadProcessed"}), _elapsed(window) / 1000)
    return ratio(window.number_at({GAUGE}, window.until), rate) if reported and rate else None


VALUES: Final[dict[str, Callable[[Window, Asked], Number]]] = {
    "TotalNumber": lambda window, asked: number(window, asked.main),
    "TotalTime": lambda window, asked: time(window, asked.main, asked) / 1000,
    "TotalAdjustedNumber": lambda window, asked: len(window.ended(asked.main)),
    "TotalAdjustedTime": lambda window, asked: sum(lengths(window.ended(asked.main))) / 1000,
    "AverageTime": lambda window, asked: _mean(lengths(window.ended(asked.main))),
    "MaxTime": lambda window, asked: _seconds(max(lengths(window.ended(asked.main)), default=None)),
    "MinTime": lambda window, asked: _seconds(min(lengths(window.ended(asked.main)), default=None)),
    "TotalNumberInTimeRange": lambda window, asked: len(asked.ranged(lengths(window.ended(asked.main)))),
    "TotalNumberInTimeRangePercentage": lambda window, asked: ratio(
        100 * len(asked.ranged(lengths(window.ended(asked.main)))), len(window.ended(asked.main))
    ),
    "TotalTimeInTimeRange": lambda window, asked: sum(asked.ranged(lengths(window.ended(asked.main)))) / 1000,
    "RelativeNumberPercentage": lambda window, asked: ratio(100 * number(window, asked.main), number(window, asked.relative)),
    "RelativeNumber": lambda window, asked: ratio(number(window, asked.main), number(window, asked.relative)),
    "RelativeTimePercentage": lambda window, asked: ratio(100 * time(window, asked.main, asked), time(window, asked.relative, asked)),
    "ElapsedTimePercentage": lambda window, asked: ratio(100 * time(window, asked.main, asked), _elapsed(window)),
    "TotalNumberPerSecond": lambda window, asked: ratio(number(window, asked.main), _elapsed(window) / 1000),
    "AverageNumberPerRelativeHour": lambda window, asked: ratio(
        3_600_000 * number(window, asked.main), time(window, asked.relative, asked)
    ),
    "MaxNumber": lambda window, asked: max((held for *_, held in window.course(asked.main)), default=0),
    "MinNumber": lambda window, asked: min((held for *_, held in window.course(asked.main)), default=0),
    "AverageOfCurrentNumber": _mean_number,
    "AverageOfCurrentTime": _mean_time,
    "CurrentNumber": lambda window, asked: window.number_at(asked.main, window.until),
    "CurrentTime": lambda window, asked: sum(ages(window, asked.main)) / 1000,
    "CurrentMaxTime": lambda window, asked: _seconds(max(ages(window, asked.main), default=None)),
    "CurrentMinTime": lambda window, asked: _seconds(min(ages(window, asked.main), default=None)),
    "CurrentAverageTime": lambda window, asked: _mean(ages(window, asked.main)),
    "CurrentNumberInTimeRange": lambda window, asked: len(asked.ranged(ages(window, asked.main))),
    "CurrentNumberInTimeRangePercentage": lambda window, asked: ratio(
        100 * len(asked.ranged(ages(window, asked.main))), len(ages(window, asked.main))
    ),
    "CurrentRelativeNumberPercentage": lambda window, asked: ratio(
        100 * window.number_at(asked.main, window.until), window.number_at(asked.relative, window.until)
    ),
    "CurrentRelativeTimePercentage": lambda window, asked: ratio(100 * sum(ages(window, asked.main)), sum(ages(window, asked.relative))),
    "CurrentContinuousTime": _continuous,
    "EstimTimeToComplete": _to_complete,
}
"""By category (domain 5.2). CurrentState has no number: it is ``Window.state``."""
