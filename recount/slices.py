"""Filters and breakdowns: which events of an object a statistic counts, and what it tells apart (docs/statistics.md).

Both count instants only, so what a statistic looks at is the object again, without its durable actions and gauges.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from engine.catalog import CALL_RESULTS
from engine.statistic import Statistic
from recount.happened import Applied, Happened

Value: TypeAlias = str | int | None

OTHER: Final = "{other}"
"""The label of all that is beyond a limit."""


class Slice(NamedTuple):
    """The events that a statistic counts, and the dimensions that it tells apart."""

    where: tuple[tuple[str, frozenset[Value]], ...]
    by: tuple[str, ...] = ()

    @property
    def by_mode(self) -> bool:
        """Whether it looks at the dial mode in force."""
        return "dial_mode" in (*self.by, *(dimension for dimension, _ in self.where))


def slice_of(statistic: Statistic) -> Slice | None:
    """What a statistic's keys ``where`` and ``by`` ask for, if it has one of them."""
    asked = Slice(statistic.sliced.where, statistic.sliced.by)
    return asked if asked.where or asked.by else None


VALUES: Final[dict[str, Callable[[Applied], Value]]] = {
    "call_result": lambda applied: CALL_RESULTS[applied.event.call_result].name if applied.event.of_results else None,
    "group": lambda applied: applied.event.group,
    "calling_list": lambda applied: applied.event.calling_list,
    "attempt": lambda applied: applied.event.attempt if applied.event.of_results else None,
    "dial_mode": lambda applied: applied.mode,
}
"""What an event carries, by dimension; None if it has none."""


def meeting(happened: Happened, asked: Slice) -> Happened:
    """What meets the conditions."""
    return Happened([one for one in happened.credited if all(VALUES[dimension](one) in values for dimension, values in asked.where)])


def told_apart(happened: Happened, asked: Slice, limit: int) -> tuple[dict[str, Happened], bool]:
    """What meets the conditions by its label, and whether a limit was reached: the values that came first have labels of their own."""
    first = [one for one in sorted(meeting(happened, asked).credited, key=_order) if _counts(one)]
    combinations = list(dict.fromkeys(_label(asked, one) for one in first))
    named = frozenset(combinations[:limit])
    parts: dict[str, Happened] = {}
    for one in first:
        label = _label(asked, one)
        parts.setdefault(label if label in named else OTHER, Happened()).credited.append(one)
    return parts, len(combinations) > limit


def _order(applied: Applied) -> tuple[int, int]:
    return applied.event.source.partition, applied.place


def _counts(applied: Applied) -> bool:
    """Whether it counts anything for one of its objects: records not processed do, though not for all (domain 4.8)."""
    return bool(applied.actions) or applied.event.kind == "ProcessingCompleted"


def _label(asked: Slice, applied: Applied) -> str:
    values = (VALUES[dimension](applied) for dimension in asked.by)
    texts = (json.dumps("" if value is None else str(value), ensure_ascii=False) for value in values)
    return "{" + ",".join(f"{dimension}={text}" for dimension, text in zip(asked.by, texts, strict=True)) + "}"
