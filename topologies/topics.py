"""The topics of a topology on a broker: what is there, what differs from the declaration, and making what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, NoReturn

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata, ConfigResource, NewTopic, ResourceType
from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_delay, wait_fixed

from topologies.declaration import Cleanup, Role, Topic, Topology
from topologies.kafka import connect
from transport.security import Brokers

_CREATE_TIMEOUT: Final = 60.0
_KNOWN_POLL: Final = 0.05
_THERE: Final = "already there"


class TopicsError(RuntimeError):
    """Topics could not be made, or are not as they must be; the message names each."""


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """A declared topic as the broker has it: no partitions, no cleanup policy if it is missing."""

    topic: Topic
    partitions: int | None
    cleanup: str | None
    mistake: str | None

    @property
    def missing(self) -> bool:
        """Whether the broker does not have it."""
        return self.partitions is None


class Topics:
    """The declared topics on one broker. Keeps its client: a temporary one fails its own requests."""

    def __init__(self, topology: Topology, brokers: Brokers, timeout: float) -> None:
        """Connect.

        Raises:
            NoBrokerError: no broker answered within ``timeout`` seconds.
        """
        self._topology = topology
        self._brokers = brokers
        self._timeout = timeout
        self._admin, self._metadata = connect(brokers, timeout)

    def found(self) -> list[FoundTopic]:
        """Every declared topic with what is wrong with it, in the order of the declaration."""
        counts = {name: len(topic.partitions) for name, topic in self._metadata.topics.items()}
        policies = _cleanup_policies(self._admin, [topic.name for topic in self._topology.topics if topic.name in counts], self._timeout)
        expected = counts.get(next(self._topology.of_role(Role.INPUT)).name)
        return [
            FoundTopic(topic, counts.get(topic.name), policy, _mistake(topic, counts.get(topic.name), policy, expected))
            for topic in self._topology.topics
            for policy in [policies.get(topic.name)]
        ]

    def create(self, replication: int) -> list[Topic]:
        """Make the topics that are missing, wait until the broker knows them, and answer which they were.

        Raises:
            TopicsError: what is there has another number of partitions than the settings say, or the broker refused.
        """
        found = self.found()
        self._refuse_other_counts(found)
        missing = [entry.topic for entry in found if entry.missing]
        if not missing:
            return []
        wanted = [self._new(topic, replication) for topic in missing]
        futures = self._admin.create_topics(wanted, operation_timeout=_CREATE_TIMEOUT)
        refusals = {name: _refusal(future) for name, future in futures.items()}
        refused = [f"{name}: the broker did not make it: {refusal}" for name, refusal in refusals.items() if refusal not in {None, _THERE}]
        if refused:
            raise TopicsError("\n".join(refused))
        self._await({topic.name for topic in missing})
        self._refuse_other_counts(self.found())
        return [topic for topic in missing if refusals[topic.name] is None]

    def _await(self, names: set[str]) -> None:
        """A broker answers before all of its parts know of a topic; who goes on at once would not find it."""
        retrying = Retrying(
            retry=retry_if_result(lambda known: not names <= known),
            wait=wait_fixed(_KNOWN_POLL),
            stop=stop_after_delay(_CREATE_TIMEOUT),
            retry_error_callback=_not_known,
        )
        retrying(self._known)

    def _known(self) -> set[str]:
        self._metadata = self._admin.list_topics(timeout=self._timeout)
        return set(self._metadata.topics)

    def _refuse_other_counts(self, found: Iterable[FoundTopic]) -> None:
        wanted = self._topology.partitions
        wrong = [
            f"{entry.topic.name} has {entry.partitions} partitions, the setting `partitions` says {wanted}"
            for entry in found
            if entry.topic.together and entry.partitions not in {None, wanted}
        ]
        if wrong:
            raise TopicsError("\n".join([*wrong, "set `partitions` to what the inputs have, or take another `app`"]))

    def _new(self, topic: Topic, replication: int) -> NewTopic:
        config = {"cleanup.policy": str(topic.cleanup), **topic.config}
        return NewTopic(topic.name, num_partitions=self._topology.partitions, replication_factor=replication, config=config)


def _refusal(future: Future[None]) -> str | None:
    """Why a topic was not made; None if it was."""
    try:
        future.result(timeout=_CREATE_TIMEOUT)
    except TimeoutError:
        return "no answer"
    except KafkaException as error:
        reason: KafkaError = error.args[0]
        return _THERE if reason.code() == KafkaError.TOPIC_ALREADY_EXISTS else str(reason.str())
    return None


def _not_known(_: RetryCallState) -> NoReturn:
    raise TopicsError(f"the broker made the topics, but does not list them after {_CREATE_TIMEOUT:g} s")


def require(metadata: ClusterMetadata, topics: Sequence[Topic]) -> None:
    """Refuse to go on without these topics.

    Raises:
        TopicsError: one is missing; the message names the command that makes it.
    """
    missing = [topic.name for topic in topics if topic.name not in metadata.topics]
    if missing:
        raise TopicsError(f"the broker has no topic {', '.join(missing)}: make it with `dialstat topics create`")


def _mistake(topic: Topic, partitions: int | None, policy: str | None, expected: int | None) -> str | None:
    if partitions is None:
        return "missing: run `dialstat topics create`"
    if topic.together and expected is not None and partitions != expected:
        return f"has {partitions} partitions, the inputs have {expected}: they must have the same"
    if policy is not None and topic.cleanup is Cleanup.COMPACT and policy != Cleanup.COMPACT:
        return f"has cleanup.policy={policy}, must be compact: state would be lost"
    if policy is not None and topic.cleanup is Cleanup.DELETE and Cleanup.COMPACT in policy:
        return f"has cleanup.policy={policy}, must be delete: records would be lost"
    return None


def _cleanup_policies(admin: AdminClient, names: Sequence[str], timeout: float) -> dict[str, str]:
    """The cleanup policy of each topic; of none where the broker can't tell, as the embedded one."""
    if not names:
        return {}
    futures = admin.describe_configs([ConfigResource(ResourceType.TOPIC, name) for name in names], request_timeout=timeout)
    policies = {}
    for resource, future in futures.items():
        try:
            policies[resource.name] = future.result(timeout=timeout)["cleanup.policy"].value
        except (KafkaException, TimeoutError):
            continue
    return policies
