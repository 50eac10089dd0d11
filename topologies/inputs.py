"""Events of the offline form onto the two input topics: Avro, keyed, in order, each once (contract 1, 4)."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from engine.catalog import RESULT_KINDS
from engine.offline import RefusedLineError, parse_line, schema_of, typed
from schemas.contracts import CALL_RESULT, CAMPAIGN_EVENT
from schemas.records import RecordWriter
from schemas.registry import Registry
from schemas.wire import record_key
from topologies.kafka import PRODUCER, NoBrokerError, client
from transport.security import Brokers

EVENTS_TOPIC: Final = "campaign-events"
RESULTS_TOPIC: Final = "call-results"

DELIVERY_SECONDS: Final = 30.0
"""How long a record is waited for: longer than a restart of a broker."""

_FULL_QUEUE_WAIT: Final = 0.1
_NEVER_NULL: Final = ("event_id", "campaign", "calling_list")
"""Text that a worker asks for itself: sent as empty where it is absent (domain 2.7), so that the dead letter names the field."""
_SILENT: Final = frozenset({KafkaError._MSG_TIMED_OUT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT})  # noqa: SLF001 - the client's names


class InputWriter:
    """Writes events to Kafka. Use it as a context: leaving it waits until all are delivered.

    Args:
        brokers: where to connect.
        registry: where the ids of the schemas are from.
        prefix: of the topics' names.
        timeout: seconds in which a record must be delivered.
    """

    def __init__(self, brokers: Brokers, registry: Registry, prefix: str = "", timeout: float = DELIVERY_SECONDS) -> None:
        self._brokers = brokers
        self._timeout = timeout
        self._topics = {True: prefix + RESULTS_TOPIC, False: prefix + EVENTS_TOPIC}
        self._writers = {
            True: RecordWriter(CALL_RESULT, registry.id_for(self._topics[True], CALL_RESULT)),
            False: RecordWriter(CAMPAIGN_EVENT, registry.id_for(self._topics[False], CAMPAIGN_EVENT)),
        }
        self._producer = Producer({**client(brokers), **PRODUCER, "message.timeout.ms": round(timeout * 1_000)})
        self._error: KafkaError | None = None
        self.delivered = 0

    def write(self, event: Mapping[str, Any]) -> None:
        """Send an event, given by the fields of the offline form; ``kind`` says to which topic.

        Raises:
            ValueError: a field does not fit its type, or one is absent that the schema needs.
            NoBrokerError, KafkaException: an earlier record could not be delivered.
        """
        of_results = event["kind"] in RESULT_KINDS
        try:
            fields = typed(event, schema_of(event["kind"]))
        except RefusedLineError as refused:
            raise ValueError(refused.detail) from refused
        fields.update(
            {name: "" for name in _NEVER_NULL if name in fields and fields[name] is None and (of_results or name != "calling_list")}
        )
        self._send(self._topics[of_results], _key(fields), self._writers[of_results].encode(fields))

    def write_line(self, line: bytes) -> None:
        """Send a line of the offline form. One whose fields do not fit goes as it is: the worker makes it a dead letter.

        Raises:
            RefusedLineError: it has no known kind, so it is of no topic.
            NoBrokerError, KafkaException: an earlier record could not be delivered.
        """
        kind, event = parse_line(line)
        try:
            self.write(event)
        except ValueError:
            self._send(self._topics[kind in RESULT_KINDS], _key(event), line.strip())

    def flush(self) -> None:
        """Wait until all that was sent is delivered.

        Raises:
            NoBrokerError, KafkaException: something could not be.
        """
        left = self._producer.flush(self._timeout)
        self._raise_failure()
        if left:
            raise NoBrokerError(self._brokers, self._timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None or isinstance(error, KeyboardInterrupt):
            self.flush()

    def _send(self, topic: str, key: bytes | None, value: bytes) -> None:
        self._raise_failure()
        while True:
            try:
                self._producer.produce(topic, value, key, on_delivery=self._on_delivery)
                break
            except BufferError:
                self._producer.poll(_FULL_QUEUE_WAIT)
                self._raise_failure()
        self._producer.poll(0)

    def _on_delivery(self, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            self.delivered += 1
        elif self._error is None:
            self._error = error

    def _raise_failure(self) -> None:
        if self._error is None:
            return
        if self._error.code() in _SILENT:
            raise NoBrokerError(self._brokers, self._timeout)
        raise KafkaException(self._error)


def _key(event: Mapping[str, Any]) -> bytes | None:
    """The key of an event (contract 1); none where it names no campaign."""
    tenant, campaign = event.get("tenant") or "", event.get("campaign")
    return record_key(tenant, campaign) if isinstance(campaign, str) and campaign and isinstance(tenant, str) else None
