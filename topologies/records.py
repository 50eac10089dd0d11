"""Records one by one, bytes to the fields of the offline form and back, for the commands; workers read whole chunks."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

import fastavro

from schemas.contracts import contract
from schemas.registry import Registry, RegistryError, SchemaPendingError, UnknownSchemaError, open_registry
from schemas.wire import HEADER, header, schema_id_of
from topologies.settings import Settings

_LOOK_UP_SECONDS: Final = 10.0

Json = Any


class UnreadableError(ValueError):
    """A value that is not a record of a known schema."""


def registry_of(settings: Settings) -> Registry:
    """The schema registry that the settings name, with their user and password."""
    user, password = settings.schema_registry_user, settings.schema_registry_password
    auth = None if user is None else f"{user}:{password.get_secret_value() if password else ''}"
    return open_registry(settings.schema_registry, auth)


class RecordWriter:
    """Writes records of one contract to one topic."""

    def __init__(self, registry: Registry, topic: str, record: str) -> None:
        """Take the schema's id.

        Args:
            registry: where it is from.
            topic: full name.
            record: name of the contract, such as ``campaign_event``.

        Raises:
            RegistryError: the registry doesn't answer, or refuses the schema.
        """
        self._header = header(registry.id_for(topic, record))
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
    """Reads values of any schema that the registry knows."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._parsed: dict[int, Any] = {}

    def decode(self, value: bytes | None) -> dict[str, Any]:
        """The fields of a value, times in ms.

        Raises:
            UnreadableError: not in the wire format, of an unknown schema, or not a record of it.
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
            parsed = self._parsed[schema_id] = fastavro.parse_schema(without_logical_types(self._look_up(schema_id)))
        return parsed

    def _look_up(self, schema_id: int) -> Json:
        try:
            return self._registry.schema(schema_id)
        except UnknownSchemaError as error:
            raise UnreadableError(str(error)) from error
        except SchemaPendingError as pending:
            if not pending.arrived.wait(_LOOK_UP_SECONDS):
                raise RegistryError(f"{pending}, and it has not answered within {_LOOK_UP_SECONDS:g} s") from pending
            return self._look_up(schema_id)


def without_logical_types(schema: Json) -> Json:
    """A schema whose times are the plain numbers of the offline form."""
    if isinstance(schema, list):
        return [without_logical_types(part) for part in schema]
    if isinstance(schema, dict):
        return {key: without_logical_types(part) for key, part in schema.items() if key != "logicalType"}
    return schema
