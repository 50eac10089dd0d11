"""Values of statistics, each read off a history as its definition says (domain 5, 6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from recount.history import ACTIVATED, DEACTIVATED, FAMILY, RUNNING, Happened, value_at


class PlainWindow:
    """One object looked at in [start, until], or [start, until) when it is closed."""

    def __init__(self, happened: Happened, start: int, until: int, *, closed: bool) -> None:
        self.happened, self.start, self.until, self.closed = happened, start, until, closed

    def holds(self, at: int) -> bool:
        """Whether an instant is in the window."""
        return self.start <= at and (at < self.until if self.closed else at <= self.until)

    def ended(self, names: set[str]) -> list[int]:
        """Durations of the durable actions that ended in the window (domain 5.2)."""
        return [end - begin for name, _, begin, end in self.happened.durables if name in names and end is not None and self.holds(end)]

    def number(self, names: set[str]) -> int:
        """Instants with their counts, and durable actions that ended."""
        counted = sum(count for at, name, count in self.happened.instants if name in names and self.holds(at))
        return counted + len(self.ended(names))

    def time(self, names: set[str], *, completed: bool) -> int:
        """Time of durable actions inside the window (domain 5.2, 5.3)."""
        total = 0
        for name, _, begin, end in self.happened.durables:
            if name in names and (not completed or (end is not None and self.holds(end))):
                total += max(0, (self.until if end is None else min(end, self.until)) - max(begin, self.start))
        return total

    def current(self, names: set[str]) -> list[int]:
        """Ages of what is in progress at the window's end."""
        return [
            self.until - begin
            for name, _, begin, end in self.happened.durables
            if name in names and begin <= self.until and (end is None or end > self.until)
        ]

    def gauge(self) -> int:
        """The records that are scheduled at the window's end (domain 4.7)."""
        return sum(value_at(readings, self.until) for readings in self.happened.gauges.values())

    def alive(self, names: set[str], at: int) -> list[int]:
        """Ages of what is in progress at an instant."""
        return [at - begin for name, _, begin, end in self.happened.durables if name in names and begin <= at and (end is None or end > at)]

    def course(self, names: set[str]) -> list[tuple[int, int, int]]:
        """(from, to, number): CurrentNumber as a function of time, piece by piece; the last piece of an open window is t alone."""
        instants = {self.start, self.until}
        instants |= {at for name, _, *ends in self.happened.durables for at in ends if name in names and at is not None}
        if "RecordsScheduled" in names:
            instants |= {reading[0] for readings in self.happened.gauges.values() for reading in readings}
        inside = sorted(at for at in instants if self.start <= at <= self.until)
        pieces = [(at, after, self.number_at(names, at)) for at, after in pairwise(inside)]
        return pieces if self.closed else [*pieces, (self.until, self.until, self.number_at(names, self.until))]

    def number_at(self, names: set[str], at: int) -> int:
        """CurrentNumber at an instant."""
        gauge = sum(value_at(readings, at) for readings in self.happened.gauges.values()) if "RecordsScheduled" in names else 0
        return len(self.alive(names, at)) + gauge

    def continuous(self, names: set[str]) -> int:
        """How long the statuses have been among the names without another between, as they followed each other."""
        statuses = [durable for durable in self.happened.durables if durable[0] in {DEACTIVATED, ACTIVATED, RUNNING}]
        held = [place for place, (_, _, begin, end) in enumerate(statuses) if begin <= self.until and (end is None or end > self.until)]
        if not held or statuses[held[0]][0] not in names:
            return 0
        place = held[0]
        while place and statuses[place - 1][0] in names and statuses[place - 1][3] == statuses[place][2]:
            place -= 1
        return self.until - int(statuses[place][2])

    def age_sum(self, names: set[str]) -> float:
        """Integral over the window of the sum of ages of what is in progress, ms²: a trapezium for each durable action."""
        total = 0.0
        for name, _, begin, end in self.happened.durables:
            first, last = max(begin, self.start), self.until if end is None else min(end, self.until)
            if name in names and first < last:
                total += (last - first) * ((first - begin) + (last - begin)) / 2
        return total

    def to_complete(self) -> float | None:
        """Seconds until the scheduled records are through."""
        reported = any(reading[0] <= self.until for readings in self.happened.gauges.values() for reading in readings)
        seconds, leads = (self.until - self.start) / 1000, self.number({"LeadProcessed"})
        return self.gauge() / (leads / seconds) if reported and seconds and leads else None

    def busy(self) -> bool:
        """Whether the closing value is published (domain 7.4)."""
        lasting = any(
            name != DEACTIVATED and begin < self.until and (end is None or end >= self.start)
            for name, _, begin, end in self.happened.durables
        )
        return lasting or any(self.holds(at) for at in self.happened.credited)

    def state(self) -> dict[str, Any] | None:
        """The value of CurrentState, as the offline form has it (domain 5.2)."""
        now = [(name, begin) for name, _, begin, end in self.happened.durables if begin <= self.until and (end is None or end > self.until)]
        status = [(name, begin) for name, begin in now if name in {DEACTIVATED, ACTIVATED, RUNNING}]
        if not status:
            return None
        modes = [(name, begin) for name, begin in now if FAMILY[name] == "dial_mode"]
        agreed = len({name for name, _ in modes}) == 1
        conditions: dict[str, int] = {}
        for name, begin in now:
            if FAMILY[name] == "condition":
                conditions[name] = min(begin, conditions.get(name, begin))
        return {
            "status": status[0][0],
            "since": status[0][1],
            "dial_mode": modes[0][0] if agreed else None,
            "dial_mode_since": min(begin for _, begin in modes) if agreed else None,
            "conditions": conditions,
        }


