"""The topology as data: its topics, its agents, their state (contract 1).

What is created, checked, described and run all comes from the one value that ``declare`` makes of the settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from agents.names import topic_names
from topologies.settings import Settings

OUTSIDE: Final = "outside"
"""Stands for readers and writers that are not agents of ours: dialers, boards, warehouses."""


class Role(StrEnum):
    """What a topic is to the pipeline."""

    INPUT = "input"
    OUTPUT = "output"
    INTERNAL = "internal"
    CHANGELOG = "changelog"
    NOTES = "notes"


class Cleanup(StrEnum):
    """Kafka's ``cleanup.policy``."""

    DELETE = "delete"
    COMPACT = "compact"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: ``name`` is what Kafka knows it by, ``plain`` the name without the prefix.

    ``together`` topics must have the same number of partitions, because a worker holds the same ones of all of them.
    """

    name: str
    plain: str
    role: Role
    key: str
    value: str
    meaning: str
    cleanup: Cleanup = Cleanup.DELETE
    config: Mapping[str, str] = field(default_factory=dict)

    @property
    def together(self) -> bool:
        """Whether its number of partitions must be that of the inputs."""
        return self.role not in {Role.OUTPUT, Role.NOTES}


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent: what it reads (in the order of the merge, domain 2.5), what it writes, and the changelog of its state."""

    name: str
    meaning: str
    inputs: tuple[Topic, ...]
    outputs: tuple[Topic, ...]
    table: str
    changelog: Topic


@dataclass(frozen=True, slots=True)
class Topology:
    """All topics and agents of one app."""

    app: str
    partitions: int
    topics: tuple[Topic, ...]
    agents: tuple[Agent, ...]

    def topic(self, plain: str) -> Topic:
        """The topic with that name, with or without the prefix.

        Raises:
            KeyError: there is none.
        """
        for topic in self.topics:
            if plain in {topic.plain, topic.name}:
                return topic
        raise KeyError(plain)

    def agent(self, name: str) -> Agent:
        """The agent of that name."""
        return next(agent for agent in self.agents if agent.name == name)

    def of_role(self, role: Role) -> Iterator[Topic]:
        """The topics of one role, in the order of the declaration."""
        return (topic for topic in self.topics if topic.role is role)

    def writers(self, topic: Topic) -> tuple[str, ...]:
        """Names of the agents that write a topic; an input is written from outside."""
        names = tuple(agent.name for agent in self.agents if topic in (*agent.outputs, agent.changelog))
        return names or (OUTSIDE,)

    def readers(self, topic: Topic) -> tuple[str, ...]:
        """Names of the agents that read a topic; an output is read outside."""
        names = tuple(agent.name for agent in self.agents if topic in (*agent.inputs, agent.changelog))
        return names or (OUTSIDE,)


_CHANGELOG_CONFIG: Final = {
    "min.compaction.lag.ms": "600000",  # a restore that runs must not lose the tail it is about to read
    "segment.ms": "14400000",
    "min.cleanable.dirty.ratio": "0.1",
}


def declare(settings: Settings) -> Topology:
    """The topology that these settings name."""
    prefix, app = settings.topic_prefix, settings.app
    names = topic_names(prefix, app)

    def topic(name: str, role: Role, key: str, value: str, meaning: str, cleanup: Cleanup = Cleanup.DELETE) -> Topic:
        return Topic(name, name.removeprefix(prefix), role, key, value, meaning, cleanup)

    events = topic(
        names.campaign_events, Role.INPUT, "campaign", "CampaignEvent", "control events, callbacks and gauges as the dialer reports them"
    )
    results = topic(names.call_results, Role.INPUT, "campaign", "CallResult", "calls and leads as they end")
    actions = topic(
        names.campaign_actions, Role.OUTPUT, "campaign", "CampaignAction", "every action, exactly once, in the order of its cause"
    )
    statistics = topic(
        names.campaign_statistics, Role.OUTPUT, "campaign", "StatisticReport", "reports of campaigns, groups, and lists within a campaign"
    )
    of_lists = topic(names.calling_list_statistics, Role.OUTPUT, "list", "StatisticReport", "reports of calling lists over all campaigns")
    letters = topic(names.dead_letters, Role.OUTPUT, "as received", "as received", "what was not counted, with the reason in its headers")
    deltas = topic(names.list_deltas, Role.INTERNAL, "list", "ListDelta", "what each chunk of campaigns adds to a calling list")
    retries = topic(names.letter_retries, Role.NOTES, "letter", "when and where to", "which dead letters were sent again", Cleanup.COMPACT)
    of_campaigns, of_list_state = (_changelog(prefix, app, table) for table in ("campaigns", "lists"))
    agents = (
        Agent(
            "campaigns",
            "campaigns, their groups, and calling lists as one campaign uses them",
            (events, results),
            (actions, statistics, deltas, letters),
            "campaigns",
            of_campaigns,
        ),
        Agent("lists", "calling lists over all campaigns", (deltas,), (of_lists, letters), "lists", of_list_state),
    )
    topics = (events, results, actions, statistics, of_lists, letters, deltas, retries, of_campaigns, of_list_state)
    return Topology(app, settings.partitions, topics, agents)


def _changelog(prefix: str, app: str, table: str) -> Topic:
    plain = f"{app}-{table}-changelog"
    return Topic(
        prefix + plain,
        plain,
        Role.CHANGELOG,
        "part of the state",
        "the project's own",
        f"state and position of the agent {table}",
        Cleanup.COMPACT,
        _CHANGELOG_CONFIG,
    )
