"""The Kafka that a command works with: one outside, or the broker inside the process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from cli.errors import UsageError
from cli.progress import note
from topologies.declaration import Role, declare
from topologies.kafka import connect
from topologies.rights import require_rights, rights_of_worker
from topologies.security import brokers_of, security_of
from topologies.settings import Settings
from topologies.sources import SettingsError
from topologies.topics import require
from transport.embedded import PARTITIONS, EmbeddedBroker
from transport.security import PLAIN, Brokers


@dataclass(frozen=True, slots=True)
class Site:
    """Settings with the address of a broker that answers, and how many partitions its input topics have."""

    settings: Settings
    partitions: int


def outside_broker(settings: Settings) -> Brokers:
    """A Kafka outside.

    Raises:
        UsageError: the settings name the embedded broker, which lives in the process that began it.
    """
    if settings.embedded:
        raise UsageError(
            "this command needs the address of a Kafka: give --brokers host:port (the default, `embedded`, is a broker within one process; "
            "`dialstat worker` and `dialstat demo` print the address of theirs)"
        )
    return brokers_of(settings)


@contextlib.contextmanager
def site(settings: Settings, timeout: float) -> Iterator[Site]:
    """The broker that the settings name; the embedded one runs as long as the context.

    Raises:
        NoBrokerError: none answered within ``timeout`` seconds.
        RightsError: the broker does not allow what a worker does.
        TopicsError: a topic that a worker reads is missing.
    """
    if not settings.embedded:
        yield _outside(settings, timeout)
        return
    if security_of(settings) != PLAIN:
        raise SettingsError("security_protocol: the embedded broker has neither TLS nor logins; it is reached from this machine only")
    with contextlib.closing(EmbeddedBroker()) as broker:
        broker.create_topics(topic.name for topic in declare(settings).topics)
        note(f"embedded broker at {broker.address}: nothing is kept when this process ends")
        yield Site(settings.model_copy(update={"brokers": broker.address, "guarantee": "at_least_once"}), PARTITIONS)


def _outside(settings: Settings, timeout: float) -> Site:
    brokers, topology = brokers_of(settings), declare(settings)
    admin, metadata = connect(brokers, timeout)
    require_rights(admin, rights_of_worker(topology), brokers, timeout)
    require(metadata, [topic for topic in topology.topics if topic.together])
    events = next(topology.of_role(Role.INPUT))
    return Site(settings, len(metadata.topics[events.name].partitions))
