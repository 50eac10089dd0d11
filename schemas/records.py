"""Single records, to and from bytes: for the commands, for list deltas, for whatever is not a hot path."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from typing import Any

import fastavro

from schemas.contracts import contract
from schemas.plan import without_logical_types
from schemas.registry import Registry
from schemas.wire import HEADER, header, schema_id_of


class UnreadableError(Exception):
    """A value that is not a record in the wire format."""


@cache
def _parsed(name: str) -> Any:  # noqa: ANN401 (fastavro's form of a schema)
    return fastavro.parse_schema(without_logical_types(contract(name).schema))


def encode_record(name: str, schema_id: int, fields: Mapping[str, Any]) -> bytes:
    """A value in the wire format; absent fields take their default.

    Raises:
        ValueError: the fields are not those of the record.
    """
    stream = io.BytesIO()
    stream.write(header(schema_id))
    try:
        fastavro.schemaless_writer(stream, _parsed(name), dict(fields))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise ValueError(f"not a record of {name}: {error}") from error
    return stream.getvalue()


def decode_record(value: bytes | None, registry: Registry) -> dict[str, Any]:
    """The fields of a value in the wire format, as they were written; times are ms.

    Raises:
        UnreadableError: it is not one.
        UnknownSchemaError: see ``Registry``.
        SchemaPendingError: see ``Registry``.
    """
    schema_id = schema_id_of(value)
    if value is None or schema_id is None:
        raise UnreadableError("not in the wire format")
    schema = fastavro.parse_schema(without_logical_types(registry.schema(schema_id)))
    stream = io.BytesIO(value[HEADER.size :])
    try:
        record = fastavro.schemaless_reader(stream, schema, None)
    except Exception as error:
        raise UnreadableError(f"not a record of schema {schema_id}: {error!r}") from error
    if not isinstance(record, dict):
        raise UnreadableError(f"schema {schema_id} is not of a record")
    return record
