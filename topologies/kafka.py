"""How the commands reach Kafka: the client settings that all of them share, and the check that a broker answers at all."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata

from transport.security import Brokers

_LOG = logging.getLogger("dialstat.kafka")

PRODUCER: Final[Mapping[str, object]] = {
    "enable.idempotence": True,  # else a retry may change the order
    "acks": "all",
    "partitioner": "murmur2_random",  # librdkafka's own default is another one (contract 1)
    "linger.ms": 20,
    "compression.type": "lz4",
}

GROUP_OF_COMMANDS: Final = "dialstat-tail"
GROUP_OF_PAGE: Final = "dialstat-board"
"""The client asks for a group where it reads; nothing is ever committed to these, and nobody joins them."""

_REFUSALS: Final = frozenset({KafkaError._AUTHENTICATION, KafkaError._SSL})  # noqa: SLF001 - the client's names


class NoBrokerError(ConnectionError):
    """No broker answered in time."""

    def __init__(self, brokers: Brokers, timeout: float) -> None:
        super().__init__(f"no broker answers at {brokers} within {timeout:g} s; check the address and that Kafka runs")


class NotLetInError(ConnectionError):
    """A broker is there, and does not let us in, or we don't trust it."""

    def __init__(self, brokers: Brokers, reason: str) -> None:
        super().__init__(f"{brokers} does not let us in over {brokers.security.protocol}: {reason}; see the settings security_… and sasl_…")


def client(brokers: Brokers) -> dict[str, object]:
    """Configuration of any client; what librdkafka has to say goes to the log ``dialstat.kafka``."""
    return {"bootstrap.servers": brokers.address, "logger": _LOG, **brokers.security.librdkafka()}


def connect(brokers: Brokers, timeout: float) -> tuple[AdminClient, ClusterMetadata]:
    """An admin client, and what topics there are.

    Args:
        brokers: where to connect.
        timeout: seconds to wait for a broker.

    Raises:
        NoBrokerError: none answered in time.
        NotLetInError: user or password, certificate or token are not good, or the broker's certificate is not.
    """
    refused: list[str] = []

    def note(error: KafkaError) -> None:
        if error.code() in _REFUSALS:
            refused.append(error.str())

    try:
        admin = AdminClient({**client(brokers), "error_cb": note})
    except KafkaException as error:
        raise NotLetInError(brokers, error.args[0].str()) from error
    try:
        return admin, admin.list_topics(timeout=timeout)
    except KafkaException as error:
        admin.poll(0)  # the callback is served here
        raise (NotLetInError(brokers, refused[0]) if refused else NoBrokerError(brokers, timeout)) from error
