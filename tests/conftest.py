"""What all tests have at hand: a real Kafka, started when the first test asks for it, and names of their own on it."""

from __future__ import annotations

import contextlib
import os
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from deploy.kafka.broker import Broker
from tests.harness.kafka import Kafka
from tests.needs import needs_kafka

# How long an example takes says more of what else the machine does than of the code: pytest has its own time limit for the whole test.
settings.register_profile("dialstat", deadline=None)
# Few examples, always the same, and the first failure is enough: for tests/mutation.
settings.register_profile(
    "mutation", deadline=None, max_examples=20, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dialstat"))

_KAFKA_FIXTURES = {"kafka", "kafka_can_run", "own_kafka"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for a broker, so that ``-m "not kafka"`` leaves it out."""
    for item in items:
        if _KAFKA_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.kafka)


@pytest.fixture(scope="session")
def kafka_can_run() -> None:
    """For a test that starts brokers by itself: what they need is here, or the test ends."""
    needs_kafka()


@pytest.fixture(scope="session")
def kafka(kafka_can_run: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """One broker for all tests; each keeps to its own `topic_prefix`."""
    yield from _running(tmp_path_factory.mktemp("kafka"))


@pytest.fixture
def own_kafka(kafka_can_run: None, tmp_path: Path) -> Iterator[Kafka]:
    """A broker for one test that stops or kills it."""
    yield from _running(tmp_path / "kafka")


def _running(directory: Path) -> Iterator[Kafka]:
    with Broker(directory) as broker, contextlib.closing(Kafka(broker)) as kafka:
        yield kafka


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Makes names that no other test has: of an app, a group, a transactional id."""
    test = re.sub(r"\W+", "-", request.node.name).strip("-")[:60]
    run = uuid.uuid4().hex[:8]
    return lambda name: f"{test}-{run}-{name}"


@pytest.fixture
def topic_prefix(unique: Callable[[str], str]) -> str:
    """A prefix for the topics of this test alone."""
    return unique("")
