"""Values of a topic to columns: by a compiled loop that goes through each record within its own bytes.

What the loop does not accept, and records of schemas that it can't read, are read one by one: that tells the reason of what is bad. What
becomes of a record is the same on both ways, and never depends on the others of its chunk.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import fastavro
import numpy as np

from kernels.avro import read_records, schema_ids
from kernels.fields import FieldColumns, FieldNames, no_records
from kernels.numbering import distinct
from kernels.texts import ABSENT, Int64s, Texts
from schemas.plan import Field, IncompatibleSchemaError, Plan, columns_of, names_of, plan_for
from schemas.registry import Registry, SchemaPendingError, UnknownSchemaError
from schemas.wire import HEADER

_INT_RANGE: Final = range(-(1 << 31), 1 << 31)
_LONG_RANGE: Final = range(-(1 << 63), 1 << 63)
_NO_WIRE_FORMAT: Final = -1


@dataclass(frozen=True, slots=True)
class Refused:
    """A value that could not be read: its number in the chunk, and why (contract 6)."""

    row: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """The readable values of a chunk as columns, ``rows`` their numbers in it; and those that were refused, in order.

    Symbols of an enum are their numbers among those of the reader, booleans 0 and 1.
    """

    columns: FieldColumns
    fields: tuple[Field, ...]
    rows: Int64s
    refused: list[Refused]

    def records(self) -> Iterator[dict[str, Any]]:
        """The readable values one by one, as Avro has them."""
        columns = [self._values(field) for field in self.fields]
        for values in zip(*columns, strict=True):
            yield {field.name: value for field, value in zip(self.fields, values, strict=True)}

    def _values(self, field: Field) -> list[Any]:
        if field.type == "string":
            return self.columns.texts(field.name).to_list()
        numbers, present = self.columns.numbers(field.name).tolist(), self.columns.present(field.name).tolist()
        return [_value(field, number) if given else None for number, given in zip(numbers, present, strict=True)]


class BadRecordError(Exception):
    """A body that is not a record of its schema."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Decoder:
    """Reads values as records of one contract, by whatever version of it they were written.

    Args:
        reader: the contract's schema.
        registry: where the schemas of writers are from.
        names: the fields that become columns; all, if none are named. The others must be right too.
    """

    def __init__(self, reader: dict[str, Any], registry: Registry, names: FieldNames | None = None) -> None:
        self._reader = reader
        self._registry = registry
        self._plans: dict[int, Plan | Refused] = {}
        fields = columns_of(reader)
        self._names = names or names_of(fields)
        self._fields = tuple(field for field in fields if field.name in {*self._names.texts, *self._names.numbers})

    def decode(self, values: Texts) -> Decoded:
        """Read a chunk of values as received, each with its header; one that is absent is refused.

        Raises:
            SchemaPendingError: an id is not known yet, and the registry has not answered; nothing has been read.
        """
        ids = schema_ids(values)
        plans = self._plans_for(distinct(ids).tolist())
        reading = _Reading(values, self._fields, self._names)
        for schema_id, plan in plans.items():
            reading.read(np.arange(len(ids)) if len(plans) == 1 else np.flatnonzero(ids == schema_id), plan)
        return reading.decoded()

    def _plans_for(self, schema_ids: Iterable[int]) -> dict[int, Plan | Refused]:
        """The plan of each id. All are asked for before one is waited for, so that many unknown ids cost one wait."""
        plans = {}
        waited_for: SchemaPendingError | None = None
        for schema_id in schema_ids:
            try:
                plans[schema_id] = self._plan(schema_id)
            except SchemaPendingError as pending:
                waited_for = pending
        if waited_for is not None:
            raise waited_for
        return plans

    def _plan(self, schema_id: int) -> Plan | Refused:
        if schema_id == _NO_WIRE_FORMAT:
            return Refused(0, "malformed", "not in the wire format: expected a zero byte and a schema id of four bytes")
        plan = self._plans.get(schema_id)
        if plan is None:
            try:
                plan = plan_for(self._registry.schema(schema_id), self._reader, self._names)
            except UnknownSchemaError as error:
                return Refused(0, "unknown_schema", str(error))
            except IncompatibleSchemaError as error:
                plan = Refused(0, "incompatible_schema", f"schema {schema_id}: {error}")
            self._plans[schema_id] = plan
        return plan


