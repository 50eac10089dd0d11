"""What a Kafka that authorizes has to allow, by who it is: the least set of ACLs, and whether a client has what it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AclOperation, AdminClient

from topologies.declaration import Role, Topology
from topologies.kafka import GROUP_OF_COMMANDS, GROUP_OF_PAGE
from transport.security import Brokers

Resource: TypeAlias = Literal["topic", "group", "transactional-id"]


class Right(NamedTuple):
    """One ACL: an operation on a resource of that name, or on all whose names begin so."""

    resource: Resource
    name: str
    operation: Literal["Read", "Write", "Describe"]
    prefixed: bool = False

    def command(self, principal: str, brokers: str) -> str:
        """The command of Kafka that gives it."""
        pattern = " --resource-pattern-type prefixed" if self.prefixed else ""
        return (
            f"kafka-acls.sh --bootstrap-server {brokers} --add --allow-principal {principal} "
            f"--operation {self.operation} --{self.resource} {self.name}{pattern}"
        )


def rights_of_worker(topology: Topology) -> Iterator[Right]:
    """A worker: its inputs, its outputs, and its state, all under its own transactional ids and consumer group."""
    for topic in topology.topics:
        if topic.role not in {Role.OUTPUT, Role.NOTES}:
            yield Right("topic", topic.name, "Read")
        if topic.role not in {Role.INPUT, Role.NOTES}:
            yield Right("topic", topic.name, "Write")
    yield Right("group", topology.app, "Read")
    yield Right("transactional-id", f"{topology.app}-", "Write", prefixed=True)


def rights_of_page(topology: Topology) -> Iterator[Right]:
    """The live page of a worker: it reads the reports."""
    for topic in topology.of_role(Role.OUTPUT):
        if topic.value == "StatisticReport":
            yield Right("topic", topic.name, "Read")
    yield Right("group", GROUP_OF_PAGE, "Describe")


def rights_of_dialer(topology: Topology) -> Iterator[Right]:
    """Who writes the inputs, ``dialstat load`` among them."""
    return (Right("topic", topic.name, "Write") for topic in topology.of_role(Role.INPUT))


def rights_of_reader(topology: Topology) -> Iterator[Right]:
    """Who reads what came of it and what it was made of: ``dialstat tail``, ``verify``, ``explain``, ``dead-letters list``."""
    for topic in topology.topics:
        if topic.role in {Role.INPUT, Role.OUTPUT, Role.NOTES}:
            yield Right("topic", topic.name, "Read")
    yield Right("group", GROUP_OF_COMMANDS, "Describe")


def rights_of_operator(topology: Topology) -> Iterator[Right]:
    """Who sends dead letters again, ``dialstat dead-letters retry``: beside what a reader needs."""
    yield from rights_of_reader(topology)
    for topic in topology.topics:
        if topic.role is Role.NOTES or any(topic in agent.inputs for agent in topology.agents):
            yield Right("topic", topic.name, "Write")
    (notes,) = topology.of_role(Role.NOTES)
    yield Right("transactional-id", notes.name, "Write")


ROLES: Final[Mapping[str, Callable[[Topology], Iterator[Right]]]] = {
    "worker": rights_of_worker,
    "page": rights_of_page,
    "dialer": rights_of_dialer,
    "reader": rights_of_reader,
    "operator": rights_of_operator,
}
"""By what it is that connects."""

_OPERATIONS: Final[Mapping[str, AclOperation]] = {
    "Read": AclOperation.READ,
    "Write": AclOperation.WRITE,
    "Describe": AclOperation.DESCRIBE,
}
_DENIED: Final = frozenset({KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED})


class RightsError(Exception):
    """What a client needs and the broker does not allow it."""

    def __init__(self, rights: Sequence[Right], brokers: Brokers) -> None:
        login = brokers.security.login
        who = f"User:{login.username}" if login and login.username else "User:NAME"
        lines = [f"the broker does not allow {right.operation} of the {right.resource} {right.name}" for right in rights]
        super().__init__("\n".join([*lines, f"all that a worker needs: dialstat topics acls {who}"]))


def require_rights(admin: AdminClient, rights: Iterable[Right], brokers: Brokers, timeout: float) -> None:
    """Check what can be checked before work begins: Kafka does not tell of transactional ids, nor brokers older than 2.3 of anything.

    Raises:
        RightsError: a right to a topic or to the consumer group is missing.
    """
    wanted = [right for right in rights if right.resource != "transactional-id"]
    names = {kind: sorted({right.name for right in wanted if right.resource == kind}) for kind in ("topic", "group")}
    options = {"include_authorized_operations": True, "request_timeout": timeout}
    asked = {
        "topic": admin.describe_topics(TopicCollection(names["topic"]), **options),
        "group": admin.describe_consumer_groups(names["group"], **options),
    }
    lacking = [right for right in wanted if not _allowed(asked[right.resource][right.name], right.operation)]
    if lacking:
        raise RightsError(lacking, brokers)


def _allowed(described: Future[Any], operation: str) -> bool:
    try:
        operations = described.result().authorized_operations
    except KafkaException as error:
        return error.args[0].code() not in _DENIED
    return operations is None or _OPERATIONS[operation] in operations
