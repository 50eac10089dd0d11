"""How records of a writer's schema become columns of ours: which field goes where, and whether whole chunks can be read at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import fastavro
import orjson
import polars as pl

from schemas.varint import encode_long, encode_text

Json = Any

COLUMN_TYPES: Final[Mapping[str, pl.DataType]] = {
    "string": pl.String(),
    "enum": pl.String(),
    "int": pl.Int32(),
    "long": pl.Int64(),
    "boolean": pl.Boolean(),
}
_PROMOTES: Final = frozenset({("int", "long")})


class IncompatibleSchemaError(Exception):
    """A writer's schema that can't be read as ours; the message names the field."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a schema, in the few words that matter here."""

    name: str
    type: str
    nullable: bool
    symbols: tuple[str, ...] = ()
    default: Json = None
    has_default: bool = False
    null_last: bool = False


@dataclass(frozen=True)
class Plan:
    """Reads records of one writer's schema.

    ``columns`` are the reader's fields in order; those in ``absent`` take their default. ``fast`` tells whether Polars can read
    a chunk of bodies put behind ``container_header``.
    """

    writer: Json
    columns: tuple[Field, ...]
    written: Mapping[str, Field]
    absent: frozenset[str]
    fast: bool
    container_header: bytes

    @cached_property
    def readings(self) -> list[pl.Expr]:
        """The columns, out of what Polars reads of the writer's; and what is measured of the latter."""
        return [self._reading(field) for field in self.columns] + _measures(self.written.values())

    def _reading(self, field: Field) -> pl.Expr:
        if field.name in self.absent:
            return pl.lit(field.default, dtype=COLUMN_TYPES[field.type]).alias(field.name)
        same = self.written[field.name].type == field.type != "enum"
        return pl.col(field.name) if same else pl.col(field.name).cast(COLUMN_TYPES[field.type])

    @cached_property
    def widened(self) -> list[Field]:
        """Columns whose writer has names that are not ours."""
        enums = [field for field in self.columns if field.symbols and field.name in self.written]
        return [field for field in enums if not set(self.written[field.name].symbols) <= set(field.symbols)]

    @property
    def frame_schema(self) -> dict[str, pl.DataType]:
        """Names and types of the columns that come of it."""
        return {field.name: COLUMN_TYPES[field.type] for field in self.columns}


def plan_for(writer: Json, reader: Json) -> Plan:
    """The plan to read records of ``writer`` (a schema as JSON) as ``reader``.

    Raises:
        IncompatibleSchemaError: no record of the writer could be read as the reader's.
    """
    if not isinstance(writer, dict) or writer.get("type") != "record":
        raise IncompatibleSchemaError("the writer's schema is not a record")
    try:
        parsed = fastavro.parse_schema(without_logical_types(writer))
        name = str(writer["name"])
        written = {str(field["name"]): _field(field) for field in writer["fields"]}
    except Exception as error:
        raise IncompatibleSchemaError(f"the writer's schema is not one of Avro: {error!r}") from error
    if name.rpartition(".")[2] != reader["name"]:
        raise IncompatibleSchemaError(f"the writer's schema is of {name}, expected {reader['name']}")
    columns = tuple(_field(field) for field in reader["fields"])
    absent = frozenset(column.name for column in columns if column.name not in written)
    for column in columns:
        _check(column, written.get(column.name))
    fast = all(field.type in COLUMN_TYPES and not field.null_last for field in written.values())
    return Plan(parsed, columns, written, absent, fast, _container_header(writer) if fast else b"")


def _measures(written: Iterable[Field]) -> list[pl.Expr]:
    texts = [pl.col(field.name).str.len_bytes().alias(measure_name(field.name)) for field in written if field.type == "string"]
    numbers = [pl.col(field.name).alias(measure_name(field.name)) for field in written if field.type in {"int", "long"}]
    nulls = [pl.col(field.name).is_null().alias(null_name(field.name)) for field in written if field.nullable]
    return [number.cast(pl.Int64).fill_null(0) for number in texts + numbers] + nulls


def measure_name(name: str) -> str:
    """Name of the column with a text's number of bytes, or a number itself; 0 where it is null."""
    return f"measure of {name}"


def null_name(name: str) -> str:
    """Name of the column that tells where another is null."""
    return f"null {name}"


def _field(field: Json) -> Field:
    kind = field["type"]
    nullable = isinstance(kind, list) and len(kind) == 2 and "null" in kind
    null_last = nullable and kind[1] == "null"
    if nullable:
        kind = kind[0 if null_last else 1]
    symbols = tuple(kind["symbols"]) if isinstance(kind, dict) and kind["type"] == "enum" else ()
    name = kind["type"] if isinstance(kind, dict) else kind if isinstance(kind, str) else "union"
    name = name if isinstance(name, str) else "nested"
    return Field(field["name"], name, nullable, symbols, field.get("default"), "default" in field, null_last)


def _check(column: Field, written: Field | None) -> None:
    if written is None:
        if not column.has_default:
            raise IncompatibleSchemaError(f"the writer's schema lacks the field {column.name}, which has no default")
        return
    if written.type != column.type and (written.type, column.type) not in _PROMOTES:
        raise IncompatibleSchemaError(f"the field {column.name} is {written.type} in the writer's schema, expected {column.type}")
    if written.nullable and not column.nullable:
        raise IncompatibleSchemaError(f"the field {column.name} may be null in the writer's schema, and not in ours")


def without_logical_types(schema: Json) -> Json:
    """The schema with plain numbers for times, which is how columns hold them."""
    if isinstance(schema, list):
        return [without_logical_types(part) for part in schema]
    if isinstance(schema, dict):
        return {key: without_logical_types(part) for key, part in schema.items() if key != "logicalType"}
    return schema


def _container_header(writer: Json) -> bytes:
    """The head of an Object Container file of that schema, to which one block is added. Polars refuses defaults in it."""
    fields = [{"name": field["name"], "type": without_logical_types(field["type"])} for field in writer["fields"]]
    schema = orjson.dumps({"type": "record", "name": "r", "fields": fields}).decode()
    return (
        b"Obj\x01"
        + encode_long(2)
        + encode_text("avro.schema")
        + encode_text(schema)
        + encode_text("avro.codec")
        + encode_text("null")
        + encode_long(0)
        + SYNC
    )


SYNC: Final = b"dialstat-columns"
"""The sync marker of the containers that are made in memory, 16 bytes."""
