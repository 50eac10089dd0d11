"""Where schemas and their ids come from: built in, or a registry that speaks Confluent's protocol (contract 5).

Reading never waits for a registry: ids are remembered, an id that is seen for the first time is looked up in the background, and
meanwhile ``schema`` raises ``SchemaPendingError``, so that the chunk can be tried again while others go on.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Final, Protocol

import orjson
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from schemas.contracts import CALL_RESULT, CAMPAIGN_ACTION, CAMPAIGN_EVENT, LIST_DELTA, STATISTIC_REPORT, contract, history

TOPICS: Final[Mapping[str, str]] = {
    "campaign-events": CAMPAIGN_EVENT,
    "call-results": CALL_RESULT,
    "campaign-actions": CAMPAIGN_ACTION,
    "campaign-statistics": STATISTIC_REPORT,
    "calling-list-statistics": STATISTIC_REPORT,
    "list-deltas": LIST_DELTA,
}
"""The record of each topic, by the topic's name without prefix."""

_BUILTIN_IDS: Final[Mapping[str, int]] = {
    CAMPAIGN_EVENT: 1_000,
    CALL_RESULT: 2_000,
    CAMPAIGN_ACTION: 3_000,
    STATISTIC_REPORT: 4_000,
    LIST_DELTA: 5_000,
}
"""The id of version v of a record is this and v; it never changes once released."""


class UnknownSchemaError(Exception):
    """An id that the registry does not know."""


class SchemaPendingError(Exception):
    """An id that is being looked up; ``arrived`` is set when it is worth trying again."""

    def __init__(self, schema_id: int, arrived: threading.Event) -> None:
        super().__init__(f"schema {schema_id} is being looked up in the registry")
        self.arrived = arrived


class RegistryError(Exception):
    """The registry could not be asked for what can't be done without."""


class Registry(Protocol):
    """Schemas by id, and ids of our own schemas."""

    def schema(self, schema_id: int) -> Any:  # noqa: ANN401 (a schema as JSON)
        """The schema of an id, as JSON.

        Raises:
            UnknownSchemaError: there is none.
            SchemaPendingError: it is being looked up.
        """
        ...

    def id_for(self, topic: str, record: str) -> int:
        """The id under which values of a topic are written; ``topic`` with its prefix.

        Raises:
            RegistryError: the registry doesn't answer, or refuses the schema.
        """
        ...


class BuiltinRegistry:
    """Ids fixed by the schemas that ship with a release: the same in every process, and no server needed."""

    def __init__(self) -> None:
        self._schemas = {_BUILTIN_IDS[name] + version.version: version.schema for name in _BUILTIN_IDS for version in history(name)}

    def schema(self, schema_id: int) -> Any:  # noqa: ANN401 (see Registry)
        """See ``Registry``; nothing is ever pending."""
        try:
            return self._schemas[schema_id]
        except KeyError:
            raise UnknownSchemaError(f"schema id {schema_id} is not one of the built-in registry") from None

    def id_for(self, topic: str, record: str) -> int:
        """See ``Registry``."""
        del topic
        return _BUILTIN_IDS[record] + contract(record).version


class ConfluentRegistry:
    """A registry that speaks Confluent's HTTP protocol.

    Args:
        url: its address, http(s).
        auth: "user:password" for basic authentication, or None.
        ca_file: certificates to trust for https, or None for the system's.
        timeout: of one request, seconds.
    """

    def __init__(self, url: str, auth: str | None = None, ca_file: str | None = None, timeout: float = 5.0) -> None:
        settings: dict[str, Any] = {"url": url, "timeout": timeout, "max.retries": 0}
        if auth:
            settings["basic.auth.user.info"] = auth
        if ca_file:
            settings["ssl.ca.location"] = ca_file
        self._url = url
        self._client = SchemaRegistryClient(settings)
        self._known: dict[int, Any] = {}
        self._missing: set[int] = set()
        self._pending: dict[int, threading.Event] = {}
        self._lock = threading.Lock()

    def schema(self, schema_id: int) -> Any:  # noqa: ANN401 (see Registry)
        """See ``Registry``; the first sight of an id starts its lookup in a thread of its own."""
        with self._lock:
            if schema_id in self._known:
                return self._known[schema_id]
            if schema_id in self._missing:
                raise UnknownSchemaError(f"schema id {schema_id} is not known to the registry {self._url}")
            arrived = self._pending.get(schema_id)
            if arrived is None:
                arrived = self._pending[schema_id] = threading.Event()
                threading.Thread(target=self._look_up, args=(schema_id, arrived), name=f"schema-{schema_id}", daemon=True).start()
        raise SchemaPendingError(schema_id, arrived)

    def _look_up(self, schema_id: int, arrived: threading.Event) -> None:
        """Ask until there is an answer; a registry that is down delays only the chunks that need this id."""
        schema: Any = None
        try:
            for attempt in Retrying(wait=wait_exponential(0.1, max=10), retry=retry_if_exception(_may_pass), reraise=True):
                with attempt:
                    schema = orjson.loads(self._client.get_schema(schema_id).schema_str or "null")
        except SchemaRegistryError:
            schema = None
        with self._lock:
            if schema is None:
                self._missing.add(schema_id)
            else:
                self._known[schema_id] = schema
            del self._pending[schema_id]
        arrived.set()

    def id_for(self, topic: str, record: str) -> int:
        """See ``Registry``; registers the schema under ``<topic>-value`` if it is not there."""
        text = contract(record).text
        try:
            for attempt in Retrying(
                stop=stop_after_attempt(4), wait=wait_exponential(0.2), retry=retry_if_exception(_may_pass), reraise=True
            ):
                with attempt:
                    schema_id = int(self._client.register_schema(f"{topic}-value", Schema(text, "AVRO")))
        except Exception as error:
            raise RegistryError(f"the schema registry {self._url} did not take the schema of {topic}-value: {error}") from error
        with self._lock:
            self._known[schema_id] = orjson.loads(text)
        return schema_id


def _may_pass(error: BaseException) -> bool:
    """Whether asking again may help: everything but an answer that says no."""
    return isinstance(error, Exception) and not (
        isinstance(error, SchemaRegistryError) and 400 <= error.http_status_code < 500 and error.http_status_code != 429
    )


def open_registry(address: str, auth: str | None = None, ca_file: str | None = None) -> Registry:
    """The registry of the setting ``schema_registry``: ``builtin``, or an http(s) address."""
    return BuiltinRegistry() if address == "builtin" else ConfluentRegistry(address, auth, ca_file)
