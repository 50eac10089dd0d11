"""The offline form of input: one JSON object a line, checked and put into columns (contract 4, domain 2.8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import polars as pl

from engine.catalog import EVENT_KINDS, RESULT_KINDS
from engine.rows import Refusal

_TEXT: Final = pl.String()
_LONG: Final = pl.Int64()
_INT: Final = pl.Int32()

EVENT_SCHEMA: Final[Mapping[str, pl.DataType]] = {
    "event_id": _TEXT,
    "tenant": _TEXT,
    "campaign": _TEXT,
    "group": _TEXT,
    "calling_list": _TEXT,
    "occurred_at": _LONG,
    "kind": _TEXT,
    "dial_mode": _TEXT,
    "personal": pl.Boolean(),
    "records": _LONG,
}
"""The fields of CampaignEvent (contract 2)."""

RESULT_SCHEMA: Final[Mapping[str, pl.DataType]] = {
    "event_id": _TEXT,
    "tenant": _TEXT,
    "campaign": _TEXT,
    "group": _TEXT,
    "calling_list": _TEXT,
    "occurred_at": _LONG,
    "kind": _TEXT,
    "call_result": _INT,
    "record_id": _TEXT,
    "chain_id": _TEXT,
    "chain_n": _INT,
    "attempt": _INT,
    "dialed_at": _LONG,
    "answered_at": _LONG,
    "ended_at": _LONG,
}
"""The fields of CallResult (contract 2)."""

_BITS: Final[Mapping[pl.DataType, int]] = {_INT: 31, _LONG: 63}
_FIELDS: Final = {**EVENT_SCHEMA, **RESULT_SCHEMA}
_PYTHON: Final = {name: str if kind == _TEXT else bool if kind == pl.Boolean else int for name, kind in _FIELDS.items()}
_LIMITS: Final = {name: 1 << _BITS[kind] for name, kind in _FIELDS.items() if kind in _BITS}
_NUMBERS: Final = _LIMITS.keys()


class RefusedLineError(Exception):
    """A line that is not an event of ours; ``reason`` is that of a dead letter (contract 6)."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


_BLOCK: Final = 50_000
"""Rows that are put into columns at once: as rows they take ten times the memory."""


@dataclass(slots=True)
class Parsed:
    """Lines of one topic, in columns: ``lines`` are their numbers, from 1; refused ones are counted by their offset too."""

    schema: Mapping[str, pl.DataType]
    lines: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    count: int = 0
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _blocks: list[pl.DataFrame] = field(default_factory=list)

    def add(self, row: dict[str, Any], line: int) -> None:
        """The row of the line that was counted last."""
        self._rows.append(row)
        self.lines.append(line)
        self.offsets.append(self.count - 1)
        if len(self._rows) == _BLOCK:
            self._blocks.append(frame_of(self._rows, self.schema))
            self._rows = []

    def frame(self) -> pl.DataFrame:
        """All rows."""
        return pl.concat([*self._blocks, frame_of(self._rows, self.schema)], rechunk=True)


def parse_line(line: bytes) -> tuple[str, dict[str, Any]]:
    """The kind and the fields of a line.

    Raises:
        RefusedLineError: not JSON, not an object, or of a kind that is neither an event's nor a result's.
    """
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise RefusedLineError("malformed", f"not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise RefusedLineError("malformed", f"expected a JSON object, got {type(fields).__name__}")
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise RefusedLineError("unknown_kind", f"{kind!r} is not the kind of an event or a call result")
    return kind, fields


_KINDS: Final = frozenset((*EVENT_KINDS, *RESULT_KINDS))


def schema_of(kind: str) -> Mapping[str, pl.DataType]:
    """The fields that a record of that kind has."""
    return RESULT_SCHEMA if kind in RESULT_KINDS else EVENT_SCHEMA


def typed(fields: Mapping[str, Any], schema: Mapping[str, pl.DataType]) -> dict[str, Any]:
    """The fields of a record, absent ones as null and a null tenant as the empty one.

    Raises:
        RefusedLineError: a field has another type than the contract gives it.
    """
    row = {name: fields.get(name) for name in schema}
    for name, value in row.items():
        if value is not None and type(value) is not _PYTHON[name]:
            raise RefusedLineError("malformed", f"the field {name} must be {_described(schema[name])}, got {value!r:.60}")
    for name in _NUMBERS & row.keys():
        value = row[name]
        if value is not None and not -_LIMITS[name] <= value < _LIMITS[name]:
            raise RefusedLineError("malformed", f"the field {name} must be {_described(schema[name])}, got {value!r:.60}")
    if row["tenant"] is None:
        row["tenant"] = ""
    return row


def _described(kind: pl.DataType) -> str:
    if kind == _TEXT:
        return "text"
    return "true or false" if kind == pl.Boolean else f"a whole number of {_BITS[kind] + 1} bits"


def frame_of(rows: Iterable[Mapping[str, Any]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Rows of ``typed`` as columns."""
    return pl.DataFrame(list(rows), schema=dict(schema), orient="row")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was not counted."""

    line: int
    refusal: Refusal
    event: Any
