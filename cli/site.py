"""The Kafka that a command works with: one outside, or the broker inside the process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from cli.errors import UsageError
from cli.progress import note
from topologies.declaration import Role, declare
from topologies.kafka import connect
from topologies.settings import Settings
from topologies.topics import require
from transport.embedded import PARTITIONS, EmbeddedBroker


@dataclass(frozen=True, slots=True)
class Site:
    """Settings with the address of a broker that answers, and how many partitions its input topics have."""

    settings: Settings
    partitions: int


def outside_broker(settings: Settings) -> str:
    """The address of a Kafka outside.

    Raises:
        UsageError: the settings name the embedded broker, which lives in the process that began it.
    """
    if settings.embedded:
        raise UsageError(
            "this command needs the address of a Kafka: give --brokers host:port (the default, `embedded`, is a broker within one process; "
            "`dialstat worker` and `dialstat demo` print the address of theirs)"
        )
    return settings.brokers


@contextlib.contextmanager
def site(settings: Settings, timeout: float) -> Iterator[Site]:
    """The broker that the settings name; the embedded one runs as long as the context.

    Raises:
        NoBrokerError: none answered within ``timeout`` seconds.
        TopicsError: an input topic is missing.
    """
    if not settings.embedded:
        yield _outside(settings, timeout)
        return
    with contextlib.closing(EmbeddedBroker()) as broker:
        broker.create_topics(topic.name for topic in declare(settings).topics)
        note(f"embedded broker at {broker.address}: nothing is kept when this process ends")
        yield Site(settings.model_copy(update={"brokers": broker.address, "guarantee": "at_least_once"}), PARTITIONS)


def _outside(settings: Settings, timeout: float) -> Site:
    metadata = connect(settings.brokers, timeout)[1]
    inputs = tuple(declare(settings).of_role(Role.INPUT))
    require(metadata, inputs)
    return Site(settings, len(metadata.topics[inputs[0].name].partitions))
