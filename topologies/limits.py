"""The settings that decide what is counted, as the engine and the agents take them."""

from __future__ import annotations

from agents.letters import LetterLimit, LetterRules
from engine.campaigns import Limits
from topologies.declaration import declare
from topologies.durations import in_ms
from topologies.settings import Settings
from topologies.sources import SettingsError


def limits_of(settings: Settings) -> Limits:
    """Lateness, grace, future limit and retention of chains, in ms (domain 6.6, 7.4, 6.7, 4.3)."""
    return Limits(
        allowed_lateness=in_ms(settings.allowed_lateness),
        close_grace=in_ms(settings.close_grace),
        future_limit=in_ms(settings.future_limit),
        chain_retention=in_ms(settings.chain_retention),
    )


def letter_rules_of(settings: Settings) -> LetterRules:
    """What is too much for the dead letters, and which records are to become such (contract 6).

    Raises:
        SettingsError: a record is named of a topic that no worker reads.
    """
    topology = declare(settings)
    read = {topic.plain: topic.name for agent in topology.agents for topic in agent.inputs}
    names = {**read, **{name: name for name in read.values()}}
    for topic, *_ in settings.set_aside_places:
        if topic not in names:
            raise SettingsError(f"set_aside: a worker reads no topic {topic!r}; those that it reads are {', '.join(read.values())}")
    named = frozenset((names[topic], partition, offset) for topic, partition, offset in settings.set_aside_places)
    return LetterRules(LetterLimit(*settings.dead_letter_share), named)
