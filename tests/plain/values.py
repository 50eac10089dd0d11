"""Values of statistics, each read off a history as its definition says (domain 5, 6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.plain.history import ACTIVATED, DEACTIVATED, FAMILY, RUNNING, Happened, value_at


class PlainWindow:
    """One object looked at in [start, until], or [start, until) when it is closed."""

    def __init__(self, happened: Happened, start: int, until: int, *, closed: bool) -> None:
        self.happened, self.start, self.until, self.closed = happened, start, until, closed

    def holds(self, at: int) -> bool:
        return self.start <= at and (at < self.until if self.closed else at <= self.until)

    def ended(self, names: set[str]) -> list[int]:
        return [end - begin for name, _, begin, end in self.happened.durables if name in names and end is not None and self.holds(end)]

    def number(self, names: set[str]) -> int:
        counted = sum(count for at, name, count in self.happened.instants if name in names and self.holds(at))
        return counted + len(self.ended(names))

    def time(self, names: set[str], *, completed: bool) -> int:
        total = 0
        for name, _, begin, end in self.happened.durables:
            if name in names and (not completed or (end is not None and self.holds(end))):
                total += max(0, (self.until if end is None else min(end, self.until)) - max(begin, self.start))
        return total

    def current(self, names: set[str]) -> list[int]:
        return [
            self.until - begin
            for name, _, begin, end in self.happened.durables
            if name in names and begin <= self.until and (end is None or end > self.until)
        ]

    def gauge(self) -> int:
        return sum(value_at(readings, self.until) for readings in self.happened.gauges.values())

    def busy(self) -> bool:
        """Whether the closing value is published (domain 7.4)."""
        lasting = any(
            name != DEACTIVATED and begin < self.until and (end is None or end >= self.start)
            for name, _, begin, end in self.happened.durables
        )
        return lasting or any(self.holds(at) for at in self.happened.credited)

    def state(self) -> dict[str, Any] | None:
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


def evaluate(window: PlainWindow, statistic: dict[str, Any]) -> float | None:
    """The value of a statistic, given as its table in the definitions, with ``main`` and ``relative`` as lists of names."""
    value = _raw(window, statistic)
    return statistic.get("empty") if value is None else value


def _raw(window: PlainWindow, statistic: dict[str, Any]) -> float | None:
    category, main = statistic["category"], set(statistic["main"])
    relative = set(statistic.get("relative", ()))
    if category == "TotalNumber":
        return window.number(main)
    if category == "TotalTime":
        return window.time(main, completed=statistic.get("durations") == "completed") / 1000
    if category == "TotalAdjustedNumber":
        return len(window.ended(main))
    if category == "TotalAdjustedTime":
        return sum(window.ended(main)) / 1000
    if category == "AverageTime":
        ended = window.ended(main)
        return sum(ended) / 1000 / len(ended) if ended else None
    if category in {"RelativeNumber", "RelativeNumberPercentage"}:
        whole = window.number(relative)
        return (100 if category.endswith("Percentage") else 1) * window.number(main) / whole if whole else None
    if category == "TotalNumberPerSecond":
        seconds = (window.until - window.start) / 1000
        return window.number(main) / seconds if seconds else None
    if category == "CurrentNumber":
        return len(window.current(main)) + (window.gauge() if "RecordsScheduled" in main else 0)
    assert category == "CurrentTime"
    return sum(window.current(main)) / 1000


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
