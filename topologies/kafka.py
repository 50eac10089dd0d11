"""How the commands reach Kafka: the client settings that all of them share, and the check that a broker answers at all."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata

_LOG = logging.getLogger("dialstat.kafka")

PRODUCER: Final[Mapping[str, object]] = {
    "enable.idempotence": True,  # else a retry may change the order
    "acks": "all",
    "partitioner": "murmur2_random",  # librdkafka's own default is another one (contract 1)
    "linger.ms": 20,
    "compression.type": "lz4",
}


class NoBrokerError(ConnectionError):
    """No broker answered in time."""

    def __init__(self, brokers: str, timeout: float) -> None:
        super().__init__(f"no broker answers at {brokers} within {timeout:g} s; check the address and that Kafka runs")


def client(brokers: str) -> dict[str, object]:
    """Configuration of any client; what librdkafka has to say goes to the log ``dialstat.kafka``."""
    return {"bootstrap.servers": brokers, "logger": _LOG}


def connect(brokers: str, timeout: float) -> tuple[AdminClient, ClusterMetadata]:
    """An admin client, and what topics there are.

    Args:
        brokers: ``host:port,...``
        timeout: seconds to wait for a broker.

    Raises:
        NoBrokerError: none answered in time.
    """
    admin = AdminClient(client(brokers))
    try:
        return admin, admin.list_topics(timeout=timeout)
    except KafkaException as error:
        raise NoBrokerError(brokers, timeout) from error
