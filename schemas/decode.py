"""Values of a topic to columns: a chunk at once, or record by record where one of its records is bad.

A chunk's bodies are put behind the head of an Object Container and read by Polars. Avro bodies carry no length, so a bad record
could shift its neighbours unseen: a chunk stands only if its rows, encoded again, would be the bytes of its records. If they
wouldn't, each record is read by itself, and a bad one costs nobody but itself. What becomes of a record never depends on the
others of its chunk.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import fastavro
import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.exactness import same_bytes
from schemas.plan import SYNC, IncompatibleSchemaError, Plan, plan_for
from schemas.registry import Registry, SchemaPendingError, UnknownSchemaError
from schemas.varint import encode_long
from schemas.wire import HEADER, schema_id_of

_INT_RANGE: Final = range(-(1 << 31), 1 << 31)
_LONG_RANGE: Final = range(-(1 << 63), 1 << 63)


@dataclass(frozen=True, slots=True)
class Refused:
    """A value that could not be read: its number in the chunk, and why (contract 6)."""

    row: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """The readable values of a chunk as columns, ``rows`` their numbers in it; and those that were refused."""

    frame: pl.DataFrame
    rows: NDArray[np.int64]
    refused: list[Refused]


class BadRecordError(Exception):
    """A body that is not a record of its schema."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Decoder:
    """Reads values as records of one contract, by whatever version of it they were written."""

    def __init__(self, reader: dict[str, Any], registry: Registry) -> None:
        self._reader = reader
        self._registry = registry
        self._plans: dict[int, Plan | Refused] = {}
        self._empty = plan_for(reader, reader).frame_schema

    def decode(self, values: Sequence[bytes | None]) -> Decoded:
        """Read a chunk.

        Raises:
            SchemaPendingError: an id is not known yet, and the registry has not answered; nothing has been read.
        """
        rows_by_id = _by_schema_id(values)
        plans = self._plans_for(rows_by_id)
        parts = [self._decode_group(values, rows, plans[schema_id]) for schema_id, rows in rows_by_id.items()]
        return parts[0] if len(parts) == 1 else self._merge(parts) if parts else self._nothing()

    def _plans_for(self, schema_ids: Iterable[int | None]) -> dict[int | None, Plan | Refused]:
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

    def _plan(self, schema_id: int | None) -> Plan | Refused:
        if schema_id is None:
            return Refused(0, "malformed", "not in the wire format: expected a zero byte and a schema id of four bytes")
        plan = self._plans.get(schema_id)
        if plan is None:
            try:
                plan = plan_for(self._registry.schema(schema_id), self._reader)
            except UnknownSchemaError as error:
                return Refused(0, "unknown_schema", str(error))
            except IncompatibleSchemaError as error:
                plan = Refused(0, "incompatible_schema", f"schema {schema_id}: {error}")
            self._plans[schema_id] = plan
        return plan

    def _decode_group(self, values: Sequence[bytes | None], rows: list[int], plan: Plan | Refused) -> Decoded:
        if isinstance(plan, Refused):
            return self._nothing([Refused(row, plan.reason, plan.detail) for row in rows])
        bodies = [value[HEADER.size :] for row in rows if (value := values[row]) is not None]
        frame = read_together(plan, bodies) if plan.fast and len(bodies) > 1 else None
        if frame is not None:
            return Decoded(frame, _numbers(rows), [])
        return _read_apart(plan, rows, bodies)

    def _nothing(self, refused: list[Refused] | None = None) -> Decoded:
        return Decoded(pl.DataFrame(schema=self._empty), _numbers([]), refused or [])

    def _merge(self, parts: list[Decoded]) -> Decoded:
        rows = np.concatenate([part.rows for part in parts])
        in_order = np.argsort(rows, kind="stable")
        refused = sorted((refused for part in parts for refused in part.refused), key=lambda refused: refused.row)
        return Decoded(pl.concat([part.frame for part in parts])[in_order], rows[in_order], refused)


def _by_schema_id(values: Sequence[bytes | None]) -> dict[int | None, list[int]]:
    heads = [None if value is None else value[: HEADER.size] for value in values]
    if len(set(heads)) == 1:
        return {schema_id_of(heads[0]): list(range(len(values)))}
    rows: dict[int | None, list[int]] = {}
    for row, head in enumerate(heads):
        rows.setdefault(schema_id_of(head), []).append(row)
    return rows


def read_together(plan: Plan, bodies: list[bytes]) -> pl.DataFrame | None:
    """All bodies as one container; None if Polars refuses them, or they are not what its rows are when they are encoded again."""
    sizes = np.fromiter(map(len, bodies), dtype=np.int64, count=len(bodies))
    block = b"".join(bodies)
    container = plan.container_header + encode_long(len(bodies)) + encode_long(len(block)) + block + SYNC
    try:
        frame = pl.read_avro(io.BytesIO(container))
        if len(frame) != len(bodies):
            return None
        read = frame.select_seq(plan.readings)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 (a panic in Polars is a BaseException; what the records are, the slow path tells)
        return None
    columns = read.get_columns()
    measured = {column.name: column for column in columns[len(plan.columns) :]}
    written = dict(zip(plan.written, frame.get_columns(), strict=True))
    if not same_bytes(plan.written, written | measured, block, sizes):
        return None
    mine = pl.DataFrame(columns[: len(plan.columns)])
    return None if _holds_unknown_names(plan, mine) else mine


def _holds_unknown_names(plan: Plan, frame: pl.DataFrame) -> bool:
    """Whether a writer that knows more names than we do has used one; which record it is, only reading apart can tell."""
    return any(not frame[field.name].drop_nulls().is_in(field.symbols).all() for field in plan.widened)


def _read_apart(plan: Plan, rows: list[int], bodies: list[bytes]) -> Decoded:
    good: list[int] = []
    records: list[dict[str, Any]] = []
    refused: list[Refused] = []
    for row, body in zip(rows, bodies, strict=True):
        try:
            records.append(read_one(plan, body))
            good.append(row)
        except BadRecordError as bad:
            refused.append(Refused(row, bad.reason, str(bad)))
    return Decoded(pl.DataFrame(records, schema=plan.frame_schema, orient="row"), _numbers(good), refused)


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
    if plan.fast and _encoded(plan, record) != body:
        # As strict as reading together is, so that no record depends on its neighbours.
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


def _numbers(rows: list[int]) -> NDArray[np.int64]:
    return np.array(rows, dtype=np.int64)
