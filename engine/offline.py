"""The offline form of input: one JSON object a line, checked and put into columns (contract 4, domain 2.8)."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType
from typing import Any, Final

import numpy as np
import orjson

from engine.arrays import Int64s
from engine.catalog import EVENT_KINDS, RESULT_KINDS
from engine.checks import Refusal
from engine.rows import EVENT_COLUMNS, RESULT_COLUMNS
from kernels.fields import FieldColumns, FieldNames, columns_of, join_columns


class FieldType(StrEnum):
    """Types of the contract, as a message tells them."""

    TEXT = "text"
    FLAG = "true or false"
    INT = "a whole number of 32 bits"
    LONG = "a whole number of 64 bits"


EVENT_SCHEMA: Final[Mapping[str, FieldType]] = {
    "event_id": FieldType.TEXT,
    "tenant": FieldType.TEXT,
    "campaign": FieldType.TEXT,
    "group": FieldType.TEXT,
    "calling_list": FieldType.TEXT,
    "occurred_at": FieldType.LONG,
    "kind": FieldType.TEXT,
    "dial_mode": FieldType.TEXT,
    "personal": FieldType.FLAG,
    "records": FieldType.LONG,
}
"""The fields of CampaignEvent (contract 2)."""

RESULT_SCHEMA: Final[Mapping[str, FieldType]] = {
    "event_id": FieldType.TEXT,
    "tenant": FieldType.TEXT,
    "campaign": FieldType.TEXT,
    "group": FieldType.TEXT,
    "calling_list": FieldType.TEXT,
    "occurred_at": FieldType.LONG,
    "kind": FieldType.TEXT,
    "call_result": FieldType.INT,
    "record_id": FieldType.TEXT,
    "chain_id": FieldType.TEXT,
    "chain_n": FieldType.INT,
    "attempt": FieldType.INT,
    "dialed_at": FieldType.LONG,
    "answered_at": FieldType.LONG,
    "ended_at": FieldType.LONG,
}
"""The fields of CallResult (contract 2)."""

_PYTHON: Final = {FieldType.TEXT: str, FieldType.FLAG: bool, FieldType.INT: int, FieldType.LONG: int}
_LIMITS: Final = {FieldType.INT: 1 << 31, FieldType.LONG: 1 << 63}
_BLOCK: Final = 1_000
"""Lines that are put into columns at once."""


class RefusedLineError(Exception):
    """A line that is not an event of ours; ``reason`` is that of a dead letter (contract 6)."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


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


def schema_of(kind: str) -> Mapping[str, FieldType]:
    """The fields that a record of that kind has."""
    return RESULT_SCHEMA if kind in RESULT_KINDS else EVENT_SCHEMA


def typed(fields: Mapping[str, Any], schema: Mapping[str, FieldType]) -> dict[str, Any]:
    """The fields of a record, absent ones as null and a null tenant as the empty one.

    Raises:
        RefusedLineError: a field has another type than the contract gives it.
    """
    row = {name: fields.get(name) for name in schema}
    for fits in (_is_of_type, _is_in_range):
        for name, value in row.items():
            if value is not None and not fits(value, schema[name]):
                raise RefusedLineError("malformed", f"the field {name} must be {schema[name]}, got {value!r:.60}")
    if row["tenant"] is None:
        row["tenant"] = ""
    return row


def _is_of_type(value: object, kind: FieldType) -> bool:
    return type(value) is _PYTHON[kind]


def _is_in_range(value: int, kind: FieldType) -> bool:
    return kind not in _LIMITS or -_LIMITS[kind] <= value < _LIMITS[kind]


def _are_of_type(values: list[Any], kind: FieldType) -> bool:
    """Whether each is absent or of a type, and in its range."""
    types = set(map(type, values))
    if not types <= {_PYTHON[kind], NoneType}:
        return False
    if NoneType in types:
        values = [value for value in values if value is not None]
    return not values or kind not in _LIMITS or (_is_in_range(min(values), kind) and _is_in_range(max(values), kind))


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was not counted."""

    line: int
    refusal: Refusal
    event: Any


class TopicLines:
    """The lines of one topic, put into columns block by block: as objects, they take ten times the memory.

    Args:
        topic: 0 for ``campaign-events``, 1 for ``call-results``.
    """

    def __init__(self, topic: int) -> None:
        self._schema = (EVENT_SCHEMA, RESULT_SCHEMA)[topic]
        self._names: FieldNames = (EVENT_COLUMNS, RESULT_COLUMNS)[topic]
        self._kinds = {kind: number for number, kind in enumerate((EVENT_KINDS, RESULT_KINDS)[topic])}
        self._count = 0
        self._block: list[tuple[int, int, dict[str, Any]]] = []
        self._places: list[Int64s] = []
        self._columns: list[FieldColumns] = []
        self.bad: list[BadLine] = []
        """Lines with a field of another type than the contract gives it."""

    def add(self, line: int, event: dict[str, Any]) -> None:
        """The event of the line of that number; it has a kind of this topic."""
        self._block.append((line, self._count, event))
        self._count += 1
        if len(self._block) == _BLOCK:
            self._close_block()

    def columns(self) -> tuple[FieldColumns, Int64s, Int64s]:
        """All that is of the right types, with the number of each line, and its offset: those of bad lines count."""
        self._close_block()
        lines, offsets = np.concatenate(self._places).T
        return join_columns(self._columns), lines, offsets

    def _close_block(self) -> None:
        columns = self._typed()
        if columns is None:
            self._set_aside()
            columns = self._typed() or {}
        columns["kind"] = [self._kinds[kind] for kind in columns["kind"]]
        texts, numbers = ([columns[name] for name in names] for names in (self._names.texts, self._names.numbers))
        self._columns.append(columns_of(self._names, texts, numbers, len(self._block)))
        self._places.append(np.array([(line, offset) for line, offset, _ in self._block], dtype=np.int64).reshape(-1, 2))
        self._block = []

    def _typed(self) -> dict[str, list[Any]] | None:
        """The block field by field; None if a value is not of its field's type: which one, only looking at each can tell."""
        events = [event for _, _, event in self._block]
        columns: dict[str, list[Any]] = {name: [event.get(name) for event in events] for name in self._schema}
        fits = all(_are_of_type(values, self._schema[name]) for name, values in columns.items())
        return columns if fits else None

    def _set_aside(self) -> None:
        fitting = []
        for line, offset, event in self._block:
            try:
                typed(event, self._schema)
                fitting.append((line, offset, event))
            except RefusedLineError as refused:
                self.bad.append(BadLine(line, Refusal(line, refused.reason, refused.detail), event))
        self._block = fitting


class Lines:
    """Lines as they were read, by number from 1, in one buffer: any of them may be set aside when it is applied."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._ends = array("q", [0])

    def add(self, line: bytes) -> None:
        """The next line."""
        self._text += line
        self._ends.append(len(self._text))

    def __getitem__(self, number: int) -> bytes:
        return bytes(self._text[self._ends[number - 1] : self._ends[number]])
