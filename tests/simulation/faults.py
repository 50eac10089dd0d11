"""What goes wrong in a simulation: how often is drawn for each seed, when is drawn as it runs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.world import World

REQUESTS = {
    "crash before a request": 0.004,
    "crash after a request": 0.004,
    "request lost": 0.01,
    "answer lost": 0.01,
    "batch refused": 0.002,
    "slow request": 0.05,
}
"""Faults of single requests, with the greatest probability that is drawn for each."""

EVENTS = ("kill", "pause", "rebalance", "stop", "one worker more", "broker restart", "group offsets lost", "compaction", "clock jump")
"""Faults that come by themselves."""

_MOST_WORKERS = 4

JUMPS_MS = (-50_000, 300_000)
"""How far a worker's clock may be off: behind by less than the limit of future events, so that which these are stays certain."""


class Weather:
    """Decides about single requests; ``on`` until the faults end."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.on = True
        self.counts: Counter[str] = Counter()
        self._rates = {fault: random.random() ** 2 * most if random.random() < 0.6 else 0.0 for fault, most in REQUESTS.items()}
        self._rates["a request of the dying arrives"] = 0.5
        self._pace = random.choice([0.002, 0.01, 0.05])
        self._rows = random.choice([3, 10, 40])

    def delay(self) -> float:
        """See ``wire.Weather``."""
        if self.strikes("slow request"):
            return self._random.uniform(0.1, 4.0)
        return self._random.uniform(0, self._pace)

    def rows(self, most: int) -> int:
        """See ``wire.Weather``."""
        return self._random.randint(1, min(most, self._rows)) if self.on else most

    def strikes(self, fault: str) -> bool:
        """See ``wire.Weather``."""
        rate = self._rates[fault]
        if not self.on or not rate or self._random.random() >= rate:
            return False
        self.counts[fault] += 1
        return True


class Nemesis:
    """Brings the faults that come by themselves upon a world."""

    def __init__(self, world: World, random: Random) -> None:
        self._world = world
        self._random = random
        self._every = random.choice([4.0, 10.0, 25.0, 80.0])
        kinds = [kind for kind in EVENTS if random.random() < 0.7]
        self._kinds = kinds or ["kill"]
        self._acts: dict[str, Callable[[], None]] = {
            "kill": self._kill,
            "pause": self._pause,
            "rebalance": world.group.rebalance,
            "stop": self._stop,
            "one worker more": self._add,
            "broker restart": lambda: self._restart_broker(forget=False),
            "group offsets lost": lambda: self._restart_broker(forget=True),
            "compaction": self._compact,
            "clock jump": self._jump,
        }

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(self._random.expovariate(1 / self._every))
            if not self._world.processes:
                continue  # all of them have just ended; the next ones are on their way
            kind = self._random.choice(self._kinds)
            self._world.weather.counts[kind] += 1
            self._world.note("fault", kind=kind)
            self._acts[kind]()

    def _kill(self) -> None:
        self._random.choice(self._world.processes).die("killed")

    def _stop(self) -> None:
        self._random.choice(self._world.processes).tell(0, "stop")

    def _add(self) -> None:
        if len(self._world.processes) < _MOST_WORKERS:
            self._world.start_process()

    def _pause(self) -> None:
        process = self._random.choice(self._world.processes)
        if process.party.awake and process.party.alive:
            process.party.awake = False
            process.note("paused")
            self._world.group.fell_silent(process)
            self._world.loop.later(self._random.choice([0.5, 5.0, 15.0, 40.0]), self._world.resume, process)

    def _restart_broker(self, *, forget: bool) -> None:
        broker = self._world.broker
        if broker.up:
            broker.stop()
            self._world.loop.later(self._random.choice([0.05, 1.0, 8.0, 30.0]), self._world.start_broker, forget)

    def _compact(self) -> None:
        self._world.note("compacted", removed=self._world.broker.compact())

    def _jump(self) -> None:
        process = self._random.choice(self._world.processes)
        process.party.skew_ms = self._random.choice([0, 0, JUMPS_MS[0], 7_000, JUMPS_MS[1]])
        process.note("clock jumps", ahead_ms=process.party.skew_ms)
