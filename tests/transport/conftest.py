"""Workers of the toy agents, ended with the test that started them, and topics for them."""

from __future__ import annotations

import pytest

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
    broker.create_topics([*TOPICS, *(f"toy-{name}-changelog" for name in CHANGELOGS)])
    yield broker
    broker.close()


@pytest.fixture
def toy(kafka, topic_prefix):
    """Topics for the toy agents on the real Kafka, and the settings of a worker that uses them."""
    return topics_on(kafka, topic_prefix)


def topics_on(kafka, prefix):
    """Make the topics of the toy agents; settings of a worker."""
    kafka.create_topics(*(prefix + name for name in TOPICS))
    kafka.create_topics(*(f"{prefix}{prefix}toy-{name}-changelog" for name in CHANGELOGS), config={"cleanup.policy": "compact"})
    return {"brokers": kafka.bootstrap, "app": f"{prefix}toy", "topic_prefix": prefix, "session_timeout": 6.0}
