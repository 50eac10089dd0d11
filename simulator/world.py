"""What all parts of a simulated site share: the scenario, the agenda, the journal and the one source of chance."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from simulator.agenda import Agenda
from simulator.journal import Journal
from simulator.scenario import Scenario


@dataclass(slots=True)
class World:
    """The site's own time, chance and voice. All chance is drawn from ``chance``, so that the seed decides everything."""

    scenario: Scenario
    agenda: Agenda = field(init=False)
    journal: Journal = field(init=False)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Begin at the scenario's start with its seed."""
        self.agenda = Agenda(self.scenario.start_ms)
        self.journal = Journal(self.agenda, self.scenario.seed)
        self.chance = random.Random(self.scenario.seed)  # noqa: S311 - a simulation wants repeatable chance, not a secret

    def seconds(self, low: float, high: float) -> int:
        """A length between two numbers of seconds, in ms, as long as it is in life."""
        return int(1000 * (low + (high - low) * self.chance.random()))

    def minutes(self, low: float, high: float) -> int:
        """A length between two numbers of minutes of life, in ms, ``speed`` times shorter."""
        return int(60_000 * (low + (high - low) * self.chance.random()) / self.scenario.speed)

    def interval(self, mean_minutes: float) -> int:
        """The time to the next of what comes at random, every so many minutes of life, in ms, ``speed`` times shorter."""
        return int(self.chance.expovariate(1) * mean_minutes * 60_000 / self.scenario.speed)

    def happens(self, probability: float) -> bool:
        """Whether something of that probability happens."""
        return self.chance.random() < probability
