"""The last minutes of a campaign as counts per ten seconds, made of the totals that its reports carry.

A report says how many there were since the window began; what a curve shows is how many came in each ten seconds. The
difference of two reports is spread evenly over the time between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

STEP_MS: Final = 10_000
REACH_MS: Final = 15 * 60_000
NUMBERS: Final = ("DialsMade", "Answers")
"""The totals whose increase is shown; without the first of them there is no curve."""


class Curve:
    """Points of one campaign: start of the ten seconds (ms) -> increase of each of ``NUMBERS``, at most ``REACH_MS`` of them."""

    __slots__ = ("_as_of", "_points", "_totals", "_window_start")

    def __init__(self) -> None:
        self._points: dict[int, tuple[int, list[float]]] = {}
        self._totals: tuple[float, ...] | None = None
        self._window_start = 0
        self._as_of = 0

    def add(self, window_start: int, as_of: int, values: Mapping[str, float | None], version: int) -> None:
        """Take the totals of a report; those of one campaign come in the order of ``as_of``. ``version`` marks what changes."""
        if values.get(NUMBERS[0]) is None:
            return
        totals = tuple(values.get(name) or 0.0 for name in NUMBERS)
        if self._totals is not None:
            before = self._totals if window_start == self._window_start else (0.0,) * len(NUMBERS)
            self._spread([max(0.0, now - then) for now, then in zip(totals, before, strict=True)], as_of, version)
        self._totals, self._window_start, self._as_of = totals, window_start, as_of

    def since(self, version: int) -> list[list[float]]:
        """The points that changed after ``version``, oldest first: ``[start in ms, increase of each number]``."""
        return [[start, *(round(count, 3) for count in counts)] for start, (changed, counts) in self._points.items() if changed > version]

    def _spread(self, increase: list[float], as_of: int, version: int) -> None:
        """Share an increase among the ten seconds between the report before and this one, by the part of each that lies between."""
        length = as_of - self._as_of
        latest = as_of - as_of % STEP_MS
        first = max(self._as_of - self._as_of % STEP_MS, latest - REACH_MS + STEP_MS)
        for start in range(first, latest + STEP_MS, STEP_MS):
            inside = min(as_of, start + STEP_MS) - max(self._as_of, start)
            share = inside / length if length > 0 else float(start == latest)
            before = self._points.get(start, (0, [0.0] * len(NUMBERS)))[1]
            self._points[start] = (version, [count + share * more for count, more in zip(before, increase, strict=True)])
        for old in [start for start in self._points if start <= latest - REACH_MS]:
            del self._points[old]


def as_json(curve: Curve | None, version: int) -> dict[str, Any]:
    """The part of an object's JSON that tells its curve's changes after ``version``; nothing if there are none."""
    points = [] if curve is None else curve.since(version)
    return {"curve": points} if points else {}
