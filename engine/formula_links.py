"""Formulas and the statistics that they name: that these exist, for the same objects, and not in a circle (domain 5.2, contract 3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from engine.mistakes import Mistakes, near
from engine.statistic import Statistic

_WITHOUT_VALUE: Final = "CurrentState"


def link_formulas(statistics: Iterable[Statistic], tables: Mapping[str, Any], mistakes: Mistakes) -> list[Statistic]:
    """The statistics, in their order, with formulas computed for the objects that all they name have.

    Args:
        statistics: as they were read, without those that could not be.
        tables: all tables, the unreadable ones included: to name one of those is no second mistake.
        mistakes: takes what is wrong.
    """
    linked = _Links({statistic.name: statistic for statistic in statistics}, tables, mistakes)
    return [linked.get(name, ()) for name in list(linked.statistics)]


class _Links:
    def __init__(self, statistics: dict[str, Statistic], tables: Mapping[str, Any], mistakes: Mistakes) -> None:
        self.statistics = statistics
        self._tables = tables
        self._mistakes = mistakes
        self._done: set[str] = set()

    def get(self, name: str, above: tuple[str, ...]) -> Statistic:
        """A statistic, linked; ``above`` are the formulas that led to it."""
        statistic = self.statistics[name]
        if statistic.formula is None or name in self._done:
            return statistic
        able = statistic.objects
        for named in statistic.formula.names:
            if (found := self._named(named, (*above, name))) is not None:
                able &= found.objects
        self._done.add(name)
        if "objects" in self._tables[name] and (lost := sorted(statistic.objects - able)):
            self._wrong(name, "objects", f"not every statistic that it names is computed for {', '.join(lost)}")
        elif not able:
            self._wrong(name, "formula", "no object has all the statistics that it names")
        self.statistics[name] = replace(statistic, objects=able)
        return self.statistics[name]

    def _named(self, named: str, above: tuple[str, ...]) -> Statistic | None:
        *_, formula = above
        if named in above:
            self._wrong(formula, "formula", f"it names itself: {' -> '.join((*above, named))}")
        elif named in self.statistics:
            if self.statistics[named].category != _WITHOUT_VALUE:
                return self.get(named, above)
            self._wrong(formula, "formula", f"{named} is a {_WITHOUT_VALUE}, which has no number")
        elif named not in self._tables:
            self._wrong(formula, "formula", f"there is no statistic {named!r}{near(named, self._tables)}")
        return None

    def _wrong(self, name: str, key: str, message: str) -> None:
        self._mistakes.add(f"statistic.{name}", key, message)