class _Reading:
    """The values of a chunk on their way into columns."""

    def __init__(self, values: Texts, fields: tuple[Field, ...], names: FieldNames) -> None:
        self._values = values
        self._fields = fields
        self._columns = no_records(names, len(values), values.data)
        self._refused: list[Refused] = []
        self._more: list[bytes] = []
        """Texts that are no places in the values, one behind the other as if they followed these."""
        self._end = len(values.data)

    def read(self, rows: Int64s, plan: Plan | Refused) -> None:
        """The values of these numbers."""
        if isinstance(plan, Refused):
            self._refused += [Refused(row, plan.reason, plan.detail) for row in rows.tolist()]
            return
        if plan.program is not None:
            for field in self._fields:
                if field in plan.absent:
                    self._put(rows, field, field.default)
            rows = rows[~read_records(self._values, rows, plan.program.steps, plan.program.symbols, self._columns)]
        for row in rows.tolist():
            self._read_apart(row, plan)

    def _read_apart(self, row: int, plan: Plan) -> None:
        at, size = int(self._values.at[row]) + HEADER.size, int(self._values.size[row]) - HEADER.size
        try:
            record = read_one(plan, self._values.data[at : at + size].tobytes())
        except BadRecordError as bad:
            self._refused.append(Refused(row, bad.reason, str(bad)))
            return
        for field in self._fields:
            self._put(row, field, record[field.name])

    def _put(self, rows: int | Int64s, field: Field, value: Any) -> None:  # noqa: ANN401 (what a field may hold)
        columns = self._columns
        if field.type == "string":
            column, text = columns.names.texts[field.name], b"" if value is None else value.encode()
            columns.at[column, rows] = self._end
            columns.size[column, rows] = ABSENT if value is None else len(text)
            self._more.append(text)
            self._end += len(text)
        else:
            column = columns.names.numbers[field.name]
            columns.number[column, rows] = 0 if value is None else field.symbols.index(value) if field.symbols else value
            columns.given[column, rows] = value is not None

    def decoded(self) -> Decoded:
        """What came of all values."""
        columns = self._columns
        if self._more:
            data = np.concatenate([columns.data, np.frombuffer(b"".join(self._more), dtype=np.uint8)])
            columns = FieldColumns(columns.names, data, columns.at, columns.size, columns.number, columns.given)
        rows = np.arange(len(columns), dtype=np.int64)
        if self._refused:
            rows = np.delete(rows, [refused.row for refused in self._refused])
            columns = columns.take(rows)
        return Decoded(columns, self._fields, rows, sorted(self._refused, key=lambda refused: refused.row))


def _value(field: Field, number: int) -> Any:  # noqa: ANN401 (what a field may hold)
    if field.symbols:
        return field.symbols[number]
    return bool(number) if field.type == "boolean" else number


def read_one(plan: Plan, body: bytes) -> dict[str, Any]:
    """One body as a record of the reader's fields.

    Raises:
        BadRecordError: it is not a record of its schema, or holds a name that is not one of ours.
    """
    stream = io.BytesIO(body)
    try:
        record = fastavro.schemaless_reader(stream, plan.writer, None)
    except Exception as error:
        raise BadRecordError("malformed", f"not a record of its schema: {type(error).__name__}: {error}") from error
    if stream.tell() != len(body):
        raise BadRecordError("malformed", f"{len(body) - stream.tell()} bytes are left over after the record")
    assert isinstance(record, dict)
    if plan.strict and _encoded(plan, record) != body:
        raise BadRecordError("malformed", "not what a writer makes: encoded again, the record would be other bytes")
    chosen = {field.name: record.get(field.name, field.default) for field in plan.columns}
    for field in plan.columns:
        value = chosen[field.name]
        if field.symbols and value is not None and value not in field.symbols:
            raise BadRecordError("unknown_kind", f"{field.name} {value!r} is not one of ours")
        if value is not None and field.type in {"int", "long"} and value not in (_INT_RANGE if field.type == "int" else _LONG_RANGE):
            raise BadRecordError("malformed", f"{field.name} {value} does not fit its type, {field.type}")
    return chosen


def _encoded(plan: Plan, record: dict[str, Any]) -> bytes | None:
    """The record by its writer's schema; None if it does not fit it."""
    stream = io.BytesIO()
    try:
        fastavro.schemaless_writer(stream, plan.writer, record)
    except (ValueError, TypeError, OverflowError):
        return None
    return stream.getvalue()
