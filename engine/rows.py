"""Rows: input as the engine applies it, in columns or one by one (domain 2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Int64s
from engine.catalog import CALL_RESULTS, EVENT_KINDS, RESULT_KINDS
from engine.dimensions import NO_TRAIT, traits_of
from kernels.fields import FieldColumns, field_names
from kernels.texts import Texts, join_texts

EARLIEST_MS: Final = -62_135_596_800_000 + 100 * 86_400_000
LATEST_MS: Final = 253_402_300_799_999 - 100 * 86_400_000
"""Instants that a calendar can place in every time zone: years 1 to 9999, less a margin at both ends."""

EVENT_COLUMNS: Final = field_names(
    ("event_id", "tenant", "campaign", "group", "calling_list", "dial_mode"), ("occurred_at", "kind", "personal", "records")
)
RESULT_COLUMNS: Final = field_names(
    ("event_id", "tenant", "campaign", "group", "calling_list", "chain_id"), ("occurred_at", "kind", "call_result", "attempt")
)
"""The fields that rows are made of; a kind is its number in ``EVENT_KINDS`` or ``RESULT_KINDS``."""
_LEAD: Final = RESULT_KINDS.index("LeadProcessed")
_VALID_RESULT = np.array([*(CALL_RESULTS[code].outbound for code in sorted(CALL_RESULTS)), False], dtype=bool)
"""By code; the last element stands for all codes outside the table."""


@dataclass(frozen=True, slots=True)
class ResultRows:
    """CallCompleted and LeadProcessed, one element a row; ``route`` numbers are the directory's."""

    route: Int64s
    occurred_at: Int64s
    lead: NDArray[np.bool_]
    call_result: Int64s
    valid: NDArray[np.bool_]
    """Whether the call result is one of an outbound call (domain 4.5); the others only take part in the order (2.5)."""
    trait: Int64s
    """What else a result carries (``engine.dimensions``)."""
    event_id: Texts
    chain_id: Texts
    """Empty where there is none."""

    def part(self, low: int, high: int) -> ResultRows:
        """The rows ``low`` to ``high`` (exclusive)."""
        if low == 0 and high == len(self.route):
            return self
        return ResultRows(
            route=self.route[low:high],
            occurred_at=self.occurred_at[low:high],
            lead=self.lead[low:high],
            call_result=self.call_result[low:high],
            valid=self.valid[low:high],
            trait=self.trait[low:high],
            event_id=self.event_id.part(low, high),
            chain_id=self.chain_id.part(low, high),
        )

    def take(self, rows: Int64s) -> ResultRows:
        """The rows of these numbers, in their order."""
        return ResultRows(
            route=self.route[rows],
            occurred_at=self.occurred_at[rows],
            lead=self.lead[rows],
            call_result=self.call_result[rows],
            valid=self.valid[rows],
            trait=self.trait[rows],
            event_id=self.event_id.take(rows),
            chain_id=self.chain_id.take(rows),
        )


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of ``campaign-events``."""

    route: int
    occurred_at: int
    kind: str
    event_id: str
    dial_mode: str | None
    personal: bool
    records: int


@dataclass(frozen=True, slots=True)
class EventRows:
    """Events of ``campaign-events``: rare, so they are rows."""

    route: Int64s
    occurred_at: Int64s
    rows: list[EventRow]

    def part(self, low: int, high: int) -> EventRows:
        """The rows ``low`` to ``high`` (exclusive)."""
        return EventRows(self.route[low:high], self.occurred_at[low:high], self.rows[low:high])

    def take(self, rows: Int64s) -> EventRows:
        """The rows of these numbers, in their order."""
        return EventRows(self.route[rows], self.occurred_at[rows], [self.rows[number] for number in rows.tolist()])


def join_results(parts: list[ResultRows]) -> ResultRows:
    """The rows of several parts, in their order."""
    if len(parts) == 1:
        return parts[0]
    return ResultRows(
        route=_joined([part.route for part in parts]),
        occurred_at=_joined([part.occurred_at for part in parts]),
        lead=_joined([part.lead for part in parts]).astype(bool),
        call_result=_joined([part.call_result for part in parts]),
        valid=_joined([part.valid for part in parts]).astype(bool),
        trait=_joined([part.trait for part in parts]),
        event_id=join_texts([part.event_id for part in parts]),
        chain_id=join_texts([part.chain_id for part in parts]),
    )


def join_events(parts: list[EventRows]) -> EventRows:
    """The rows of several parts, in their order."""
    if len(parts) == 1:
        return parts[0]
    routes, times = _joined([part.route for part in parts]), _joined([part.occurred_at for part in parts])
    return EventRows(routes, times, [row for part in parts for row in part.rows])


def _joined(parts: Sequence[NDArray[Any]]) -> Int64s:
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


def result_rows(columns: FieldColumns, routes: Int64s) -> ResultRows:
    """Of columns all of whose rows take part in the order of events; ``routes`` are those of ``admit``."""
    codes, chain_id = columns.numbers("call_result"), columns.texts("chain_id")
    known = (codes >= 0) & (codes < len(CALL_RESULTS))
    return ResultRows(
        route=routes,
        occurred_at=columns.numbers("occurred_at"),
        lead=columns.numbers("kind") == _LEAD,
        call_result=codes,
        valid=_VALID_RESULT[np.where(known, codes, len(CALL_RESULTS))],
        trait=_traits(columns.numbers("attempt"), columns.present("attempt")),
        event_id=columns.texts("event_id"),
        chain_id=replace(chain_id, size=np.maximum(chain_id.size, 0)),
    )


def _traits(attempts: Int64s, given: NDArray[np.bool_]) -> Int64s:
    return traits_of(attempts, given.astype(np.int64)) if given.any() else np.full(len(attempts), NO_TRAIT, dtype=np.int64)


def event_rows(columns: FieldColumns, routes: Int64s) -> EventRows:
    """As ``result_rows``."""
    texts = zip(columns.texts("event_id").to_list(), columns.texts("dial_mode").to_list(), strict=True)
    numbers = zip(*(_or_zero(columns, name) for name in ("occurred_at", "kind", "personal", "records")), strict=True)
    rows = [
        EventRow(route, at, EVENT_KINDS[kind], event_id or "", dial_mode or None, bool(personal), records)
        for route, (event_id, dial_mode), (at, kind, personal, records) in zip(routes.tolist(), texts, numbers, strict=True)
    ]
    return EventRows(routes, columns.numbers("occurred_at"), rows)


def _or_zero(columns: FieldColumns, name: str) -> list[int]:
    """A column of numbers; 0 where there is none."""
    values: list[int] = np.where(columns.present(name), columns.numbers(name), 0).tolist()
    return values
