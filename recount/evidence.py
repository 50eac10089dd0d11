"""What is behind a number: the events and durable actions that it was read off, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from engine.definitions import Definitions
from engine.statistic import Statistic
from recount.happened import Durable, Reading
from recount.history import FAMILY
from recount.values import Asked, Look, Number, evaluate
from recount.window import GAUGE, Counted, Names, Window

STATE: Final = "CurrentState"

Entry: TypeAlias = Counted | Durable | Reading
"""An instant, a durable action, or a report of RecordsScheduled."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a statistic looked at: of which mask, and what of it."""

    mask: str
    what: str
    entries: list[Entry]

    @property
    def number(self) -> int:
        """How many it is."""
        return sum(_times(entry) for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A statistic's value in a window, what it was read off and, of a formula, the same for each statistic that it names."""

    statistic: Statistic
    window: Window
    value: Any
    parts: list[Part]
    named: list[Explanation]


def explain(statistic: Statistic, look: Look, definitions: Definitions) -> Explanation:
    """What is behind the value of a statistic."""
    window = look(statistic)
    if statistic.formula is not None:
        named = [found for found in definitions.statistics if found.name in statistic.formula.names]
        explained = [explain(found, look, definitions) for found in named]
        return Explanation(statistic, window, evaluate(statistic, look, definitions), [], explained)
    asked = Asked(statistic)
    parts = [Part(sight.mask(statistic), sight.what, list(sight.find(window, asked))) for sight in SIGHTS[statistic.category]]
    value: Number | dict[str, Any] | None = window.state() if statistic.category == STATE else evaluate(statistic, look, definitions)
    return Explanation(statistic, window, value, parts, [])


class Sight(NamedTuple):
    """One of the things that a category looks at: how it is found, what it is called, and of which mask."""

    find: Callable[[Window, Asked], Iterable[Entry]]
    what: str
    mask: Callable[[Statistic], str]


def _main(statistic: Statistic) -> str:
    return statistic.main.text if statistic.main else ""


def _relative(statistic: Statistic) -> str:
    return statistic.relative.text if statistic.relative else ""


def _times(entry: Entry) -> int:
    return entry.times if isinstance(entry, Counted) else entry.records if isinstance(entry, Reading) else 1


def _happened(window: Window, names: Names) -> Iterator[Entry]:
    yield from window.counted(names)
    yield from window.ended(names)


def _inside(window: Window, names: Names, *, completed: bool) -> list[Durable]:
    return [durable for durable in window.lasting(names, completed=completed) if window.inside(durable)]


def _held(window: Window, names: Names) -> Iterator[Entry]:
    """What is in progress at the end, and the gauges' last readings."""
    yield from window.running(names)
    if GAUGE in names:
        for readings in window.gauges:
            past = [reading for reading in readings if reading.at <= window.until]
            yield from [max(past, key=_order)] if past else []


def _over_time(window: Window, names: Names) -> Iterator[Entry]:
    """What makes CurrentNumber what it is at every instant of the window."""
    for durable in window.lasting(names, completed=False):
        if (durable.begin < window.start or window.holds(durable.begin)) and (durable.end is None or durable.end >= window.start):
            yield durable
    for readings in window.gauges if GAUGE in names else ():
        before = [reading for reading in readings if reading.at <= window.start]
        yield from [max(before, key=_order)] if before else []
        yield from sorted((reading for reading in readings if window.start < reading.at and window.holds(reading.at)), key=_order)


def _order(reading: Reading) -> tuple[int, int]:
    return reading.at, reading.place


def _in_range(durables: Iterable[Durable], asked: Asked, window: Window) -> list[Durable]:
    """Those whose duration, or age if they are in progress, is in the range."""
    return [durable for durable in durables if asked.ranged([window.length(durable)])]


def _statuses(window: Window, asked: Asked) -> Iterator[Entry]:
    entered = window.entered(asked.main)
    if entered is not None:
        statuses = [durable for durable in window.durables if FAMILY[durable.action] == "status"]
        yield from (durable for durable in statuses if entered.begin <= durable.begin <= window.until)


_HAPPENED = Sight(lambda window, asked: _happened(window, asked.main), "instants, and durable actions that ended", _main)
_AND_HAPPENED = Sight(lambda window, asked: _happened(window, asked.relative), _HAPPENED.what, _relative)
_ENDED = Sight(lambda window, asked: window.ended(asked.main), "durable actions that ended", _main)
_ENDED_IN_RANGE = Sight(
    lambda window, asked: _in_range(window.ended(asked.main), asked, window), "those that ended, within the range", _main
)
_INSIDE = Sight(
    lambda window, asked: _inside(window, asked.main, completed=asked.completed), "durable actions with time in the window", _main
)
_AND_INSIDE = Sight(lambda window, asked: _inside(window, asked.relative, completed=asked.completed), _INSIDE.what, _relative)
_AGES = Sight(lambda window, asked: _inside(window, asked.main, completed=False), _INSIDE.what, _main)
_RUNNING = Sight(lambda window, asked: window.running(asked.main), "durable actions in progress", _main)
_AND_RUNNING = Sight(lambda window, asked: window.running(asked.relative), _RUNNING.what, _relative)
_RUNNING_IN_RANGE = Sight(
    lambda window, asked: _in_range(window.running(asked.main), asked, window), "in progress, within the range", _main
)
_HELD = Sight(lambda window, asked: _held(window, asked.main), "durable actions in progress, and records scheduled", _main)
_AND_HELD = Sight(lambda window, asked: _held(window, asked.relative), _HELD.what, _relative)
_OVER_TIME = Sight(lambda window, asked: _over_time(window, asked.main), "what was in progress in the course of the window", _main)
_STATUSES = Sight(_statuses, "statuses since it was entered", _main)
_LEADS = Sight(lambda window, _: _happened(window, {"LeadProcessed"}), "of the window", lambda _: "LeadProcessed")
_IN_FORCE = Sight(lambda window, _: window.running(FAMILY), "status, dial modes and conditions in progress", _main)

SIGHTS: Final[dict[str, tuple[Sight, ...]]] = {
    **dict.fromkeys(("TotalNumber", "TotalNumberPerSecond"), (_HAPPENED,)),
    **dict.fromkeys(("RelativeNumber", "RelativeNumberPercentage"), (_HAPPENED, _AND_HAPPENED)),
    **dict.fromkeys(("TotalTime", "ElapsedTimePercentage"), (_INSIDE,)),
    "AverageOfCurrentTime": (_AGES,),
    "RelativeTimePercentage": (_INSIDE, _AND_INSIDE),
    "AverageNumberPerRelativeHour": (_HAPPENED, _AND_INSIDE),
    **dict.fromkeys(("TotalAdjustedNumber", "TotalAdjustedTime", "AverageTime", "MaxTime", "MinTime"), (_ENDED,)),
    **dict.fromkeys(("TotalNumberInTimeRange", "TotalTimeInTimeRange"), (_ENDED_IN_RANGE,)),
    "TotalNumberInTimeRangePercentage": (_ENDED_IN_RANGE, _ENDED),
    **dict.fromkeys(("MaxNumber", "MinNumber", "AverageOfCurrentNumber"), (_OVER_TIME,)),
    "CurrentNumber": (_HELD,),
    **dict.fromkeys(("CurrentTime", "CurrentMaxTime", "CurrentMinTime", "CurrentAverageTime"), (_RUNNING,)),
    "CurrentNumberInTimeRange": (_RUNNING_IN_RANGE,),
    "CurrentNumberInTimeRangePercentage": (_RUNNING_IN_RANGE, _RUNNING),
    "CurrentRelativeNumberPercentage": (_HELD, _AND_HELD),
    "CurrentRelativeTimePercentage": (_RUNNING, _AND_RUNNING),
    "CurrentContinuousTime": (_STATUSES,),
    STATE: (_IN_FORCE,),
    "EstimTimeToComplete": (_HELD, _LEADS),
}
"""What each category looks at."""