class PlainSelection(PlainWindow):
    """The last actions of a mask, and what of others is not before the oldest of them (domain 6.3)."""

    def __init__(self, happened: Happened, size: int, selecting: set[str]) -> None:
        super().__init__(Happened(), 0, 0, closed=False)
        entries = sorted(happened.log, key=lambda entry: entry[0])
        chosen = [place for place, entry in enumerate(entries) if entry[1] in selecting][-size:]
        self.entries = entries[chosen[0] :] if chosen else []

    def ended(self, names: set[str]) -> list[int]:
        """Durations of the chosen durable actions."""
        return [at - begin for at, name, _, begin in self.entries if name in names and begin is not None]

    def number(self, names: set[str]) -> int:
        """How many are chosen, each instant with its count."""
        return sum(count for _, name, count, _ in self.entries if name in names)


def evaluate_selected(happened: Happened, size: int, statistic: dict[str, Any], all_statistics: dict[str, Any]) -> float | None:
    """The value of a statistic over the last ``size`` actions."""
    if statistic["category"] == "Formula":
        named = {name: table for name, table in all_statistics.items() if name in statistic["formula"]}
        values = {name: evaluate_selected(happened, size, table, all_statistics) for name, table in named.items()}
        value = statistic["plainly"](values)
        return statistic.get("empty") if value is None else value
    selecting = set(statistic.get("relative", statistic["main"]))
    return evaluate(PlainSelection(happened, size, selecting), statistic, all_statistics)


def evaluate(window: PlainWindow, statistic: dict[str, Any], all_statistics: dict[str, Any]) -> float | None:
    """The value of a statistic, given as its table in the definitions, with ``main`` and ``relative`` as lists of names."""
    if statistic["category"] == "Formula":
        values = {name: evaluate(window, table, all_statistics) for name, table in all_statistics.items() if name in statistic["formula"]}
        value = statistic["plainly"](values)
    else:
        value = _value(window, statistic)
    return statistic.get("empty") if value is None else value


