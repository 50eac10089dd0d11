"""Which rows take part in the order of events, and why the others do not (domain 2.3, 2.7, 2.8).

The checks here need no state: required fields, names, call results, the future. What needs the order of events (too late, anomaly,
duplicate) is decided when a row is applied. Nearly all rows of a chunk stand, which a few comparisons of numbers tell; the others are
looked at one by one, for the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from engine.arrays import Int64s
from engine.catalog import CALL_RESULTS, CONTROL_KINDS, DIAL_MODES, EVENT_KINDS, RESULT_KINDS
from engine.rows import EARLIEST_MS, LATEST_MS
from kernels.fields import Bounds, FieldColumns, FieldNames, Flags, within

_LONGS: Final = np.iinfo(np.int64)
_LIMITED_OF_RESULTS: Final = ("tenant", "event_id", "campaign", "group", "calling_list", "chain_id")
_LIMITED_OF_EVENTS: Final = ("tenant", "event_id", "campaign", "group", "calling_list", "dial_mode")
"""What is kept or sent on, so that its length counts."""
_NEEDED_OF_RESULTS: Final = ("event_id", "campaign", "calling_list", "call_result", "occurred_at")
_NEEDED_OF_EVENTS: Final = ("event_id", "campaign", "occurred_at")
_WITH_RECORDS: Final = ("RecordScheduled", "ProcessingCompleted")
_WITH_MODE: Final = "DialModeChanged"
_MOST_RECORDS: Final = 1_000_000_000_000
"""More than any list has; nine million such counts can be added up before one would not fit into 64 bits."""
_IS_CONTROL: Final = np.array([kind in CONTROL_KINDS for kind in EVENT_KINDS])
_HAS_RECORDS: Final = np.array([kind in _WITH_RECORDS for kind in EVENT_KINDS])
"""By the number of the kind."""

Fields: TypeAlias = Mapping[str, Any]
"""The fields of one row, what is absent or empty as None."""
Reasons: TypeAlias = Iterable[tuple[str, str | None]]
"""Reasons with their details, where there is one, in the order of the checks."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that is set aside: its number, and why (contract 6)."""

    row: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of rows: the numbers of those that take part in the order of events (domain 2.5), and those set aside."""

    ordered: Int64s
    refused: list[Refusal]


def check_results(columns: FieldColumns, not_after: int | None, name_limit: int) -> Checked:
    """Check rows of ``call-results`` (columns by the contract's field names; ``kind`` as its number in ``RESULT_KINDS``).

    Args:
        columns: n rows.
        not_after: the latest occurred_at that is not in the future (domain 6.7), ms; None where there is no clock.
        name_limit: bytes that a name may have, as UTF-8.
    """
    stands = within(columns, _bounds(columns.names, _NEEDED_OF_RESULTS, _LIMITED_OF_RESULTS, not_after, name_limit))

    def reasons(fields: Fields) -> Reasons:
        future = _future(fields, not_after)
        yield "malformed", _out_of_calendar(fields)
        yield "missing_field", _missing(fields, _NEEDED_OF_RESULTS)
        yield "name_too_long", _too_long(fields, _LIMITED_OF_RESULTS, name_limit)
        yield "invalid_call_result", None if _is_outbound(fields["call_result"]) else future
        yield "future", future

    return _checked(columns, stands, RESULT_KINDS, reasons)


def check_events(columns: FieldColumns, not_after: int | None, name_limit: int) -> Checked:
    """Check rows of ``campaign-events`` (``kind`` as its number in ``EVENT_KINDS``); see ``check_results``."""
    stands = within(columns, _bounds(columns.names, _NEEDED_OF_EVENTS, _LIMITED_OF_EVENTS, not_after, name_limit))
    kind = columns.numbers("kind")
    stands &= ~(_IS_CONTROL[kind] & (columns.texts("group").size <= 0))
    stands &= ~(_HAS_RECORDS[kind] & ~columns.present("records"))
    stands &= (columns.texts("dial_mode").size <= 0) & (kind != EVENT_KINDS.index(_WITH_MODE))

    def reasons(fields: Fields) -> Reasons:
        yield "malformed", _out_of_calendar(fields) or _no_count(fields)
        yield "missing_field", _missing(fields, (*_NEEDED_OF_EVENTS, *_needed_of_kind(fields["kind"])))
        yield "name_too_long", _too_long(fields, _LIMITED_OF_EVENTS, name_limit)
        yield "unknown_kind", _unknown_mode(fields["dial_mode"])
        yield "future", _future(fields, not_after)

    return _checked(columns, stands, EVENT_KINDS, reasons)


def _bounds(names: FieldNames, needed: tuple[str, ...], limited: tuple[str, ...], not_after: int | None, name_limit: int) -> Bounds:
    """What fields of rows that stand are within, whatever their kind."""
    latest = LATEST_MS if not_after is None else min(not_after, LATEST_MS)
    least = {"occurred_at": EARLIEST_MS, "records": 0}
    greatest = {"occurred_at": latest, "records": _MOST_RECORDS}
    return Bounds(
        shortest=_numbers(int(name in needed) for name in names.texts),
        longest=_numbers(name_limit if name in limited else _LONGS.max for name in names.texts),
        least=_numbers(least.get(name, _LONGS.min) for name in names.numbers),
        greatest=_numbers(greatest.get(name, _LONGS.max) for name in names.numbers),
        needed=_numbers(int(name in needed) for name in names.numbers),
    )


def _numbers(values: Iterable[int]) -> Int64s:
    return np.array(list(values), dtype=np.int64)


def _checked(columns: FieldColumns, stands: Flags, kinds: tuple[str, ...], reasons: Callable[[Fields], Reasons]) -> Checked:
    """Look at the rows that may not stand: the first reason that has a detail counts (domain 2.8)."""
    refused = []
    for row in np.flatnonzero(~stands).tolist():
        found = next(((reason, detail) for reason, detail in reasons(_fields(columns, row, kinds)) if detail is not None), None)
        stands[row] = found is None
        if found is not None:
            refused.append(Refusal(row, *found))
    return Checked(np.flatnonzero(stands), refused)


def _fields(columns: FieldColumns, row: int, kinds: tuple[str, ...]) -> Fields:
    fields: dict[str, Any] = {name: columns.text_at(name, row) or None for name in columns.names.texts}
    fields |= {name: columns.number_at(name, row) for name in columns.names.numbers}
    return fields | {"kind": kinds[fields["kind"]]}


def _out_of_calendar(fields: Fields) -> str | None:
    at = fields["occurred_at"]
    if at is None or EARLIEST_MS <= at <= LATEST_MS:
        return None
    return f"occurred_at {at} lies outside the years 1 to 9999, or within 100 days of their ends"


def _no_count(fields: Fields) -> str | None:
    records = fields["records"]
    if records is None or 0 <= records <= _MOST_RECORDS:
        return None
    return f"records {records} is negative" if records < 0 else f"records {records} is more than {_MOST_RECORDS}"


def _missing(fields: Fields, needed: Iterable[str]) -> str | None:
    """The first required field that a row lacks."""
    name = next((name for name in needed if fields[name] is None), None)
    return None if name is None else f"the field {name} is required for the kind {fields['kind']}"


def _needed_of_kind(kind: str) -> tuple[str, ...]:
    if kind == _WITH_MODE:
        return "group", "dial_mode"
    return ("group",) if kind in CONTROL_KINDS else ("records",) if kind in _WITH_RECORDS else ()


def _too_long(fields: Fields, limited: tuple[str, ...], most: int) -> str | None:
    """The first name of a row that is longer than ``most`` bytes, told without repeating it."""
    sizes = ((name, len((fields[name] or "").encode())) for name in limited)
    return next((f"{name} has {size} bytes, and name_limit is {most}" for name, size in sizes if size > most), None)


def _unknown_mode(mode: str | None) -> str | None:
    return None if mode is None or mode in DIAL_MODES else f"{mode} is not the name of a dial mode"


def _is_outbound(code: int) -> bool:
    return code in CALL_RESULTS and CALL_RESULTS[code].outbound


def _future(fields: Fields, not_after: int | None) -> str | None:
    at = fields["occurred_at"]
    if not_after is None or at is None or at <= not_after:
        return None
    return f"occurred_at {at} is later than {not_after}, the latest instant that this worker's clock allows"
