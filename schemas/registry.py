"""Where schemas and their ids come from: built in, or a registry that speaks Confluent's protocol (contract 5).

Reading never waits for a registry: ids are remembered, an id that is seen for the first time is looked up in the background, and
meanwhile ``schema`` raises ``SchemaPendingError``, so that the chunk can be tried again while others go on.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any, Final, Protocol

import orjson
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from tenacity import Retrying, retry_if_exception, retry_if_result, sleep_using_event, stop_after_attempt, wait_exponential

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


_GREATEST_ID: Final = (1 << 31) - 1
"""Ids of the protocol are Java's int; no registry is asked for a greater one."""

_NOT_FOUND: Final = 404


class UnknownSchemaError(Exception):
    """An id that the registry does not know."""


class SchemaPendingError(Exception):
    """An id that is being looked up; ``arrived`` is set when it is worth trying again."""

    def __init__(self, schema_id: int, arrived: threading.Event, failure: str = "") -> None:
        super().__init__(f"schema {schema_id} is being looked up in the registry" + (f", but {failure}" if failure else ""))
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
        url: its address, http(s); several separated by commas.
        auth: "user:password" for basic authentication, or None.
        ca_file: certificates to trust for https, or None for the system's.
        timeout: of one request, seconds.

    Raises:
        RegistryError: the settings can't be those of a registry.
    """

    def __init__(self, url: str, auth: str | None = None, ca_file: str | None = None, timeout: float = 5.0) -> None:
        settings: dict[str, Any] = {"url": url, "timeout": timeout, "max.retries": 0}
        if auth:
            settings["basic.auth.user.info"] = auth
        if ca_file:
            settings["ssl.ca.location"] = ca_file
        self._place = re.sub(r"//[^/,]*@", "//", url)
        try:
            self._client = SchemaRegistryClient(settings)
        except (ValueError, OSError) as error:
            raise RegistryError(f"the schema registry {self._place} can't be used: {error}") from error
        self._known: dict[int, Any] = {}
        self._missing: set[int] = set()
        self._pending: dict[int, threading.Event] = {}
        self._asked_for = threading.Event()
        self._failure = ""
        self._closed = False
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the look-ups and close the connections; what is pending stays so."""
        with self._lock:
            self._closed = True
        self._asked_for.set()
        self._client.close()

    def schema(self, schema_id: int) -> Any:  # noqa: ANN401 (see Registry)
        """See ``Registry``; the first sight of an id has it looked up in the background, by one thread for all."""
        with self._lock:
            if schema_id in self._known:
                return self._known[schema_id]
            if schema_id in self._missing or schema_id > _GREATEST_ID:
                raise UnknownSchemaError(f"schema id {schema_id} is not known to the registry {self._place}")
            arrived = self._pending.get(schema_id)
            if arrived is None:
                arrived = self._pending[schema_id] = threading.Event()
                self._asked_for.set()
                if len(self._pending) == 1:
                    threading.Thread(target=self._look_up, name="schema-registry", daemon=True).start()
            failure = self._failure
        raise SchemaPendingError(schema_id, arrived, failure)

    def _look_up(self) -> None:
        """Ask until all is answered; a registry that is down delays only the chunks that need these ids."""
        wait = wait_exponential(0.1, max=10)
        Retrying(wait=wait, retry=retry_if_result(bool), sleep=sleep_using_event(self._asked_for))(self._ask_for_all)

    def _ask_for_all(self) -> bool:
        """Ask once for each pending id, until the registry doesn't answer; whether some are left."""
        self._asked_for.clear()
        asked: set[int] = set()
        while True:
            with self._lock:
                schema_id = next((pending for pending in self._pending if pending not in asked), None)
                if schema_id is None or self._closed:
                    return bool(self._pending) and not self._closed
            asked.add(schema_id)
            try:
                self._ask_for(schema_id)
            except SchemaRegistryError as error:
                self._failure = f"{self._place} says {error}"
            except Exception as error:  # noqa: BLE001 (whatever the client makes of a registry that is down)
                self._failure = f"{self._place} does not answer: {error!r}"
                return True

    def _ask_for(self, schema_id: int) -> None:
        """Settle one id; whatever the registry says but that there is no such id is raised, for it tells nothing of the id."""
        missing, schema = False, None
        try:
            schema = _as_json(self._client.get_schema(schema_id))
        except SchemaRegistryError as error:
            missing = error.http_status_code == _NOT_FOUND
            if not missing:
                raise
        with self._lock:
            if missing:
                self._missing.add(schema_id)
            else:
                self._known[schema_id] = schema
            self._failure = ""
            arrived = self._pending.pop(schema_id)
        arrived.set()

    def id_for(self, topic: str, record: str) -> int:
        """See ``Registry``; registers the schema under ``<topic>-value`` if it is not there."""
        text = contract(record).text
        subject = f"{topic}-value"
        retrying = Retrying(stop=stop_after_attempt(4), wait=wait_exponential(0.2), retry=retry_if_exception(_may_pass), reraise=True)
        try:
            schema_id = retrying(self._id_under, subject, Schema(text, "AVRO"))
        except Exception as error:
            raise RegistryError(f"the schema registry {self._place} did not take the schema of {subject}: {error}") from error
        with self._lock:
            self._known[schema_id] = orjson.loads(text)
        return schema_id

    def _id_under(self, subject: str, schema: Schema) -> int:
        """Looked up before it is registered: where others register the schemas, we may only read."""
        try:
            found = self._client.lookup_schema(subject, schema, normalize_schemas=True).schema_id
        except SchemaRegistryError as error:
            if error.http_status_code != _NOT_FOUND:
                raise
            found = self._client.register_schema(subject, schema, normalize_schemas=True)
        assert found is not None
        return int(found)


def _as_json(schema: Schema) -> Any:  # noqa: ANN401 (a schema as JSON)
    """The schema; of one that is not Avro only the name of what it is, which no record of ours can be read by."""
    if schema.schema_type not in {None, "AVRO"}:
        return schema.schema_type
    try:
        return orjson.loads(schema.schema_str or "null")
    except orjson.JSONDecodeError:
        return None


def _may_pass(error: BaseException) -> bool:
    """Whether asking again may help: everything but an answer that says no."""
    return isinstance(error, Exception) and not (
        isinstance(error, SchemaRegistryError) and 400 <= error.http_status_code < 500 and error.http_status_code != 429
    )


def open_registry(address: str, auth: str | None = None, ca_file: str | None = None) -> Registry:
    """The registry of the setting ``schema_registry``: ``builtin``, or an http(s) address."""
    return BuiltinRegistry() if address == "builtin" else ConfluentRegistry(address, auth, ca_file)