def _value(window: PlainWindow, statistic: dict[str, Any]) -> float | None:
    main, relative = set(statistic.get("main", ())), set(statistic.get("relative", ()))
    low, high = (seconds * 1000 for seconds in statistic.get("range", (0, 0)))
    completed = statistic.get("durations") == "completed"
    ended, current = window.ended(main), window.current(main)
    chosen, chosen_now = ([age for age in ages if low <= age < high] for ages in (ended, current))
    gauge = window.gauge() if "RecordsScheduled" in main else 0
    elapsed = window.until - window.start
    course = window.course(main)
    values: dict[str, Callable[[], float | None]] = {
        "TotalNumber": lambda: window.number(main),
        "TotalTime": lambda: window.time(main, completed=completed) / 1000,
        "TotalAdjustedNumber": lambda: len(ended),
        "TotalAdjustedTime": lambda: sum(ended) / 1000,
        "AverageTime": lambda: ratio(sum(ended) / 1000, len(ended)),
        "MaxTime": lambda: max(ended) / 1000 if ended else None,
        "MinTime": lambda: min(ended) / 1000 if ended else None,
        "TotalNumberInTimeRange": lambda: len(chosen),
        "TotalNumberInTimeRangePercentage": lambda: ratio(100 * len(chosen), len(ended)),
        "TotalTimeInTimeRange": lambda: sum(chosen) / 1000,
        "RelativeNumberPercentage": lambda: ratio(100 * window.number(main), window.number(relative)),
        "RelativeNumber": lambda: ratio(window.number(main), window.number(relative)),
        "RelativeTimePercentage": lambda: ratio(100 * window.time(main, completed=completed), window.time(relative, completed=completed)),
        "ElapsedTimePercentage": lambda: ratio(100 * window.time(main, completed=completed), elapsed),
        "TotalNumberPerSecond": lambda: ratio(window.number(main), elapsed / 1000),
        "AverageNumberPerRelativeHour": lambda: ratio(3_600_000 * window.number(main), window.time(relative, completed=completed)),
        "MaxNumber": lambda: max((number for *_, number in course), default=0),
        "MinNumber": lambda: min((number for *_, number in course), default=0),
        "AverageOfCurrentNumber": lambda: ratio(sum((to - at) * number for at, to, number in course), elapsed),
        "AverageOfCurrentTime": lambda: ratio(window.age_sum(main) / 1000, elapsed),
        "CurrentNumber": lambda: len(current) + gauge,
        "CurrentTime": lambda: sum(current) / 1000,
        "CurrentMaxTime": lambda: max(current) / 1000 if current else None,
        "CurrentMinTime": lambda: min(current) / 1000 if current else None,
        "CurrentAverageTime": lambda: ratio(sum(current) / 1000, len(current)),
        "CurrentNumberInTimeRange": lambda: len(chosen_now),
        "CurrentNumberInTimeRangePercentage": lambda: ratio(100 * len(chosen_now), len(current)),
        "CurrentRelativeNumberPercentage": lambda: ratio(100 * len(current), len(window.current(relative))),
        "CurrentRelativeTimePercentage": lambda: ratio(100 * sum(current), sum(window.current(relative))),
        "CurrentContinuousTime": lambda: window.continuous(main) / 1000,
        "EstimTimeToComplete": window.to_complete,
    }
    return values[statistic["category"]]()


def ratio(above: float, below: float) -> float | None:
    """Nothing, if the denominator is zero (domain 5.4)."""
    return above / below if below else None


def half_hours(at: int) -> tuple[int, int]:
    """The window of resets every half hour in UTC."""
    start = at - at % 1_800_000
    return start, start + 1_800_000


def days(at: int, hours_ahead: int) -> tuple[int, int]:
    """The window of resets at midnight in a zone that is always so many hours ahead of UTC."""
    local = datetime.fromtimestamp(at / 1000, UTC) + timedelta(hours=hours_ahead)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=hours_ahead)
    start = round(midnight.timestamp() * 1000)
    return start, start + 86_400_000
