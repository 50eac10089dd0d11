"""Workers of the toy agents, ended with the test that started them, and topics for them."""

from __future__ import annotations

import pytest

from tests.transport.broker import embedded_topics
from tests.transport.workers import CHANGELOGS, TOPICS, Worker
from transport.embedded import EmbeddedBroker


@pytest.fixture
def start():
    """Starts workers; settings are those of ``TransportConfig``."""
    workers = []

    def start_worker(**settings):
        workers.append(Worker(settings))
        return workers[-1]

    yield start_worker
    for worker in workers:
        worker.close()


@pytest.fixture
def embedded():
    """A broker in this process, with the topics of the toy agents."""
    broker = EmbeddedBroker()
    embedded_topics(broker)
    yield broker
    broker.close()


@pytest.fixture
def toy(kafka, topic_prefix, unique):
    """Topics for the toy agents on the real Kafka, and the settings of a worker that uses them."""
    return topics_on(kafka, topic_prefix, unique("toy"))


def topics_on(kafka, prefix, app, wider=None):
    """Make the topics of the toy agents, one of them with more partitions if it is named; settings of a worker."""
    kafka.create_topics(*(prefix + name for name in TOPICS if name != wider))
    if wider is not None:
        kafka.create_topics(prefix + wider, partitions=6)
    kafka.create_topics(*(f"{prefix}{app}-{name}-changelog" for name in CHANGELOGS), config={"cleanup.policy": "compact"})
    return {"brokers": kafka.bootstrap, "app": app, "topic_prefix": prefix, "session_timeout": 6.0}
