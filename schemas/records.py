"""Records one by one, bytes to the fields of the offline form and back: for the commands; workers read chunks."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import fastavro

from schemas.contracts import contract
from schemas.plan import without_logical_types
from schemas.registry import Registry, RegistryError, SchemaPendingError, UnknownSchemaError
from schemas.wire import HEADER, header, schema_id_of

Json = Any


class UnreadableError(ValueError):
    """A value that is not a record of a known schema."""


class RecordWriter:
    """Writes records of one contract under one schema id."""

    def __init__(self, record: str, schema_id: int) -> None:
        """Take the schema of ``record``, a name such as ``campaign_event``."""
        self._header = header(schema_id)
        self._schema = fastavro.parse_schema(without_logical_types(contract(record).schema))

    def encode(self, fields: Mapping[str, Any]) -> bytes:
        """The value of a record; fields that are not given take their default.

        Raises:
            ValueError: a field is absent that has no default, or does not fit its type.
        """
        stream = io.BytesIO()
        stream.write(self._header)
        try:
            fastavro.schemaless_writer(stream, self._schema, fields)
        except (TypeError, KeyError, AttributeError, OverflowError) as error:
            raise ValueError(f"does not fit the schema: {error}") from error
        return stream.getvalue()


class RecordReader:
    """Reads values of any schema that the registry knows.

    Args:
        registry: where the schemas are from.
        patience: how long to wait for a schema that is being looked up, seconds; 0 doesn't.
    """

    def __init__(self, registry: Registry, patience: float = 0.0) -> None:
        self._registry = registry
        self._patience = patience
        self._parsed: dict[int, Any] = {}

    def decode(self, value: bytes | None) -> dict[str, Any]:
        """The fields of a value, times in ms.

        Raises:
            UnreadableError: not in the wire format, of an unknown schema, or not a record of it.
            SchemaPendingError: its schema is being looked up, and there is no patience to wait.
            RegistryError: the registry doesn't answer.
        """
        schema_id = schema_id_of(value)
        if value is None or schema_id is None:
            raise UnreadableError("not in the wire format")
        schema = self._schema(schema_id)
        stream = io.BytesIO(value)
        stream.seek(HEADER.size)
        try:
            fields = fastavro.schemaless_reader(stream, schema, None)
        except Exception as error:
            raise UnreadableError(f"not a record of schema {schema_id}: {error!r}") from error
        if not isinstance(fields, dict) or stream.tell() != len(value):
            raise UnreadableError(f"not one whole record of schema {schema_id}")
        return fields

    def _schema(self, schema_id: int) -> Json:
        parsed = self._parsed.get(schema_id)
        if parsed is None:
            schema = without_logical_types(self._look_up(schema_id))
            try:
                parsed = self._parsed[schema_id] = fastavro.parse_schema(schema)
            except Exception as error:
                raise UnreadableError(f"schema {schema_id} is not one of Avro: {error!r}") from error
        return parsed

    def _look_up(self, schema_id: int) -> Json:
        try:
            return self._registry.schema(schema_id)
        except UnknownSchemaError as error:
            raise UnreadableError(str(error)) from error
        except SchemaPendingError as pending:
            if not self._patience:
                raise
            if not pending.arrived.wait(self._patience):
                raise RegistryError(f"{pending}, and it has not answered within {self._patience:g} s") from pending
            return self._look_up(schema_id)
