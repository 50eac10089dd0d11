"""How records of a writer's schema become columns of ours: which field goes where, as a program for a compiled loop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import fastavro
import numpy as np

from kernels.avro import BOOLEAN, NEVER_NULL, NOT_OURS, NUMBER, SKIPPED, STEP, SYMBOL, TEXT
from kernels.fields import FieldNames, field_names
from kernels.texts import Int64s

Json = Any

_CODES: Final[Mapping[str, int]] = {"string": TEXT, "boolean": BOOLEAN, "enum": SYMBOL, "int": NUMBER, "long": NUMBER}
"""The types that a program can read."""
_RANGES: Final[Mapping[str, tuple[int, int]]] = {"int": (-(1 << 31), (1 << 31) - 1), "long": (-(1 << 63), (1 << 63) - 1)}
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


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """What ``kernels.avro.read_records`` is to do with each record."""

    steps: Int64s
    symbols: Int64s


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Reads records of one writer's schema.

    ``columns`` are the reader's fields in order; those in ``absent`` are not written, and take their default. A body of a ``strict`` schema
    must be the very bytes that a writer makes of its record. Where there is no ``program``, each record is read by itself.
    """

    writer: Json
    columns: tuple[Field, ...]
    absent: tuple[Field, ...]
    strict: bool
    program: Program | None


def columns_of(reader: Json) -> tuple[Field, ...]:
    """The fields of a reader's schema."""
    return tuple(_field(field) for field in reader["fields"])


def names_of(columns: Iterable[Field]) -> FieldNames:
    """Columns for all fields of a reader."""
    fields = list(columns)
    return field_names(*([field.name for field in fields if (field.type == "string") == texts] for texts in (True, False)))


def plan_for(writer: Json, reader: Json, names: FieldNames) -> Plan:
    """The plan to read records of ``writer`` (a schema as JSON) as ``reader``, of which the fields of these names become columns.

    Raises:
        IncompatibleSchemaError: no record of the writer could be read as the reader's.
    """
    if not isinstance(writer, dict) or writer.get("type") != "record":
        raise IncompatibleSchemaError("the writer's schema is not a record")
    try:
        parsed = fastavro.parse_schema(without_logical_types(writer))
        name = str(writer["name"])
        fields = [_field(field) for field in writer["fields"]]
    except Exception as error:
        raise IncompatibleSchemaError(f"the writer's schema is not one of Avro: {error!r}") from error
    if name.rpartition(".")[2] != reader["name"]:
        raise IncompatibleSchemaError(f"the writer's schema is of {name}, expected {reader['name']}")
    written = {field.name: field for field in fields}
    columns = columns_of(reader)
    for column in columns:
        _check(column, written.get(column.name))
    absent = tuple(column for column in columns if column.name not in written)
    plain = all(field.type in _CODES for field in fields) and len(written) == len(fields)
    strict = plain and not any(field.null_last for field in fields)
    return Plan(parsed, columns, absent, strict, _program(fields, columns, names) if plain else None)


def _program(written: Iterable[Field], columns: Iterable[Field], names: FieldNames) -> Program:
    ours = {column.name: column for column in columns}
    steps: list[tuple[int, ...]] = []
    symbols: list[int] = []
    for field in written:
        column = names.texts.get(field.name, names.numbers.get(field.name, SKIPPED))
        least, greatest = _RANGES.get(field.type, (0, len(field.symbols) - 1))
        null = int(field.null_last) if field.nullable else NEVER_NULL
        steps.append((_CODES[field.type], null, column, least, greatest, len(symbols)))
        known = ours[field.name].symbols if field.name in ours else field.symbols
        symbols += [known.index(symbol) if symbol in known else NOT_OURS for symbol in field.symbols]
    return Program(np.array(steps, dtype=np.int64).reshape(-1, STEP), np.array(symbols, dtype=np.int64))


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
